"""The API of insights."""

from typing import Any
from uuid import UUID

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
from chat.insights.forms import InsightForm
from chat.insights.kinds import Kind
from chat.insights.models import Insight, Material
from ingestion import access
from ingestion.models import Document
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
    document = access.get_document(request.user, document_id)
    return _started(request, data, document=document)


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
    if bool(data.text.strip()) == bool(data.url.strip()):
        raise Problem(422, _("Give either a text or the address of a page."), code="bad_text")
    try:
        _form(data)
        about: Material | Document
        if data.url.strip():
            about = services.add_page(owner=user, url=data.url)
        else:
            about = services.add_text(owner=user, text=data.text, title=data.title)
    except ChatError as error:
        raise _problem(error) from error
    if isinstance(about, Document):
        return _started(request, data, document=about)
    return _started(request, data, material=about)


@router.get("/insights/{uuid:insight_id}", summary="One insight")
def one(request: HttpRequest, insight_id: UUID) -> Any:
    return _out(_person(request), selectors.get_insight(request.user, insight_id))


@router.post("/insights/{uuid:insight_id}/redo", summary="Make an insight anew", response=_MADE)
def redo(request: HttpRequest, insight_id: UUID, wait: bool = False) -> Any:
    user = _person(request)
    insight = selectors.get_own_insight(user, insight_id)
    try:
        rate_limits.take_for(request, "chat")
        return _answer(user, services.redo(insight=insight, wait=wait))
    except ChatError as error:
        raise _problem(error) from error


@router.delete("/insights/{uuid:insight_id}", summary="Delete an insight", response={204: None})
def delete(request: HttpRequest, insight_id: UUID) -> Any:
    user = _person(request)
    insight = selectors.get_insight(user, insight_id)
    if not selectors.deletable(user, [insight]):
        raise PermissionDenied(_("Only who had this made, or an editor of the collection, may delete it."))
    services.delete(insight=insight)
    return 204, None


def _started(
    request: HttpRequest,
    data: InsightIn,
    document: Document | None = None,
    material: Material | None = None,
) -> Any:
    user = _person(request)
    try:
        rate_limits.take_for(request, "chat")
        form = _form(data)
        insight = services.start(
            owner=user,
            kind=data.kind,
            parameters=form.parameters,
            endpoint=form.endpoint,
            document=document,
            material=material,
            wait=data.wait,
        )
    except ChatError as error:
        raise _problem(error) from error
    return _answer(user, insight)


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


def _problem(error: ChatError) -> Problem:
    told = failures.refused(error)
    return Problem(told.status, told.detail, code=told.code, retry_after=told.retry_after)
