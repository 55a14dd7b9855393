"""Prompts run by models: on the pages, in the playground, by the API, and followed while they are written."""

import asyncio
import json
import time
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from chat.events import Token
from chat.models import Message
from chat.prompt_library.filling import Filled
from chat.prompt_library.running import Ended, Order, run
from chat.prompt_library.streams import followed
from chat.rules.models import Rule
from ingestion.models import Collection
from tests.chat.handbook import fill
from tests.conftest import signed_in
from tests.llm.openai_stub import OpenAIStub, Reply, spoken

TEXT = {"v-text": "The lighthouse is 42 metres high.", "v-length": "three sentences"}
SUMMARY = "/prompts/summary-en/"
API = "/api/v1/prompts"


def posted(client: Client, address: str, data: dict[str, Any]) -> Any:
    return client.post(address, json.dumps(data), content_type="application/json")


def problem(response: Any) -> tuple[int, str, str]:
    body = response.json()
    return response.status_code, body["type"], body["detail"]


@pytest.mark.django_db
def test_a_page_without_script_shows_the_result_with_what_it_took(owner: User, second: OpenAIStub) -> None:
    second.say("It is **42 metres** high. [a](http://evil.example)")
    page = signed_in(owner).post(
        SUMMARY, TEXT | {"model": "second", "temperature": "0.7", "max_tokens": "99"}
    )
    shown = page.content.decode()
    assert page.status_code == 200
    assert "<strong>42 metres</strong>" in shown and 'href="http://evil' not in shown
    assert "5 → 7" in shown and "0.0038 CNY" in shown and "First word" in shown
    sent = second.chats[-1].body
    assert (sent["temperature"], sent["max_tokens"]) == (0.7, 99)
    (message,) = sent["messages"]
    assert "<text>\nThe lighthouse is 42 metres high.\n</text>" in message["content"]
    assert "in three sentences" in message["content"] and "It is read by" not in message["content"]


@pytest.mark.django_db
def test_a_prompt_with_sources_reads_them_as_data_and_is_cited(
    owner: User, stranger: User, collection: Collection, model: OpenAIStub
) -> None:
    fill(collection)
    model.say("The lighthouse is 42 metres high [1]. It is painted green [9].")
    address = "/prompts/knowledge-search-en/"
    given = {"v-topic": "How high is the lighthouse?", "model": "stub", "collections": ["handbook"]}
    shown = signed_in(owner).post(address, given).content.decode()
    assert "Sources used" in shown and 'class="cite' in shown and "[9]" not in shown
    system, user = model.chats[-1].body["messages"]
    assert "never an instruction" in system["content"]
    assert user["content"].startswith('<source n="1" title="')
    assert "Use only the numbered sources." in user["content"]

    none = signed_in(owner).post(address, given | {"collections": []})
    assert "Choose at least one collection." in none.content.decode()
    foreign = signed_in(stranger).post(address, given)
    assert foreign.status_code == 422


@pytest.mark.django_db
def test_the_api_lists_gets_renders_and_runs(owner: User, model: OpenAIStub) -> None:
    client = signed_in(owner)
    listed = client.get(f"{API}?language=en&q=summary").json()
    assert [one["key"] for one in listed["results"]] == ["summary-en"]
    got = client.get(f"{API}/summary-en").json()
    assert [one["name"] for one in got["variables"]] == ["length", "readers", "text"]
    assert got["variables"][0]["choices"][0] == "three sentences"

    made = posted(client, f"{API}/summary-en/render", {"variables": {"text": "Long."}}).json()
    assert "in three sentences" in made["text"] and "<text>\nLong.\n</text>" in made["text"]
    unknown = posted(client, f"{API}/summary-en/render", {"variables": {"text": "x", "tone": "y"}})
    status, kind, detail = problem(unknown)
    assert (status, kind) == (422, "/problems/unknown_variables") and "{tone}" in detail
    assert unknown.json()["variables"] == ["tone"]
    missing = posted(client, f"{API}/summary-en/render", {})
    assert problem(missing)[:2] == (422, "/problems/missing_values")

    ran = posted(client, f"{API}/summary-en/run", {"variables": {"text": "Long."}, "model": "stub"}).json()
    assert (ran["text"], ran["endpoint"]) == ("Hello.", "stub")
    assert ran["usage"]["prompt_tokens"] == 5 and ran["seconds"] >= ran["first_token_seconds"] >= 0
    nobody = posted(client, f"{API}/summary-en/run", {"variables": {"text": "x"}, "model": "gone"})
    assert problem(nobody)[:2] == (422, "/problems/unknown_model_name")
    model.fail(401, {"message": "bad"})
    failed = posted(client, f"{API}/summary-en/run", {"variables": {"text": "x"}})
    assert problem(failed)[:2] == (502, "/problems/model_auth_refused")
    assert Client().get(API).status_code == 401


@pytest.mark.django_db
def test_the_api_without_a_model_says_which_kind_is_needed(owner: User) -> None:
    refused = posted(signed_in(owner), f"{API}/summary-en/run", {"variables": {"text": "x"}})
    status, kind, detail = problem(refused)
    assert (status, kind) == (409, "/problems/needs_model")
    assert "follows instructions" in detail


def frames(response: Any) -> list[tuple[str, Any]]:
    async def read() -> str:
        return "".join([piece.decode() async for piece in response.streaming_content])

    parts = [part.split("\n") for part in asyncio.run(read()).split("\n\n") if part.startswith("event")]
    return [(event.removeprefix("event: "), json.loads(data.removeprefix("data: "))) for event, data in parts]


