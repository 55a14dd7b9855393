"""What happens while an answer is written, and what it is at the end."""

from dataclasses import dataclass
from typing import Any, Literal

from chat.judging import Sentence
from chat.memory import Memory
from ingestion.finding import FoundPassage
from llm.errors import LLMError
from llm.types import Pause, Usage


class QuestionError(ValueError):
    """A question that cannot be asked; the message tells what to change. ``code`` is stable."""

    permanent = True

    def __init__(self, code: Literal["empty", "too_long"], message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Citation:
    """``start`` and ``end`` are offsets of ``quote`` in the document's extracted text, in characters."""

    n: int
    passage: FoundPassage
    quote: str
    start: int
    end: int

    def as_dict(self) -> dict[str, Any]:
        return shown_passage(self.n, self.passage) | {
            "start": self.start,
            "end": self.end,
            "quote": self.quote,
        }


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a model's answer is missing or unfinished; ``message`` is a whole sentence for everybody,
    ``detail`` one for administrators, with addresses, where there is more to say.

    ``code`` is that of ``llm.errors`` or ``chat.errors``, ``endpoint`` the model's name, ``retry_after`` the
    wait in seconds that its server asked for.
    """

    code: str
    message: str
    permanent: bool
    endpoint: str = ""
    retry_after: float | None = None
    detail: str = ""

    @classmethod
    def of(cls, error: LLMError, endpoint: str, message: str = "") -> "Failure":
        """``message`` is said in place of the error's own words for everybody."""
        public, detail = error.public, str(error)
        said = message or public
        more = detail if detail != public else ""
        return cls(error.code, said, error.permanent, endpoint, error.retry_after, more)


@dataclass(frozen=True, slots=True)
class Spent:
    """What one request to ``endpoint`` used; ``is_estimate`` where its server counted nothing."""

    endpoint: str
    usage: Usage
    is_estimate: bool = False


# What a provider that objects to the conversation lets later questions know of it: everything, nothing of
# what was said before this question, or nothing up to and with this question.
Forgets = Literal["nothing", "earlier", "all"]


@dataclass(frozen=True, slots=True)
class Refusal:
    """The parts of an answer that says the documents do not hold it.

    ``head`` says so, ``scope`` what was searched, ``advice`` what may help; ``passages`` and ``documents``
    count what was looked at in ``collections``. ``by_model``: the model found it out, not the search.
    """

    question: str
    head: str
    scope: str
    advice: tuple[str, ...]
    collections: tuple[str, ...]
    passages: int
    documents: int
    by_model: bool


@dataclass(frozen=True, slots=True)
class Verified:
    """Whose answer was given: ``id`` is its row's, ``question`` the one that it is pinned to, ``by_id`` the
    account that verified it, ``at`` when, as ISO 8601. ``language`` is the text's, ``asked_language`` the
    question's: "zh", "en", or "" for another one."""

    id: str
    question: str
    by_id: int | None
    at: str
    language: str = ""
    asked_language: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """``text`` holds its citations as ``[n]``. ``unused`` are passages fetched but not cited; for a refused
    answer the nearest ones.

    ``error`` is set where the text ends in the middle; where another back end stepped in, ``notes``
    say so instead. ``failures`` are all that went wrong with models, in order, ``error`` among them.
    ``spent`` is what the models used, the rewriting of the question included. ``refusal`` is there where
    ``refused`` is true, ``verified`` where no model wrote the text but an editor. ``memory`` is how much of
    the conversation the model read that wrote it.
    """

    text: str
    refused: bool
    model: str
    citations: tuple[Citation, ...] = ()
    unused: tuple[tuple[int, FoundPassage], ...] = ()
    sentences: tuple[Sentence, ...] = ()
    notes: tuple[str, ...] = ()
    spent: tuple[Spent, ...] = ()
    error: Failure | None = None
    failures: tuple[Failure, ...] = ()
    refusal: Refusal | None = None
    verified: Verified | None = None
    forgets: Forgets = "nothing"
    memory: Memory | None = None


@dataclass(frozen=True, slots=True)
class Rewritten:
    """What was searched for, where it is not the question as it was asked."""

    question: str


@dataclass(frozen=True, slots=True)
class Sources:
    passages: tuple[FoundPassage, ...]


@dataclass(frozen=True, slots=True)
class Token:
    text: str


@dataclass(frozen=True, slots=True)
class Thinking:
    """A piece of the model's reasoning, which is never part of the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """Nothing new has come: a moment to see whether the answer is still wanted. ``pause`` says why, where
    that is known."""

    pause: Pause | None = None


@dataclass(frozen=True, slots=True)
class Reset:
    """What was told of the answer and of the reasoning is void: it is written anew."""


@dataclass(frozen=True, slots=True)
class Finished:
    answer: Answer


Event = Rewritten | Sources | Token | Thinking | Waiting | Reset | Finished


def shown_passage(n: int, passage: FoundPassage) -> dict[str, Any]:
    """A passage as plain JSON, with the places of the whole passage."""
    return {
        "n": n,
        "chunk_id": passage.chunk_id,
        "document_id": passage.document_id,
        "document": passage.document,
        "collection": passage.collection,
        "heading": passage.heading,
        "page": passage.page,
        "start": passage.start,
        "end": passage.end,
        "quote": passage.text,
        "url": passage.url,
        "updated": passage.updated.isoformat(),
    }
