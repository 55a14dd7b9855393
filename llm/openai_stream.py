"""Reads the event stream of a chat completion into plain chunks."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llm import openai_errors as say
from llm import server_errors
from llm.event_stream import Overlong, payloads
from llm.server_errors import Place

if TYPE_CHECKING:
    from openai import APIResponse

# Qianfan's word for an answer that came to its end.
_FINISH = {"normal": "stop"}


@dataclass(frozen=True, slots=True)
class Chunk:
    """``usage`` is (prompt tokens, completion tokens); ``blocked`` says that a safety filter struck.

    ``begin_anew`` says that the provider answers no more in this conversation (Qianfan).
    """

    text: str = ""
    reasoning: str = ""
    finish_reason: str = ""
    usage: tuple[int, int] | None = None
    blocked: bool = False
    begin_anew: bool = False


def read_chunks(response: "APIResponse[Any]", place: Place) -> Iterator[Chunk]:
    """Chunks until ``[DONE]``, or until the connection ends after a reason to finish.

    Raises the body's own error where it holds one, whatever the HTTP status said; ``BadResponse`` for a
    body that is no event stream; ``Unavailable`` where the stream ends without ``[DONE]`` and without a
    reason to finish.
    """
    import httpx2

    finished = False
    try:
        for chunk in _chunks(response, place):
            finished = finished or bool(chunk.finish_reason)
            yield chunk
    except httpx2.RequestError as error:
        if not finished:
            raise server_errors.dropped(place) from error
    except Overlong as error:
        raise say.not_the_protocol(place) from error


def _chunks(response: "APIResponse[Any]", place: Place) -> Iterator[Chunk]:
    if "json" in response.headers.get("content-type", ""):
        yield _whole_answer(response, place)
        return
    seen = complete = False
    events = payloads(response.iter_bytes())
    for payload in events:
        if payload == "[DONE]":
            yield from _ended(complete, events)
            complete = True
            break
        chunk = _chunk(_parsed(payload, place), place)
        seen = True
        complete = complete or bool(chunk.finish_reason)
        yield chunk
    if not seen:
        raise say.not_the_protocol(place)
    if not complete:
        raise server_errors.dropped(place)


def _ended(finished: bool, rest: Iterator[str]) -> Iterator[Chunk]:
    """Reads to the end of the body, so that the connection can serve again."""
    if not finished:
        yield Chunk(finish_reason="stop")
    for _ in rest:
        pass


def _parsed(payload: str, place: Place) -> Mapping[str, Any]:
    try:
        parsed = json.loads(payload)
    except ValueError as error:
        raise say.not_the_protocol(place, payload) from error
    if not isinstance(parsed, Mapping):
        raise say.not_the_protocol(place, payload)
    return parsed


def _chunk(data: Mapping[str, Any], place: Place) -> Chunk:
    if data.get("error") or data.get("error_code") or data.get("object") == "error":
        raise say.from_body(200, data, place)
    choices = data.get("choices")
    if not choices:
        return Chunk(usage=_usage(data.get("usage")), begin_anew=bool(data.get("need_clear_history")))
    choice = choices[0] if isinstance(choices, list) else None
    if not isinstance(choice, Mapping):
        raise say.not_the_protocol(place, json.dumps(data, ensure_ascii=False))
    delta = choice.get("delta") or choice.get("message") or {}
    if not isinstance(delta, Mapping):
        raise say.not_the_protocol(place, json.dumps(data, ensure_ascii=False))
    finish = str(choice.get("finish_reason") or "")
    return Chunk(
        text=_text(delta.get("content")),
        reasoning=_text(delta.get("reasoning_content") or delta.get("reasoning")),
        finish_reason=_FINISH.get(finish, finish),
        usage=_usage(data.get("usage")),
        blocked=finish == "content_filter" or bool(choice.get("flag")),
        begin_anew=any(part.get("need_clear_history") for part in (data, choice)),
    )


def _text(content: object) -> str:
    """A string, or a list of parts of which those of text count."""
    if isinstance(content, list):
        return "".join(str(part.get("text") or "") for part in content if isinstance(part, Mapping))
    return content if isinstance(content, str) else ""


def _usage(data: object) -> tuple[int, int] | None:
    if not isinstance(data, Mapping):
        return None
    return _number(data.get("prompt_tokens")) or 0, _number(data.get("completion_tokens")) or 0


def _number(value: object) -> int | None:
    return int(value) if isinstance(value, (int, float)) else None


def _whole_answer(response: "APIResponse[Any]", place: Place) -> Chunk:
    """The answer of a server that ignores ``stream``, or its error under HTTP 200."""
    body = response.read().decode("utf-8", "replace")
    parsed = _parsed(body, place)
    chunk = _chunk(parsed, place)
    if not parsed.get("choices"):
        raise say.not_the_protocol(place, body)
    return chunk
