"""The main job as a person does it, in a real browser on the real site, from the very first visit."""

import re
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect

from tests import fixtures
from tests.e2e.browser import Visitor, chromium
from tests.e2e.conftest import PASSWORD
from tests.e2e.site import Site

pytestmark = pytest.mark.timeout(420)
PATIENCE_MS = 120_000

FILES = {
    "handbook.pdf": fixtures.pdf(),
    "手册.pdf": fixtures.chinese_pdf(),
    "office.docx": fixtures.docx(),
    "slides.pptx": fixtures.pptx(),
    "figures.xlsx": fixtures.xlsx(),
    "page.html": (
        b"<html><head><title>Ferry times</title></head><body><nav>menu</nav><article><h1>Ferry times</h1>"
        b"<p>The ferry to Skerry Island leaves at seven in the morning and returns at nine in the evening. "
        b"Bicycles travel free of charge on every crossing of the day.</p></article></body></html>"
    ),
    "leave.md": "# 年假\n\n每位员工每年有二十五天带薪年假。未用完的假期在次年三月失效。\n".encode(),
    "note.txt": b"The lighthouse keeper's cottage was sold in 1954 to a painter from Aberdeen.\n",
    "tides.csv": b"station,height\nSkerry,4.2\nHarbour,3.8\n",
    "locked.pdf": fixtures.encrypted_pdf(),
    "scan.pdf": fixtures.scanned_pdf(),
    "broken.pdf": fixtures.damaged_pdf(),
}
FAILING = {"locked.pdf": "password", "scan.pdf": "scan", "broken.pdf": "damaged"}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


def rows(page: Page) -> dict[str, str]:
    """Each document's name and state, as the table shows them."""
    return {
        row.locator("td.name a").inner_text(): row.locator("td.state").get_attribute("data-status") or ""
        for row in page.locator("tr", has=page.locator("td.state")).all()
    }


def wait_until_settled(page: Page) -> dict[str, str]:
    """Watches the page without reloading it until nothing is queued or processing."""
    deadline = time.monotonic() + PATIENCE_MS / 1000
    while time.monotonic() < deadline:
        seen = rows(page)
        if len(seen) == len(FILES) and not {"queued", "processing"} & set(seen.values()):
            return seen
        page.wait_for_timeout(200)
    raise AssertionError(rows(page))


def test_from_the_first_visit_to_a_followed_up_answer(running_site: Site, browser: Browser) -> None:
    person = Visitor.arrive(browser)
    page, url = person.page, running_site.url

    page.goto(url)
    expect(page.locator("main")).to_contain_text("terminal")
    person.complaints.clear()  # the page above is a 503 on purpose

    page.goto(url + running_site.welcome_path())
    page.fill("[name=username]", "root")
    page.fill("[name=password]", PASSWORD)
    page.check("[name=start][value=own]")
    page.fill("[name=collection]", "Harbour")
    page.get_by_role("button", name="Set up and go").click()
    page.wait_for_url("**/collections/harbour/")

    page.evaluate("window.sameDocument = true")
    files: list[FilePayload] = [
        {"name": name, "mimeType": "application/octet-stream", "buffer": data} for name, data in FILES.items()
    ]
    page.set_input_files("#files", files)
    seen = wait_until_settled(page)
    assert page.evaluate("window.sameDocument"), "the page was reloaded"
    assert {name for name, status in seen.items() if status == "failed"} == set(FAILING)
    assert {status for name, status in seen.items() if name not in FAILING} == {"ready"}
    for name, reason in FAILING.items():
        expect(page.locator("tr", has_text=name)).to_contain_text(reason)

    search_and_open(page, url, "bicycles on the ferry", "Bicycles travel free", "Ferry times")
    search_and_open(page, url, "带薪年假有几天", "二十五天带薪年假", "年假")
    search_and_open(page, url, "海图多久更新一次", "海图每年更新一次", "Slide 2")
    converse(page, url)
    assert person.complaints == []


def search_and_open(page: Page, url: str, query: str, quoted: str, title: str) -> None:
    """Searches with the keyboard, opens the best hit and sees its passage marked and in view."""
    page.goto(url)
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.type(query)
    page.keyboard.press("Enter")
    hit = page.locator(".hit").first
    expect(hit.locator("mark").first).to_be_visible()
    expect(hit).to_contain_text(title)
    assert "?q=" in page.url
    hit.locator(".hit-link").first.click()
    page.wait_for_url("**/documents/**")
    marked = page.locator("mark.passage").first
    expect(marked).to_be_in_viewport()
    assert quoted in " ".join(page.locator("mark.passage").all_inner_texts())
    page.go_back()
    expect(page.locator("#q")).to_have_value(query)
    expect(page.locator(".hit").first).to_be_visible()


