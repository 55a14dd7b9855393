"""A conversation as everybody may see it who has its link.

Shown are the questions, the answers and the words that they quote. Not shown are its owner, the collections,
other versions, what was found and not used, notes, models and costs; a document is linked only where the
viewer may read it.
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from chat import freshness
from chat.cited import url
from chat.models import Message
from chat.rendering import answer_html
from chat.turns import ShownTurn
from ingestion.access import Person, collections_for
from ingestion.models import Document
from ingestion.templatetags.passages import below_title, plain


@dataclass(frozen=True, slots=True)
class Source:
    """``url`` is empty where the viewer may not read the document. ``changed_at`` is when its text changed
    after the answer was written; ``is_gone``: it was removed."""

    n: int
    anchor: str
    document: str
    place: str
    quote: str
    url: str
    changed_at: datetime | None
    is_gone: bool


@dataclass(frozen=True, slots=True)
class PublicTurn:
    """``is_whole`` is false for an answer that ended early."""

    question: str
    html: SafeString | str
    refusal: str
    sources: tuple[Source, ...]
    is_whole: bool


def public_turns(turns: Sequence[ShownTurn], viewer: Person) -> list[PublicTurn]:
    """A few queries, whatever their number."""
    freshness.remember(turn.answer for turn in turns)
    cited = {each["document_id"] for turn in turns for each in turn.answer.citations}
    readable = _readable(cited, viewer)
    return [_turn(turn, readable) for turn in turns]


def _readable(documents: Set[str], viewer: Person) -> Set[str]:
    if not documents:
        return frozenset()
    found = Document.objects.filter(
        pk__in=documents, replaces__isnull=True, collection__in=collections_for(viewer)
    )
    return {str(pk) for pk in found.values_list("pk", flat=True)}


def _turn(turn: ShownTurn, readable: Set[str]) -> PublicTurn:
    answer = turn.answer
    is_refused = answer.refused and not answer.is_blocked
    cited = [] if is_refused else freshness.cited_now(answer)
    return PublicTurn(
        question=turn.question.text,
        html="" if is_refused else _html(answer),
        refusal=str(answer.refusal.get("head", "")) or answer.text if is_refused else "",
        sources=tuple(_source(answer.pk, each, readable) for each in cited),
        is_whole=answer.status == Message.Status.DONE,
    )


def _html(answer: Message) -> SafeString:
    def cite(citation: Mapping[str, Any], *, added: bool) -> SafeString:
        named = {"n": citation["n"], "document": citation["document"]}
        return format_html(
            '\u2060<a class="{}" href="#{}" title="{}" aria-label="{}">{}</a>',
            "cite added" if added else "cite",
            _anchor(answer.pk, citation["n"]),
            plain(citation["quote"]),
            _("Source %(n)s: %(document)s") % named,
            citation["n"],
        )

    return answer_html(answer, cite)


def _source(answer_id: UUID, citation: Mapping[str, Any], readable: Set[str]) -> Source:
    page = _("page %(page)s") % {"page": citation["page"]} if citation["page"] else ""
    heading = below_title(citation.get("heading", ""), citation["document"])
    return Source(
        n=citation["n"],
        anchor=_anchor(answer_id, citation["n"]),
        document=citation["document"],
        place=" · ".join(filter(None, [heading, page])),
        quote=plain(citation["quote"]),
        url=url(citation) if citation["document_id"] in readable else "",
        changed_at=citation["changed_at"],
        is_gone=citation["gone"],
    )


def _anchor(answer_id: UUID, n: int) -> str:
    return f"s{answer_id.hex[:12]}-{n}"
