"""Marks of ours inside an answer's Markdown while it is turned into something else.

Private-use characters stand for them; foreign ones are removed first, so that none can be forged.
"""

from collections.abc import Sequence

import regex

CITE, WEAK, END, CLOSE, SIGN = "\ue000", "\ue001", "\ue002", "\ue003", "\ue004"
WEAK_MARK = regex.compile(rf"{WEAK}(\d+){END}")
SIGN_MARK = regex.compile(rf"{SIGN}(\d+){END}")
_PRIVATE = regex.compile(r"[\ue000-\ue004]")
# Beside an underscore our marks would be taken for a part of a word, and it for no emphasis; a rare
# punctuation mark stands between them meanwhile.
_GUARD = "\u2e31"
_GUARDED = regex.compile(rf"{_GUARD}(?=[\ue000-\ue004])|(?<=[\ue002\ue003]){_GUARD}")


def without_foreign(text: str) -> str:
    return str(_PRIVATE.sub(" ", text))


def with_inserts(text: str, inserts: Sequence[tuple[int, int, str]]) -> str:
    """``text`` with marks put in: each an offset, its rank among those of the same offset, and the mark."""
    parts = []
    begin = 0
    for at, _rank, piece in sorted(inserts, key=lambda item: item[:2]):
        before = _GUARD if text[at - 1 : at] == "_" else ""
        after = _GUARD if text[at : at + 1] == "_" else ""
        parts += [text[begin:at], before, piece, after]
        begin = max(begin, at)
    return "".join([*parts, text[begin:]])


def without_guards(text: str) -> str:
    """To be called when the Markdown has been read, and before the marks are replaced."""
    return str(_GUARDED.sub("", text))
