"""What of an answer goes into its row."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from chat.events import Answer, Citation, shown_passage
from chat.grounding import Quote, ground
from chat.models import Message
from ingestion.finding import FoundPassage
from ingestion.neighbours import part_at
from llm import endpoints


def final_fields(done: Answer) -> dict[str, Any]:
    """The cost is that of the endpoint that wrote it, at its price of now."""
    return {
        "status": Message.Status.FAILED if done.error else Message.Status.DONE,
        "text": done.text,
        "refused": done.refused,
        "citations": [citation.as_dict() for citation in done.citations],
        "sources": [shown_passage(n, passage) for n, passage in done.unused],
        "sentences": [asdict(sentence) for sentence in done.sentences],
        "notes": list(done.notes),
        "refusal": asdict(done.refusal) if done.refusal else {},
        "model": done.model[:120],
        "usage": asdict(done.usage) | _price(done),
        "error": done.error.message if done.error else "",
        "error_code": done.error.code if done.error else "",
    }


def _price(done: Answer) -> dict[str, str]:
    cost = endpoints.cost(done.endpoint, done.usage) if done.endpoint else None
    return {} if cost is None else {"cost": str(cost), "currency": endpoints.currency(done.endpoint)}


def part_fields(text: str, passages: Sequence[FoundPassage]) -> dict[str, Any]:
    """The part of an answer that ended early: its citations lead to their passages all the same."""
    grounded = ground(text, {n: passage.text for n, passage in enumerate(passages, 1)})
    quotes = grounded.first_quotes
    return {
        "text": grounded.text.strip(),
        "citations": [_citation(n, quote, passages[n - 1]).as_dict() for n, quote in sorted(quotes.items())],
        "sources": [shown_passage(n, found) for n, found in enumerate(passages, 1) if n not in quotes],
        "sentences": [asdict(sentence) for sentence in grounded.sentences],
    }


def _citation(n: int, quote: Quote, passage: FoundPassage) -> Citation:
    start = passage.start + quote.start
    return Citation(n, part_at(passage, start), quote.text, start, passage.start + quote.end)
