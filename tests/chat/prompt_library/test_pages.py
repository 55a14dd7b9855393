"""The library, the editor, versions and who sees what."""

import pytest
from django.test import Client
from django.utils import translation
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from chat.models import PromptTemplate, PromptVersion
from chat.prompt_library import services
from chat.prompt_library.presets import preset
from ingestion.models import Collection
from tests.conftest import signed_in

pytestmark = pytest.mark.django_db
NEW = "/prompts/new/"
TYPED = {
    "name": "Letter",
    "text": "Write to {who} about {topic}. {sources}",
    "query": "{topic}",
    "language": "en",
    "label-who": "To whom",
    "kind-who": "choice",
    "choices-who": "a customer | a colleague",
    "label-topic": "",
    "kind-topic": "line",
    "optional-topic": "on",
}


def html(client: Client, address: str, status: int = 200) -> str:
    page = client.get(address)
    assert page.status_code == status
    return page.content.decode()


def written(user: User, **changes: str) -> PromptTemplate:
    response = signed_in(user).post(NEW, TYPED | changes)
    assert response.status_code == 302, response.content.decode()
    return PromptTemplate.objects.latest("pk")


def test_a_prompt_is_written_filled_changed_and_brought_back(owner: User) -> None:
    client, template = signed_in(owner), written(owner)
    assert (template.owner, template.version, template.kind) == (owner, 1, "task")
    assert template.inputs["who"] == {
        "label": "To whom",
        "kind": "choice",
        "choices": ["a customer", "a colleague"],
    }
    page = html(client, template.get_absolute_url())
    assert "To whom" in page and '<option value="a customer"' in page and "may stay empty" in page

    edit = f"/prompts/{template.pk}/edit/"
    assert 'value="a customer | a colleague"' in html(client, edit)
    assert (
        client.post(edit, TYPED | {"version": 1, "text": "Write to {who}.", "query": ""}).status_code == 302
    )
    same = client.post(edit, TYPED | {"version": 2, "text": "Write to {who}.", "query": ""}, follow=True)
    assert "no new version" in same.content.decode()

    late = client.post(edit, TYPED | {"version": 1, "text": "Mine: {who}", "query": ""})
    assert late.status_code == 409
    assert "Version 2 was saved meanwhile" in late.content.decode() and "Mine: {who}" in late.content.decode()

    versions = f"/prompts/{template.pk}/versions/"
    compared = html(client, f"{versions}2/")
    assert "<del>Write to {who} about {topic}. {sources}</del>" in compared
    assert "<ins>Write to {who}.</ins>" in compared and "what is searched for" in compared
    client.post(f"{versions}1/restore")
    template.refresh_from_db()
    assert (template.version, template.text, template.query) == (3, TYPED["text"], "{topic}")
    assert PromptVersion.objects.get(template=template, number=3).restored == 1
    assert "brings back version 1" in html(client, versions)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": ""}, "This field is required."),
        ({"text": "  "}, "This field is required."),
        ({"text": "Write to {who"}, "Line 1 has a brace"),
        ({"query": "{sources}"}, "cannot be a part of it"),
        ({"text": "Write to {who}"}, "The text holds no {sources}"),
        ({"name": "Taken"}, "There is a prompt of this name already."),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_all_stays_typed(
    owner: User, changes: dict[str, str], said: str
) -> None:
    written(owner, name="Taken")
    page = signed_in(owner).post(NEW, TYPED | changes)
    shown = page.content.decode()
    assert page.status_code == 422
    assert said in shown
    assert 'value="a customer | a colleague"' in shown
    assert (changes.get("text") or TYPED["text"]).strip() in shown
    assert PromptTemplate.objects.count() == 1


def test_without_script_the_variables_of_the_text_are_shown_on_demand(owner: User) -> None:
    page = signed_in(owner).post(NEW, {"name": "", "text": "On {topic}", "look": "1"})
    assert page.status_code == 200
    assert 'name="label-topic"' in page.content.decode()
    assert not PromptTemplate.objects.exists()


def test_an_own_prompt_does_not_exist_for_others(owner: User, stranger: User, admin: User) -> None:
    template = written(owner)
    for other in (stranger, admin):
        client = signed_in(other)
        assert "Letter" not in html(client, "/prompts/?language=all")
        for address in ("", "edit/", "delete/", "versions/", "versions/1/"):
            html(client, f"/prompts/{template.pk}/{address}", 404)
        for address in ("run", "fill", "copy", "share", "versions/1/restore"):
            assert client.post(f"/prompts/{template.pk}/{address}", TYPED).status_code == 404
        assert client.get(f"/api/v1/prompts/{template.pk}").status_code == 404
    assert Client().get("/prompts/")["Location"].startswith("/login/")


