"""One model asked one thing after another, and the line of those that step in for it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from chat.events import Failure, Spent
from chat.hearing import Heard
from chat.insights.errors import NeedsModel
from chat.insights.progress import Work
from llm.errors import BadResponse, Blocked, ContextTooLong, LLMError
from llm.types import Backend, Description, Message, Request

SMALLER_CONTEXT = 0.5


@dataclass(slots=True)
class Speaker:
    """``share`` is the part of its context that its server really has. ``cut`` says that some text ended
    because it grew too long."""

    backend: Backend
    work: Work
    language: str
    share: float = 1.0
    spent: list[Spent] = field(default_factory=list)
    cut: bool = False

    def say(self, rules: str, text: str, *, max_tokens: int, shown: bool = False) -> str:
        """What the model writes; ``shown``: people read along. Raises ``LLMError`` and ``Stopped``."""
        request = Request(
            messages=(Message("system", rules), Message("user", text)),
            question=text,
            max_tokens=max_tokens,
            language=self.language,
        )
        heard = Heard()
        for delta in self.backend.stream(request):
            heard.take(delta)
            self.work.tick(heard.text if shown else None)
        spent = heard.spent(self.backend, request)
        self.spent += [spent] if spent else []
        if not heard.text.strip():
            raise _empty(heard)
        self.cut = self.cut or heard.finish_reason == "length"
        return heard.text.strip()

    @property
    def name(self) -> str:
        described = self.backend.describe()
        return described.model or described.backend


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of a line of models: ``speaker`` is who did it, ``None`` where all of them failed."""

    speaker: Speaker | None
    failures: tuple[Failure, ...]
    notes: tuple[str, ...]
    error: LLMError | None = None


def able(backends: Sequence[Backend]) -> list[Backend]:
    """Those that do what they are told: base models only continue a text."""
    described = [(backend, backend.describe()) for backend in backends]
    return [backend for backend, one in described if one.is_model and one.follows_instructions]


def by_line(backends: Sequence[Backend], work: Work, language: str, do: Callable[[Speaker], None]) -> Tried:
    """Has ``do`` done by the first model that can. Raises ``NeedsModel`` and ``Stopped``."""
    line = able(backends)
    if not line:
        raise NeedsModel(needs_words())
    failures: list[Failure] = []
    notes: list[str] = []
    error: LLMError | None = None
    for backend in line:
        try:
            return Tried(_done_by(backend, work, language, do), tuple(failures), tuple(notes))
        except LLMError as raised:
            error, name = raised, _name(backend.describe())
            failures.append(Failure(raised.code, str(raised), raised.permanent, name, raised.retry_after))
            notes.append(_("“%(failed)s” could not do it. %(reason)s") % {"failed": name, "reason": raised})
    return Tried(None, tuple(failures), tuple(notes), error)


def _done_by(backend: Backend, work: Work, language: str, do: Callable[[Speaker], None]) -> Speaker:
    """Once more with less where the context turns out to be smaller than the endpoint says."""
    speaker = Speaker(backend, work, language)
    work.before = ""
    try:
        do(speaker)
    except ContextTooLong:
        speaker = Speaker(backend, work, language, share=SMALLER_CONTEXT, spent=speaker.spent)
        work.before = ""
        do(speaker)
    return speaker


def needs_words() -> str:
    return _(
        "This needs a language model that follows instructions (a chat model), and none is set up here. "
        "An administrator can add one under Settings, Language models."
    )


def _name(described: Description) -> str:
    return described.name or described.model or described.backend


def _empty(heard: Heard) -> LLMError:
    if heard.finish_reason == "content_filter":
        return Blocked(_("The provider's safety filter withheld the answer."))
    return BadResponse(_("The language model gave an empty answer."))
