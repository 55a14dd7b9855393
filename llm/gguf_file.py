"""What a GGUF file says of its model at its beginning; the weights are not read.

Format: the GGUF specification of ggml, versions 2 and 3: magic, version, counts, then keys with typed
values, all little-endian.
"""

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Self

from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext as _

STRING, ARRAY = 8, 9
SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
CONTROL, USER_DEFINED = 3, 4  # types of tokens that are recognised in a text as they stand
LONGEST_STRING = 2**24
MOST_ITEMS = 2**24


@dataclass(frozen=True, slots=True)
class GGUFFile:
    """``context_tokens`` is 0 where the file sets no bound.

    ``control_tokens`` are the texts that the tokenizer turns into tokens with a meaning of their own.
    """

    path: Path
    name: str
    context_tokens: int
    has_chat_template: bool
    control_tokens: tuple[str, ...]

    @classmethod
    def look_at(cls, name: str) -> Self:
        """Raises ``ImproperlyConfigured`` where ``name`` is no GGUF file."""
        path = Path(name).expanduser()
        if not path.is_file():
            raise ImproperlyConfigured(
                _("There is no file %(path)s: give the GGUF file of the model.") % {"path": path}
            )
        try:
            with path.open("rb") as file:
                values = _values(file)
        except (OSError, ValueError, struct.error) as error:
            raise ImproperlyConfigured(
                _("%(path)s is not a GGUF file that can be read: %(said)s.") % {"path": path, "said": error}
            ) from error
        kinds = zip(
            values.get("tokenizer.ggml.tokens", ()),
            values.get("tokenizer.ggml.token_type", ()),
            strict=False,
        )
        context = values.get(f"{values.get('general.architecture')}.context_length", 0)
        return cls(
            path=path.resolve(),
            name=path.stem,
            context_tokens=context if isinstance(context, int) else 0,
            has_chat_template=bool(values.get("tokenizer.chat_template")),
            control_tokens=tuple(token for token, kind in kinds if _has_power(token, kind)),
        )


def _has_power(token: str, kind: int) -> bool:
    """Tokens that a user defined may also be mere white space or words."""
    return bool(token) and (kind == CONTROL or (kind == USER_DEFINED and token.startswith(("<", "["))))


def _values(file: BinaryIO) -> dict[str, Any]:
    if file.read(4) != b"GGUF":
        raise ValueError("it does not begin with GGUF")
    version = _scalar(file, "I")
    if version not in (2, 3):
        raise ValueError(f"version {version}")
    _tensors, keys = _scalar(file, "Q"), _scalar(file, "Q")
    return {_string(file): _value(file, _scalar(file, "I")) for _key in range(_bounded(keys, MOST_ITEMS))}


def _value(file: BinaryIO, kind: int) -> Any:
    if kind == STRING:
        return _string(file)
    if kind != ARRAY:
        return _scalar(file, _format(kind))
    kind, length = _scalar(file, "I"), _bounded(_scalar(file, "Q"), MOST_ITEMS)
    if kind in (STRING, ARRAY):
        return [_value(file, kind) for _item in range(length)]
    form = f"<{length}{_format(kind)}"
    return struct.unpack(form, file.read(struct.calcsize(form)))


def _string(file: BinaryIO) -> str:
    length = _bounded(_scalar(file, "Q"), LONGEST_STRING)
    data = file.read(length)
    if len(data) < length:
        raise ValueError("it ends too early")
    return data.decode("utf-8", "replace")


def _scalar(file: BinaryIO, form: str) -> Any:
    return struct.unpack(f"<{form}", file.read(struct.calcsize(f"<{form}")))[0]


def _format(kind: int) -> str:
    if kind not in SCALARS:
        raise ValueError(f"value of type {kind}")
    return SCALARS[kind]


def _bounded(length: int, most: int) -> int:
    if length > most:
        raise ValueError(f"length {length}")
    return length
