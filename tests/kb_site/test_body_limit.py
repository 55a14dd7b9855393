import asyncio
from typing import Any

import pytest

from kb_site.body_limit import SMALL, BodyLimit

UPLOAD = "/api/v1/collections/team/documents"
KEY = (b"authorization", b"Bearer youju_x")


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Reads the whole body, as Django does, and answers with its length."""
    size, more = 0, True
    while more:
        event = await receive()
        size, more = size + len(event.get("body", b"")), event.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(size).encode()})


def ask(
    path: str, chunks: list[bytes], *headers: tuple[bytes, bytes], upload: int = 2 * SMALL
) -> tuple[int, bytes, int]:
    """Status, body, and how many chunks were read."""
    sent: list[dict[str, Any]] = []
    waiting = list(chunks)

    async def receive() -> dict[str, Any]:
        body = waiting.pop(0)
        return {"type": "http.request", "body": body, "more_body": bool(waiting)}

    async def send(event: dict[str, Any]) -> None:
        sent.append(event)

    app = BodyLimit(echo, upload_bytes=upload, session_cookie="sessionid")
    asyncio.run(app({"type": "http", "path": path, "headers": list(headers)}, receive, send))
    return sent[0]["status"], sent[1]["body"], len(chunks) - len(waiting)


def test_a_small_body_passes() -> None:
    assert ask("/login/", [b"abc", b"de"])[:2] == (200, b"5")


@pytest.mark.parametrize("header", [KEY, (b"cookie", b"a=b; sessionid=xyz")])
def test_who_shows_a_key_or_a_session_may_upload_more(header: tuple[bytes, bytes]) -> None:
    chunks = [b"x" * SMALL, b"y"]
    assert ask(UPLOAD, chunks, header)[0] == 200
    assert ask(UPLOAD, chunks)[0] == 413
    assert ask("/elsewhere/", chunks, header)[0] == 413


def test_a_declared_size_over_the_limit_never_reaches_the_application() -> None:
    status, body, read = ask("/", [b"x", b"y"], (b"content-length", str(SMALL + 1).encode()))
    assert (status, read) == (413, 2)
    assert b"larger than 8 MB" in body


def test_an_endless_body_is_cut_off() -> None:
    status, _body, read = ask("/", [b"x" * SMALL] * 50)
    assert status == 413
    assert read < 10


def test_a_broken_cookie_is_no_session() -> None:
    assert ask(UPLOAD, [b"x" * SMALL, b"y"], (b"cookie", b"\xff[=;;sessionid"))[0] == 413
