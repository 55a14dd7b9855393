"""The API of the library of prompts: list, get, render and run (``editing_api`` writes)."""

import json
from collections.abc import AsyncIterator
from typing import Any, Literal

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from ninja import Router, Schema
from pydantic import Field

from accounts import rate_limits
from accounts.models import User
from chat import failures
from chat import selectors as chat_selectors
from chat.errors import ChatError
from chat.events import Token
from chat.prompt_library import selectors
from chat.prompt_library.filling import BadValues, Filled, filled
from chat.prompt_library.forms import models
from chat.prompt_library.frames import QUIET
from chat.prompt_library.prompt import Input, Prompt
from chat.prompt_library.running import TEMPERATURE, Ended, NeedsModel, Order, Result, finished, needs_model
from chat.prompt_library.streams import followed
from chat.server_sent import event_stream, frame
from ingestion.access import collections_for, get_collections
from kb_site.problems import Problem
from llm import endpoints

router = Router(tags=["prompts"])


class RenderIn(Schema):
    variables: dict[str, str] = {}


class RunIn(RenderIn):
    model: str = ""
    collections: list[str] = []
    temperature: float = Field(TEMPERATURE, ge=0, le=2)
    max_tokens: int | None = Field(None, ge=1)
    stream: bool = False


@router.get("/prompts", summary="The prompts that you may use")
def prompts(
    request: HttpRequest,
    language: Literal["", "en", "zh-hans"] = "",
    q: str = "",
) -> HttpResponse:
    """Your own, those for everybody, and the presets; without their texts."""
    found = selectors.shelf(person_of(request), language=language, words=q)
    results = [_listed(one) for one in [*found.own, *found.shared, *found.presets]]
    return as_json({"count": len(results), "results": results})


@router.get("/prompts/{key}", summary="One prompt with its text and its variables")
def prompt(request: HttpRequest, key: str) -> HttpResponse:
    return as_json(in_full(selectors.get_prompt(person_of(request), key)))


@router.post("/prompts/{key}/render", summary="The text of a prompt with its variables filled in")
def render(request: HttpRequest, key: str, data: RenderIn) -> HttpResponse:
    """Asks no model. What has a default, and what is optional, may be left out."""
    found = selectors.get_prompt(person_of(request), key)
    made = _filled(found, data.variables)
    return as_json({"text": made.text, "query": made.query, "version": found.version})


@router.post("/prompts/{key}/run", summary="Run a prompt with a language model")
def run(request: HttpRequest, key: str, data: RunIn) -> Any:
    """``model`` is the short name of an endpoint; without it the site's default writes. A prompt that wants
    sources searches ``collections``, all readable ones where the list is empty. With ``stream``:
    ``text/event-stream`` with ``token``, then ``done`` (the whole object) or ``error`` (a problem object)."""
    person = person_of(request)
    found = selectors.get_prompt(person, key)
    rate_limits.take_for(request, "chat")
    order = _order(person, found, data)
    if data.stream:
        return event_stream(_events(order))
    result = finished(order)
    if result.error is not None:
        raise _problem(result)
    return as_json(as_object(result))


def as_object(result: Result) -> dict[str, Any]:
    """Seconds are rounded to thousandths; those of the model count from when it was asked, behind the
    search."""
    shown: dict[str, Any] = {
        "text": result.text,
        "endpoint": result.endpoint,
        "model": result.model,
        "usage": result.usage,
        "first_token_seconds": None if result.first_s is None else round(result.first_s, 3),
        "seconds": round(result.total_s, 3),
        "search_seconds": round(result.search_s, 3),
        "notes": list(result.notes),
        "rules": list(result.applied_rules),
    }
    if result.message is not None:
        shown["citations"] = chat_selectors.citations_of(result.message)
        shown["sources_not_used"] = result.message.sources
    return shown


async def _events(order: Order) -> AsyncIterator[str]:
    async for event in followed(order):
        if isinstance(event, Token):
            yield frame("token", {"text": event.text})
        elif event is None:
            yield QUIET
        elif isinstance(event, Ended):
            result = event.result
            yield (
                frame("done", as_object(result))
                if result.error is None
                else frame("error", _problem(result).as_dict())
            )


def _order(person: User, prompt: Prompt, data: RunIn) -> Order:
    if not endpoints.exists(data.model):
        known = ", ".join(choice.name for choice in models())
        detail = translation.gettext("There is no language model “%(name)s” in use here; known: %(known)s.")
        raise Problem(422, detail % {"name": data.model, "known": known or "–"}, code="unknown_model_name")
    if data.model == endpoints.EXTRACTIVE or (not data.model and endpoints.default() is None):
        raise _refused(NeedsModel(needs_model()))
    chosen = get_collections(person, data.collections)
    return Order(
        _filled(prompt, data.variables),
        data.model,
        tuple(chosen or collections_for(person)) if prompt.wants_sources else (),
        translation.get_language() or "en",
        data.temperature,
        data.max_tokens,
        in_full=person.is_superuser,
    )


def _filled(prompt: Prompt, variables: dict[str, str]) -> Filled:
    try:
        return filled(prompt, variables)
    except BadValues as error:
        raise Problem(422, str(error), code=error.code, more={"variables": error.names}) from error


def _refused(error: ChatError) -> Problem:
    told = failures.told(error.code, str(error), None, {})
    return Problem(told.status, told.detail, code=told.code)


def _problem(result: Result) -> Problem:
    """Why there is no whole text; ``part`` is what came of it."""
    assert result.error is not None
    more = {"endpoint": result.endpoint, "part": result.text}
    told = failures.told(result.error.code, result.error.message, result.error.retry_after, more)
    return Problem(told.status, told.detail, code=told.code, retry_after=told.retry_after, more=told.more)


def _listed(prompt: Prompt) -> dict[str, Any]:
    template = prompt.template
    owner = "preset" if template is None else "everybody" if template.owner_id is None else "own"
    return {
        "key": prompt.key,
        "name": prompt.name,
        "description": prompt.description,
        "language": prompt.language,
        "owner": owner,
        "wants_sources": prompt.wants_sources,
        "version": prompt.version,
        "updated_at": None if template is None else template.updated_at.isoformat(),
    }


def in_full(prompt: Prompt) -> dict[str, Any]:
    more = {"text": prompt.text, "query": prompt.query, "variables": [_input(one) for one in prompt.inputs]}
    return _listed(prompt) | more


def _input(one: Input) -> dict[str, Any]:
    return {
        "name": one.name,
        "label": one.title,
        "kind": one.kind,
        "choices": list(one.choices),
        "default": one.default,
        "optional": one.optional,
    }


def person_of(request: HttpRequest) -> User:
    user = request.user
    if not isinstance(user, User):
        raise PermissionDenied
    return user


def as_json(data: dict[str, Any], *, status: int = 200) -> HttpResponse:
    text = json.dumps(data, ensure_ascii=False)
    return HttpResponse(text, status=status, content_type="application/json")
