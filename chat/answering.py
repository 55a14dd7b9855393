"""The core of the room: from a question to an answer that rests on passages, as a stream of events.

Pure and synchronous: what it needs to search and to generate is handed in.
"""

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field

from django.utils import translation
from django.utils.translation import gettext as _

from chat import prompts
from chat.events import (
    Answer,
    Citation,
    Event,
    Failure,
    Finished,
    QuestionError,
    Rewritten,
    Sources,
    Thinking,
    Token,
)
from chat.extractive import Extractive
from chat.grounding import Grounded, ground
from chat.prompts import Turn
from chat.rewriting import readings
from ingestion.finding import Found, FoundPassage
from llm.errors import BadResponse, LLMError
from llm.types import Backend, Delta, Request, Source, Usage

Find = Callable[[str], Found]

NOT_IN_SOURCES = "[0]"
MAX_ANSWER_TOKENS = 1024
NEAREST_SHOWN = 3


def checked(question: str, max_chars: int) -> str:
    """The question without outer spaces. Raises ``QuestionError`` where it is empty or too long."""
    clean = question.replace("\x00", "").strip()
    if not clean:
        raise QuestionError("empty", _("Type a question first."))
    if len(clean) > max_chars:
        raise QuestionError(
            "too_long",
            _("The question has %(length)d characters; at most %(limit)d are allowed. Shorten it.")
            % {"length": len(clean), "limit": max_chars},
        )
    return clean


def answer(
    question: str,
    *,
    history: Sequence[Turn] = (),
    find: Find,
    backends: Sequence[Backend],
    language: str = "en",
    max_chars: int = 2000,
) -> Generator[Event, None, None]:
    """Events in order: ``Rewritten`` (where it applies), ``Sources``, pieces, ``Finished`` last.

    ``language`` is the one of the notes; the answer follows the question's own. A model that fails
    before its first word is replaced by the next one of ``backends``, and the last by quotes from the
    sources; one that fails later leaves its part, with ``Answer.error`` set. Raises ``QuestionError``
    and what ``find`` raises.
    """
    asked = checked(question, max_chars)
    reading, found = _search(asked, history, backends[0], find, max_chars)
    if reading != asked:
        yield Rewritten(reading)
    yield Sources(tuple(found.passages))
    writing = _Writing(asked, reading, tuple(history), tuple(found.passages), language)
    if not found.answerable or not found.passages:
        yield from _refuse(writing, backends[0], found.notes)
        return
    yield from _write(writing, backends)
    yield Finished(_finished(writing, found.notes))


def _write(writing: "_Writing", backends: Sequence[Backend]) -> Iterator[Event]:
    for backend in (*backends, Extractive()):
        try:
            yield from writing.by(backend)
        except LLMError as error:
            if writing.text or not backend.describe().is_model:
                writing.failure = Failure(error.code, str(error), error.permanent)
                return
            writing.notes.append(_stepped_in(error, writing.language))
        else:
            return


def _search(
    asked: str, history: Sequence[Turn], backend: Backend, find: Find, max_chars: int
) -> tuple[str, Found]:
    """The first reading of the question that the passages can answer, or else the likeliest one."""
    likeliest: tuple[str, Found] | None = None
    for reading in readings(asked, history, backend):
        found = find(reading if len(reading) <= max_chars else asked)
        if found.answerable:
            return reading, found
        likeliest = likeliest or (reading, found)
    assert likeliest is not None  # readings() is never empty
    return likeliest


