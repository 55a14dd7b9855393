"""What tantivy is asked: any of the terms, kept to documents and to terms that must or must not be there."""

from collections.abc import Collection, Mapping

import tantivy

from search.bm25 import HEADING_BOOST, TITLE_BOOST
from search.types import Wanted

# ``body`` holds title, headings and text; a match in the title or a heading counts again.
_FIELDS = (("body", 1.0), ("title", TITLE_BOOST), ("heading", HEADING_BOOST))


def all_of(schema: tantivy.Schema, wanted: Wanted) -> tantivy.Query:
    """The scores of the terms and of the best way of each choice, added up."""
    if not wanted.choices:
        return any_of(schema, wanted.terms)
    parts = [any_of(schema, wanted.terms)] if wanted.terms else []
    for ways in wanted.choices:
        parts.append(tantivy.Query.disjunction_max_query([any_of(schema, way) for way in ways]))
    return tantivy.Query.boolean_query([(tantivy.Occur.Should, part) for part in parts])


def any_of(schema: tantivy.Schema, terms: Mapping[str, float]) -> tantivy.Query:
    """BM25 of ``terms`` by their weights."""
    parts: list[tuple[tantivy.Occur, tantivy.Query]] = []
    for term, weight in terms.items():
        for name, boost in _FIELDS:
            query = tantivy.Query.term_query(schema, name, term, "freq")
            parts.append((tantivy.Occur.Should, tantivy.Query.boost_query(query, weight * boost)))
    return tantivy.Query.boolean_query(parts)


def narrowed(
    schema: tantivy.Schema,
    wanted: tantivy.Query,
    only: Collection[str] | None,
    required: Collection[str],
    forbidden: Collection[str],
) -> tantivy.Query:
    """``wanted`` in the documents ``only``, with every ``required`` term and no ``forbidden`` one; scores
    stay as they are."""
    parts = [(tantivy.Occur.Must, wanted)]
    if only is not None:
        documents = tantivy.Query.term_set_query(schema, "document_id", list(only))
        parts.append((tantivy.Occur.Must, tantivy.Query.const_score_query(documents, 0.0)))
    for term in required:
        query = tantivy.Query.term_query(schema, "body", term, "basic")
        parts.append((tantivy.Occur.Must, tantivy.Query.const_score_query(query, 0.0)))
    for term in forbidden:
        query = tantivy.Query.term_query(schema, "body", term, "basic")
        parts.append((tantivy.Occur.MustNot, query))
    return tantivy.Query.boolean_query(parts)
