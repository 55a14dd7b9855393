"""The door for the answer engine: a verified answer in place of a written one."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from django.db.models import F

from chat.connections import release_connections
from chat.events import Answer, Citation, Verified
from chat.models import Message
from chat.prompts import Turn
from chat.rewriting import is_short, points_back
from chat.rules.applying import Ruled
from chat.verified import matching
from chat.verified.languages import language_of
from chat.verified.models import VerifiedAnswer
from ingestion.finding import FoundPassage
from ingestion.models import Collection

log = logging.getLogger(__name__)
MODEL = "verified"

Pinned = Callable[[str], Answer | None]


def pinned_for(
    answer: Message,
    asked: Message,
    history: Sequence[Turn],
    collections: Sequence[Collection],
    rules: Ruled,
) -> Pinned | None:
    """Looks a question up among the verified ones that ``rules`` leave as they are; ``None`` where that
    cannot help: no collection has any, an answer is asked for anew, or the question is a prompt filled in or
    leans on what was said before."""
    is_first = answer.ordinal == asked.ordinal + 1
    leans = bool(history) and (points_back(asked.text) or is_short(asked.text))
    if not is_first or asked.rewritten or leans or not matching.any_in(collections):
        return None
    return lambda question: _answer(question, collections, rules)


def _answer(question: str, collections: Sequence[Collection], rules: Ruled) -> Answer | None:
    try:
        found = matching.match(question, collections, lambda answer: rules.leaves(answer.text))
        if found is None:
            return None
        verified, wording = found
        VerifiedAnswer.objects.filter(pk=verified.pk).update(given_count=F("given_count") + 1)
    finally:
        release_connections()
    log.info("verified answer %s given", verified.pk)
    return Answer(
        text=verified.text,
        refused=False,
        model=MODEL,
        citations=tuple(_citation(each) for each in verified.citations),
        verified=Verified(
            str(verified.pk),
            wording,
            verified.verified_by_id,
            verified.verified_at.isoformat(),
            language_of(verified.text),
            language_of(question, like=verified.text),
        ),
    )


def _citation(kept: dict[str, Any]) -> Citation:
    """As it was stored, made one of an answer."""
    passage = FoundPassage(
        chunk_id=kept["chunk_id"],
        document_id=kept["document_id"],
        document=kept["document"],
        text=kept["quote"],
        score=1.0,
        page=kept["page"],
        heading=kept["heading"],
        start=kept["start"],
        end=kept["end"],
        highlights=[],
        url=kept["url"],
        collection=kept["collection"],
        collection_slug="",
        index_id="",
        lexical=None,
        dense=None,
        updated=datetime.fromisoformat(kept["updated"]),
    )
    return Citation(kept["n"], passage, kept["quote"], kept["start"], kept["end"])
