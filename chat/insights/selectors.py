"""Reads of insights. What somebody may not see does not exist here."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.roles import Action
from chat import freshness
from chat.cited import linked
from chat.insights.asking import able
from chat.insights.kinds import SHARED, Kind
from chat.insights.models import LIVE, Insight, Material
from chat.insights.running import DEAD_AFTER
from chat.insights.subjects import digest_of
from chat.insights.writing import backends_of
from chat.models import Message
from ingestion import access
from ingestion.access import Person, collections_for
from ingestion.models import Document, DocumentText

MOST_SHOWN = 20


def visible_to(user: Person) -> QuerySet[Insight]:
    """One's own, and of documents that one may read those that are the same for everybody; of others' nothing
    that came to nothing."""
    if not isinstance(user, User):
        return Insight.objects.none()
    readable = Q(document__collection__in=collections_for(user))
    mine = Q(owner=user) & (readable | Q(material__owner=user))
    shared = Q(kind__in=SHARED, status__in=(*LIVE, Insight.Status.DONE)) & readable
    return Insight.objects.filter(mine | shared)


def get_insight(user: Person, insight_id: UUID) -> Insight:
    """Raises ``Http404``."""
    insight = _with_its_own(visible_to(user)).filter(pk=insight_id).first()
    if insight is None:
        raise Http404(_("There is no such result, or it is not yours."))
    return _settled(insight)


def get_own_insight(user: Person, insight_id: UUID) -> Insight:
    """As ``get_insight``, but only what ``user`` had made. Raises ``Http404``."""
    insight = get_insight(user, insight_id)
    if insight.owner_id != user.pk:
        raise Http404(_("There is no such result, or it is not yours."))
    return insight


def of_document(user: Person, document: Document, kind: str = "") -> list[Insight]:
    """The newest first."""
    return _listed(visible_to(user).filter(document=document), kind)


def of_material(user: Person, material: Material, kind: str = "") -> list[Insight]:
    return _listed(visible_to(user).filter(material=material), kind)


def materials_of(user: Person) -> QuerySet[Material]:
    if not isinstance(user, User):
        return Material.objects.none()
    return Material.objects.filter(owner=user)


def get_material(user: Person, material_id: UUID) -> Material:
    """Raises ``Http404`` for everybody but the owner."""
    found = materials_of(user).filter(pk=material_id).first()
    if found is None:
        raise Http404(_("There is no such text, or it is not yours."))
    return found


def counts(insights: QuerySet[Insight]) -> dict[str, int]:
    """How many there are of each kind."""
    return dict(insights.order_by().values_list("kind").annotate(Count("pk")))


def deletable(user: Person, insights: Sequence[Insight]) -> set[UUID]:
    """Of ``insights`` of one thing those that ``user`` may delete: their own, and what is shared where they
    may edit the collection."""
    own = {one.pk for one in insights if one.owner_id == user.pk}
    others = [one for one in insights if one.pk not in own and one.document is not None]
    if others and others[0].document and access.may(user, others[0].document.collection, Action.EDIT):
        own |= {one.pk for one in others}
    return own


def has_model(of_collection: str = "", name: str = "") -> bool:
    """Whether a model that follows instructions would be asked."""
    return bool(able(backends_of(name, of_collection)))


def outdated(document: Document, insights: Sequence[Insight]) -> set[UUID]:
    """Those that were made of a text that ``document`` no longer has. The text is only looked at where the
    document was read again since."""
    finished = document.finished_at
    doubtful = [one for one in insights if one.digest and finished and finished > one.created_at]
    if not doubtful:
        return set()
    text = DocumentText.objects.filter(document=document).values_list("text", flat=True).first() or ""
    now = digest_of(text)
    return {one.pk for one in doubtful if one.digest != now}


def as_message(insight: Insight) -> Message:
    """What the chat's templates show: text, citations and sentences are the same."""
    return Message(
        pk=insight.pk,
        role=Message.Role.ASSISTANT,
        text=insight.text,
        model=insight.model,
        citations=insight.citations,
        sentences=insight.sentences,
        notes=insight.notes,
        usage=insight.usage,
        refused=insight.refused,
        applied_rules=insight.data.get("rules", []),
        created_at=insight.created_at,
        heartbeat_at=insight.heartbeat_at,
    )


def remembered(insights: Sequence[Insight]) -> dict[UUID, Message]:
    """Their messages; of documents' ones it is known whether what they cite has changed since."""
    shown = {one.pk: as_message(one) for one in insights}
    freshness.remember(shown[one.pk] for one in insights if one.document_id)
    return shown


def readable_now(user: Person, insight: Insight) -> list[dict[str, Any]]:
    """The related documents that are still there and that ``user`` may still read."""
    listed: list[dict[str, Any]] = insight.data.get("documents", [])
    ids = [one["document_id"] for one in listed]
    found = Document.objects.filter(pk__in=ids, collection__in=collections_for(user), replaces__isnull=True)
    there = {str(pk) for pk in found.values_list("pk", flat=True)}
    return [one for one in listed if one["document_id"] in there]


def insight_object(user: Person, insight: Insight, *, is_outdated: bool = False) -> dict[str, Any]:
    """As the API shows it."""
    shown: dict[str, Any] = {
        "id": str(insight.pk),
        "kind": insight.kind,
        "parameters": insight.parameters,
        "status": insight.status,
        "progress": {"step": insight.step, "done": insight.done, "total": insight.total},
        "document_id": str(insight.document_id) if insight.document_id else None,
        "text_id": str(insight.material_id) if insight.material_id else None,
        "text": insight.text,
        "refused": insight.refused,
        "citations": [linked(citation) for citation in insight.citations],
        "notes": insight.notes,
        "model": insight.model,
        "usage": insight.usage,
        "rules": insight.data.get("rules", []),
        "error": insight.error,
        "error_code": insight.error_code,
        "outdated": is_outdated,
        "by": insight.owner.shown_name,
        "created_at": insight.created_at.isoformat(),
        "url": insight.get_absolute_url(),
    }
    return shown | _more(user, insight)


def _more(user: Person, insight: Insight) -> dict[str, Any]:
    if insight.kind == Kind.SENTIMENT:
        return {"label": insight.data.get("label", "")}
    if insight.kind == Kind.TRANSLATION:
        return {"parts": insight.data.get("parts", [])}
    if insight.kind == Kind.RELATED:
        return {"documents": readable_now(user, insight), "terms": insight.data.get("terms", [])}
    return {}


def _listed(insights: QuerySet[Insight], kind: str) -> list[Insight]:
    found = _with_its_own(insights)
    if kind:
        found = found.filter(kind=kind)
    return [_settled(one) for one in found[:MOST_SHOWN]]


def _with_its_own(insights: QuerySet[Insight]) -> QuerySet[Insight]:
    """Texts may be long, and are not needed to show what was made of them."""
    return insights.select_related("owner", "document__collection", "material").defer("material__text")


def _settled(insight: Insight) -> Insight:
    """A live one without a pulse becomes interrupted first."""
    if insight.is_live and insight.heartbeat_at < timezone.now() - DEAD_AFTER:
        dead = Insight.objects.filter(pk=insight.pk, status__in=LIVE, heartbeat_at=insight.heartbeat_at)
        dead.update(status=Insight.Status.INTERRUPTED)
        insight.refresh_from_db()
    return insight
