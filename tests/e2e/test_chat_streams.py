"""An answer on its way, in a real browser: stopped, reloaded, in two tabs, broken off, and orphaned."""

import json
import re
import sqlite3
import statistics
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser, Page, expect

from tests.chat.slow_model import Script, SlowModel
from tests.e2e.browser import Visitor, chromium
from tests.e2e.conftest import PASSWORD, Api, started
from tests.e2e.site import Site

pytestmark = pytest.mark.timeout(300)

PATIENCE_MS = 60_000
DOCUMENT = b"# Coast\n\nThe lighthouse was built in 1897. It is 42 metres high. Its keeper was Ada Holm.\n"
QUESTION = "How high is the lighthouse?"
WORDS = [
    "The ",
    "lighthouse ",
    "is ",
    "42 ",
    "metres ",
    "high ",
    "[1]. ",
    "Its ",
    "keeper ",
    "was ",
    "Ada Holm [1].",
]
PART = "The lighthouse is 42 metres high"
WHOLE = re.compile(r"The lighthouse is 42 metres high.*Its keeper was Ada Holm", re.DOTALL)


@dataclass
class Scene:
    site: Site
    model: SlowModel
    browser: Browser
    api: Api

    def arrive(self) -> Visitor:
        person = Visitor.arrive(self.browser)
        person.sign_in(self.site.url, "root", PASSWORD)
        person.page.wait_for_url(f"{self.site.url}/")
        return person

    def ask(self, page: Page, script: Script) -> None:
        """Asks, and returns when the first part can be read."""
        self.begin(page, script)
        expect(page.locator("article.answer [data-text]")).to_contain_text(PART, timeout=PATIENCE_MS)

    def begin(self, page: Page, script: Script) -> None:
        self.model.hold_again()
        self.model.script = script
        self.model.spoken.clear()
        page.goto(f"{self.site.url}/chat/?c=coast")
        page.fill("[name=question]", QUESTION)
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile(r"/chat/[0-9a-f-]{36}/"))


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("streams") / "data"
    with SlowModel().serving() as model, chromium() as browser:
        extra = {"LLM_BASE_URL": model.base_url, "LLM_MODEL": "slow", "RATE_LIMIT_LOGIN": "off"}
        site = Site(folder, extra=extra)
        api = started(site)
        assert api.call("POST", "/collections", json={"name": "Coast", "slug": "coast"}).status_code == 201
        api.upload("coast", {"coast.md": DOCUMENT})
        deadline = time.monotonic() + 60
        while not api.call("GET", "/collections/coast/documents?status=ready").json()["count"]:
            assert time.monotonic() < deadline
            time.sleep(0.2)
        yield Scene(site, model, browser, api)
        model.go_on()
        if site.process is not None and site.process.poll() is None:
            site.stop()


def silent_after_part() -> Script:
    return Script(WORDS, every_s=0.02, hold_after=7)


def answer(page: Page, status: str) -> None:
    expect(page.locator("article.answer")).to_have_attribute("data-status", status, timeout=PATIENCE_MS)


