"""Prompts are made, changed, deleted and looked back at through the API."""

import json
from typing import Any

import pytest

from accounts.models import User
from chat.models import PromptTemplate
from chat.prompt_library import services
from tests.chat.prompt_library.test_running import API, posted, problem
from tests.conftest import signed_in


@pytest.mark.django_db
def test_the_api_makes_changes_and_deletes_prompts(owner: User, teammate: User, admin: User) -> None:
    client = signed_in(owner)
    body: dict[str, Any] = {
        "name": "Letter",
        "text": "Write to {who} about {topic}. {sources}",
        "query": "{topic}",
        "variables": {"who": {"kind": "choice", "choices": ["a guest", "a colleague"]}},
    }
    made = posted(client, API, body)
    assert (made.status_code, made.json()["version"], made.json()["owner"]) == (201, 1, "own")
    assert made.json()["variables"][0]["choices"] == ["a guest", "a colleague"]
    assert problem(posted(client, API, body))[:2] == (422, "/problems/bad_prompt"), "the name is taken"
    for wrong in ({"text": "Write {"}, {"variables": {"tone": {}}}, {"text": "No sources, {who}, {topic}"}):
        assert posted(client, API, body | {"name": "New"} | wrong).status_code == 422

    one = f"{API}/{made.json()['key']}"

    def changed(by: User, **given: Any) -> Any:
        return signed_in(by).patch(one, json.dumps(given), content_type="application/json")

    later = changed(owner, text="Write to {who}.", query="", version=1)
    assert (later.status_code, later.json()["version"], later.json()["name"]) == (200, 2, "Letter")
    assert later.json()["variables"][0]["choices"] == ["a guest", "a colleague"]
    assert problem(changed(owner, text="Mine.", variables={}, version=1))[:2] == (
        409,
        "/problems/changed_meanwhile",
    )
    assert changed(owner, name="Letter").json()["version"] == 2, "nothing differs"
    listed = client.get(f"{one}/versions").json()
    assert [(row["version"], row["by"]) for row in listed["results"]] == [(2, "owner"), (1, "owner")]
    assert listed["results"][1]["query"] == "{topic}"
    preset = client.patch(f"{API}/summary-en", "{}", content_type="application/json")
    assert problem(preset)[:2] == (409, "/problems/is_preset")

    assert changed(teammate, name="Theirs").status_code == 404
    assert signed_in(teammate).get(f"{one}/versions").status_code == 404
    services.share(template=PromptTemplate.objects.get(name="Letter"))
    assert changed(owner, name="Mine again").status_code == 403, "administrators keep what is shared"
    assert changed(admin, description="For everybody.").json()["version"] == 3
    assert signed_in(admin).delete(one).status_code == 204 and client.get(one).status_code == 404
