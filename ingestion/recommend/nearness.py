"""Which documents are near one thing that was read: by meaning where a model knows its language, else by its
most telling words. No vector is computed for what was indexed: those that its index was made with count."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ingestion import selectors
from ingestion.models import Chunk, Document, Generation
from ingestion.stored_vectors import stored_vectors
from ingestion.telling_terms import counted, telling_terms
from search import analysis, registry
from search.protocols import Vectors
from search.retrieval import Group
from search.types import Candidate, Wanted
from search.types import Chunk as Passage

_PASSAGES = 4
_DEPTH = 30
# On the scale of ``Coverage.scaled``: 0 is noise, 1 as near as a question and its answer.
_LEAST_NEARNESS = 0.5
_LEAST_WORDS = 0.2


@dataclass(frozen=True, slots=True)
class Seed:
    """``passages`` are the first ones of a document that was opened; a search has its words alone."""

    name: str
    text: str
    passages: tuple[Passage, ...] = ()
    document_id: str = ""

    @property
    def is_search(self) -> bool:
        return not self.passages


def document_seeds(documents: Sequence[Document]) -> list[Seed]:
    """In the same order; those without text are left out. One query."""
    first = Chunk.objects.filter(
        document__in=documents, ordinal__lt=_PASSAGES, generation__state=Generation.State.ACTIVE
    )
    chunks: dict[str, list[Chunk]] = defaultdict(list)
    for chunk in first.order_by("document", "ordinal"):
        chunks[str(chunk.document_id)].append(chunk)
    seeds = []
    for document in documents:
        pk, title = str(document.pk), document.shown_title
        passages = tuple(
            Passage(one.id, pk, one.text, title, one.heading, one.table) for one in chunks.get(pk, ())
        )
        if passages:
            text = "\n".join([title, *(one.text for one in passages)])
            seeds.append(Seed(title, text, passages, pk))
    return seeds


def search_seeds(searches: Iterable[str]) -> list[Seed]:
    return [Seed(words, words) for words in searches]


def near(seed: Seed, groups: Sequence[Group]) -> list[str]:
    """The ids of documents, the nearest first, each once; those of another model or language in turn. Raises
    ``SearchError``."""
    lists = []
    for group in groups:
        vector = _vector(seed, group)
        found = _by_words(seed, group) if vector is None else _by_meaning(vector, group)
        lists.append(_once(found, seed.document_id))
    longest = max(map(len, lists), default=0)
    return [found[at] for at in range(longest) for found in lists if at < len(found)]


def _vector(seed: Seed, group: Group) -> Vectors | None:
    """``None`` where the group's model does not know the language, is not at hand, or never saw the text."""
    model, coverage = group.embedder, group.coverage
    if model is None or coverage is None or not registry.embedder_is_loaded(model):
        return None
    if coverage.trust(seed.text[:2000]) <= 0:
        return None
    if seed.is_search:
        vector: Vectors = model.embed_queries([seed.text])[0]
        return vector
    known = stored_vectors(seed.passages, model)
    if not known:
        return None
    mean = np.mean(known, axis=0)
    unit: Vectors = (mean / (np.linalg.norm(mean) or 1.0)).astype(np.float32)
    return unit


def _by_meaning(vector: Vectors, group: Group) -> list[Candidate]:
    assert group.coverage is not None
    index = registry.vector_index()
    found = [one for index_id in group.index_ids for one in index.query(index_id, vector, _DEPTH)]
    return [one for one in found if group.coverage.scaled(one.score) >= _LEAST_NEARNESS]


def _by_words(seed: Seed, group: Group) -> list[Candidate]:
    """Passages that hold enough of the seed's telling terms."""
    index = registry.lexical_index()
    texts = [seed.text] if seed.is_search else [f"{seed.name}\n{one.text}" for one in seed.passages]
    terms = telling_terms(counted(texts, is_indexed=not seed.is_search), group.index_ids, index)
    if not terms:
        return []
    query, wanted = " ".join(terms), Wanted(terms)
    found = [
        one for index_id in group.index_ids for one in index.query(index_id, query, _DEPTH, wanted=wanted)
    ]
    chunks = selectors.passages_by_id([one.chunk_id for one in found])
    least = _LEAST_WORDS * sum(terms.values())
    return [one for one in found if one.chunk_id in chunks and _held(chunks[one.chunk_id], terms) >= least]


def _held(chunk: Chunk, terms: Mapping[str, float]) -> float:
    there = set(analysis.tokens(f"{chunk.document.shown_title}\n{chunk.heading}\n{chunk.text}"))
    return sum(weight for term, weight in terms.items() if term in there)


def _once(found: Iterable[Candidate], own: str) -> list[str]:
    ranked = sorted(found, key=lambda one: -one.score)
    documents = selectors.documents_holding(one.chunk_id for one in ranked)
    held = (documents.get(one.chunk_id, own) for one in ranked)
    return [pk for pk in dict.fromkeys(held) if pk != own]
