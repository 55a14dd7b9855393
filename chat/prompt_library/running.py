"""A filled prompt run once by one endpoint: events while it is written, and what it took at the end.

Runs in any thread. Nothing is stored, and no database connection is held while the model writes. No other
model steps in: who compares models wants to know which of them wrote.
"""

import logging
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, field, replace
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from chat.connections import release_connections
from chat.errors import ChatError
from chat.events import Event, Failure, Sources, Waiting
from chat.hearing import Heard
from chat.models import Message
from chat.prompt_library import messages
from chat.prompt_library.citing import cited_message
from chat.prompt_library.filling import Filled
from chat.prompt_library.screening import Screened
from chat.prompt_library.searching import Search
from chat.rules.applying import Ruled
from chat.rules.loading import ruled
from chat.stored_answers import usage_of
from chat.writing import title_of
from ingestion.errors import IngestionError
from ingestion.finding import FoundPassage
from ingestion.models import Collection
from llm import endpoints
from llm.errors import BadResponse, Blocked, LLMError
from llm.types import Backend, Request, Source
from search.errors import SearchError

logger = logging.getLogger(__name__)

TEMPERATURE = 0.1
# How often is told what a run took so far.
TELL_EVERY_S = 0.5


class NeedsModel(ChatError):
    """There is no language model to run the prompt."""

    code = "needs_model"


class BlockedTopic(ChatError):
    """A rule of the site answers such prompts with a fixed reply, which is the message."""

    code = "blocked_topic"


@dataclass(frozen=True, slots=True)
class Order:
    """``endpoint`` "" is the site's default. ``language`` is that of messages to the person, who is told in
    full what is wrong with a model, address and all, as an administrator (``in_full``). Orders that share a
    ``search`` read the same sources."""

    filled: Filled
    endpoint: str = ""
    collections: tuple[Collection, ...] = ()
    language: str = "en"
    temperature: float = TEMPERATURE
    max_tokens: int | None = None
    search: Search | None = None
    in_full: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """What came of it. Seconds count from when the model is asked, since a search may be shared; ``first_s``
    until the model's first word, of its reasoning or of its text, ``search_s`` for the search. ``message``
    holds the text with its citations where there were sources, and is in no table; ``error`` is set where the
    text is missing or ends early. ``applied_rules`` are the records of the site's rules."""

    endpoint: str
    title: str
    model: str
    text: str = ""
    reasoning: str = ""
    usage: dict[str, Any] = field(default_factory=dict)
    first_s: float | None = None
    total_s: float = 0.0
    search_s: float = 0.0
    notes: tuple[str, ...] = ()
    message: Message | None = None
    error: Failure | None = None
    applied_rules: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class SoFar:
    """What a run took until now, without its text."""

    result: Result


@dataclass(frozen=True, slots=True)
class Ended:
    result: Result


def run(
    order: Order, *, clock: Callable[[], float] = time.monotonic
) -> Generator[Event | SoFar | Ended, None, None]:
    """``Ended`` comes last, whatever happens. Closing it early ends the model's work too."""
    running = _Running(order, clock)
    with translation.override(order.language):
        error: Failure | None = None
        try:
            yield from running.events()
        except LLMError as refused:
            error = Failure.of(refused, running.title, str(refused) if order.in_full else "")
        except ChatError as refused:
            error = Failure(refused.code, str(refused), refused.permanent, running.title)
        except (SearchError, IngestionError) as refused:
            error = Failure("search_unavailable", str(refused), False)
        except Exception:
            logger.exception("a prompt run by “%s” failed", order.endpoint)
            said = _("Something went wrong while the model was asked. Try again; the log says more.")
            error = Failure("internal", said, False)
        if error is not None:
            said = error.detail or error.message
            logger.warning("a prompt run by “%s” failed (%s): %s", running.title, error.code, said)
        yield Ended(running.result(error))
    release_connections()


def finished(order: Order) -> Result:
    """Runs it to its end in the caller's thread."""
    for event in run(order):
        if isinstance(event, Ended):
            return event.result
    raise AssertionError("a run ends with its result")


