"""What the pages of insights show."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.safestring import SafeString

from chat.insights import selectors
from chat.insights.forms import InsightForm
from chat.insights.kinds import ABOUT, About, Kind
from chat.insights.models import Insight, Material
from chat.insights.translated_html import as_html
from chat.models import Message
from ingestion.access import Person
from ingestion.models import Document

# Kinds of which one wants another, so that their form stays open below a result.
_ASKED_AGAIN = (Kind.FACT, Kind.GENERATED)


@dataclass(frozen=True, slots=True)
class Tab:
    """A kind on the page, and how many results there are of it."""

    kind: str
    title: str
    about: About
    count: int


@dataclass(frozen=True, slots=True)
class ShownPart:
    """A part of a translation beside the place that it is from."""

    html: SafeString
    url: str
    page: int | None


@dataclass(frozen=True, slots=True)
class Shown:
    """An insight with everything that its page says of it."""

    insight: Insight
    message: Message
    is_outdated: bool
    is_mine: bool
    may_delete: bool
    parts: Sequence[ShownPart]
    documents: Sequence[dict[str, Any]]


def scene(
    user: Person,
    *,
    kind: str,
    form: InsightForm,
    error: str = "",
    document: Document | None = None,
    material: Material | None = None,
) -> dict[str, Any]:
    if document is not None:
        insights = selectors.of_document(user, document, kind)
        every = selectors.visible_to(user).filter(document=document)
    else:
        assert material is not None
        insights = selectors.of_material(user, material, kind)
        every = selectors.visible_to(user).filter(material=material)
    counts = selectors.counts(every)
    shown = shown_all(user, insights, document)
    return {
        "document": document,
        "material": material,
        "kind": kind,
        "about": ABOUT[kind],
        "title": Kind(kind).label,
        "tabs": [Tab(one, str(Kind(one).label), ABOUT[one], counts.get(one, 0)) for one in Kind.values],
        "form": form,
        "error": error,
        "newest": shown[0] if shown else None,
        "earlier": shown[1:],
        "is_folded": bool(shown) and not (error or form.errors) and kind not in _ASKED_AGAIN,
        "is_live": any(one.insight.is_live for one in shown),
        "has_model": selectors.has_model(document.collection.llm if document else ""),
    }


def shown_one(user: Person, insight: Insight) -> dict[str, Any]:
    return {"shown": shown_all(user, [insight], insight.document)[0]}


def shown_all(user: Person, insights: Sequence[Insight], document: Document | None) -> list[Shown]:
    old: set[UUID] = selectors.outdated(document, insights) if document else set()
    messages = selectors.remembered(insights)
    deletable = selectors.deletable(user, insights)
    return [_shown(user, one, messages[one.pk], one.pk in old, one.pk in deletable) for one in insights]


def _shown(user: Person, insight: Insight, message: Message, is_outdated: bool, may_delete: bool) -> Shown:
    parts = [
        ShownPart(as_html(part["text"]), part["url"], part["page"]) for part in insight.data.get("parts", [])
    ]
    documents = selectors.readable_now(user, insight) if insight.kind == Kind.RELATED else []
    return Shown(
        insight,
        message,
        is_outdated,
        insight.owner_id == user.pk,
        may_delete,
        parts,
        documents,
    )
