"""Reads the event stream of text-generation-inference into plain pieces.

Own code in place of ``huggingface_hub.InferenceClient``, which ends silently where a connection drops or
the body is no event stream, and cuts lines at U+2028.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llm import bloom_errors as say
from llm import server_errors
from llm.event_stream import Overlong, payloads
from llm.server_errors import Place

if TYPE_CHECKING:
    import httpx2

_FINISH = {"length": "length", "eos_token": "stop", "stop_sequence": "stop"}


@dataclass(frozen=True, slots=True)
class Piece:
    """``usage`` is (prompt tokens, completion tokens); ``finish`` is set on the last piece."""

    text: str = ""
    finish: str = ""
    usage: tuple[int, int] | None = None


def read_pieces(response: "httpx2.Response", place: Place, prompt: str) -> Iterator[Piece]:
    """Pieces until the one with ``finish``; special tokens are left out.

    A server that does not stream sends an object or a list of them, and some repeat ``prompt``. Raises
    the error in a frame or body, whatever the HTTP status said; ``Unavailable`` where the stream ends
    early; ``BadResponse`` for anything else.
    """
    import httpx2

    try:
        yield from _pieces(response, place, prompt)
    except httpx2.TimeoutException as error:
        raise server_errors.silent(place, response.request.extensions["timeout"]["read"]) from error
    except httpx2.RequestError as error:
        raise server_errors.dropped(place) from error
    except Overlong as error:
        raise say.not_the_protocol(place, "") from error


def _pieces(response: "httpx2.Response", place: Place, prompt: str) -> Iterator[Piece]:
    if "json" in response.headers.get("content-type", ""):
        yield _whole(_parsed(response.read().decode("utf-8", "replace"), place), place, prompt)
        return
    seen = False
    for payload in payloads(response.iter_bytes()):
        if payload == "[DONE]":
            break
        frame = _parsed(payload, place)
        piece = _piece(frame, seen) if "token" in frame else _whole(frame, place, prompt)
        seen = seen or bool(piece.text)
        yield piece
        if piece.finish:
            return
    raise server_errors.dropped(place)


def _parsed(text: str, place: Place) -> Mapping[str, Any]:
    try:
        parsed = json.loads(text)
    except ValueError as error:
        raise say.not_the_protocol(place, text) from error
    while isinstance(parsed, list) and len(parsed) == 1:  # without streaming, some answer with a list
        parsed = parsed[0]
    if not isinstance(parsed, Mapping):
        raise say.not_the_protocol(place, text)
    if parsed.get("error"):
        raise say.from_body(200, parsed, place)
    return parsed


def _piece(frame: Mapping[str, Any], seen: bool) -> Piece:
    token = frame["token"] if isinstance(frame["token"], Mapping) else {}
    text = "" if token.get("special") else str(token.get("text") or "")
    whole = frame.get("generated_text")
    if whole is None:
        return Piece(text)
    return _last(text if seen or text else str(whole), frame.get("details"))


def _whole(body: Mapping[str, Any], place: Place, prompt: str) -> Piece:
    text = body.get("generated_text")
    if not isinstance(text, str):
        raise say.not_the_protocol(place, json.dumps(body, ensure_ascii=False))
    # Servers that do not know return_full_text repeat the prompt.
    return _last(text.removeprefix(prompt), body.get("details"))


def _last(text: str, details: Any) -> Piece:
    if not isinstance(details, Mapping):
        return Piece(text, "stop")
    finish = _FINISH.get(str(details.get("finish_reason")), "stop")
    generated = int(details.get("generated_tokens") or 0)
    prefill = details.get("prefill")
    prompt = int(details.get("input_length") or (len(prefill) if isinstance(prefill, list) else 0))
    return Piece(text, finish, (prompt, generated) if prompt or generated else None)
