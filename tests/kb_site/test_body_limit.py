import asyncio
import json
from typing import Any

import pytest

from kb_site.body_limit import BodyLimit
from kb_site.request_threads import RequestHandler
from kb_site.too_large import SCOPE

SMALL = 8 * 2**20
UPLOAD = "/api/v1/collections/team/documents"
KEY = (b"authorization", b"Bearer youju_x")
BROWSER = (b"accept", b"text/html,application/xhtml+xml,*/*;q=0.8")
CHINESE = (b"accept-language", b"zh-CN,zh;q=0.9")


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Reads the whole body, as Django does, and answers with its length, or that it was too large."""
    size, more = 0, True
    if SCOPE in scope:
        await send({"type": "http.response.start", "status": 413, "headers": []})
        await send({"type": "http.response.body", "body": str((await receive())["body"]).encode()})
        return
    while more:
        event = await receive()
        size, more = size + len(event.get("body", b"")), event.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(size).encode()})


def ask(
    path: str, chunks: list[bytes], *headers: tuple[bytes, bytes], upload: int = 2 * SMALL, app: Any = echo
) -> tuple[int, bytes, int]:
    """Status, body, and how many chunks were read. As a browser's, the headers name the host."""
    sent: list[dict[str, Any]] = []
    waiting = list(chunks)

    async def receive() -> dict[str, Any]:
        if not waiting:
            await asyncio.Event().wait()
        body = waiting.pop(0)
        return {"type": "http.request", "body": body, "more_body": bool(waiting)}

    async def send(event: dict[str, Any]) -> None:
        sent.append(event)

    limited = BodyLimit(app, form_bytes=SMALL, upload_bytes=upload, session_cookie="sessionid")
    scope = {"type": "http", "method": "POST", "path": path, "query_string": b""}
    asyncio.run(limited({**scope, "headers": [(b"host", b"localhost"), *headers]}, receive, send))
    if sent[0]["status"] == 413:
        assert (b"connection", b"close") in sent[0]["headers"]
    body = b"".join(event.get("body", b"") for event in sent[1:])
    return sent[0]["status"], body, len(chunks) - len(waiting)


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
    assert (status, body, read) == (413, b"b''", 2)


def test_an_endless_body_is_cut_off() -> None:
    status, _body, read = ask("/", [b"x" * SMALL] * 50)
    assert status == 413
    assert read < 10


def test_a_broken_cookie_is_no_session() -> None:
    assert ask(UPLOAD, [b"x" * SMALL, b"y"], (b"cookie", b"\xff[=;;sessionid"))[0] == 413


def refused(path: str, *headers: tuple[bytes, bytes]) -> str:
    """What the site itself says."""
    status, body, _read = ask(path, [b"x" * SMALL, b"y"], *headers, upload=SMALL, app=RequestHandler())
    assert status == 413
    return body.decode()


def test_a_browser_gets_a_page_in_its_language_that_says_the_limit() -> None:
    page = refused("/insights/", BROWSER)
    assert "<h1>That was too much at once</h1>" in page and "8 MB" in page and "upload a long text" in page
    chinese = refused("/insights/", BROWSER, CHINESE)
    assert 'lang="zh-hans"' in chinese and "8 MB" in chinese and "一次" in chinese
    signed_out = refused("/collections/team/upload/", BROWSER)
    assert "not signed in may send 8 MB" in signed_out and 'href="/login/"' in signed_out


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/api/v1/search", [BROWSER]),
        ("/collections/team/upload/", [(b"accept", b"*/*"), (b"x-requested-with", b"fetch")]),
        ("/insights/", [BROWSER, (b"hx-request", b"true")]),
    ],
)
def test_programs_and_scripts_get_a_problem_object(path: str, headers: list[tuple[bytes, bytes]]) -> None:
    problem = json.loads(refused(path, *headers))
    assert (problem["status"], problem["type"]) == (413, "/problems/too_large")
    assert "8 MB" in problem["detail"] and problem["error"] == problem["detail"]