@dataclass(slots=True)
class _Writing:
    """An answer on its way."""

    asked: str
    reading: str
    history: tuple[Turn, ...]
    passages: tuple[FoundPassage, ...]
    language: str
    text: str = ""
    model: str = ""
    usage: Usage = field(default_factory=Usage)
    says_no: bool = False
    notes: list[str] = field(default_factory=list)
    failure: Failure | None = None

    @property
    def sources(self) -> list[Source]:
        return [Source(n, passage.text, passage.document) for n, passage in enumerate(self.passages, 1)]

    def by(self, backend: Backend) -> Iterator[Event]:
        """Lets ``backend`` write. Raises ``LLMError``; ``self.text`` then holds what came before."""
        described = backend.describe()
        self.model = described.model or described.backend
        start = _Start()
        for delta in backend.stream(self._request(described.context_tokens)):
            yield from self._take(delta, start)
        yield from self._append(start.rest())
        self.says_no = start.says_no
        # A server may have chosen the model itself, on the first request.
        self.model = backend.describe().model or self.model
        if not self.text.strip() and not self.says_no:
            with translation.override(self.language):
                raise BadResponse(_("The language model gave an empty answer."))

    def _take(self, delta: Delta, start: "_Start") -> Iterator[Event]:
        if delta.usage is not None:
            self.usage = delta.usage
        if delta.finish_reason == "length":
            with translation.override(self.language):
                self.notes.append(_("The answer was cut because it grew too long."))
        if delta.reasoning:
            yield Thinking(delta.reasoning)
        yield from self._append(start.feed(delta.text))

    def _append(self, text: str) -> Iterator[Event]:
        if text:
            self.text += text
            yield Token(text)

    def _request(self, context_tokens: int) -> Request:
        language = prompts.language_of(self.asked, self.language)
        prompt = prompts.build(
            self.asked,
            self.sources,
            history=self.history,
            language=language,
            context_tokens=context_tokens,
            max_tokens=min(MAX_ANSWER_TOKENS, context_tokens // 4),
        )
        return Request(
            messages=prompt.messages,
            question=self.reading,
            sources=prompt.used,
            max_tokens=min(MAX_ANSWER_TOKENS, context_tokens // 4),
            language=language,
        )


class _Start:
    """Holds the first characters back until it is clear whether they are ``[0]``."""

    def __init__(self) -> None:
        self.says_no = False
        self._held: str | None = ""

    def feed(self, text: str) -> str:
        if self._held is None:
            return text
        self._held = (self._held + text).lstrip()
        if self._held.startswith(NOT_IN_SOURCES):
            self.says_no = True
            text, self._held = self._held[len(NOT_IN_SOURCES) :].lstrip(), None
            return text
        if NOT_IN_SOURCES.startswith(self._held):
            return ""
        text, self._held = self._held, None
        return text

    def rest(self) -> str:
        held, self._held = self._held or "", None
        return held


def _refuse(writing: _Writing, backend: Backend, notes: Sequence[str]) -> Iterator[Event]:
    described = backend.describe()
    with translation.override(_site_language(prompts.language_of(writing.asked, writing.language))):
        text = _("The documents searched do not hold an answer to “%(question)s”.") % {
            "question": writing.reading
        }
        if writing.passages:
            text += " " + _("The nearest passages are listed below; other words, or a wider choice of "
                            "collections, may find more.")  # fmt: skip
        else:
            text += " " + _("Nothing came near it; try other words, or choose more collections.")
    yield Token(text)
    nearest = tuple(enumerate(writing.passages[:NEAREST_SHOWN], 1))
    yield Finished(
        Answer(
            text=text,
            refused=True,
            model=described.model or described.backend,
            unused=nearest,
            notes=tuple(notes),
        )
    )


def _finished(writing: _Writing, notes: Sequence[str]) -> Answer:
    grounded = ground(writing.text, {source.n: source.text for source in writing.sources})
    quotes = grounded.first_quotes
    own_notes = [*notes, *writing.notes]
    with translation.override(writing.language):
        if writing.model == Extractive().describe().model and not writing.notes:
            own_notes.append(
                _("No language model is configured: the answer quotes the sentences of the documents that "
                  "fit the question best.")
            )  # fmt: skip
        if grounded.invented:
            own_notes.append(_("The model cited sources that it was not given; those marks were removed."))
    return Answer(
        text=grounded.text.strip(),
        refused=writing.says_no and not quotes,
        model=writing.model,
        citations=tuple(_citations(grounded, writing.passages)),
        unused=tuple((n, passage) for n, passage in enumerate(writing.passages, 1) if n not in quotes),
        sentences=grounded.sentences,
        notes=tuple(own_notes),
        usage=writing.usage,
        error=writing.failure,
    )


def _citations(grounded: Grounded, passages: Sequence[FoundPassage]) -> Iterator[Citation]:
    for n, quote in sorted(grounded.first_quotes.items()):
        passage = passages[n - 1]
        yield Citation(n, passage, quote.text, passage.start + quote.start, passage.start + quote.end)


def _stepped_in(error: LLMError, language: str) -> str:
    with translation.override(language):
        return _("The language model did not answer, so this quotes the documents instead. %(reason)s") % {
            "reason": str(error)
        }


def _site_language(language: str) -> str:
    return "zh-hans" if language.startswith("zh") else language
