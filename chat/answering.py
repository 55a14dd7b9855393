"""The core of the room: from a question to an answer that rests on passages, as a stream of events.

Pure and synchronous: what it needs to search and to generate is handed in.
"""

from collections.abc import Callable, Generator, Iterator, Sequence

from django.utils import translation
from django.utils.translation import gettext as _

from chat import prompts
from chat.events import Answer, Event, Failure, Finished, QuestionError, Rewritten, Sources, Token
from chat.extractive import Extractive
from chat.finishing import finished, forgetting
from chat.grounding import Similarity
from chat.prompts import Turn
from chat.refusing import NEAREST_SHOWN, in_text, refusal
from chat.rules.applying import Question, Ruled
from chat.understanding import Find, Understood, understand
from chat.writing import Asked, Widen, Writing
from ingestion.finding import Found
from llm.errors import LLMError
from llm.types import Backend, Description


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
    widen: Widen | None = None,
    similarity: Similarity | None = None,
    searched: Sequence[str] = (),
    instructions: str = "",
    failures: Sequence[Failure] = (),
    rules: Ruled | None = None,
    search_for: str = "",
    pinned: Callable[[str], Answer | None] | None = None,
) -> Generator[Event, None, None]:
    """Events in order: ``Rewritten`` (where it applies), ``Sources``, pieces, ``Finished`` last.

    ``language`` is the one of the notes; the answer follows the question's own. A model that fails
    before its first word is replaced by the next one of ``backends``, and the last by quotes from the
    sources; one that fails later leaves its part, with ``Answer.error`` set. A further ``Sources`` comes
    before a back end that reads other passages than those told so far: a model reads them as ``widen``
    (``ingestion.neighbours``) completes them. ``similarity`` weighs the meaning of sentences, ``searched``
    names the collections for a refusal, ``instructions`` are further wishes to a model, ``failures`` what
    went wrong before, ``rules`` what is done to the question, to what models read and to what they write.
    ``search_for`` is searched in place of a question that is a filled prompt. ``pinned`` knows the answers
    that need no writing.
    ``Reset`` takes back what a back end showed before it was replaced or asked anew.
    Raises ``QuestionError`` and what ``find`` and ``widen`` raise.
    """
    typed, ruled = checked(question, max_chars), rules or Ruled()
    asked = ruled.question(typed, max_chars=max_chars)
    kept = _unwritten(asked, pinned)
    if kept is not None:
        yield Token(kept.text)
        yield Finished(ruled.finished(kept))
        return
    backends = ruled.outgoing(backends)
    if search_for:
        understood = Understood(search_for, find(search_for))
    else:
        understood = yield from understand(asked.text, history, backends[0], find, max_chars=max_chars)
    if understood.reading != typed:
        yield Rewritten(understood.reading)
    told = Asked(asked.text, understood.reading, tuple(history), language, instructions)
    writing = _begun(told, understood, widen, failures, ruled)
    yield from _answered(writing, understood.found, backends, searched, similarity)


def _unwritten(asked: Question, pinned: Callable[[str], Answer | None] | None) -> Answer | None:
    """The reply of a rule, or the answer that is pinned to the question: neither is searched or written."""
    if asked.reply:
        return Answer(text=asked.reply, refused=True, model="")
    return pinned(asked.text) if pinned is not None else None


def _begun(
    asked: Asked, understood: Understood, widen: Widen | None, failures: Sequence[Failure], ruled: Ruled
) -> Writing:
    passages = tuple(understood.found.passages)
    writing = Writing(asked, passages, widen, passages, failures=list(failures), ruled=ruled)
    writing.spent += [understood.spent] if understood.spent else []
    if understood.history_refused:
        writing.forget()
    return writing


def _answered(
    writing: Writing,
    found: Found,
    backends: Sequence[Backend],
    searched: Sequence[str],
    similarity: Similarity | None,
) -> Iterator[Event]:
    """The sources, then what the first back end that can writes of them; else a refusal."""
    notes = [*found.notes, *(failure.message for failure in writing.failures)]
    yield Sources(writing.found)
    if not found.answerable or not found.passages:
        yield from _refuse(writing, backends[0].describe(), notes, searched)
        return
    yield from _write(writing, backends, notes)
    if not (writing.text.strip() or writing.says_no or writing.failure or writing.is_withheld):
        # Nothing in the passages can be quoted.
        yield from _refuse(writing, Extractive().describe(), notes, searched)
        return
    answered = finished(writing, notes, searched=searched, similarity=similarity)
    yield Finished(writing.ruled.finished(answered))


def _write(writing: Writing, backends: Sequence[Backend], notes: list[str]) -> Iterator[Event]:
    """Who stepped in for whom goes to ``notes``."""
    line = list(backends)
    if line[-1].describe().is_model:
        line.append(Extractive())
    with translation.override(writing.asked.language):
        if not line[0].describe().is_model:
            notes.append(_no_model())
    for place, backend in enumerate(line):
        try:
            yield from writing.by(backend)
        except LLMError as error:
            described = backend.describe()
            with translation.override(writing.asked.language):
                if writing.text or place + 1 == len(line):
                    writing.failure = Failure.of(error, _name(described), _broke_off(writing, error))
                    return
                writing.failures.append(Failure.of(error, _name(described)))
                notes.append(_stepped_in(described, line[place + 1].describe(), error))
        else:
            return


def _refuse(
    writing: Writing, described: Description, notes: Sequence[str], searched: Sequence[str]
) -> Iterator[Event]:
    language = prompts.language_of(writing.asked.question, writing.asked.language)
    asked = writing.asked
    told = refusal(asked.reading, writing.found, searched=searched, language=language, asked=asked.question)
    text = in_text(told, language)
    yield Token(text)
    yield Finished(
        Answer(
            text=text,
            refused=True,
            model=described.model or described.backend,
            unused=tuple(enumerate(writing.found[:NEAREST_SHOWN], 1)),
            notes=(*notes, *forgetting(writing)),
            refusal=told,
            spent=tuple(writing.spent),
            failures=tuple(writing.failures),
            forgets=writing.forgets,
        )
    )


def _no_model() -> str:
    return _(
        "No language model is used: the answer quotes the sentences of the documents that fit the "
        "question best."
    )


def _broke_off(writing: Writing, error: LLMError) -> str:
    if not writing.text:
        return error.public
    return _("The answer breaks off here: this is the part received. %(reason)s") % {"reason": error.public}


def _stepped_in(failed: Description, following: Description, error: LLMError) -> str:
    if not following.is_model:
        return _("“%(failed)s” did not answer, so this quotes the documents instead. %(reason)s") % {
            "failed": _name(failed),
            "reason": error.public,
        }
    return _("“%(failed)s” did not answer, so “%(following)s” was asked instead. %(reason)s") % {
        "failed": _name(failed),
        "following": _name(following),
        "reason": error.public,
    }


def _name(described: Description) -> str:
    return described.name or described.model or described.backend