class _Running:
    def __init__(self, order: Order, clock: Callable[[], float]) -> None:
        self.order, self.clock = order, clock
        self.began, self.told_at, self.search_s = clock(), 0.0, 0.0
        self.heard = Heard()
        self.first_s: float | None = None
        self.backend: Backend | None = None
        self.request: Request | None = None
        self.passages: tuple[FoundPassage, ...] = ()
        self.rules = Ruled()
        self.screened = Screened(self.rules)
        self.title = order.endpoint

    def events(self) -> Generator[Event | SoFar, None, None]:
        chosen, self.title = _backend(self.order.endpoint)
        self.rules = ruled(self.order.collections, self.order.language)
        release_connections()
        (self.backend,) = self.rules.outgoing([chosen])
        self.screened = Screened(self.rules)
        if reply := self.rules.refusal(self.order.filled.text):
            raise BlockedTopic(reply)
        if self.order.filled.wants_sources:
            self.passages = self._searched()
            yield Sources(self.passages)
        sources = [Source(n, found.text, title_of(found)) for n, found in enumerate(self.passages, 1)]
        told = messages.build(self.order.filled, sources, self.backend, self.order.max_tokens)
        self.passages = self.passages[: len(told.used)]
        self.request = Request(
            messages=told.messages,
            question=self.order.filled.text,
            max_tokens=told.max_tokens,
            temperature=self.order.temperature,
            language=self.order.language,
        )
        yield from self._written(self.backend, self.request)

    def _searched(self) -> tuple[FoundPassage, ...]:
        order, began = self.order, self.clock()
        found = (order.search or Search(order.filled.query, order.collections, person=0)).passages()
        self.began = self.clock()
        self.search_s = self.began - began
        return found

    def _written(self, backend: Backend, request: Request) -> Generator[Event | SoFar, None, None]:
        deltas = backend.stream(request)
        try:
            for delta in deltas:
                self.heard.take(delta)
                if self.first_s is None and (delta.text or delta.reasoning):
                    self.first_s = self.clock() - self.began
                yield from self.screened.take(delta)
                if not (delta.text or delta.reasoning):
                    yield Waiting(delta.pause)
                elif self.clock() - self.told_at >= TELL_EVERY_S:
                    self.told_at = self.clock()
                    yield SoFar(self._took())
                if self.screened.is_full:
                    break
        finally:
            close = getattr(deltas, "close", None)
            if close is not None:
                close()
        yield from self.screened.rest()
        if self.screened.is_withheld:
            raise BlockedTopic(_("This answer was withheld by a rule of this site."))
        if not self.heard.text.strip():
            raise _empty(self.heard.finish_reason)

    def _took(self) -> Result:
        """What is known at any moment, without the text."""
        described = self.backend.describe() if self.backend is not None else None
        spent = None
        if self.backend is not None and self.request is not None:
            spent = self.heard.spent(self.backend, self.request)
        return Result(
            endpoint=described.name if described else self.order.endpoint,
            title=self.title,
            model=(described.model or described.backend) if described else "",
            usage=usage_of([spent]) if spent is not None else {},
            first_s=self.first_s,
            total_s=self.clock() - self.began,
            search_s=self.search_s,
        )

    def result(self, error: Failure | None) -> Result:
        took = self._took()
        text = self.screened.text.strip()
        message = None
        if self.passages and text:
            message = cited_message(text, self.passages, self.order.filled.text, self.rules.clean)
            text = message.text
        text = self.rules.part(text)
        if message is not None:
            message.text = text
        has_written = error is None or bool(self.heard.text or self.heard.reasoning)
        return replace(
            took,
            text=text,
            reasoning=self.screened.reasoning.strip(),
            usage=took.usage if has_written else {},
            notes=_notes(self.heard.finish_reason),
            message=message,
            error=error,
            applied_rules=tuple(self.rules.applied()),
        )


def _backend(name: str) -> tuple[Backend, str]:
    """The endpoint and its title. Raises ``UnknownEndpoint`` and ``NeedsModel``."""
    backend = endpoints.line_up(name)[0]
    described = backend.describe()
    if not described.is_model:
        raise NeedsModel(needs_model())
    return backend, dict(endpoints.choices()).get(described.name, "") or described.model


def needs_model() -> str:
    return _(
        "Running a prompt needs a language model that follows instructions (a chat model). An administrator "
        "adds one under Settings, Language models."
    )


def _notes(finish_reason: str) -> tuple[str, ...]:
    if finish_reason == "length":
        return (_("The answer was cut because it grew too long."),)
    if finish_reason == "content_filter":
        return (_("The provider's safety filter cut the answer short."),)
    return ()


def _empty(finish_reason: str) -> LLMError:
    if finish_reason == "content_filter":
        return Blocked(
            _("The provider's safety filter withheld the answer: put the question in other words.")
        )
    said = _("The language model gave an empty answer.")
    return BadResponse(said, public=said)
