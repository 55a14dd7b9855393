"""Personal data stays here: what leaves for a model holds placeholders, and its answer gets the data back.

A value has one placeholder, such as ``[PHONE_1]``, in everything that is sent for one answer, however it is
spelled. It comes back as a source spells it, so that an answer can be held against its sources.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar

import regex
from django.utils.translation import gettext as _

from chat.rules.patterns import Timed, TooSlow
from chat.rules.personal import Found, canonical, found, with_new
from llm.errors import LLMError
from llm.types import Backend, Delta, Description, Kind, Request

# What looks like a placeholder already is masked too, so that it comes back as it was.
LITERAL = "TEXT"
_PLACEHOLDER = regex.compile(r"\[([A-Z][A-Z0-9_]*)_(\d{1,5})\]")
# Models change brackets and put backslashes before them; without brackets only what looks like one counts.
_SAID = (
    r"\\?[\[【［]\s?(?<name>(?i:{names}))(?:\\?_|[ ])(?<number>\d{{1,5}})\s?\\?[\]】］]"
    r"|(?<![A-Za-z0-9_])(?<name>{names})\\?_(?<number>\d{{1,5}})(?![A-Za-z0-9_])"
)
# What one begins with, and the longest that waits for its end.
_BEGINS = regex.compile(r"[\\\[【［A-Z]")
_LONGEST = 48


class NotMasked(LLMError):
    """A pattern did not get through a text in time, so that nobody knows what would leave."""

    code = "not_masked"
    permanent = True
    for_everybody = ""


@dataclass(slots=True)
class Masker:
    """For one answer. ``kinds`` are those of ``chat.rules.personal``, ``own`` names with their patterns;
    ``report`` hears of a pattern that is too slow. No text is masked without it from then on."""

    kinds: tuple[str, ...]
    own: Mapping[str, Timed] = field(default_factory=dict)
    report: Callable[[str], None] = lambda _pattern: None
    placeholders: dict[tuple[str, str], tuple[str, int]] = field(default_factory=dict)
    values: dict[tuple[str, int], str] = field(default_factory=dict)
    _of_sources: set[tuple[str, int]] = field(default_factory=set)
    _slow: set[str] = field(default_factory=set)

    @property
    def counts(self) -> dict[str, int]:
        """How many different values of each kind were masked."""
        return dict(Counter(name for name, _number in self.values if name != LITERAL))

    def masked(self, text: str, *, is_source: bool = False) -> str:
        """Raises ``NotMasked``."""
        listed = found(text, self.kinds)
        for name, pattern in self.own.items():
            listed = with_new(listed, name, self._spans(pattern, text))
        listed = with_new(listed, LITERAL, (match.span() for match in _PLACEHOLDER.finditer(text)))
        parts: list[str] = []
        begin = 0
        for one in sorted(listed, key=_start):
            name, number = self._numbered(one.kind, text[one.start : one.end], is_source=is_source)
            parts += [text[begin : one.start], f"[{name}_{number}]"]
            begin = one.end
        return "".join([*parts, text[begin:]])

    def unmasked(self, text: str) -> str:
        if not self.values:
            return text
        back: str = self._said().sub(self._value, text)
        return back

    def waits_from(self, text: str) -> int:
        """From where on ``text`` may be the beginning of a placeholder."""
        if not self.values:
            return len(text)
        said = self._said()
        for begin in _BEGINS.finditer(text, max(0, len(text) - _LONGEST)):
            match = said.match(text, begin.start(), partial=True)
            if match is not None and (match.partial or match.end() == len(text)):
                return int(begin.start())
        return len(text)

    def _said(self) -> "regex.Pattern[str]":
        names = sorted({name for name, _number in self.values}, key=len, reverse=True)
        return regex.compile(_SAID.format(names="|".join(names)))

    def _value(self, match: "regex.Match[str]") -> str:
        return self.values.get((match["name"].upper(), int(match["number"])), str(match[0]))

    def _numbered(self, name: str, value: str, *, is_source: bool) -> tuple[str, int]:
        key = name, canonical(name, value)
        known = self.placeholders.get(key)
        if known is None:
            known = self.placeholders[key] = name, sum(other == name for other, _number in self.values) + 1
            self.values[known] = value
        if is_source and known not in self._of_sources:
            self._of_sources.add(known)
            self.values[known] = value
        return known

    def _spans(self, pattern: Timed, text: str) -> Iterator[tuple[int, int]]:
        if pattern.pattern in self._slow:
            raise _not_masked()
        at = 0
        try:
            while at <= len(text) and (match := pattern.found(text, at, partial=False)) is not None:
                if match.end() > match.start():
                    yield match.span()
                at = max(match.end(), match.start() + 1)
        except TooSlow as error:
            self._slow.add(error.pattern)
            self.report(error.pattern)
            raise _not_masked() from error


def _not_masked() -> NotMasked:
    return NotMasked(
        _(
            "A rule that keeps personal data from this model did not get through the text in time, so "
            "nothing was sent. An administrator sees under Settings, Rules, which pattern it was."
        )
    )


def _start(one: Found) -> int:
    return one.start


class Masked:
    """A model that reads only what ``masker`` lets through, and whose words get the values back. Where the
    masker cannot say what that is, nothing is sent, and it fails with ``NotMasked``.

    ``used`` is called before something is sent.
    """

    kind: ClassVar[Kind] = Kind(title="Endpoint")

    def __init__(self, backend: Backend, masker: Masker, used: Callable[[Description], None]) -> None:
        self._backend, self._masker, self._used = backend, masker, used

    def describe(self) -> Description:
        return self._backend.describe()

    def count_tokens(self, text: str) -> int:
        return self._backend.count_tokens(text)

    def stream(self, request: Request) -> Iterator[Delta]:
        deltas = self._backend.stream(self._outgoing(request))
        self._used(self._backend.describe())
        text, reasoning = _Back(self._masker), _Back(self._masker)
        try:
            for delta in deltas:
                thought = reasoning.feed(delta.reasoning)
                if delta.text or delta.finish_reason:
                    thought += reasoning.rest()
                said = text.feed(delta.text) + (text.rest() if delta.finish_reason else "")
                yield replace(delta, text=said, reasoning=thought)
            last = text.rest()
            if last:
                yield Delta(text=last)
        finally:
            close = getattr(deltas, "close", None)
            if close is not None:
                close()

    def _outgoing(self, request: Request) -> Request:
        masked = self._masker.masked
        sources = tuple(
            replace(one, text=masked(one.text, is_source=True), title=masked(one.title, is_source=True))
            for one in request.sources
        )
        return replace(
            request,
            messages=tuple(replace(one, content=masked(one.content)) for one in request.messages),
            question=masked(request.question),
            sources=sources,
        )


@dataclass(slots=True)
class _Back:
    """Text in pieces with its values put back; a piece of a placeholder waits for the rest."""

    masker: Masker
    _held: str = ""

    def feed(self, text: str) -> str:
        if not text:
            return ""
        whole = self._held + text
        wait = self.masker.waits_from(whole)
        self._held = whole[wait:]
        return self.masker.unmasked(whole[:wait])

    def rest(self) -> str:
        held, self._held = self._held, ""
        return self.masker.unmasked(held)


def outgoing(
    backends: Sequence[Backend],
    masker: Masker,
    is_masked: Callable[[Description], bool],
    used: Callable[[Description], None],
) -> list[Backend]:
    """``backends`` with those behind the masker that ``is_masked`` names."""
    return [
        Masked(backend, masker, used)
        if backend.describe().is_model and is_masked(backend.describe())
        else backend
        for backend in backends
    ]
