"""What of an answer goes into its row."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from django.db.models import F, OuterRef, Subquery

from chat.events import Answer, Citation, Spent, shown_passage
from chat.extractive import NAME as EXTRACTIVE
from chat.grounding import Quote, ground
from chat.models import Message
from ingestion.finding import FoundPassage
from ingestion.neighbours import part_at, quoted_range
from llm import endpoints
from llm.types import Usage

_QUESTION = Message.objects.filter(pk=OuterRef("parent_id")).values("ordinal")
_HISTORY_FROM = {"nothing": None, "earlier": Subquery(_QUESTION), "all": F("ordinal") + 1}


def final_fields(done: Answer) -> dict[str, Any]:
    """For an update of the answer's row: where a provider objected to what was said, later turns begin at
    this one's question or behind it."""
    history_from = _HISTORY_FROM[done.forgets]
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
        "verified": asdict(done.verified) if done.verified else {},
        "parameters": _parameters_of(done),
        "usage": usage_of(done.spent),
        "error": done.error.message if done.error else "",
        "error_code": done.error.code if done.error else "",
        "failures": [asdict(failure) for failure in done.failures],
        "history": asdict(done.memory) if done.memory else {},
    } | ({} if history_from is None else {"history_from": history_from})


def _parameters_of(done: Answer) -> dict[str, Any]:
    """Of the endpoint that wrote it; nothing where none did."""
    if done.model == EXTRACTIVE or not done.spent:
        return {}
    return endpoints.parameters(done.spent[-1].endpoint)


def usage_of(spent: Sequence[Spent]) -> dict[str, Any]:
    """Tokens of all requests together and, where the endpoints have prices in one currency, what they cost at
    the prices of now. ``estimated`` is there where a server counted nothing."""
    usage: dict[str, Any] = asdict(
        Usage(
            sum(one.usage.prompt_tokens for one in spent), sum(one.usage.completion_tokens for one in spent)
        )
    )
    if any(one.is_estimate for one in spent):
        usage["estimated"] = True
    costs = [(one.endpoint, endpoints.cost(one.endpoint, one.usage)) for one in spent if one.endpoint]
    priced = [(endpoints.currency(name), cost) for name, cost in costs if cost is not None]
    if len({currency for currency, _cost in priced}) == 1:
        usage |= {"cost": str(sum(cost for _currency, cost in priced)), "currency": priced[0][0]}
    return usage


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
    start, end = quoted_range(passage, quote.start, quote.end)
    return Citation(n, part_at(passage, start), quote.text, start, end)
