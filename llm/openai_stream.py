"""Reads the event stream of a chat completion into plain chunks."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llm import openai_errors as say
from llm.openai_errors import Place

if TYPE_CHECKING:
    from openai import APIResponse


@dataclass(frozen=True, slots=True)
class Chunk:
    """``usage`` is (prompt tokens, completion tokens); ``blocked`` says that a safety filter struck."""

    text: str = ""
    reasoning: str = ""
    finish_reason: str = ""
    usage: tuple[int, int] | None = None
    blocked: bool = False


def read_chunks(response: "APIResponse[Any]", place: Place) -> Iterator[Chunk]:
    """Chunks until ``[DONE]``.

    Raises the body's own error where it holds one, whatever the HTTP status said; ``BadResponse``
    for a body that is no event stream; ``Unavailable`` where the stream ends without ``[DONE]`` and
    without a reason to finish.
    """
    if "json" in response.headers.get("content-type", ""):
        yield _whole_answer(response, place)
        return
    complete = seen = False
    for payload in _payloads(response.iter_bytes()):
        if payload == "[DONE]":
            complete = True
            break
        chunk = _chunk(_parsed(payload, place), place)
        seen = True
        complete = complete or bool(chunk.finish_reason)
        yield chunk
    if not seen:
        raise say.not_the_protocol(place, "")
    if not complete:
        raise say.dropped(place)


def _payloads(pieces: Iterator[bytes]) -> Iterator[str]:
    """The text after ``data:`` of each line; comments and other fields are skipped.

    Lines are cut at the byte LF only: JSON may hold U+2028, at which ``str.splitlines`` would cut.
    """
    rest = b""
    for piece in pieces:
        *lines, rest = (rest + piece).split(b"\n")
        yield from filter(None, map(_payload, lines))
    if last := _payload(rest):
        yield last


def _payload(line: bytes) -> str:
    text = line.decode("utf-8", "replace").strip()
    if text.startswith("data:"):
        return text[5:].strip()
    return text if text.startswith("{") else ""


def _parsed(payload: str, place: Place) -> Mapping[str, Any]:
    try:
        parsed = json.loads(payload)
    except ValueError as error:
        raise say.not_the_protocol(place, payload) from error
    if not isinstance(parsed, Mapping):
        raise say.not_the_protocol(place, payload)
    return parsed


def _chunk(data: Mapping[str, Any], place: Place) -> Chunk:
    if data.get("error"):
        raise say.from_body(200, data, place)
    usage = _usage(data.get("usage"))
    choices = data.get("choices")
    if not choices:
        return Chunk(usage=usage)
    choice = choices[0]
    delta = choice.get("delta") or choice.get("message") or {}
    finish = str(choice.get("finish_reason") or "")
    return Chunk(
        text=str(delta.get("content") or ""),
        reasoning=str(delta.get("reasoning_content") or delta.get("reasoning") or ""),
        finish_reason=finish,
        usage=usage,
        blocked=finish == "content_filter" or bool(choice.get("flag")),
    )


def _usage(data: Any) -> tuple[int, int] | None:
    if not isinstance(data, Mapping):
        return None
    return int(data.get("prompt_tokens") or 0), int(data.get("completion_tokens") or 0)


def _whole_answer(response: "APIResponse[Any]", place: Place) -> Chunk:
    """The answer of a server that ignores ``stream``, or its error under HTTP 200."""
    body = response.read().decode("utf-8", "replace")
    parsed = _parsed(body, place)
    chunk = _chunk(parsed, place)
    if not parsed.get("choices"):
        raise say.not_the_protocol(place, body)
    return chunk
