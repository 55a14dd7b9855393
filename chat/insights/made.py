"""What a maker of insights hands back, and what of it goes into the row."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from chat.events import Citation, Failure, Spent
from chat.insights.models import Insight
from chat.insights.progress import Work
from chat.insights.subjects import Subject
from chat.judging import Sentence
from chat.rules.applying import Ruled
from chat.stored_answers import usage_of
from ingestion.access import Person
from llm.types import Backend


@dataclass(frozen=True, slots=True)
class Task:
    """``wanted`` are the parameters, ``language`` is that of the person's pages. ``backends`` are tried in
    their order; ``rules`` are the site's own."""

    subject: Subject
    wanted: Mapping[str, Any]
    backends: Sequence[Backend]
    language: str
    person: Person
    work: Work
    rules: Ruled = field(default_factory=Ruled)


@dataclass(frozen=True, slots=True)
class Made:
    """``text`` holds its citations as ``[n]``; ``model`` is who wrote it, ``data`` as in the row."""

    text: str = ""
    model: str = ""
    citations: tuple[Citation, ...] = ()
    sentences: tuple[Sentence, ...] = ()
    notes: tuple[str, ...] = ()
    data: dict[str, Any] = field(default_factory=dict)
    refused: bool = False
    spent: tuple[Spent, ...] = ()
    failures: tuple[Failure, ...] = ()


Maker = Callable[[Task], Made]


def fields_of(made: Made) -> dict[str, Any]:
    return {
        "status": Insight.Status.DONE,
        "text": made.text,
        "model": made.model[:120],
        "refused": made.refused,
        "citations": [citation.as_dict() for citation in made.citations],
        "sentences": [asdict(sentence) for sentence in made.sentences],
        "notes": list(made.notes),
        "data": made.data,
        "usage": usage_of(made.spent),
        "failures": [asdict(failure) for failure in made.failures],
        "error": "",
        "error_code": "",
        "step": "",
    }
