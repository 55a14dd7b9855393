"""The vectors that passages were indexed with, read back from where they are kept."""

from collections.abc import Sequence

from ingestion.embedding_cache import cache, embed_new, text_key
from ingestion.embedding_texts import embedding_text
from ingestion.token_counts import counter_for
from search import registry
from search.protocols import Embedder, Vectors
from search.types import Chunk as Passage


def stored_vectors(passages: Sequence[Passage], model: Embedder) -> list[Vectors]:
    """In their order, as far as they are kept: ``model`` computes nothing."""
    known = cache().get(keys := [key for key, _text in _keyed(passages, model)])
    return [known[key] for key in keys if key in known]


def vectors_of(passages: Sequence[Passage], model: Embedder) -> list[Vectors]:
    """In their order; those that are not kept are made anew. Raises ``SearchError``."""
    keyed = _keyed(passages, model)
    known = cache().get([key for key, _text in keyed])
    known |= embed_new(model, [(key, text) for key, text in keyed if key not in known])
    return [known[key] for key, _text in keyed]


def _keyed(passages: Sequence[Passage], model: Embedder) -> list[tuple[bytes, str]]:
    counter, window = counter_for(registry.tokenizer_path(model)), registry.passage_tokens(model)
    texts = [embedding_text(one, window, counter) for one in passages]
    return [(text_key(model.fingerprint, text), text) for text in texts]
