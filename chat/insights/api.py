"""The API of insights."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Router, Schema

from accounts import rate_limits
from accounts.models import User
from chat import failures
from chat.errors import ChatError
from chat.insights import selectors, services
from chat.insights.errors import BadParameters
from chat.insights.fetching import checked_address
from chat.insights.forms import InsightForm
from chat.insights.kinds import Kind
from chat.insights.models import Insight
from ingestion import access
from kb_site.problems import Problem

router = Router()
_MADE = {200: dict[str, Any], 202: dict[str, Any]}


class InsightIn(Schema):
    """``kind`` is one of summary, fact, questions, sentiment, translation, related and generated. Of the
    others each kind takes its own: ``length`` (short, medium, long), ``question``, ``count``, ``target`` (a
    language, such as zh), ``shape`` and ``wish``, ``language`` of what is written ("" is that of the text).
    ``wait``: the answer comes when the result is complete."""

    kind: str
    model: str = ""
    length: str = ""
    question: str = ""
    count: int | None = None
    target: str = ""
    shape: str = ""
    wish: str = ""
    language: str = ""
    wait: bool = False


class TextIn(InsightIn):
    """Either ``text`` or the address ``url`` of a page."""

    text: str = ""
    url: str = ""
    title: str = ""


@router.post("/documents/{uuid:document_id}/insights", summary="Have an insight made", response=_MADE)
def start_of_document(request: HttpRequest, document_id: UUID, data: InsightIn) -> Any:
    """202 with the pending result, to be asked for under its id; 200 with ``wait``."""
    user = _person(request)
    document = access.get_document(user, document_id)
    with _told():
        chosen = _chosen(data)
        rate_limits.take_for(request, "chat")
        return _answer(user, services.start(owner=user, document=document, **chosen))


@router.get("/documents/{uuid:document_id}/insights", summary="The insights of a document, newest first")
def list_of_document(request: HttpRequest, document_id: UUID, kind: str = "") -> Any:
    user = _person(request)
    document = access.get_document(user, document_id)
    insights = selectors.of_document(user, document, kind)
    old = selectors.outdated(document, insights)
    results = [selectors.insight_object(user, one, is_outdated=one.pk in old) for one in insights]
    return {"count": len(results), "results": results}


@router.post("/insights", summary="Have an insight of a text or a page made", response=_MADE)
def start_of_text(request: HttpRequest, data: TextIn) -> Any:
    """As for a document. A page that is a document here already gives an insight of that document."""
    user = _person(request)
    text, url = data.text.strip(), data.url.strip()
    if bool(text) == bool(url):
        raise Problem(422, _("Give either a text or the address of a page."), code="bad_text")
    with _told():
        chosen = _chosen(data)
        if url:
            checked_address(url)
        else:
            services.checked_text(text)
        rate_limits.take_for(request, "chat")
        made = services.start_of_text(owner=user, text=text, url=url, title=data.title, **chosen)
        return _answer(user, made)


@router.get("/insights/texts", summary="Your own texts and pages, newest first")
def texts(request: HttpRequest) -> Any:
    kept = list(selectors.materials_of(_person(request)).defer("text"))
    results = [
        {
            "id": str(one.pk),
            "title": one.title,
            "address": one.url,
            "created_at": one.created_at.isoformat(),
            "url": one.get_absolute_url(),
        }
        for one in kept
    ]
    return {"count": len(results), "most": settings.MAX_KEPT_TEXTS, "results": results}


@router.delete("/insights/texts/{uuid:text_id}", summary="Delete a text or a page", response={204: None})
def delete_text(request: HttpRequest, text_id: UUID) -> Any:
    """With all insights of it."""
    services.delete_material(material=selectors.get_material(_person(request), text_id))
    return 204, None


@router.get("/insights/{uuid:insight_id}", summary="One insight")
def one(request: HttpRequest, insight_id: UUID) -> Any:
    return _out(_person(request), selectors.get_insight(request.user, insight_id))


@router.post("/insights/{uuid:insight_id}/redo", summary="Make an insight anew", response=_MADE)
def redo(request: HttpRequest, insight_id: UUID, wait: bool = False) -> Any:
    user = _person(request)
    insight = selectors.get_own_insight(user, insight_id)
    with _told():
        rate_limits.take_for(request, "chat")
        return _answer(user, services.redo(insight=insight, wait=wait))


@router.delete("/insights/{uuid:insight_id}", summary="Delete an insight", response={204: None})
def delete(request: HttpRequest, insight_id: UUID) -> Any:
    user = _person(request)
    insight = selectors.get_insight(user, insight_id)
    if not selectors.deletable(user, [insight]):
        raise PermissionDenied(_("Only who had this made, or an editor of the collection, may delete it."))
    services.delete(insight=insight)
    return 204, None


def _chosen(data: InsightIn) -> dict[str, Any]:
    """What ``services.start`` takes besides what it is about. Raises ``BadParameters``."""
    form = _form(data)
    return {
        "kind": data.kind,
        "parameters": form.parameters,
        "endpoint": form.endpoint,
        "wait": data.wait,
    }


def _form(data: InsightIn) -> InsightForm:
    """Raises ``BadParameters``."""
    if data.kind not in Kind.values:
        said = _("There is no kind “%(kind)s”; known: %(known)s.")
        raise BadParameters(said % {"kind": data.kind, "known": ", ".join(Kind.values)})
    given = data.dict(exclude={"kind", "wait", "text", "url", "title"}, exclude_none=True)
    form = InsightForm(given, kind=data.kind)
    if not form.is_valid():
        told = [f"{name}: {' '.join(map(str, errors))}" for name, errors in form.errors.items()]
        raise BadParameters(" ".join(told))
    return form


def _answer(user: User, insight: Insight) -> Any:
    """With its status: 202 while it is being made."""
    return (202 if insight.is_live else 200), _out(user, insight)


def _out(user: User, insight: Insight) -> dict[str, Any]:
    document = insight.document
    old = selectors.outdated(document, [insight]) if document else set()
    return selectors.insight_object(user, insight, is_outdated=insight.pk in old)


def _person(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


@contextmanager
def _told() -> Iterator[None]:
    """What cannot be done is a problem object."""
    try:
        yield
    except ChatError as error:
        told = failures.refused(error)
        raise Problem(told.status, told.detail, code=told.code, retry_after=told.retry_after) from error
