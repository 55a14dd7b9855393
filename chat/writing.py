"""One back end writing one answer: its passages, its prompt, and what it says as it comes."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import regex
from django.utils import translation
from django.utils.translation import gettext as _

from chat import prompts
from chat.context import distinct
from chat.events import Event, Failure, Forgets, Reset, Sources, Spent, Thinking, Token, Waiting
from chat.hearing import Heard
from chat.memory import Memory, memory
from chat.prompts import Turn
from chat.rules.applying import Ruled
from chat.rules.chain import Chain
from ingestion.finding import FoundPassage
from llm.errors import BadResponse, Blocked, ContextTooLong, HistoryRefused
from llm.types import Backend, Delta, Description, Request, Source

Widen = Callable[[Sequence[FoundPassage]], list[FoundPassage]]

# A server whose context is smaller than the endpoint says is asked again with this part of it.
SMALLER_CONTEXT = 0.5


@dataclass(frozen=True, slots=True)
class Asked:
    """What an answer is written to. ``question`` is as it was typed, ``reading`` what was searched for;
    ``language`` is that of the notes."""

    question: str
    reading: str
    history: tuple[Turn, ...]
    language: str
    instructions: str = ""

    @property
    def answer_language(self) -> str:
        return prompts.language_of(self.question, self.language)


@dataclass(slots=True)
class Writing:
    """An answer on its way.

    ``found`` are the passages as the search gave them, ``passages`` those that the back end reads, in the
    order of their numbers. ``spent`` is what all requests for it used, ``failures`` what went wrong before,
    ``memory`` how much of the conversation the back end read.
    """

    asked: Asked
    found: tuple[FoundPassage, ...]
    widen: Widen | None = None
    passages: tuple[FoundPassage, ...] = ()
    described: Description | None = None
    text: str = ""
    says_no: bool = False
    finish_reason: str = ""
    failure: Failure | None = None
    failures: list[Failure] = field(default_factory=list)
    spent: list[Spent] = field(default_factory=list)
    forgets: Forgets = "nothing"
    memory: Memory | None = None
    ruled: Ruled = field(default_factory=Ruled)
    _screen: Chain | None = None
    _thoughts: Chain | None = None
    _shown: bool = False

    @property
    def sources(self) -> list[Source]:
        return [Source(n, passage.text, title_of(passage)) for n, passage in enumerate(self.passages, 1)]

    def by(self, backend: Backend) -> Iterator[Event]:
        """Lets ``backend`` write. Raises ``LLMError``; ``self.text`` then holds what came before.

        A provider that objects to the conversation is asked once more without it, and so are those that
        follow.
        """
        self.described = backend.describe()
        yield from self._choose_passages(self.described)
        try:
            yield from self._within_context(backend, self.described)
        except HistoryRefused:
            if not self.asked.history:
                self.forgets = "all"
                raise
            self.forget()
            yield from self.by(backend)
            return
        # A server may have chosen the model itself, on the first request.
        self.described = backend.describe()
        if self.described.is_model and not (self.text.strip() or self.says_no or self.is_withheld):
            raise self._empty()

    @property
    def is_withheld(self) -> bool:
        """Something was written, and the rules left nothing of it."""
        return self._screen is not None and self._screen.is_empty

    def forget(self) -> None:
        """From here on the model reads nothing of what was said before."""
        self.asked = replace(self.asked, history=())
        self.forgets = "earlier"

    def _within_context(self, backend: Backend, described: Description) -> Iterator[Event]:
        try:
            yield from self._stream(backend, described)
        except ContextTooLong:
            if self.text or not described.follows_instructions:
                raise
            smaller = int(described.context_tokens * SMALLER_CONTEXT)
            yield from self._stream(backend, replace(described, context_tokens=smaller))

    def _choose_passages(self, described: Description) -> Iterator[Event]:
        """Widened and without doubles for a reader; quoting was tuned on the passages as they are."""
        passages = list(self.found)
        if described.is_model:
            passages = distinct(self.widen(passages) if self.widen is not None else passages)
        if tuple(passages) != self.passages:
            self.passages = tuple(passages)
            yield Sources(self.passages)

    def _stream(self, backend: Backend, described: Description) -> Iterator[Event]:
        """Begins anew: what another request showed before is taken back."""
        if self._shown:
            yield Reset()
        self.text, self.says_no, self.finish_reason, self._shown = "", False, "", False
        request = self._request(backend, described)
        start, heard = Start(), Heard()
        self.ruled.begin_anew()
        self._screen, self._thoughts = self.ruled.screen(), self.ruled.thoughts()
        for delta in backend.stream(request):
            heard.take(delta)
            yield from self._take(delta, start)
            if self._screen is not None and self._screen.is_full:
                break
        yield from self._think("", last=True)
        yield from self._append(start.rest(), last=True)
        self.says_no, self.finish_reason = start.says_no, heard.finish_reason
        spent = heard.spent(backend, request)
        self.spent += [spent] if spent else []

    def _take(self, delta: Delta, start: "Start") -> Iterator[Event]:
        yield from self._think(delta.reasoning, last=bool(delta.text))
        if not (delta.text or delta.reasoning):
            yield Waiting(delta.pause)
        yield from self._append(start.feed(delta.text))

    def _think(self, text: str, *, last: bool) -> Iterator[Event]:
        if self._thoughts is not None:
            text = self._thoughts.feed(text) + (self._thoughts.rest() if last else "")
        if text:
            self._shown = True
            yield Thinking(text)

    def _append(self, text: str, *, last: bool = False) -> Iterator[Event]:
        """What the rules let through of it, and at the end what they held back."""
        if self._screen is not None:
            text = self._screen.feed(text) + (self._screen.rest() if last else "")
        if text:
            self._shown = True
            self.text += text
            yield Token(text)

    def _request(self, backend: Backend, described: Description) -> Request:
        language = self.asked.answer_language
        prompt = prompts.build(
            self.asked.question,
            self.sources,
            backend=described,
            count=backend.count_tokens,
            history=self.asked.history,
            language=language,
            instructions=self.asked.instructions,
        )
        reads = described.is_model and described.follows_instructions
        self.memory = memory(self.asked.history, prompt.turns) if reads else None
        return Request(
            messages=prompt.messages,
            question=self.asked.reading,
            # A back end that only continues text, or quotes, fits the sources into its own format.
            sources=prompt.used if reads else self.sources,
            max_tokens=prompt.max_tokens,
            language=language,
        )

    def _empty(self) -> BadResponse | Blocked:
        with translation.override(self.asked.language):
            if self.finish_reason == "content_filter":
                return Blocked(
                    _("The provider's safety filter withheld the answer: put the question in other words.")
                )
            said = _("The language model gave an empty answer.")
            return BadResponse(said, public=said)


def title_of(passage: FoundPassage) -> str:
    """The document, the headings and the header row above a passage."""
    return " › ".join(filter(None, [passage.document, passage.heading, passage.table]))


class Start:
    """Holds the first characters back until it is clear whether they are ``[0]``, in whatever brackets."""

    _NO = regex.compile(r"\s*(?:\*\*|`)?[\[【［(（]\s*[0０]\s*[\])】］）](?:\*\*|`)?[\s:：,，.。-]*")

    def __init__(self) -> None:
        self.says_no = False
        self._held: str | None = ""

    def feed(self, text: str) -> str:
        if self._held is None:
            return text
        self._held = (self._held + text).lstrip()
        found = self._NO.match(self._held, partial=True)
        if found is not None and (found.partial or found.end() == len(self._held)):
            return ""
        text, self._held = self._held, None
        if found is not None:
            self.says_no = True
            return text[found.end() :]
        return text

    def rest(self) -> str:
        held, self._held = self._held or "", None
        found = self._NO.fullmatch(held) if held else None
        if found is not None:
            self.says_no = True
            return ""
        return held
