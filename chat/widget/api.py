"""What the frame of a widget asks the site: without a cookie, by a signed token, from the site's own frame.

Whoever may do what is decided in ``chat.widget.admission``.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any, Literal
from uuid import UUID

from asgiref.sync import sync_to_async
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import translation
from django.utils.translation import gettext as _
from ninja import Router, Schema

from accounts import rate_limits
from chat import failures, services
from chat.answering import checked
from chat.errors import ChatError, NoReadyDocuments, NothingToSearch
from chat.events import QuestionError
from chat.feedback import services as feedback_services
from chat.models import Conversation, Message
from chat.server_sent import event_stream, frame
from chat.streaming import follow
from chat.turns import turns_of
from chat.widget import limits, selectors, showing
from chat.widget import services as widget_services
from chat.widget.admission import Guest, NotAdmitted, admitted, entered
from chat.widget.limits import WidgetLimit
from kb_site.problems import Problem

router = Router(auth=None, tags=["widget"])


class SessionIn(Schema):
    origin: str
    token: str = ""
    conversation: UUID | None = None


class QuestionIn(Schema):
    question: str
    conversation: UUID | None = None


class ThumbIn(Schema):
    thumb: Literal["up", "down"]


@router.post("/widgets/{widget_id}/session", summary="A visitor's frame introduces itself")
def session(request: HttpRequest, widget_id: UUID, data: SessionIn) -> Any:
    """``origin`` is that of the page around the frame. Answers with the token for all other calls, and with
    what was said in ``conversation``, where that is the visitor's own."""
    with _problems():
        limits.take_session(widget_id, rate_limits.address(request))
        guest = entered(request, widget_id, origin=data.origin, token=data.token)
    found = selectors.conversation_of(guest.visitor, data.conversation) if data.conversation else None
    with translation.override(guest.language):
        turns = [] if found is None else showing.turns(guest.widget, turns_of(found))
    return {"token": guest.token, "conversation": str(found.pk) if found else None, "turns": turns}


@router.post("/widgets/{widget_id}/questions", summary="A visitor asks")
def ask(request: HttpRequest, widget_id: UUID, data: QuestionIn) -> Any:
    """The pending answer, to be followed; without ``conversation`` a new one begins."""
    with _problems():
        guest = admitted(request, widget_id)
        question = checked(data.question, settings.MAX_QUERY_CHARS)
        _count(request, guest)
        with translation.override(guest.language):
            conversation = _conversation(guest, data.conversation)
            answer = services.ask(conversation=conversation, question=question)
            html = showing.turn(guest.widget, question, answer)
    return {"conversation": str(conversation.pk), "answer": str(answer.pk), "html": html}


@router.get(
    "/widgets/{widget_id}/answers/{answer_id}/stream", summary="A visitor's answer while it is written"
)
def stream(request: HttpRequest, widget_id: UUID, answer_id: UUID) -> HttpResponseBase:
    with _problems():
        guest = admitted(request, widget_id)
    answer = _answer(guest, answer_id)
    return event_stream(_frames(guest, answer.pk, request.headers.get("Last-Event-ID", "")))


@router.post("/widgets/{widget_id}/answers/{answer_id}/stop", summary="A visitor has seen enough")
def stop(request: HttpRequest, widget_id: UUID, answer_id: UUID) -> Any:
    with _problems():
        guest = admitted(request, widget_id)
    services.stop(message=_answer(guest, answer_id))
    return {"stopped": True}


@router.post("/widgets/{widget_id}/answers/{answer_id}/retry", summary="A visitor's last answer once more")
def retry(request: HttpRequest, widget_id: UUID, answer_id: UUID) -> Any:
    with _problems():
        guest = admitted(request, widget_id)
        answer = _answer(guest, answer_id)
        _count(request, guest)
        with translation.override(guest.language):
            answer = services.retry(message=answer)
            html = showing.answer(guest.widget, answer)
    return {"answer": str(answer.pk), "html": html}


@router.post("/widgets/{widget_id}/answers/{answer_id}/thumb", summary="A visitor says whether it helped")
def thumb(request: HttpRequest, widget_id: UUID, answer_id: UUID, data: ThumbIn) -> Any:
    """Counts as feedback of the widget's account."""
    with _problems():
        guest = admitted(request, widget_id)
        feedback_services.rate(by=guest.widget.account, answer=_answer(guest, answer_id), thumb=data.thumb)
    return {"thumb": data.thumb}


@contextmanager
def _problems() -> Iterator[None]:
    """Refusals become problem objects."""
    try:
        yield
    except NotAdmitted as error:
        raise Problem(error.status, str(error), code=error.code) from error
    except WidgetLimit as error:
        raise Problem(429, str(error), code="too_many_requests", retry_after=error.retry_after) from error
    except (NoReadyDocuments, NothingToSearch) as error:
        detail = _("There is nothing yet that this chat could answer from. Please try again later.")
        raise Problem(409, detail, code=error.code) from error
    except (QuestionError, ChatError) as error:
        told = failures.refused(error)
        raise Problem(told.status, told.detail, code=told.code, retry_after=told.retry_after) from error


def _count(request: HttpRequest, guest: Guest) -> None:
    with translation.override(guest.language):
        limits.take_question(
            guest.widget.pk,
            visitor=guest.visitor.name,
            address=rate_limits.address(request),
            hourly=guest.widget.visitor_limit,
            daily=guest.widget.daily_limit,
        )


def _conversation(guest: Guest, conversation_id: UUID | None) -> Conversation:
    """One that is gone, such as after its days are over, is begun anew."""
    found = selectors.conversation_of(guest.visitor, conversation_id) if conversation_id else None
    return found or widget_services.start_talk(widget=guest.widget, visitor=guest.visitor)


def _answer(guest: Guest, answer_id: UUID) -> Message:
    answer = selectors.answer_of(guest.visitor, answer_id)
    if answer is None:
        raise Problem(404, "There is no such answer.", code="not_found")
    return answer


async def _frames(guest: Guest, answer_id: UUID, last_id: str) -> AsyncIterator[str]:
    async for followed in follow(answer_id, last_id):
        if followed.message is not None:
            html = await sync_to_async(_finished)(guest, followed.message)
            yield frame("done", {"html": html, "status": followed.message.status}, followed.id)
        elif followed.event in {"token", "reset", "sources"}:
            yield frame(followed.event, followed.data, followed.id)
        else:
            yield ": still writing\n\n"


def _finished(guest: Guest, message: Message) -> str:
    with translation.override(guest.language):
        return showing.answer(guest.widget, message)
