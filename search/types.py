"""The plain values that cross the border of the search room."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

Mode = Literal["hybrid", "dense", "lexical"]
MODES: tuple[Mode, ...] = ("hybrid", "dense", "lexical")


@dataclass(frozen=True, slots=True)
class Chunk:
    """A passage as the indexes see it.

    ``title`` is the document's title, ``heading`` the headings above the passage joined by " › ", and
    ``table`` the header row of a table that it is cut out of; all are searched beside ``text``, and none is
    part of it.
    """

    id: str
    document_id: str
    text: str
    title: str = ""
    heading: str = ""
    table: str = ""

    @property
    def above(self) -> str:
        """The headings and the header row as one text to search."""
        return f"{self.heading}\n{self.table}" if self.table else self.heading


@dataclass(frozen=True, slots=True)
class Wanted:
    """What words to look for: the scores of all ``terms`` (of ``search.analysis``), each with its weight, add
    up. A choice is several ways to say one thing, each a set of weighted terms: of each choice only the best
    way counts, so that a rare synonym does not weigh more than the word that was asked for.
    """

    terms: Mapping[str, float]
    choices: tuple[tuple[Mapping[str, float], ...], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.terms or self.choices)


@dataclass(frozen=True, slots=True)
class Bounds:
    """What passages a search keeps to: those of the documents ``only`` (``None`` is all), and by words those
    that hold every one of the ``required`` terms and none of the ``forbidden`` ones. Vectors know no terms.
    """

    only: frozenset[str] | None = None
    required: tuple[str, ...] = ()
    forbidden: tuple[str, ...] = ()


EVERYWHERE = Bounds()


class Candidate(NamedTuple):
    """What one index answers: ``score`` is in that index's own unit (BM25, or cosine). A search makes
    hundreds of these and of hits, which tuples make cheap."""

    chunk_id: str
    score: float


class Signals(NamedTuple):
    """What speaks for a passage, each 0 to 1.

    ``meaning`` as in ``Hit``; ``alone`` is ``meaning`` as far as no passage at all holds the
    question's words; ``covered`` is the share of the question's weight in it, ``place`` that in its best
    place; ``pairs`` the share of the question's neighbouring words that are neighbours there too, ``triples``
    the same of three; ``parts`` is BM25 over the letters of its words (``search.word_parts``) among the
    passages that are looked at, as a share of the best.
    """

    meaning: float
    alone: float
    covered: float
    place: float
    pairs: float
    triples: float
    parts: float


class Hit(NamedTuple):
    """A ranked passage. ``score`` is comparable within one result only.

    ``lexical`` is the BM25 score and ``dense`` the cosine similarity, each ``None`` where that
    side did not return the passage. ``words`` and ``meaning`` are the same as shares of the best, 0 to 1; as
    far as the model does not know the question's language, words stand for ``meaning`` too. ``signals``
    are there where its text was looked at (``search.ordering``), ``reranked`` is the reranker's own score
    where one was asked.
    """

    chunk_id: str
    index_id: str
    score: float
    lexical: float | None = None
    dense: float | None = None
    words: float = 0.0
    meaning: float = 0.0
    signals: Signals | None = None
    reranked: float | None = None
