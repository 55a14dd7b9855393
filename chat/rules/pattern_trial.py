"""Tries a pattern that somebody wrote on texts made to be hard for it, in a process of its own.

Run as a program, since some patterns cannot be interrupted: whoever starts it ends it.
"""

import json
import resource
import sys
import time
import warnings
from collections.abc import Iterator

import regex

# A text of at most so many characters must be searched in so much processor time.
LONGEST, SLOWEST_S = 2000, 0.15
# All texts together.
MOST_S = 3.0
_SHORT = 60
_SOME = ("a", "A", "0", " ", "_", "中", ".", ",", "-", "\n")
_LITERALS = regex.compile(r"(?<!\\)[\p{L}\p{N}]+|\\?[^\w\s\\]|\s")
_MOST_PARTS, _MOST_BEGINNINGS = 14, 5
_ENDS = ("\x00", "")
_PROSE = (
    "The lighthouse was built in 1897; its keeper, Ada Holm, wrote to ada@example.org each week (p. 12). "
    "灯塔建于1897年，高42米，电话是13800138000。每位员工每年有二十五天带薪年假。\n"
)


def samples(pattern: str) -> Iterator[str]:
    """Runs of what the pattern is made of and of common characters, behind its own beginnings."""
    own = list(dict.fromkeys(part.lstrip("\\") for part in _LITERALS.findall(pattern)))[:_MOST_PARTS]
    parts = [part for part in dict.fromkeys([*own, *_SOME]) if part]
    beginnings = ["", *[part for part in own if part.isalnum()][:_MOST_BEGINNINGS]]
    yield (_PROSE * (LONGEST // len(_PROSE) + 1))[:LONGEST]
    for length in (_SHORT, LONGEST):
        for beginning in beginnings:
            for part in parts:
                for end in _ENDS:
                    yield beginning + (part * (length // len(part) + 1))[:length] + end
    for one in parts:
        for two in parts:
            if one != two:
                yield ((one + two) * LONGEST)[: LONGEST // 2] + "\x00"


def verdict(pattern: str) -> tuple[str, str, int | None]:
    """ "broken" with the reason and its place, "empty" where it matches an empty text, "slow", or "good"."""
    try:
        found = regex.compile(pattern, regex.IGNORECASE)
    except (regex.error, RecursionError, OverflowError, ValueError) as error:
        return "broken", str(error), getattr(error, "pos", None)
    if found.search("", timeout=SLOWEST_S) is not None:
        return "empty", "", None
    return ("slow" if _is_slow(found) else "good"), "", None


def _is_slow(found: "regex.Pattern[str]") -> bool:
    spent = 0.0
    for sample in samples(found.pattern):
        began = time.thread_time()
        try:
            found.search(sample, timeout=SLOWEST_S, partial=True)
        except TimeoutError:
            return True
        took = time.thread_time() - began
        spent += took
        if took > SLOWEST_S or spent > MOST_S:
            return True
    return False


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    resource.setrlimit(resource.RLIMIT_CPU, (int(sys.argv[1]), int(sys.argv[1]) + 1))
    for given in json.load(sys.stdin):
        sys.stdout.write(json.dumps(verdict(given)) + "\n")
        sys.stdout.flush()