def converse(page: Page, url: str) -> None:
    """Asks, opens a citation beside the answer, and follows up."""
    page.goto(f"{url}/chat/?c=harbour")
    page.fill("[name=question]", "When does the ferry to Skerry Island leave?")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/chat/[0-9a-f-]{36}/"))
    answer = page.locator("article.answer").last
    expect(answer).to_have_attribute("data-status", "done")
    expect(answer).to_contain_text("seven in the morning")
    expect(answer).to_contain_text("No language model is used")
    answer.locator(".prose a").first.click()
    pane = page.locator(".passage-pane")
    expect(pane).to_be_visible()
    expect(pane.locator("mark.passage", has_text="ferry").first).to_be_visible()
    assert "/chat/" in page.url
    page.keyboard.press("Escape")

    page.fill("#question", "And when does it return?")
    page.keyboard.press("Enter")
    followed = page.locator("article.answer").nth(1)
    expect(followed).to_have_attribute("data-status", "done")
    expect(followed).to_contain_text("nine in the evening")

    page.fill("#question", "Who won the world cup in 1998?")
    page.keyboard.press("Enter")
    refused = page.locator("article.answer").nth(2)
    expect(refused).to_have_class(re.compile("refused"))
    page.reload()
    expect(page.locator("article.answer")).to_have_count(3)


def test_runs_are_followed_without_a_reload(running_site: Site, browser: Browser) -> None:
    person = Visitor.arrive(browser)
    person.sign_in(running_site.url, "root", PASSWORD)
    page, other = person.page, person.context.new_page()
    page.goto(f"{running_site.url}/runs/")
    cards = page.locator("article.run")
    before = cards.count()
    assert before
    page.evaluate("window.sameDocument = true")
    other.goto(f"{running_site.url}/collections/harbour/")
    text = "".join(
        f"The tide gauge of berth {n} was read at dawn by keeper {n * 7}.\n\n" for n in range(3000)
    )
    file: FilePayload = {"name": "gauges.txt", "mimeType": "text/plain", "buffer": text.encode()}
    other.set_input_files("#files", [file])
    expect(cards).to_have_count(before + 1, timeout=PATIENCE_MS)
    expect(cards.first).to_have_attribute("data-state", "running")
    expect(cards.first).to_have_attribute("data-state", "ready", timeout=PATIENCE_MS)
    expect(cards).to_have_count(before + 1)
    assert page.evaluate("window.sameDocument"), "the page was reloaded"
    assert person.complaints == []


def test_the_sample_in_chinese_on_a_phone(running_site: Site, browser: Browser) -> None:
    person = Visitor.arrive(browser, language="zh", phone=True)
    person.sign_in(running_site.url, "root", PASSWORD)
    page = person.page
    page.goto(f"{running_site.url}/settings/")
    page.locator("form[action*=appearance] label", has=page.locator("[value=zh-hans]")).click()
    page.locator("form[action*=appearance] button").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-hans")
    page.goto(f"{running_site.url}/collections/")
    page.locator("form[action*='sample'] button").first.click()
    page.wait_for_url("**/collections/youju-guide/")
    expect(page.locator("td.state[data-status=ready]")).to_have_count(16, timeout=PATIENCE_MS)
    page.goto(f"{running_site.url}/?q=站点默认监听哪个端口&c=youju-guide")
    expect(page.locator(".hit").first).to_contain_text("8000")
    person.expect_no_sideways_scrolling()
    page.goto(f"{running_site.url}/chat/?c=youju-guide&q=单个文件最大多少 MB？")
    page.locator(".composer-send").click()
    answer = page.locator("article.answer")
    expect(answer).to_have_attribute("data-status", "done")
    expect(answer).to_contain_text("100 MB")
    for path in ("/", "/chat/", "/collections/", "/collections/youju-guide/", "/runs/", "/settings/"):
        page.goto(running_site.url + path)
        person.expect_no_sideways_scrolling()
    assert person.complaints == []


def test_a_question_of_ten_thousand_characters_is_explained_on_the_page(
    running_site: Site, browser: Browser
) -> None:
    person = Visitor.arrive(browser)
    person.sign_in(running_site.url, "root", PASSWORD)
    person.page.goto(running_site.url)
    person.page.fill("#q", "长" * 10_000)
    person.page.keyboard.press("Enter")
    expect(person.page.locator("#results")).to_contain_text("2000")
    person.page.goto(f"{running_site.url}/?q={'x' * 10_000}")
    expect(person.page.locator("#results")).to_contain_text("2000")


def test_without_javascript_the_same_forms_work(running_site: Site, browser: Browser) -> None:
    person = Visitor.arrive(browser, script=False)
    person.sign_in(running_site.url, "root", PASSWORD)
    page = person.page
    page.goto(f"{running_site.url}/?q=cottage+sold+to+a+painter")
    expect(page.locator(".hit").first).to_contain_text("Aberdeen")
    page.goto(f"{running_site.url}/chat/?c=harbour")
    page.fill("[name=question]", "To whom was the lighthouse keeper's cottage sold?")
    page.locator(".composer-send").click()
    expect(page.locator("article.answer")).to_contain_text("painter from Aberdeen")
