"""Reads the data of a server-sent event stream from the bytes as they come."""

from collections.abc import Iterable, Iterator

LONGEST_LINE_BYTES = 8 * 1024 * 1024


class Overlong(Exception):
    """A line without an end: no event stream."""


def payloads(pieces: Iterable[bytes]) -> Iterator[str]:
    """The text after ``data:`` of each line, and lines that are bare JSON; the rest is skipped.

    Lines are cut at the byte LF only: JSON may hold U+2028, at which ``str.splitlines`` would cut.
    ``Overlong`` is raised for a line above ``LONGEST_LINE_BYTES``.
    """
    rest = b""
    for piece in pieces:
        *lines, rest = (rest + piece).split(b"\n")
        yield from filter(None, map(_payload, lines))
        if len(rest) > LONGEST_LINE_BYTES:
            raise Overlong
    if last := _payload(rest):
        yield last


def _payload(line: bytes) -> str:
    text = line.decode("utf-8", "replace").strip()
    if text.startswith("data:"):
        return text[5:].strip()
    return text if text.startswith("{") else ""
