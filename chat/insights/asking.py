"""One model asked one thing after another, and the line of those that step in for it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from django.utils.translation import gettext as _

from chat.events import Failure, Spent
from chat.hearing import Heard
from chat.insights.errors import BlockedTopic, NeedsModel
from chat.insights.made import Task
from chat.insights.progress import Work
from chat.rules.applying import Ruled
from chat.rules.chain import Chain
from llm.errors import BadResponse, Blocked, ContextTooLong, LLMError
from llm.types import Backend, Delta, Description, Message, Request

SMALLER_CONTEXT = 0.5


@dataclass(slots=True)
class Speaker:
    """``share`` is the part of its context that its server really has, ``rules`` are the site's own. ``cut``
    says that some text ended because it grew too long."""

    backend: Backend
    work: Work
    language: str
    rules: Ruled
    share: float = 1.0
    spent: list[Spent] = field(default_factory=list)
    cut: bool = False

    def say(
        self, rules: str, text: str, *, max_tokens: int, shown: bool = False, is_last: bool = False
    ) -> str:
        """What the model writes; ``shown``: people read along; ``is_last``: it is the result as a whole, for
        which the site may have a length. Raises ``LLMError``, ``BlockedTopic`` and ``Stopped``."""
        request = Request(
            messages=(Message("system", rules), Message("user", text)),
            question=text,
            max_tokens=max_tokens,
            language=self.language,
        )
        heard = Heard()
        screen = self.rules.screen() if is_last else self.rules.thoughts()
        said = self._said(self.backend.stream(request), heard, screen or Chain((), _unheard), shown=shown)
        spent = heard.spent(self.backend, request)
        self.spent += [spent] if spent else []
        if not heard.text.strip():
            raise _empty(heard)
        if not said.strip():
            raise BlockedTopic(withheld_words())
        self.cut = self.cut or heard.finish_reason == "length"
        return said.strip()

    def _said(self, deltas: Iterator[Delta], heard: Heard, screen: Chain, *, shown: bool) -> str:
        """What the site's rules let through; who stops listening ends the model's work too."""
        said = ""
        try:
            for delta in deltas:
                heard.take(delta)
                said += screen.feed(delta.text)
                self.work.tick(said if shown else None)
                if screen.is_full:
                    break
        finally:
            close = getattr(deltas, "close", None)
            if close is not None:
                close()
        return said + screen.rest()

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


def by_line(task: Task, do: Callable[[Speaker], None]) -> Tried:
    """Has ``do`` done by the first model that can. Raises ``NeedsModel`` and ``Stopped``."""
    line = able(task.backends)
    if not line:
        raise NeedsModel(needs_words())
    failures: list[Failure] = []
    notes: list[str] = []
    error: LLMError | None = None
    for backend in line:
        try:
            return Tried(_done_by(backend, task, do), tuple(failures), tuple(notes))
        except LLMError as raised:
            error, name = raised, _name(backend.describe())
            failures.append(Failure.of(raised, name))
            notes.append(
                _("“%(failed)s” could not do it. %(reason)s") % {"failed": name, "reason": raised.public}
            )
    return Tried(None, tuple(failures), tuple(notes), error)


def _done_by(backend: Backend, task: Task, do: Callable[[Speaker], None]) -> Speaker:
    """Once more with less where the context turns out to be smaller than the endpoint says."""
    speaker = Speaker(backend, task.work, task.language, task.rules)
    try:
        _begin(task)
        do(speaker)
    except ContextTooLong:
        speaker = replace(speaker, share=SMALLER_CONTEXT)
        _begin(task)
        do(speaker)
    return speaker


def _begin(task: Task) -> None:
    """What was written before is void."""
    task.work.before = ""
    task.rules.begin_anew()


def needs_words() -> str:
    return _(
        "This needs a language model that follows instructions (a chat model), and none is set up here. "
        "An administrator can add one under Settings, Language models."
    )


def withheld_words() -> str:
    return _("This answer was withheld by a rule of this site.")


def _unheard(_rule: int, _pattern: str) -> None:
    """No rule, no pattern that is too slow."""


def _name(described: Description) -> str:
    return described.name or described.model or described.backend


def _empty(heard: Heard) -> LLMError:
    if heard.finish_reason == "content_filter":
        return Blocked(_("The provider's safety filter withheld the answer."))
    said = _("The language model gave an empty answer.")
    return BadResponse(said, public=said)
