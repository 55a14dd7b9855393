"""GGUF files of a few hundred kilobytes that the tests write themselves: a Llama with random weights."""

import struct
from pathlib import Path
from typing import Any

from tests.llm import tiny_models

ALIGNMENT = 32
WIDTH, HEADS, INNER, LAYERS = 32, 4, 64, 2
FLOAT32 = 0
SPECIALS = ["<unk>", "<|start|>", "<|end|>"]


def write(path: Path, values: dict[str, Any], tensors: dict[str, Any] | None = None) -> Path:
    """``values`` are str, int, float, bool or lists of str or int; ``tensors`` numpy arrays of float32."""
    tensors = tensors or {}
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(values))
    head += b"".join(_text(name) + _value(value) for name, value in values.items())
    body = b""
    for name, tensor in tensors.items():
        shape = tuple(reversed(tensor.shape))
        head += _text(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, FLOAT32, len(body))
        body += _padded(tensor.tobytes())
    path.write_bytes(_padded(head) + body)
    return path


def save(path: Path, template: str = "") -> Path:
    """A model of 2,048 tokens with byte-level BPE; a base model without ``template``."""
    words = tiny_models.tokenizer(SPECIALS)
    values: dict[str, Any] = {
        "general.architecture": "llama",
        "general.name": "tiny",
        "llama.context_length": 2048,
        "llama.embedding_length": WIDTH,
        "llama.block_count": LAYERS,
        "llama.feed_forward_length": INNER,
        "llama.attention.head_count": HEADS,
        "llama.attention.layer_norm_rms_epsilon": 1e-5,
        "llama.rope.dimension_count": WIDTH // HEADS,
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": "default",
        "tokenizer.ggml.tokens": words.convert_ids_to_tokens(range(len(words))),
        "tokenizer.ggml.token_type": [3 if n < len(SPECIALS) else 1 for n in range(len(words))],
        "tokenizer.ggml.merges": _merges(words),
        "tokenizer.ggml.bos_token_id": 1,
        "tokenizer.ggml.eos_token_id": 2,
        "tokenizer.ggml.add_bos_token": False,
    }
    if template:
        values["tokenizer.chat_template"] = template
    return write(path, values, _weights(len(words)))


def _merges(words: Any) -> list[str]:
    import json

    listed = json.loads(words.backend_tokenizer.to_str())["model"]["merges"]
    return [merge if isinstance(merge, str) else " ".join(merge) for merge in listed]


def _weights(vocabulary: int) -> dict[str, Any]:
    import numpy as np

    draw = np.random.default_rng(0)
    shapes: dict[str, tuple[int, ...]] = {
        "token_embd": (vocabulary, WIDTH),
        "output_norm": (WIDTH,),
        "output": (vocabulary, WIDTH),
    }
    for layer in range(LAYERS):
        parts = {"attn_norm": (WIDTH,), "ffn_norm": (WIDTH,)}
        parts |= {f"attn_{part}": (WIDTH, WIDTH) for part in ("q", "k", "v", "output")}
        parts |= {"ffn_gate": (INNER, WIDTH), "ffn_up": (INNER, WIDTH), "ffn_down": (WIDTH, INNER)}
        shapes |= {f"blk.{layer}.{part}": shape for part, shape in parts.items()}
    return {
        f"{name}.weight": (np.ones(shape) if len(shape) == 1 else draw.normal(0, 0.3, shape)).astype(
            np.float32
        )
        for name, shape in shapes.items()
    }


def _value(value: Any) -> bytes:
    if isinstance(value, list):
        kind = 8 if isinstance(value[0], str) else 5
        items = [_text(item) if kind == 8 else struct.pack("<i", item) for item in value]
        return struct.pack("<IIQ", 9, kind, len(value)) + b"".join(items)
    if isinstance(value, str):
        return struct.pack("<I", 8) + _text(value)
    if isinstance(value, bool):
        return struct.pack("<I?", 7, value)
    return struct.pack("<If", 6, value) if isinstance(value, float) else struct.pack("<II", 4, value)


def _text(text: str) -> bytes:
    data = text.encode()
    return struct.pack("<Q", len(data)) + data


def _padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % ALIGNMENT)
