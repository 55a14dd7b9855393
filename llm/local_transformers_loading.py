"""Loads the tokenizer and the weights of a Hugging Face model folder."""

import os
from typing import Any

from llm.local_errors import is_out_of_memory, no_room
from llm.local_memory import free_memory
from llm.local_transformers_files import HALF, ModelFolder


def load_tokenizer(folder: ModelFolder) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(folder.path, local_files_only=True, trust_remote_code=False)


def load_model(folder: ModelFolder, dtype: str = "") -> Any:
    """Safetensors are preferred, others are read without running code from them; no hub is asked.

    Raises ``Unavailable`` where memory is short, else what ``transformers`` raises.
    """
    # Waiting threads sleep: beside other busy processes, spinning ones make an answer many times slower.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    import torch
    from transformers import AutoModelForCausalLM
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    device = "cuda" if torch.cuda.is_available() else "cpu"
    chosen = dtype or _dtype(folder, device)
    needed, free = folder.bytes_as(chosen), free_memory()
    if needed > free:
        raise no_room(str(folder.path), needed, free)
    try:
        model: Any = AutoModelForCausalLM.from_pretrained(
            folder.path, local_files_only=True, trust_remote_code=False, dtype=getattr(torch, chosen)
        )
        return model.to(device).eval()
    except (MemoryError, RuntimeError) as error:
        if not is_out_of_memory(error):
            raise
        raise no_room(str(folder.path), needed, free) from error


def _dtype(folder: ModelFolder, device: str) -> str:
    """On a GPU as stored. A CPU that multiplies bfloat16 itself keeps half precision as that, others
    compute in float32, unless only half precision fits into memory."""
    import torch

    if device == "cuda":
        return folder.dtype if folder.dtype in (*HALF, "float32") else "bfloat16"
    able = torch.cpu.get_capabilities()
    if folder.dtype in HALF and (able.get("avx512_bf16") or able.get("amx_bf16")):
        return "bfloat16"
    return "float32" if folder.bytes_as("float32") < free_memory() else "bfloat16"
