"""Prompts in a real browser: one is written and filled in, and two models write side by side."""

import re
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.browser import Visitor, chromium
from tests.e2e.conftest import PASSWORD, Api
from tests.llm.openai_stub import OpenAIStub, Reply, spoken

pytestmark = pytest.mark.timeout(180)
_ADD = """
from llm.models import Endpoint
from llm.services import save_endpoint
for name, title, address in {models}:
    made = Endpoint(name=name, title=title, kind="openai", base_url=address, model=name, patience_s=0)
    save_endpoint(endpoint=made, api_key="k")
Endpoint.objects.update(is_default=False)
"""
_REMOVE = "from llm.models import Endpoint; Endpoint.objects.filter(name__in=['even', 'odd']).delete()"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture
def two_models(used_site: Api) -> Iterator[tuple[OpenAIStub, OpenAIStub]]:
    """Neither is the site's default, so that other tests find the site without a model."""
    with OpenAIStub().serving() as even, OpenAIStub().serving() as odd:
        models = [("even", "Even", even.base_url), ("odd", "Odd", odd.base_url)]
        used_site.site.manage("shell", "-v0", "-c", _ADD.format(models=models))
        yield even, odd
        used_site.site.manage("shell", "-v0", "-c", _REMOVE)


def test_a_prompt_is_written_compared_and_asked(
    used_site: Api, browser: Browser, two_models: tuple[OpenAIStub, OpenAIStub]
) -> None:
    url, (even, odd) = used_site.site.url, two_models
    used_site.call("POST", "/collections", json={"name": "Prompted"})
    person = Visitor.arrive(browser)
    person.sign_in(url, "root", PASSWORD)
    page = person.page
    page.wait_for_url(f"{url}/")

    page.goto(f"{url}/prompts/new/")
    page.get_by_label("Name").fill("Letter")
    page.get_by_label("Text", exact=True).fill("Write to {who} on {topic}.")
    page.locator("[data-variable=who] [data-kind]").select_option("choice")
    page.locator("[name=choices-who]").fill("a guest | a colleague")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("saved as version 1")).to_be_visible()

    page.get_by_role("link", name="Compare models").click()
    page.get_by_role("button", name="Run the prompt").click()
    expect(page.get_by_text("Fill in “Topic”.")).to_be_visible()
    even.replies = [Reply(pieces=spoken(*["and on "] * 600), delay_s=0.05)]
    odd.fail(401, {"message": "no"})
    page.get_by_label("Topic").fill("tides")
    person.complaints.clear()  # the form that was refused
    page.get_by_role("button", name="Run the prompt").click()
    writing, failed = page.get_by_role("article", name="Even"), page.get_by_role("article", name="Odd")
    expect(failed.get_by_role("alert")).to_contain_text("refuses the key", timeout=20_000)
    expect(writing).to_contain_text("and on and on", timeout=20_000)
    assert "Write to a guest on tides." in str(even.chats[-1].body)
    page.get_by_role("button", name="Stop Even").click()
    expect(page.get_by_text("Stopped. This is the part received.")).to_be_visible()
    expect(writing.locator(".run-facts-row")).to_contain_text("≈")  # tokens so far
    until = time.monotonic() + 20
    while even.busy and time.monotonic() < until:
        time.sleep(0.1)
    assert not even.busy, "the model goes on writing"
    even.say("Dear **guest**.")
    page.get_by_role("button", name="Run the prompt").click()
    expect(page.get_by_role("article", name="Even").locator("strong")).to_have_text("guest", timeout=20_000)
    expect(page.get_by_role("article", name="Even")).to_contain_text("5 → 7")
    assert person.complaints == []

    phone = Visitor.arrive(browser, language="zh", phone=True)
    phone.sign_in(url, "root", PASSWORD)
    phone.page.wait_for_url(f"{url}/")
    phone.page.get_by_role("navigation", name="主导航").get_by_role("link", name="提示词").click()
    phone.page.get_by_text("更多", exact=True).click()
    phone.page.get_by_role("navigation", name="主导航").get_by_role("link", name="设置").click()
    phone.page.wait_for_url(f"{url}/settings/")
    for address in ("/prompts/", "/prompts/playground/", "/prompts/knowledge-search-zh/", "/prompts/new/"):
        phone.page.goto(f"{url}{address}")
        phone.expect_no_sideways_scrolling()
    phone.page.goto(f"{url}/chat/")
    phone.page.locator("chat-composer textarea").first.press_sequentially("/")
    phone.page.get_by_text("主题知识检索").click()
    phone.page.get_by_label("主题", exact=True).fill("潮汐")
    phone.page.locator("[data-filler] button.primary").click()
    expect(phone.page.locator("chat-composer textarea").first).to_have_value(re.compile("主题：潮汐"))
    assert phone.complaints == []
