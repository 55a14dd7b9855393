"""The API of verified answers, for editors of their collections."""

from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema
from pydantic import Field

from accounts.models import User
from accounts.roles import Action
from chat.verified import drafts, selectors, services
from chat.verified.errors import BadVerified
from chat.verified.services import Content
from ingestion import access
from kb_site.problems import Problem

router = Router(tags=["verified answers"])
_PAGE = 100


class VerifiedIn(Schema):
    """An answer of your own chats, as it is or corrected."""

    message_id: UUID
    questions: list[str] = Field([], description="Wordings; empty: as it was asked.")
    answer: str | None = Field(None, description="Empty: as it was written.")
    sources: list[int] | None = Field(None, description="Numbers of its sources; empty: those cited.")
    collections: list[str] | None = Field(None, description="Empty: those of the sources.")


@router.get("/collections/{slug}/verified-answers", summary="Verified answers of a collection")
def listed(request: HttpRequest, slug: str, text: str = "", page: int = 1) -> dict[str, Any]:
    """``to_review`` names sources that changed since, ``against_rules`` says what rules of the site would
    change in it: such an answer is not given."""
    collection = access.get_collection(request.user, slug, Action.EDIT)
    pages = Paginator(selectors.of_collection(request.user, collection, text), _PAGE)
    found = pages.page(page).object_list if 1 <= page <= pages.num_pages else []
    rows = selectors.with_changes(found)
    return {"count": pages.count, "results": [selectors.verified_out(each) for each in rows]}


@router.post("/verified-answers", response={201: dict[str, Any]}, summary="Verify an answer")
def verify(request: HttpRequest, payload: VerifiedIn) -> tuple[int, dict[str, Any]]:
    user = _person(request)
    draft = drafts.of_answer(user, payload.message_id)
    known = {each["n"]: each for each in [*draft.own, *draft.further]}
    numbers = payload.sources if payload.sources is not None else [each["n"] for each in draft.own]
    slugs = payload.collections
    chosen = [
        each
        for each in draft.collections
        if (each.slug in slugs if slugs is not None else each.pk in draft.chosen)
    ]
    content = Content(
        payload.questions or draft.questions,
        draft.text if payload.answer is None else payload.answer,
        [known[n] for n in dict.fromkeys(numbers) if n in known],
        chosen,
    )
    try:
        stored = services.verify(by=user, content=content)
    except BadVerified as error:
        raise Problem(422, str(error), code=error.code) from error
    (row,) = selectors.with_changes([selectors.get_verified(user, stored.pk)])
    return 201, selectors.verified_out(row)


@router.post("/verified-answers/{verified_id}/confirm", summary="Say that it is still right")
def confirm(request: HttpRequest, verified_id: UUID) -> dict[str, Any]:
    user = _person(request)
    verified = selectors.get_verified(user, verified_id)
    try:
        services.confirm(by=user, answer=verified)
    except BadVerified as error:
        raise Problem(422, str(error), code=error.code) from error
    (row,) = selectors.with_changes([verified])
    return selectors.verified_out(row)


@router.delete("/verified-answers/{verified_id}", response={204: None}, summary="Unpin it")
def unpin(request: HttpRequest, verified_id: UUID) -> HttpResponse:
    services.unpin(answer=selectors.get_verified(_person(request), verified_id))
    return HttpResponse(status=204)


def _person(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user
