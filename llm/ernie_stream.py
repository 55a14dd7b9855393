"""Reads the answer of a chat service of Qianfan v1 into plain frames.

Source: github.com/baidubce/bce-qianfan-sdk: frames are ``data: {json}``, the last has ``is_end`` and no
``[DONE]`` follows; an error comes as a JSON body or as a bare line of JSON.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llm import ernie_errors, server_errors
from llm.ernie_http import Wire, wait_of
from llm.ernie_models import Service
from llm.event_stream import Overlong, payloads
from llm.types import Usage

if TYPE_CHECKING:
    import httpx2

_FINISH = {"normal": "stop", "": "stop"}


@dataclass(frozen=True, slots=True)
class Frame:
    """``text`` is what the answer grew by; ``finish_reason`` is set in the last one."""

    text: str = ""
    finish_reason: str = ""
    usage: Usage | None = None


def read_frames(response: "httpx2.Response", wire: Wire, service: Service | None) -> Iterator[Frame]:
    """Frames up to the one that ends the answer.

    Raises the body's own error wherever it stands; ``Blocked`` where a safety filter struck;
    ``Unavailable`` where the stream stops before its end; ``BadResponse`` for something else.
    """
    place = wire.place
    if "json" in response.headers.get("content-type", "") or response.status_code >= 400:
        data = wire.parsed(response)
        _raise_error(data, wire, service, wait_of(response))
        wire.raise_for(response, data)
        yield _frame(data, wire, whole=True)
        return
    seen = False
    events = payloads(response.iter_bytes())
    try:
        for payload in events:
            data = _object(payload, wire)
            _raise_error(data, wire, service, wait_of(response))
            frame = _frame(data, wire)
            seen = True
            yield frame
            if frame.finish_reason:
                _read_to_the_end(events)
                return
    except Overlong as error:
        raise ernie_errors.not_the_protocol(place) from error
    raise server_errors.dropped(place) if seen else ernie_errors.not_the_protocol(place)


def _read_to_the_end(rest: Iterator[str]) -> None:
    """So that the connection can serve again; what goes wrong there does not matter."""
    import httpx2

    with suppress(httpx2.RequestError, Overlong):
        for _ in rest:
            pass


def _object(payload: str, wire: Wire) -> Mapping[str, Any]:
    try:
        data = json.loads(payload)
    except ValueError as error:
        raise ernie_errors.not_the_protocol(wire.place, payload) from error
    if not isinstance(data, Mapping):
        raise ernie_errors.not_the_protocol(wire.place, payload)
    return data


def _raise_error(
    data: Mapping[str, Any], wire: Wire, service: Service | None, retry_after: float | None
) -> None:
    if data.get("error_code"):
        raise ernie_errors.from_body(data, wire.place, service, retry_after)


def _frame(data: Mapping[str, Any], wire: Wire, *, whole: bool = False) -> Frame:
    finish = str(data.get("finish_reason") or "")
    if data.get("need_clear_history"):
        raise server_errors.history_refused()
    if finish == "content_filter" or data.get("flag"):
        raise server_errors.blocked()
    if "result" not in data:
        raise ernie_errors.not_the_protocol(wire.place, json.dumps(data, ensure_ascii=False))
    ended = whole or bool(data.get("is_end"))
    reason = "length" if data.get("is_truncated") else _FINISH.get(finish, finish)
    return Frame(
        text=str(data["result"] or ""),
        finish_reason=reason if ended else "",
        usage=_usage(data.get("usage")),
    )


def _usage(data: object) -> Usage | None:
    if not isinstance(data, Mapping):
        return None
    prompt, completion = (data.get(name) for name in ("prompt_tokens", "completion_tokens"))
    return Usage(*(value if isinstance(value, int) else 0 for value in (prompt, completion)))
