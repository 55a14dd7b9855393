"""Words found in a document's text, for reading: literal, in any case, across line ends."""

import re
from bisect import bisect_left

Range = tuple[int, int]
MOST = 2000
LONGEST = 200


def occurrences(text: str, wanted: str, most: int = MOST) -> list[Range]:
    """Where ``wanted`` stands in ``text``, the first ``most``; white space in it matches any."""
    words = wanted[:LONGEST].split()
    if not words:
        return []
    pattern = re.compile(r"\s+".join(re.escape(word) for word in words), re.IGNORECASE)
    found: list[Range] = []
    for match in pattern.finditer(text):
        found.append(match.span())
        if len(found) == most:
            break
    return found


def first_from(found: list[Range], offset: int) -> int:
    """The number (from 1) of the first at or after ``offset``, else the first of all."""
    at = bisect_left(found, (offset, 0))
    return at + 1 if at < len(found) else 1
