"""Counts tokens: with an embedding model's own tokenizer, or by estimate."""

import functools
import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

CJK = re.compile("[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]")


class Counter(Protocol):
    """Counts the tokens of many texts; ``offsets`` gives where in one text each token begins."""

    def counts(self, texts: Sequence[str]) -> list[int]: ...

    def offsets(self, text: str) -> list[int]: ...


class ModelTokens:
    """Tokens of a Hugging Face tokenizer, special ones left out. To some models a long run without
    spaces is a single unknown token, so that a text counts for at least one token in 12 characters."""

    def __init__(self, path: str) -> None:
        from tokenizers import Tokenizer

        self._tokenizer = Tokenizer.from_file(path)
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()

    def counts(self, texts: Sequence[str]) -> list[int]:
        result: list[int] = []
        for at in range(0, len(texts), 4096):
            batch = list(texts[at : at + 4096])
            encoded = self._tokenizer.encode_batch_fast(batch, add_special_tokens=False)
            result.extend(
                max(len(found), len(text) // 12) for found, text in zip(encoded, batch, strict=True)
            )
        return result

    def offsets(self, text: str) -> list[int]:
        return [start for start, _ in self._tokenizer.encode(text, add_special_tokens=False).offsets]


class SentencePieceTokens:
    """Tokens of a SentencePiece model, special ones left out; a text counts for at least one token in 12
    characters, as above."""

    def __init__(self, path: str) -> None:
        from sentencepiece import SentencePieceProcessor

        self._tokenizer = SentencePieceProcessor(model_file=path)

    def counts(self, texts: Sequence[str]) -> list[int]:
        return [
            max(len(self._tokenizer.encode(_readable(text), return_type="numpy")), len(text) // 12)
            for text in texts
        ]

    def offsets(self, text: str) -> list[int]:
        found = self._tokenizer.encode(_readable(text), return_type="offset_mapping")
        return [start for start, _ in found["offsets"]]


def _readable(text: str) -> str:
    """``text`` without lone surrogates, which are no UTF-8; of the same length."""
    return text.encode("utf-8", "replace").decode()


class Estimate:
    """One token for each CJK character and one for each four others."""

    def counts(self, texts: Sequence[str]) -> list[int]:
        dense = [len(CJK.findall(text)) for text in texts]
        return [wide + -(-(len(text) - wide) // 4) for text, wide in zip(texts, dense, strict=True)]

    def offsets(self, text: str) -> list[int]:
        return list(range(len(text)))


@functools.lru_cache(maxsize=4)
def counter_for(tokenizer: str) -> Counter:
    """Counts in the tokens of the ``tokenizer.json`` or SentencePiece ``.model`` at this path, or by
    estimate for "". Kept for reuse."""
    if not tokenizer:
        return Estimate()
    return SentencePieceTokens(tokenizer) if tokenizer.endswith(".model") else ModelTokens(tokenizer)


@functools.lru_cache(maxsize=4)
def digest(path: str) -> str:
    """SHA-256 of a tokenizer file."""
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()
