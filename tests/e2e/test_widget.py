"""A widget on a page of another origin that keeps to a strict policy, as a visitor meets it."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.browser import Visitor, chromium
from tests.e2e.conftest import PASSWORD, Api

pytestmark = pytest.mark.timeout(180)
DOCUMENT = (
    "# Coast\n\nThe lighthouse was built in 1897. It is 42 metres high.\n\n# 灯塔\n\n灯塔高四十二米。\n"
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@contextmanager
def website(site: str) -> Iterator[tuple[str, list[str]]]:
    """A page of another origin that allows scripts and frames of ``site`` and nothing else, no styles either;
    its address, and a list whose last member is the line that it holds."""
    lines: list[str] = [""]

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            policy = f"default-src 'none'; img-src data:; script-src {site}; frame-src {site}"
            self.send_header("Content-Security-Policy", f"{policy}; require-trusted-types-for 'script'")
            self.end_headers()
            body = (
                f'<!doctype html><link rel="icon" href="data:,"><h1>Shop</h1><a href="/2">Next</a>{lines[-1]}'
            )
            self.wfile.write(body.encode())

        def log_message(self, *_arguments: object) -> None:
            return None

    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", lines
    server.shutdown()


def test_a_visitor_of_another_website_asks(used_site: Api, browser: Browser) -> None:
    url = used_site.site.url
    used_site.call("POST", "/collections", json={"name": "Coast", "slug": "coast-widget"})
    document = used_site.upload("coast-widget", {"coast.md": DOCUMENT.encode()})[0]["id"]
    with website(url) as (shop, lines), website(url) as (elsewhere, other_lines):
        editor = Visitor.arrive(browser)
        editor.sign_in(url, "root", PASSWORD)
        editor.page.wait_for_url(f"{url}/")
        editor.page.goto(f"{url}/collections/coast-widget/widgets/")
        editor.page.fill("[name=name]", "Coast help")
        editor.page.fill("[name=origins]", f"{shop}/any/page")
        editor.page.get_by_role("button", name="Make the widget").click()
        preview = editor.page.frame_locator("#widget-preview")
        editor.page.fill("[name=questions]", "How high is the lighthouse?")
        expect(preview.locator("[data-starter]")).to_have_text("How high is the lighthouse?")
        editor.page.locator("#widget-form button.primary").click()
        expect(editor.page.locator(".notice.success")).to_be_visible()
        line = editor.page.locator("copy-text code").inner_text()
        lines.append(line)
        other_lines.append(line)
        editor.page.wait_for_function(
            "id => fetch(`/documents/${id}/`).then(r => r.text()).then(t => t.includes('42 metres'))",
            arg=document,
        )
        _asked_on(shop, browser)
        _not_shown_on(elsewhere, browser)
        editor.page.get_by_role("link", name="Conversations", exact=True).click()
        expect(editor.page.locator("tbody tr")).to_have_count(2)
        assert editor.complaints == []


def _asked_on(shop: str, browser: Browser) -> None:
    guest = Visitor.arrive(browser)
    page = guest.page
    page.goto(shop)
    page.get_by_role("button", name="Open the chat").click()
    chat = page.frame_locator("youju-chat iframe")
    field = chat.get_by_label("Your question")
    expect(field).to_be_focused()
    chat.get_by_role("button", name="How high is the lighthouse?").click()
    answer = chat.locator(".answer")
    expect(answer).to_contain_text("42 metres high", timeout=60_000)
    answer.locator(".cite").first.click()
    expect(answer.locator("details[open] blockquote")).to_contain_text("42 metres high")
    assert answer.locator("a").count() == 0  # the collection is private
    field.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.get_by_role("button", name="Open the chat")).to_be_focused()
    page.get_by_role("link", name="Next").click()
    page.get_by_role("button", name="Open the chat").click()
    expect(page.frame_locator("youju-chat iframe").locator(".turn")).to_have_count(1)
    assert guest.complaints == [] and guest.context.cookies() == []

    phone = Visitor.arrive(browser, language="zh", phone=True)
    phone.page.goto(shop)
    phone.page.locator("youju-chat button").click()
    panel = phone.page.get_by_role("dialog").bounding_box()
    assert panel == {"x": 0, "y": 0, "width": 390, "height": 844}
    chat = phone.page.frame_locator("youju-chat iframe")
    chat.locator("textarea").fill("灯塔有多高？")
    chat.locator("textarea").press("Enter")
    expect(chat.locator(".answer")).to_contain_text("四十二米", timeout=60_000)
    expect(chat.locator("html")).to_have_attribute("lang", "zh-hans")
    assert phone.complaints == []


def _not_shown_on(elsewhere: str, browser: Browser) -> None:
    guest = Visitor.arrive(browser)
    with guest.page.expect_console_message(lambda message: "not among those" in message.text) as said:
        guest.page.goto(elsewhere)
    assert re.search(rf"origin {elsewhere} ", said.value.text)
    assert guest.page.locator("youju-chat").count() == 0
