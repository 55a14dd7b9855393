"""Patterns of addresses, one a line, as for watched folders: ``*`` stands for anything, also for slashes.

A pattern that begins with a slash is held against path and query; one with ``://`` against the whole address;
one whose first part holds a dot, as ``docs.example.org/guide``, against host, path and query; any other as if
a slash stood before it. A pattern that matches an address matches all that is below it, so ``/docs`` stands
for ``/docs``, ``/docs/a/b`` and ``/docs?page=2``, but not for ``/docs-old``. Letters match in either case.
No regular expressions: a match takes time in proportion to the address, whatever is written.
"""

from urllib.parse import urlsplit

from ingestion.crawl.addresses import escaped
from ingestion.folders import patterns

__all__ = ["matches", "patterns"]


def matches(pattern: str, url: str) -> bool:
    """Whether ``pattern`` holds ``url``, which must be ``canonical``."""
    wanted, parts = escaped(pattern).lower(), urlsplit(url)
    held = parts.path + (f"?{parts.query}" if parts.query else "")
    if "://" in wanted:
        held = url
    elif not wanted.startswith(("/", "*")):
        if "." in wanted.partition("/")[0].partition("*")[0] and "/" in wanted:
            held = parts.netloc + held
        else:
            wanted = f"/{wanted}"
    held = held.lower()
    below = (wanted + "*",) if wanted.endswith("/") else (wanted + "/*", wanted + "?*")
    return any(_glob(each, held) for each in (wanted, *below))


def _glob(pattern: str, text: str) -> bool:
    """Each piece between stars at the first place where it fits: enough, since only stars stand between."""
    first, *middle = pattern.split("*")
    if not middle:
        return text == first
    last = middle.pop()
    if len(text) < len(first) + len(last) or not (text.startswith(first) and text.endswith(last)):
        return False
    at, end = len(first), len(text) - len(last)
    for piece in middle:
        found = text.find(piece, at, end)
        if found < 0:
            return False
        at = found + len(piece)
    return True
