"""How good a place in running text is for a cut."""

import re

_SENTENCE_END = re.compile(r"(?:[.!?…][\"'”’)\]]*\s+|[。！？；…][”’」』）]*\s*)$")
_EMPTY_LINE = re.compile(r"\n[ \t]*\n\s*$")


def prose_rank(text: str, at: int) -> int:
    """2 at a paragraph, 1 at a sentence or a line of its own, 0 within a sentence."""
    before, after = text[max(0, at - 12) : at], text[at : at + 1]
    if _EMPTY_LINE.search(before):
        return 2
    wrapped = before.endswith("\n") and after.islower() and not _SENTENCE_END.search(before)
    return 1 if not wrapped and (before.endswith("\n") or _SENTENCE_END.search(before)) else 0