def test_the_first_word_is_read_before_the_model_says_the_second(
    scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing on the way collects words: the model says its second only once the reader has the first."""
    delays = []
    for _ in range(5):
        scene.model.hold_again()
        scene.model.script = Script(WORDS, every_s=0.0, hold_after=1)
        scene.model.spoken.clear()
        events = asked_over_the_api(scene)
        assert next(data for event, data in events if event == "token") == {"text": WORDS[0]}
        read_at = time.monotonic()
        (said,) = scene.model.spoken
        assert said.text == WORDS[0]
        delays.append(1000 * (read_at - said.first_word))
        scene.model.go_on()
        assert WHOLE.search(next(data["answer"] for event, data in events if event == "done"))
    with capsys.disabled():
        sys.stdout.write(
            f"\nfirst token after the model's: {statistics.median(delays):.0f} ms (median of 5)\n"
        )


def asked_over_the_api(scene: Scene) -> Iterator[tuple[str, Any]]:
    """Events of one answer as their bytes arrive."""
    body = {"question": QUESTION, "collections": ["coast"], "stream": True}
    event = ""
    with requests.post(
        f"{scene.site.url}/api/v1/chat",
        json=body,
        headers={"Authorization": f"Bearer {scene.api.key}"},
        stream=True,
        timeout=60,
    ) as response:
        assert response.status_code == 200
        for line in response.iter_lines(chunk_size=1, decode_unicode=True):
            if line.startswith("event: "):
                event = line[7:]
            elif line.startswith("data: "):
                yield event, json.loads(line[6:])


def test_stop_does_not_wait_for_a_silent_model(scene: Scene) -> None:
    person = scene.arrive()
    scene.ask(person.page, silent_after_part())
    person.page.get_by_role("button", name="Stop").click()
    answer(person.page, "stopped")
    assert scene.model.speaking == 1, "the model is still silent, and nobody waits for it"
    expect(person.page.locator("[data-text]")).to_contain_text(PART)
    expect(person.page.locator("[data-text] a.cite")).to_have_count(1)

    scene.model.script = Script(WORDS, every_s=0.01)
    scene.model.go_on()
    person.page.get_by_role("button", name="Write again").click()
    answer(person.page, "done")
    expect(person.page.locator("[data-text]")).to_contain_text(WHOLE)
    assert person.complaints == []


def test_who_waits_for_a_model_reads_why_and_can_stop(scene: Scene) -> None:
    person = scene.arrive()
    scene.begin(person.page, Script(WORDS, loading_s=25))
    state = person.page.locator("answer-stream [data-state]")
    expect(state).to_have_text(re.compile(r"The model is being loaded, about \d+ s…"), timeout=PATIENCE_MS)
    person.page.get_by_role("button", name="Stop").click()
    answer(person.page, "stopped")
    assert scene.model.spoken == []
    assert person.complaints == []


def test_a_reload_goes_on_where_the_answer_is(scene: Scene) -> None:
    person = scene.arrive()
    scene.ask(person.page, silent_after_part())
    person.page.reload()
    expect(person.page.locator("answer-stream [data-text]")).to_contain_text(PART)
    person.page.fill("#question", "Who was its keeper?")
    person.page.keyboard.press("Enter")
    refusal = person.page.locator("#composer-error")
    expect(refusal).to_contain_text("still being written")
    scene.model.go_on()
    answer(person.page, "done")
    expect(person.page.locator("[data-text]")).to_contain_text(WHOLE)
    expect(refusal).to_be_empty()
    expect(person.page.locator("#question")).to_have_value("Who was its keeper?")
    assert len(scene.model.spoken) == 1, "a reload asks the model nothing"
    (refused,) = person.complaints
    assert "422" in refused


def test_two_tabs_show_the_same(scene: Scene) -> None:
    person = scene.arrive()
    scene.ask(person.page, silent_after_part())
    second = person.context.new_page()
    second.goto(person.page.url)
    expect(second.locator("answer-stream [data-text]")).to_contain_text(PART)
    scene.model.go_on()
    for page in (person.page, second):
        answer(page, "done")
    assert person.page.locator("[data-text]").inner_html() == second.locator("[data-text]").inner_html()
    assert len(scene.model.spoken) == 1

    second.fill("[name=question]", "Who was its keeper?")
    second.keyboard.press("Enter")
    for page in (person.page, second):
        expect(page.locator(".question").last).to_contain_text("Who was its keeper?")
        answered(page)

    # Another browser of the same person, which hears nothing of what the tabs tell each other.
    other = scene.arrive()
    other.page.goto(second.url)
    scene.model.script = Script(["It ", "was ", "Ada Holm [1]."], every_s=0.01)
    second.get_by_role("button", name="Write again").last.click()
    for page in (person.page, second):
        expect(page.locator("article.answer [data-text]").last).to_contain_text(
            "It was Ada Holm", timeout=PATIENCE_MS
        )
        answered(page)
    other.page.evaluate("window.dispatchEvent(new Event('focus'))")
    expect(other.page.locator("article.answer [data-text]").last).to_contain_text(
        "It was Ada Holm", timeout=PATIENCE_MS
    )

    person.page.fill("[name=question]", "When was it built?")
    person.page.keyboard.press("Enter")
    expect(second.locator("article.answer")).to_have_count(3)
    answered(second)
    other.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    other.page.evaluate("window.dispatchEvent(new Event('focus'))")
    expect(other.page.locator(".question").last).to_contain_text("When was it built?")
    answered(other.page)
    shown = {page.locator("#turns").inner_text() for page in (person.page, second, other.page)}
    assert len(shown) == 1, shown
    assert person.complaints == other.complaints == []


def answered(page: Page) -> None:
    expect(page.locator("article.answer").last).to_have_attribute("data-status", "done", timeout=PATIENCE_MS)


def test_a_question_to_a_conversation_deleted_meanwhile_is_told_so(scene: Scene) -> None:
    person = scene.arrive()
    scene.ask(person.page, Script(WORDS, every_s=0.01))
    answer(person.page, "done")
    second = person.context.new_page()
    second.goto(f"{person.page.url}delete")
    second.get_by_role("button", name="Delete for good").click()
    second.wait_for_url(f"{scene.site.url}/chat/")
    person.page.fill("[name=question]", "Who was its keeper?")
    person.page.keyboard.press("Enter")
    expect(person.page.locator("#composer-error")).to_contain_text("This conversation no longer exists")
    expect(person.page.locator("[name=question]")).to_have_value("Who was its keeper?")
    expect(person.page.locator("#network-error")).to_be_hidden()


def test_a_lost_model_leaves_its_part_and_is_tried_again(scene: Scene) -> None:
    person = scene.arrive()
    scene.ask(person.page, Script(WORDS, every_s=0.02, drop_after=7))
    answer(person.page, "failed")
    expect(person.page.locator("[data-text]")).to_contain_text(PART)
    expect(person.page.locator(".answer-end")).to_contain_text("breaks off")
    person.page.evaluate("window.sameDocument = true")
    scene.model.script = Script(WORDS, every_s=0.01)
    person.page.get_by_role("button", name="Try again").click()
    answer(person.page, "done")
    expect(person.page.locator("[data-text]")).to_contain_text(WHOLE)
    assert person.page.evaluate("window.sameDocument"), "the page was reloaded"
    assert person.complaints == []


def test_a_killed_web_process_leaves_the_part(scene: Scene) -> None:
    person = scene.arrive()
    scene.ask(person.page, silent_after_part())
    wait_until_stored(scene.site.folder)
    for process in scene.site.children("uvicorn"):
        process.kill()
    wait_for_web(scene.site)
    answer(person.page, "interrupted")
    expect(person.page.locator("[data-text]")).to_contain_text(PART)
    expect(person.page.locator(".answer-end")).to_contain_text("restarted")
    scene.model.script = Script(WORDS, every_s=0.01)
    person.page.get_by_role("button", name="Try again").click()
    answer(person.page, "done")
    expect(person.page.locator("[data-text]")).to_contain_text(WHOLE)


def wait_until_stored(folder: Path) -> None:
    """The row holds the part received, also while the model is silent."""
    deadline = time.monotonic() + 30
    while True:
        with sqlite3.connect(folder / "youju.sqlite3", timeout=10) as connection:
            rows = connection.execute("SELECT text FROM chat_message WHERE status = 'streaming'").fetchall()
        connection.close()
        if any(PART in text for (text,) in rows):
            return
        assert time.monotonic() < deadline, rows
        time.sleep(0.2)


def wait_for_web(site: Site) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            if site.get("/healthz").ok:
                return
        except requests.ConnectionError:
            assert time.monotonic() < deadline
        time.sleep(0.2)
