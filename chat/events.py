"""What happens while an answer is written, and what it is at the end."""

from dataclasses import dataclass, field
from typing import Any, Literal

from chat.judging import Sentence
from ingestion.finding import FoundPassage
from llm.types import Usage


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
    """Why the model's answer is missing or unfinished; ``message`` is a whole sentence for a person."""

    code: str
    message: str
    permanent: bool


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
class Answer:
    """``text`` holds its citations as ``[n]``. ``unused`` are passages fetched but not cited; for a refused
    answer the nearest ones.

    ``error`` is set where the text ends in the middle; where another back end stepped in, ``notes``
    say so instead. ``refusal`` is there where ``refused`` is true. ``endpoint`` is the one that wrote it, and
    empty where no model did.
    """

    text: str
    refused: bool
    model: str
    citations: tuple[Citation, ...] = ()
    unused: tuple[tuple[int, FoundPassage], ...] = ()
    sentences: tuple[Sentence, ...] = ()
    notes: tuple[str, ...] = ()
    usage: Usage = field(default_factory=Usage)
    error: Failure | None = None
    refusal: Refusal | None = None
    endpoint: str = ""


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
    """Nothing new has come: a moment to see whether the answer is still wanted."""


@dataclass(frozen=True, slots=True)
class Finished:
    answer: Answer


Event = Rewritten | Sources | Token | Thinking | Waiting | Finished


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
