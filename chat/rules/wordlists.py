"""Lists of words and patterns as administrators type them: one a line, a pattern between slashes.

``/contract\\s+no\\. \\d{6}/`` is a pattern, every other line a word or phrase. A line that begins with ``#``
is a remark.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from django.utils.translation import gettext as _

from chat.rules import patterns
from search.folding import fold

MAX_CHARS = 20_000
MAX_LINES = 500
MAX_PATTERNS = 20
MAX_WORD_CHARS = 80


class BadList(ValueError):
    """The message says what is wrong and what to do."""


@dataclass(frozen=True, slots=True)
class WordList:
    """``words`` are folded (``search.folding``), with single spaces."""

    words: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()


@lru_cache(maxsize=256)
def parse(text: str) -> WordList:
    """What stands in ``text``; nothing is tried."""
    words: dict[str, None] = {}
    found: dict[str, None] = {}
    for line in lines(text):
        if len(line) > 2 and line[0] == line[-1] == "/":
            found[line[1:-1]] = None
        else:
            words[folded(line)] = None
    return WordList(tuple(word for word in words if word), tuple(found))


def check(text: str) -> None:
    """Raises ``BadList`` and ``BadPattern``."""
    check_size(text)
    listed = parse(text)
    check_patterns(listed.patterns)
    for line in lines(text):
        if len(line) > MAX_WORD_CHARS and not line.startswith("/"):
            raise BadList(
                _("“%(line)s…” has more than %(limit)d characters: shorten it.")
                % {"line": line[:30], "limit": MAX_WORD_CHARS}
            )
        if line.startswith("/") and not (len(line) > 2 and line.endswith("/")):
            raise BadList(
                _("“%(line)s” begins a pattern but does not end it: write it as /…/.") % {"line": line}
            )
        if not line.startswith("/") and not any(sign.isalnum() for sign in line):
            raise BadList(_("“%(line)s” holds no letter and no digit.") % {"line": line})
    if not (listed.words or listed.patterns):
        raise BadList(_("Write at least one word or pattern."))


def check_size(text: str) -> None:
    if len(text) > MAX_CHARS or len(list(lines(text))) > MAX_LINES:
        raise BadList(
            _("The list is too long: at most %(lines)d lines and %(chars)d characters.")
            % {"lines": MAX_LINES, "chars": MAX_CHARS}
        )


def check_patterns(found: tuple[str, ...]) -> None:
    if len(found) > MAX_PATTERNS:
        raise BadList(
            _("A rule has at most %(limit)d patterns: write the rest as words, or in another rule.")
            % {"limit": MAX_PATTERNS}
        )
    patterns.check(found)


def lines(text: str) -> Iterator[str]:
    for line in text.splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            yield line.strip()


def folded(word: str) -> str:
    return " ".join(fold(word).text.split())