def test_an_administrator_gives_a_prompt_to_everybody(admin: User, owner: User) -> None:
    template = written(admin)
    assert signed_in(owner).post(f"/prompts/{written(owner).pk}/share").status_code == 403
    assert signed_in(admin).post(f"/prompts/{template.pk}/share").status_code == 302
    client = signed_in(owner)
    assert "For everybody" in html(client, "/prompts/")
    assert "Make an own copy" in html(client, template.get_absolute_url())
    for address in ("edit/", "delete/"):
        html(client, f"/prompts/{template.pk}/{address}", 403)
    assert client.post(f"/prompts/{template.pk}/share").status_code == 403
    assert client.post(f"/prompts/{template.pk}/versions/1/restore").status_code == 403
    signed_in(admin).post(f"/prompts/{template.pk}/share")
    html(client, template.get_absolute_url(), 404)


def test_a_preset_becomes_an_own_prompt_that_can_be_changed(owner: User) -> None:
    client = signed_in(owner)
    client.post("/prompts/summary-en/copy")
    client.post("/prompts/summary-en/copy")
    first, again = PromptTemplate.objects.order_by("pk")
    assert (first.name, again.name, first.origin) == ("Summary", "Summary 2", "preset:summary-en")
    assert "Who reads it" in html(client, first.get_absolute_url())
    assert 'value="three sentences | one paragraph | seven bullet points"' in html(
        client, f"/prompts/{first.pk}/edit/"
    )
    client.post(f"/prompts/{first.pk}/delete/")
    html(client, first.get_absolute_url(), 404)


def test_presets_come_in_the_language_of_the_page(owner: User) -> None:
    client = signed_in(owner)
    english = html(client, "/prompts/")
    assert "Key facts" in english and "要点提取" not in english
    assert "要点提取" in html(client, "/prompts/?language=all")
    with translation.override("zh-hans"):
        chinese = client.get("/prompts/", headers={"Accept-Language": "zh-hans"}).content.decode()
    assert "要点提取" in chinese and "Key facts" not in chinese
    assert "No prompt fits" in html(client, "/prompts/?q=xyz")


def test_an_empty_form_names_what_is_missing_and_keeps_the_rest(owner: User) -> None:
    client = signed_in(owner)
    given = {"v-language": "Simplified Chinese", "v-style": "word for word", "v-terms": "leave = 年假"}
    page = client.post("/prompts/translation-en/", given)
    assert page.status_code == 422
    assert "Fill in “Text”." in page.content.decode() and "leave = 年假" in page.content.decode()
    told = client.post("/prompts/translation-en/run", given, headers={"Accept": "application/json"})
    assert (told.status_code, told.json()["fields"]) == (422, {"v-text": "Fill in “Text”."})


def test_a_filled_prompt_becomes_a_question(owner: User, collection: Collection) -> None:
    client, address = signed_in(owner), "/prompts/knowledge-search-en/fill"
    given = {"v-topic": "tides", "v-aspects": ""}
    asked = client.post(address, given)
    assert asked["Location"].startswith("/chat/?q=Find+out")
    told = client.post(address, given, headers={"Accept": "application/json"}).json()
    assert "Theme: tides" in told["text"] and "Look in particular" not in told["text"]
    page = html(client, asked["Location"])
    assert "Theme: tides" in page and f'name="search_for" value="{told["search_for"]}"' in page
    assert "Ask it in the chat" not in html(client, "/prompts/summary-en/")
    long = client.post(address, {"v-topic": "x" * 3000})
    assert long.status_code == 422
    assert "at most 2000" in long.content.decode() and "x" * 3000 in long.content.decode()


def test_without_a_model_the_pages_say_which_kind_is_needed_and_where(owner: User, admin: User) -> None:
    for address in ("/prompts/summary-en/", "/prompts/playground/"):
        assert "follows instructions (a chat model)" in html(signed_in(owner), address)
        assert "/settings/models/" in html(signed_in(admin), address)
    page = signed_in(owner).post("/prompts/summary-en/", {"v-length": "three sentences", "v-text": "Long."})
    assert "follows instructions" in page.content.decode() and "Long." in page.content.decode()
    given = {"v-length": "three sentences", "v-text": "Long.", "look": "1"}
    looked = signed_in(owner).post("/prompts/summary-en/", given)
    assert "The filled text" in looked.content.decode() and "in three sentences" in looked.content.decode()
    told = signed_in(owner).post("/prompts/plain/run", {"v-prompt": "Hello."})
    assert told.status_code == 422 and "follows instructions" in told.json()["error"]


def test_the_queries_of_the_library_do_not_grow(
    owner: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    found = preset("summary-en")
    assert found is not None
    for _number in range(8):
        services.copy(prompt=found, owner=owner)
    client = signed_in(owner)
    with django_assert_max_num_queries(4):
        html(client, "/prompts/")
