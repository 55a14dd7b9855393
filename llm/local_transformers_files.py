"""What can be known of a Hugging Face model folder without loading the model."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext as _

CONTEXT_KEYS = ("max_position_embeddings", "n_positions", "seq_length", "max_seq_len", "n_ctx")
HALF = ("float16", "bfloat16")
BYTES = {"float32": 4, "float16": 2, "bfloat16": 2}


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """``context_tokens`` is 0 where the model sets no bound; ``dtype`` is the one of the stored weights."""

    path: Path
    context_tokens: int
    has_chat_template: bool
    dtype: str
    weight_bytes: int

    @classmethod
    def look_at(cls, name: str) -> Self:
        """Raises ``ImproperlyConfigured`` where ``name`` is no folder with a model in it."""
        path = Path(name).expanduser()
        if not path.is_dir():
            raise ImproperlyConfigured(
                _("There is no folder %(folder)s: give the folder that holds the model's config.json.")
                % {"folder": path}
            )
        config = _json(path / "config.json")
        if not config:
            raise ImproperlyConfigured(
                _("%(folder)s is not a Hugging Face model: it holds no readable config.json.")
                % {"folder": path}
            )
        inner = config.get("text_config")
        text: dict[str, Any] = inner if isinstance(inner, dict) else config
        lengths = (text.get(key) for key in CONTEXT_KEYS)
        return cls(
            path=path.resolve(),
            context_tokens=next((n for n in lengths if isinstance(n, int) and n > 0), 0),
            has_chat_template=_has_chat_template(path),
            dtype=str(text.get("dtype") or text.get("torch_dtype") or "float32"),
            weight_bytes=_weight_bytes(path),
        )

    def bytes_as(self, dtype: str) -> int:
        """Memory that the weights take when they are loaded as ``dtype``."""
        return self.weight_bytes * BYTES.get(dtype, 4) // BYTES.get(self.dtype, 4)


def _has_chat_template(path: Path) -> bool:
    """Where ``transformers`` looks for it: in files of its own, or in the tokenizer's configuration."""
    if (path / "chat_template.jinja").is_file():
        return True
    return bool(_json(path / "tokenizer_config.json").get("chat_template"))


def _weight_bytes(path: Path) -> int:
    """Of the safetensors files, or of the older kind where there are none."""
    for pattern in ("*.safetensors", "pytorch_model*.bin"):
        sizes = [file.stat().st_size for file in path.glob(pattern) if file.is_file()]
        if sizes:
            return sum(sizes)
    return 0


def _json(path: Path) -> dict[str, Any]:
    try:
        parsed = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return parsed if isinstance(parsed, dict) else {}
