"""What people write into the search box besides words: quotes, exclusions and filters.

``"exact words" -without site:example.org -type:pdf tag:fees after:2024-05 before:1y``, with full-width quotes
and colons as well. What is no operator stays text, to the letter: a hyphen inside a word, a number with a
minus, an address, a colon behind any other word.
"""

import re
from dataclasses import dataclass, field, replace
from datetime import date

from search.filters import NO_FILTERS, Filters, once, read_filters

_OPERATORS = re.compile(r"""["“”＂「」『』:：]|(?:^|\s)[-－]""")
QUOTES = frozenset('"＂“”「」『』')
# A quote or an operator begins here: not within a word of letters.
_QUOTED = re.compile(
    r'(?<![^\W\u2e80-\U0003ffff])(?:"([^"]*)"(?![^\W\u2e80-\U0003ffff])|＂([^＂]*)＂|[“”]([^“”]*)[“”]|「([^「」]*)」|『([^『』]*)』)'
)
_STARTS = r"(?:(?<=\s)|(?<=[，。；、（(])|^)"
_EXCLUDED = re.compile(r"(?:(?<=\s)|^)[-－](?=[^\W\d_]|[\"＂“「『])")
_WORD = re.compile(r"[^\s，。；、\"“”「」『』]+")
_KEYS = {
    "site": ("site", "网站", "網站", "站点", "站點"),
    "type": ("type", "filetype", "类型", "類型", "格式"),
    "tag": ("tag", "标签", "標籤"),
    "after": ("after", "since", "起", "之后", "之後", "晚于"),
    "before": ("before", "until", "止", "之前", "早于"),
}
_KEY_OF = {name: key for key, names in _KEYS.items() for name in names}
# Filters that may have a minus before them; of dates the other one says the same.
_DENIED = {"site", "type", "tag"}
_ANY_KEY = "|".join(sorted(map(re.escape, _KEY_OF), key=len, reverse=True))
_FILTER = re.compile(rf"{_STARTS}(?P<minus>[-－]?)(?P<key>{_ANY_KEY})[:：](?=\S)", re.IGNORECASE)
_KEYED = re.compile(rf"(?:{_ANY_KEY})[:：]\S", re.IGNORECASE)
_VALUE = re.compile(r'[^\s，。；、（）"“”「」『』＂]+')
# Nothing can begin within this.
_RUN = re.compile(r"[^\s，。；、（(\"“”＂「」『』]+")
_BEHIND = "?!.,;:)]}？！"


@dataclass(frozen=True, slots=True)
class Asked:
    """A question: ``text`` is what words and vectors look for, ``loose`` what of it stood outside quotes.

    ``phrases`` must be in a passage, ``excluded`` words or phrases must not. ``problems`` are sentences about
    what could not be understood; that part is searched as text. ``written`` are the filters in the question:
    key ("-type" for one that documents must not pass), value, and the range of characters that they take
    there. ``apart`` are the ranges of what is no word to look for: filters and what is excluded.
    """

    text: str
    loose: str = ""
    phrases: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    filters: Filters = NO_FILTERS
    problems: tuple[str, ...] = ()
    written: tuple[tuple[str, str, int, int], ...] = ()
    apart: tuple[tuple[int, int], ...] = ()

    @classmethod
    def plain(cls, text: str) -> "Asked":
        """Nothing but text."""
        return cls(text, text)

    @property
    def needs_text(self) -> bool:
        """Whether passages have to be looked at to know if they belong."""
        return bool(self.phrases or self.excluded)

    def with_filters(self, filters: Filters, problems: tuple[str, ...] = ()) -> "Asked":
        return replace(self, filters=self.filters.and_those(filters), problems=(*self.problems, *problems))


NOTHING = Asked("")


@dataclass(slots=True)
class _Parts:
    words: list[str] = field(default_factory=list)
    loose: list[str] = field(default_factory=list)
    phrases: list[str] = field(default_factory=list)
    excluded: list[str] = field(default_factory=list)
    written: list[tuple[str, str, int, int]] = field(default_factory=list)
    apart: list[tuple[int, int]] = field(default_factory=list)

    def text(self, text: str) -> None:
        self.words.append(text)
        self.loose.append(text)


def parse(text: str, *, today: date) -> Asked:
    """What ``text`` asks for. ``today`` is where "7d" counts from. Never raises."""
    text = text.strip()
    if not _OPERATORS.search(text):
        return Asked.plain(text)
    parts, at = _Parts(), 0
    while at < len(text):
        at = _take(text, at, parts)
    if not "".join(parts.words).strip() and not parts.written:
        return Asked.plain(text)
    filters, problems = read_filters([item[:2] for item in parts.written], today=today, untaken=parts.text)
    asked = Asked(
        _joined(parts.words),
        _joined(parts.loose),
        once(parts.phrases),
        once(parts.excluded),
        filters,
        problems,
        tuple(parts.written),
        tuple(parts.apart),
    )
    return asked if asked != Asked.plain(asked.text) else Asked.plain(text)


def _take(text: str, at: int, parts: _Parts) -> int:
    """One piece of ``text`` at ``at`` into ``parts``; where the next one begins."""
    quoted = _QUOTED.match(text, at)
    if quoted:
        phrase = _inside(quoted)
        if _has_letters(phrase):
            parts.phrases.append(phrase)
            parts.words.append(f" {phrase} ")
        parts.loose.append(" ")
        return quoted.end()
    end = _exclusion(text, at, parts) or _filter(text, at, parts)
    if end:
        parts.apart.append((at, end))
        return end
    run = _RUN.match(text, at)
    end = run.end() if run else at + 1
    parts.text(text[at:end])
    return end


def _exclusion(text: str, at: int, parts: _Parts) -> int:
    """Where what is excluded at ``at`` ends; 0 where nothing is."""
    minus = _EXCLUDED.match(text, at)
    if not minus or _KEYED.match(text, minus.end()):
        return 0
    end, named = _value(text, minus.end(), _WORD)
    if not _has_letters(named):
        return 0
    parts.excluded.append(named)
    return end


def _filter(text: str, at: int, parts: _Parts) -> int:
    """Where the filter at ``at`` ends; 0 where there is none."""
    found = _FILTER.match(text, at)
    if not found:
        return 0
    key = _KEY_OF[found["key"].lower()]
    end, named = _value(text, found.end(), _VALUE)
    if not named or (found["minus"] and key not in _DENIED):
        return 0
    parts.written.append((f"-{key}" if found["minus"] else key, named, at, end))
    parts.text(" ")
    return end


def _value(text: str, at: int, plain: re.Pattern[str]) -> tuple[int, str]:
    """Where what stands at ``at`` ends, and what it is: in quotes, or as ``plain`` has it."""
    quoted = _QUOTED.match(text, at)
    if quoted:
        return quoted.end(), _inside(quoted)
    found = plain.match(text, at)
    return (found.end(), found.group().rstrip(_BEHIND)) if found else (at, "")


def _inside(quoted: re.Match[str]) -> str:
    return " ".join(next((part for part in quoted.groups() if part is not None), "").split())


def _has_letters(text: str) -> bool:
    return any(character.isalnum() for character in text)


def _joined(parts: list[str]) -> str:
    return " ".join("".join(parts).split())
