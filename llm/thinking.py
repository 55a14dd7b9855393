"""Takes a model's ``<think>…</think>`` apart from its answer while both are still arriving."""

from typing import Literal

Part = tuple[Literal["text", "reasoning"], str]

_CLOSE_OF = {"<think>": "</think>", "<thinking>": "</thinking>", "<thought>": "</thought>"}


class ThinkSplitter:
    """Feed it pieces of any size; tags may be split across them.

    Only blocks before the answer's first word count: a later ``<think>`` is the answer's own text.
    """

    def __init__(self) -> None:
        self._state: Literal["before", "inside", "after"] = "before"
        self._held = ""
        self._close = ""

    def feed(self, piece: str) -> list[Part]:
        """What is certain so far, in order; the rest is held until more comes."""
        self._held += piece
        parts: list[Part] = []
        while self._held and self._step(parts):
            pass
        return parts

    def close(self) -> list[Part]:
        """What was still held when the stream ended."""
        rest, self._held = self._held, ""
        if not rest.strip():
            return []
        return [("reasoning" if self._state == "inside" else "text", rest)]

    def _step(self, parts: list[Part]) -> bool:
        """One move; false when nothing more can be decided."""
        if self._state == "after":
            parts.append(("text", self._held))
            self._held = ""
            return False
        return self._before() if self._state == "before" else self._inside(parts)

    def _before(self) -> bool:
        body = self._held.lstrip()
        for tag, close in _CLOSE_OF.items():
            if body.startswith(tag):
                self._state, self._held, self._close = "inside", body[len(tag) :], close
                return True
        if any(tag.startswith(body) for tag in _CLOSE_OF):
            return False
        self._state, self._held = "after", body
        return True

    def _inside(self, parts: list[Part]) -> bool:
        head, found, tail = self._held.partition(self._close)
        if found:
            self._state, self._held = "before", tail
        else:
            keep = _overlap(head, self._close)
            head, self._held = head[: len(head) - keep], head[len(head) - keep :]
        if head:
            parts.append(("reasoning", head))
        return bool(found)


def _overlap(text: str, tag: str) -> int:
    """Length of the longest end of ``text`` that ``tag`` begins with."""
    return next((n for n in range(min(len(text), len(tag) - 1), 0, -1) if text.endswith(tag[:n])), 0)
