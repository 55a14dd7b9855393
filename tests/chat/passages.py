"""Passages and an in-memory search for the tests of the chat's core."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from ingestion.finding import Found, FoundPassage
from search.evidence import Evidence

LIGHTHOUSE = "The lighthouse was built in 1897. It is 42 metres high. Its keeper was Ada Holm."
HARBOUR = "The harbour opens at six. Boats longer than 20 metres need a pilot."


def passage(text: str, n: int = 1, *, document: str = "Handbook", start: int = 100) -> FoundPassage:
    return FoundPassage(
        chunk_id=f"chunk{n}",
        document_id=f"00000000-0000-0000-0000-00000000000{n}",
        document=document,
        text=text,
        score=1.0 / n,
        page=n,
        heading="Coast",
        start=start,
        end=start + len(text),
        highlights=[],
        url=f"/documents/{n}/?p=chunk{n}#p=chunk{n}",
        collection="Handbook",
        collection_slug="handbook",
        index_id="index",
        lexical=1.0,
        dense=None,
        updated=datetime(2026, 1, 2, tzinfo=UTC),
    )


def found(*texts: str, answerable: bool = True, notes: Sequence[str] = ()) -> Found:
    passages = [passage(text, n) for n, text in enumerate(texts, 1)]
    evidence = Evidence(0.9 if answerable else 0.1, answerable)
    return Found(passages, 1.0, list(notes), lambda: evidence)


def always(*texts: str, answerable: bool = True) -> Callable[[str], Found]:
    return lambda query: found(*texts, answerable=answerable)
