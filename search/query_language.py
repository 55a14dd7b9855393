"""What people write into the search box besides words: quotes, exclusions and filters.

``"exact words" -without site:example.org type:pdf tag:fees after:2024-05 before:1y``, with full-width quotes
and colons as well. What is no operator stays text, to the letter: a hyphen inside a word, a number with a
minus, an address, a colon behind any other word.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date

from django.utils.translation import gettext as _

from search.asked_dates import day_named
from search.file_types import type_named

_OPERATORS = re.compile(r"""["“”＂「」『』:：]|(?:^|\s)[-－]""")
_QUOTES = {'"': '"', "＂": "＂", "“": "”", "”": "”", "「": "」", "『": "』"}
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
_FILTER = re.compile(
    rf"{_STARTS}(?P<key>{'|'.join(sorted(map(re.escape, _KEY_OF), key=len, reverse=True))})[:：](?=\S)",
    re.IGNORECASE,
)
_KEYED = re.compile(rf"(?:{'|'.join(map(re.escape, _KEY_OF))})[:：]\S", re.IGNORECASE)
_VALUE = re.compile(r'[^\s，。；、（）"“”「」『』＂]+')
# Nothing can begin within this.
_RUN = re.compile(r"[^\s，。；、（(\"“”＂「」『』]+")
_BEHIND = "?!.,;:)]}？！"
_HOST = re.compile(r"(?:[\w-]+\.)*[\w-]+(?::\d+)?")
_MOST = 10
_LONGEST_TAG = 80


@dataclass(frozen=True, slots=True)
class Filters:
    """What a document must be. Of several ``sites`` or ``types`` one is enough, of ``tags`` all are needed.

    ``sites`` are hosts with or without a path, ``types`` keys of ``search.file_types.TYPES``. ``after`` is
    the first day that counts, ``before`` the first one that does not any more.
    """

    sites: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    after: date | None = None
    before: date | None = None

    def __bool__(self) -> bool:
        return bool(self.sites or self.types or self.tags or self.after or self.before)

    def and_those(self, other: "Filters") -> "Filters":
        """Both together; of two dates the narrower one."""
        days = [day for day in (self.after, other.after) if day]
        ends = [day for day in (self.before, other.before) if day]
        return Filters(
            _once(self.sites, other.sites),
            _once(self.types, other.types),
            _once(self.tags, other.tags),
            max(days, default=None),
            min(ends, default=None),
        )


@dataclass(frozen=True, slots=True)
class Asked:
    """A question: ``text`` is what words and vectors look for, ``loose`` what of it stood outside quotes.

    ``phrases`` must be in a passage, ``excluded`` words or phrases must not. ``problems`` are sentences about
    what could not be understood; that part is searched as text. ``written`` are the filters in the question:
    key, value, and the range of characters that they take there.
    """

    text: str
    loose: str = ""
    phrases: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    filters: Filters = Filters()
    problems: tuple[str, ...] = ()
    written: tuple[tuple[str, str, int, int], ...] = ()

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
        _once(parts.phrases),
        _once(parts.excluded),
        filters,
        problems,
        tuple(parts.written),
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
    minus = _EXCLUDED.match(text, at)
    if minus and not _KEYED.match(text, minus.end()):
        quoted = _QUOTED.match(text, minus.end())
        word = quoted or _WORD.match(text, minus.end())
        named = _inside(quoted) if quoted else word.group().rstrip(_BEHIND) if word else ""
        if word and _has_letters(named):
            parts.excluded.append(named)
            return word.end()
    found = _FILTER.match(text, at)
    if found:
        quoted = _QUOTED.match(text, found.end())
        value = quoted or _VALUE.match(text, found.end())
        named = _inside(quoted) if quoted else value.group().rstrip(_BEHIND) if value else ""
        if value and named:
            parts.written.append((_KEY_OF[found["key"].lower()], named, at, value.end()))
            parts.text(" ")
            return value.end()
    run = _RUN.match(text, at)
    end = run.end() if run else at + 1
    parts.text(text[at:end])
    return end


def read_filters(
    values: list[tuple[str, str]], *, today: date, untaken: Callable[[str], None] | None = None
) -> tuple[Filters, tuple[str, ...]]:
    """Pairs of "site", "type", "tag", "after" or "before" and a value, several of them apart by commas; and
    sentences about those that mean nothing, which ``untaken`` gets as text."""
    sites: list[str] = []
    types: list[str] = []
    tags: list[str] = []
    days: dict[str, date] = {}
    problems: list[str] = []
    for key, value in values:
        problem = ""
        if key == "tag":
            tags += [
                " ".join(name.split())[:_LONGEST_TAG] for name in re.split("[,，]", value) if name.strip()
            ]
        elif key == "site":
            problem = _into(sites, value, _site, _("“%(value)s” is no site. Write site:example.org."))
        elif key == "type":
            problem = _into(types, value, type_named, _("“%(value)s” is no type of file. Write type:pdf."))
        else:
            day = day_named(value, today)
            if day is None:
                problem = _("“%(value)s” is no date. Write 2024, 2024-05, 2024-05-31, or 7d, 3m, 1y.")
                problem %= {"value": value[:40]}
            else:
                days[key] = day
        if problem:
            problems.append(problem)
            if untaken:
                untaken(f" {value} ")
    filters = Filters(_once(sites), _once(types), _once(tags), days.get("after"), days.get("before"))
    if filters.after and filters.before and filters.after >= filters.before:
        problems.append(_("No day is both after the first date and before the second."))
    return filters, tuple(problems)


def _into(target: list[str], value: str, meaning: Callable[[str], str], problem: str) -> str:
    """Puts what the parts of ``value`` mean into ``target``; the problem with the first that means none."""
    for part in filter(None, re.split("[,，]", value)):
        meant = meaning(part)
        if not meant:
            return problem % {"value": part[:40]}
        target.append(meant)
    return ""


def _site(value: str) -> str:
    """Host and path in small letters, without a scheme, "www." and a slash at the end; "" for none."""
    host, slash, path = re.sub(r"^[a-z]+://", "", value.strip().lower()).partition("/")
    host = host.removeprefix("*.").removeprefix("www.")
    if not _HOST.fullmatch(host):
        return ""
    return f"{host}{slash}{path}".rstrip("/")


def _inside(quoted: re.Match[str]) -> str:
    return " ".join(next((part for part in quoted.groups() if part is not None), "").split())


def _has_letters(text: str) -> bool:
    return any(character.isalnum() for character in text)


def _joined(parts: list[str]) -> str:
    return " ".join("".join(parts).split())


def _once(*values: "tuple[str, ...] | list[str]") -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for some in values for value in some))[:_MOST]
