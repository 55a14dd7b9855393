"""Rules of an administrator, from their forms to what a reader sees of an answer."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.browser import PHONE, Visitor, chromium
from tests.e2e.conftest import PASSWORD, Api

pytestmark = pytest.mark.timeout(180)
DOCUMENT = (
    "# Coast\n\nThe lighthouse was built in 1897. It is 42 metres high.\n\n# 灯塔\n\n灯塔高四十二米。\n"
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


def add(page: Page, url: str, kind: str, **fields: str) -> None:
    """A rule of the test's own collection, since others use the site too."""
    page.goto(f"{url}/settings/rules/new/{kind}/")
    for name, value in fields.items():
        page.fill(f"[name={name}]", value)
    page.check("[name=is_everywhere][value='']")
    page.locator(".rule-collections .choice", has_text="Rules coast").click()
    page.get_by_role("button", name="Save").click()


def test_an_administrator_makes_rules_and_a_reader_sees_what_they_do(
    used_site: Api, browser: Browser
) -> None:
    url = used_site.site.url
    used_site.call("POST", "/collections", json={"name": "Rules coast", "slug": "coast-rules"})
    document = used_site.upload("coast-rules", {"coast.md": DOCUMENT.encode()})[0]["id"]
    visitor = Visitor.arrive(browser)
    page = visitor.page
    visitor.sign_in(url, "root", PASSWORD)
    page.wait_for_url(f"{url}/")

    _make_rules(page, url)
    _move_one_with_the_keyboard(page)
    _try_them(visitor)
    page.wait_for_function(
        "id => fetch(`/documents/${id}/`).then(r => r.text()).then(t => t.includes('42 metres'))",
        arg=document,
    )
    _read_what_they_did(visitor, used_site)
    # What was refused above has its status.
    assert [complaint for complaint in visitor.complaints if "422" not in complaint] == []


def _make_rules(page: Page, url: str) -> None:
    """A pattern that would take too long is refused, and mended at its field."""
    add(page, url, "banned", name="Units", words="/(a|aa)+$/", instead="■")
    expect(page.locator(".field .error")).to_contain_text("would take too long")
    page.fill("[name=words]", "metres")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".notice.success")).to_be_visible()
    add(page, url, "disclaimer", name="Small print", text_en="No sailing advice.", text_zh="不作航海建议。")
    add(
        page,
        url,
        "blocked",
        name="Pay",
        words="salary\n工资",
        reply_en="Ask the office.",
        reply_zh="请问办公室。",
    )


def _move_one_with_the_keyboard(page: Page) -> None:
    """The focus stays on the button."""
    after = page.locator("#rules-after")
    after.get_by_role("button", name="Move Small print up").focus()
    page.keyboard.press("Enter")
    expect(after.get_by_role("status")).to_have_text("Small print is now number 1 of 2.")
    expect(after.get_by_role("button", name="Move Small print up")).to_be_focused()


def _try_them(visitor: Visitor) -> None:
    page = visitor.page
    page.get_by_label("an answer").check()
    page.fill("[name=try-text]", "It is 42 metres high.")
    page.select_option("[name=try-collection]", label="Rules coast")
    page.get_by_role("button", name="Try", exact=True).click()
    expect(page.locator(".tried .result")).to_contain_text("It is 42 ■ high.")
    expect(page.locator(".tried .result")).to_contain_text("No sailing advice.")
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    visitor.expect_no_sideways_scrolling()


def _read_what_they_did(visitor: Visitor, used_site: Api) -> None:
    page, url = visitor.page, used_site.site.url
    told = used_site.call(
        "POST", "/chat", json={"question": "How high is the lighthouse?", "collections": ["coast-rules"]}
    ).json()
    page.goto(f"{url}/chat/{told['conversation_id']}/")
    answer = page.locator("article.answer [data-text]")
    expect(answer).to_contain_text("It is 42 ■ high.")
    expect(answer).to_contain_text("No sailing advice.")
    page.get_by_text("2 rules applied").click()
    expect(page.locator(".applied-rules")).to_contain_text("1 banned word was replaced.")
    visitor.expect_no_sideways_scrolling()
    blocked = used_site.call("POST", "/chat", json={"question": "工资多少？", "collections": ["coast-rules"]})
    assert blocked.json()["answer"] == "请问办公室。"
    assert [rule["kind"] for rule in blocked.json()["rules"]] == ["blocked"]
