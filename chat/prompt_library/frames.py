"""A run as server-sent events for the script of our pages."""

from collections.abc import AsyncIterator

from django.template.loader import render_to_string
from django.utils import translation

from chat.events import Event, Sources, Thinking, Token, Waiting
from chat.prompt_library.running import Ended, Order, Result, SoFar
from chat.prompt_library.streams import followed
from chat.server_sent import frame
from chat.waits import in_words

QUIET = ": still writing\n\n"


async def for_the_page(order: Order) -> AsyncIterator[str]:
    """``token``, ``thinking``, ``waiting``, ``sources``, ``facts`` with what it took so far; ``done`` with
    the HTML of the result last. ``found`` is what other requests of the run bring along."""
    told = ""
    async for event in followed(order):
        if event is None:
            yield QUIET
        elif isinstance(event, Ended):
            html = _html("_result", event.result, order.language)
            yield frame("done", {"html": html, "found": _found(order)})
        elif isinstance(event, SoFar):
            yield frame("facts", {"html": _html("_facts", event.result, order.language)})
        elif isinstance(event, Sources):
            yield frame("sources", {"count": len(event.passages), "found": _found(order)})
        elif isinstance(event, Waiting):
            with translation.override(order.language):
                words = in_words(event.pause) if event.pause else ""
            if words != told:
                told = words
                yield frame("waiting", {"text": words})
        else:
            yield _shown(event)


def _html(part: str, result: Result, language: str) -> str:
    with translation.override(language):
        return render_to_string(f"chat/prompt_library/{part}.html", {"result": result})


def _found(order: Order) -> str:
    return order.search.signed() if order.search is not None else ""


def _shown(event: Event) -> str:
    match event:
        case Token(text):
            return frame("token", {"text": text})
        case Thinking(text):
            return frame("thinking", {"text": text})
    return QUIET
