"""A run as server-sent events for the script of our pages."""

from collections.abc import AsyncIterator

from django.template.loader import render_to_string
from django.utils import translation

from chat.events import Event, Sources, Thinking, Token, Waiting
from chat.prompt_library.running import Ended, Order, Result
from chat.prompt_library.streams import followed
from chat.server_sent import frame
from chat.waits import in_words

QUIET = ": still writing\n\n"


async def for_the_page(order: Order) -> AsyncIterator[str]:
    """``token``, ``thinking``, ``waiting``, ``sources``; ``done`` with the HTML of the result last."""
    told = ""
    async for event in followed(order):
        if event is None:
            yield QUIET
        elif isinstance(event, Ended):
            yield frame("done", {"html": result_html(event.result, order.language)})
        elif isinstance(event, Waiting):
            with translation.override(order.language):
                words = in_words(event.pause) if event.pause else ""
            if words != told:
                told = words
                yield frame("waiting", {"text": words})
        else:
            yield _shown(event)


def result_html(result: Result, language: str) -> str:
    with translation.override(language):
        return render_to_string("chat/prompt_library/_result.html", {"result": result})


def _shown(event: Event) -> str:
    match event:
        case Token(text):
            return frame("token", {"text": text})
        case Thinking(text):
            return frame("thinking", {"text": text})
        case Sources(passages):
            return frame("sources", {"count": len(passages)})
    return QUIET
