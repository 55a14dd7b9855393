"""The API of feedback: giving it on one's own answers, and for administrators reading it."""

from datetime import date
from typing import Any, Literal
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema
from pydantic import Field

from accounts.models import User
from chat.errors import ChatError
from chat.feedback import comparing, selectors, services
from chat.feedback.errors import NotYours
from chat.feedback.listing_views import as_file
from chat.feedback.models import Comparison, Feedback
from chat.feedback.selectors import Wanted
from chat.feedback.services import SCORES, Details
from chat.models import Message
from kb_site.problems import Problem

router = Router(tags=["feedback"])
_PAGE = 100


class FeedbackIn(Schema):
    """The whole of it: what is left out is taken back."""

    thumb: Literal["up", "down"]
    reasons: list[str] = Field([], description="Codes; those that do not fit the thumb are left out.")
    comment: str = ""
    accuracy: int | None = Field(None, ge=1, le=5)
    ethics: int | None = Field(None, ge=1, le=5)
    satisfaction: int | None = Field(None, ge=1, le=5)
    better_answer: str = ""


class ComparisonIn(Schema):
    other: UUID = Field(description="Another answer to the same question.")
    better: UUID | None = Field(None, description="One of both; empty: neither is good.")
    comment: str = ""


class Filters(Schema):
    thumb: Literal["", "up", "down"] = ""
    reason: str = ""
    model: str = ""
    collection: str = ""
    since: date | None = None
    until: date | None = None
    text: str = ""
    better: bool = False

    def wanted(self) -> Wanted:
        return Wanted(**self.dict())


@router.put("/answers/{message_id}/feedback", summary="Rate an answer of your own conversations")
def give(request: HttpRequest, message_id: UUID, payload: FeedbackIn) -> dict[str, Any]:
    """A second time changes it. Administrators see it with the question, the answer and its sources."""
    answer = _own_answer(request, message_id)
    given = payload.dict()
    try:
        with transaction.atomic():
            feedback = services.rate(by=_person(request), answer=answer, thumb=given.pop("thumb"))
            services.detail(feedback=feedback, details=Details(**given))
    except ChatError as error:
        raise Problem(422, str(error), code=error.code) from error
    return feedback_out(feedback)


@router.get("/answers/{message_id}/feedback", summary="What you said of an answer")
def read(request: HttpRequest, message_id: UUID) -> dict[str, Any]:
    return feedback_out(_given(request, message_id))


@router.delete("/answers/{message_id}/feedback", response={204: None}, summary="Withdraw it")
def withdraw(request: HttpRequest, message_id: UUID) -> HttpResponse:
    services.withdraw(feedback=_given(request, message_id))
    return HttpResponse(status=204)


@router.put("/answers/{message_id}/comparison", summary="Say which of two answers is better")
def compare(request: HttpRequest, message_id: UUID, payload: ComparisonIn) -> dict[str, Any]:
    """Both are answers to one question in your own conversations. A second time changes it."""
    answer = _own_answer(request, message_id)
    try:
        pair = comparing.pair_with(answer, payload.other)
    except NotYours as error:
        raise Problem(404, str(error), code=error.code) from error
    assert pair is not None
    places = {pair[0].pk: "first", pair[1].pk: "second", None: "neither"}
    try:
        chosen = places.get(payload.better, "")
        choice = comparing.choose(by=_person(request), pair=pair, chosen=chosen, comment=payload.comment)
    except ChatError as error:
        raise Problem(422, str(error), code=error.code) from error
    return comparison_out(choice)


@router.get("/feedback", summary="What people said, the newest first; for administrators")
def listed(request: HttpRequest, filters: Query[Filters], page: int = 1) -> dict[str, Any]:
    _for_administrators(request)
    pages = Paginator(selectors.rated(filters.wanted()), _PAGE)
    found = pages.page(page).object_list if 1 <= page <= pages.num_pages else []
    return {"count": pages.count, "results": [feedback_out(each) | _snapshot(each) for each in found]}


@router.get("/feedback/export/{kind}", summary="As preference data, rated answers or a table")
def export(
    request: HttpRequest,
    kind: Literal["preferences.jsonl", "ratings.jsonl", "ratings.csv"],
    filters: Query[Filters],
) -> HttpResponseBase:
    """``preferences.jsonl`` has lines ``{"prompt", "chosen", "rejected", …}``, ``ratings.jsonl`` lines
    ``{"prompt", "completion", "label", …}``. For administrators."""
    _for_administrators(request)
    wanted = filters.wanted()
    return as_file(kind, selectors.rated(wanted), selectors.compared(wanted))


def feedback_out(feedback: Feedback) -> dict[str, Any]:
    names = ("thumb", "reasons", "comment", *SCORES, "better_answer", "created_at", "updated_at")
    return {"id": feedback.pk, "message_id": feedback.answer_id} | {
        name: getattr(feedback, name) for name in names
    }


def comparison_out(choice: Comparison) -> dict[str, Any]:
    names = ("question", "chosen", "comment", "created_at", "updated_at")
    both = {"first": choice.first["message_id"], "second": choice.second["message_id"]}
    return {"id": choice.pk} | both | {name: getattr(choice, name) for name in names}


def _snapshot(feedback: Feedback) -> dict[str, Any]:
    return {"by": feedback.by.username, "answer": feedback.shown}


def _own_answer(request: HttpRequest, message_id: UUID) -> Message:
    _person(request)
    try:
        return selectors.answer_to_rate(request.user, message_id)
    except NotYours as error:
        raise Problem(404, str(error), code=error.code) from error


def _given(request: HttpRequest, message_id: UUID) -> Feedback:
    answer = _own_answer(request, message_id)
    found = selectors.own(_person(request)).filter(answer_id=answer.pk, attempt=answer.attempt).first()
    if found is None:
        raise Problem(404, _("There is no feedback of yours on this answer."), code="no_feedback")
    return found


def _person(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def _for_administrators(request: HttpRequest) -> None:
    if not request.user.is_superuser:
        raise PermissionDenied(_("Only administrators may see the feedback of everybody."))
