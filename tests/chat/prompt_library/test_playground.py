"""The playground: one prompt, several models, one search."""

import re
from itertools import count
from typing import Any

import pytest

from accounts.models import User
from accounts.roles import Role
from chat.prompt_library import searching
from chat.prompt_library.filling import Filled
from chat.prompt_library.running import Order, SoFar, run
from ingestion import finding, services
from ingestion.models import Collection
from tests.chat.handbook import fill
from tests.chat.prompt_library.test_running import frames
from tests.conftest import signed_in
from tests.llm.openai_stub import OpenAIStub


@pytest.mark.django_db(transaction=True)
def test_one_half_of_the_playground_fails_and_the_other_writes(
    owner: User, model: OpenAIStub, second: OpenAIStub
) -> None:
    model.fail(401, {"message": "bad key"})
    second.say("Second wrote this.")
    given = {"prompt": "plain", "v-prompt": "Say hello.", "model": ["stub", "second"]}
    shown = signed_in(owner).post("/prompts/playground/", given).content.decode()
    assert "refuses the key" in shown and "Second wrote this." in shown
    assert second.chats[-1].body["messages"] == [{"role": "user", "content": "Say hello."}]
    none = signed_in(owner).post("/prompts/playground/", {"prompt": "plain", "v-prompt": "Keep me."})
    assert none.status_code == 422
    assert "Choose at least one model" in none.content.decode() and "Keep me." in none.content.decode()


@pytest.mark.django_db(transaction=True)
def test_the_models_of_a_run_read_one_search(
    owner: User,
    stranger: User,
    collection: Collection,
    model: OpenAIStub,
    second: OpenAIStub,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fill(collection)
    searched: list[str] = []

    def find(query: str, *given: Any, **more: Any) -> Any:
        searched.append(query)
        return finding.find(query, *given, **more)

    monkeypatch.setattr(searching, "find", find)
    client, topic = signed_in(owner), "How high is the lighthouse?"
    given = {"v-topic": topic, "model": ["stub", "second"], "collections": ["handbook"]}
    client.post("/prompts/playground/", given | {"prompt": "knowledge-search-en"})
    assert searched == [topic]

    address = "/prompts/knowledge-search-en/run"
    first = frames(client.post(address, given | {"model": "stub"}))
    found = next(data["found"] for event, data in first if event == "sources")
    told = frames(client.post(address, given | {"model": "second", "found": found}))
    assert searched == [topic] * 2 and told[0][1]["count"] == first[0][1]["count"]
    sources = [chat.body["messages"][1]["content"] for chat in (model.chats[-1], second.chats[-1])]
    assert sources[0] == sources[1] and '<source n="1"' in sources[0]
    other = "When does the harbour open?"
    frames(client.post(address, given | {"v-topic": other, "model": "second", "found": found}))
    assert searched[-1] == other, "what was found for another question is not read"
    services.set_member(collection=collection, user=stranger, role=Role.VIEWER)
    frames(signed_in(stranger).post(address, given | {"model": "stub", "found": found}))
    assert len(searched) == 4, "nor what was told to somebody else"


@pytest.mark.django_db
def test_another_prompt_gets_what_was_typed_for_the_same_variables(
    owner: User, model: OpenAIStub, second: OpenAIStub
) -> None:
    typed = {"prompt": "summary-en", "v-text": "A long text.", "v-readers": "guests", "model": "second"}
    client, address = signed_in(owner), "/prompts/playground/"
    page = client.post(address, typed | {"switch": "1", "take": "key-facts-en", "max_tokens": "77"})
    shown = page.content.decode()
    assert page.status_code == 200 and model.chats == second.chats == []
    assert "A long text.</textarea>" in shown and 'value="77"' in shown
    assert 'value="key-facts-en" selected' in shown and 'name="prompt" value="key-facts-en"' in shown
    assert re.search(r'value="second"[^>]* checked', shown)
    assert '<input type="hidden" name="v-readers" value="guests">' in shown, "for the way back"


@pytest.mark.django_db
def test_what_a_run_took_is_told_while_it_goes_on(second: OpenAIStub) -> None:
    second.say("One ", "two ", "three.")
    clock = count(step=0.3)
    *events, _last = run(Order(Filled("Write."), "second"), clock=lambda: next(clock))
    told = [event.result for event in events if isinstance(event, SoFar)]
    assert told and told[0].usage["prompt_tokens"] > 0 and told[0].usage["cost"]
    assert [one.usage["completion_tokens"] for one in told] == sorted(
        one.usage["completion_tokens"] for one in told
    )