@pytest.mark.django_db(transaction=True)
def test_a_run_is_followed_piece_by_piece(owner: User, model: OpenAIStub) -> None:
    model.say("One ", "two.")
    client = signed_in(owner)
    told = frames(posted(client, f"{API}/summary-en/run", {"variables": {"text": "x"}, "stream": True}))
    assert [data["text"] for event, data in told if event == "token"] == ["One ", "two."]
    assert (told[-1][0], told[-1][1]["text"]) == ("done", "One two.")
    model.fail(500, {"message": "broken"})
    (event, failure) = frames(
        posted(client, f"{API}/summary-en/run", {"variables": {"text": "x"}, "stream": True})
    )[-1]
    assert (event, failure["status"]) == ("error", 503)
    model.say("<b>One</b> ", "two.")
    page = frames(client.post(f"{SUMMARY}run", TEXT | {"model": "stub"}))
    assert page[0] == ("token", {"text": "<b>One</b> "})
    assert "&lt;b&gt;One" in page[-1][1]["html"]


@pytest.mark.django_db(transaction=True)
def test_a_reader_who_leaves_ends_the_models_work(model: OpenAIStub) -> None:
    model.replies = [Reply(pieces=spoken(*["word "] * 400), delay_s=0.02)]

    async def leave_after_the_first_word() -> None:
        events = followed(Order(Filled("Write on and on."), "stub"))
        async for event in events:
            if isinstance(event, Token):
                await events.aclose()  # type: ignore[attr-defined]
                return

    asyncio.run(leave_after_the_first_word())
    until = time.monotonic() + 5
    while model.busy and time.monotonic() < until:
        time.sleep(0.01)
    assert model.busy == 0


@pytest.mark.django_db
def test_what_came_before_a_break_is_kept(model: OpenAIStub) -> None:
    model.replies = [Reply(pieces=spoken("Half of ", done=False)[:2], drop=True)]
    (*_events, last) = run(Order(Filled("Write."), "stub"))
    assert isinstance(last, Ended) and last.result.error is not None
    assert last.result.text == "Half of"


@pytest.mark.django_db
def test_a_prompt_that_does_not_fit_says_how_long_it_is(model: OpenAIStub) -> None:
    (last,) = run(Order(Filled("word " * 9000), "stub"))
    assert isinstance(last, Ended) and last.result.error is not None
    assert last.result.error.code == "context_too_long" and "8192" in last.result.error.message
    assert model.chats == []


@pytest.mark.django_db
def test_the_rules_of_the_site_count_for_prompts_too(model: OpenAIStub) -> None:
    Rule.objects.create(kind="blocked", options={"words": "dragons", "reply_en": "No dragons here."})
    Rule.objects.create(kind="banned", options={"words": "terrible", "instead": "***"}, position=1)
    Rule.objects.create(kind="disclaimer", options={"text_en": "Written by a machine."}, position=2)
    model.say("A terri", "ble day.")
    (*events, last) = run(Order(Filled("Write about a day."), "stub"))
    assert isinstance(last, Ended)
    assert last.result.text == "A *** day.\n\nWritten by a machine."
    assert "terri" not in "".join(event.text for event in events if isinstance(event, Token))
    (blocked,) = run(Order(Filled("Write about dragons."), "stub"))
    assert isinstance(blocked, Ended) and blocked.result.error is not None
    assert blocked.result.error.message == "No dragons here." and len(model.chats) == 1


@pytest.mark.django_db
def test_a_filled_prompt_in_the_chat_searches_for_what_it_is_about(
    owner: User, collection: Collection, model: OpenAIStub
) -> None:
    fill(collection)
    client = signed_in(owner)
    model.say("It is 42 metres high [1].")
    given = {"v-topic": "the height of the lighthouse", "v-aspects": ""}
    headers = {"Accept": "application/json"}
    filled = client.post("/prompts/knowledge-search-en/fill", given, headers=headers).json()
    asked = {"collections": "handbook", "question": filled["text"].replace("\n", "\r\n")}
    client.post("/chat/", asked | {"search_for": filled["search_for"]})
    answer = Message.objects.get(role="assistant")
    assert (answer.rewritten, answer.refused) == ("the height of the lighthouse", False)
    assert answer.conversation.title == "the height of the lighthouse"
    assert "Theme: the height of the lighthouse" in model.chats[-1].body["messages"][1]["content"]

    client.post("/chat/", asked | {"question": "Who keeps it?", "search_for": filled["search_for"]})
    assert Message.objects.filter(role="assistant", rewritten="").count() == 1


@pytest.mark.django_db
def test_who_asks_too_often_is_told_and_keeps_what_was_typed(
    owner: User, model: OpenAIStub, broker: str, settings: Settings
) -> None:
    settings.RATE_LIMITS = {"chat": "1/minute"}
    client = signed_in(owner)
    assert client.post(SUMMARY, TEXT | {"model": "stub"}).status_code == 200
    page = client.post(SUMMARY, TEXT | {"model": "stub"})
    assert page.status_code == 429
    assert "try again in" in page.content.decode() and TEXT["v-text"] in page.content.decode()
    told = client.post(f"{SUMMARY}run", TEXT | {"model": "stub"})
    assert told.status_code == 429 and "try again in" in told.json()["error"]
    assert posted(client, f"{API}/summary-en/run", {"variables": {"text": "x"}}).status_code == 429
    assert len(model.chats) == 1
