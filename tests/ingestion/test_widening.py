"""Synonyms of a collection: kept by its editors, used when its passages are searched."""

import json

import pytest
from django.test import Client

from accounts.models import User
from ingestion import services
from ingestion.finding import find
from ingestion.models import Collection
from tests.conftest import signed_in
from tests.ingestion.material import ENGLISH, ready

pytestmark = pytest.mark.django_db
PAGE = "/collections/handbook/synonyms/"
API = "/api/v1/collections/handbook/synonyms"


def test_a_synonym_finds_is_marked_and_is_told_as_the_reason(collection: Collection, owner: User) -> None:
    ready(collection, ENGLISH, "holidays.md")
    assert find("vacation", [collection], mode="lexical").passages == []
    services.update_collection(collection=collection, synonyms="vacation, paid leave\n带薪休假 => leave")
    (hit,) = find("vacation", [collection], mode="lexical").passages
    marked = {hit.text[start:end].lower() for start, end in hit.highlights}
    assert marked == {"paid", "leave"}
    assert hit.synonyms == (("vacation", "paid leave"),)
    asked = "How many days of vacation does every employee have?"
    supported = find(asked, [collection], mode="lexical").evidence
    services.update_collection(collection=collection, synonyms="")
    assert find(asked, [collection], mode="lexical").evidence < supported
    services.update_collection(collection=collection, synonyms="vacation, paid leave\n带薪休假 => leave")
    assert find("带薪休假怎么算", [collection], mode="lexical").passages[0].synonyms == (
        ("带薪休假", "leave"),
    )
    assert "vacation → paid leave" in signed_in(owner).get("/?q=vacation").content.decode()


def test_each_collection_uses_its_own(collection: Collection, owner: User) -> None:
    other = services.create_collection(owner=owner, name="Other", slug="other")
    ready(collection, ENGLISH, "holidays.md")
    ready(other, ENGLISH + "\n", "holidays.md")
    services.update_collection(collection=other, synonyms="vacation, leave")
    found = find("vacation", [collection, other], mode="lexical").passages
    assert {hit.collection_slug for hit in found} == {"other"}


def test_the_page_keeps_what_was_typed_and_says_which_lines_are_wrong(
    collection: Collection, owner: User, teammate: User, stranger: User
) -> None:
    services.set_member(collection=collection, user=teammate, role="editor")
    client = signed_in(teammate)
    assert client.post(PAGE, {"synonyms": "k8s, kubernetes\nalone"}).status_code == 422
    html = client.post(PAGE, {"synonyms": "k8s, kubernetes\nalone"}).content.decode()
    assert "Line 2" in html
    assert "k8s, kubernetes\nalone</textarea>" in html
    assert client.post(PAGE, {"synonyms": "k8s, kubernetes"}).status_code == 302
    collection.refresh_from_db()
    assert collection.synonyms == "k8s, kubernetes"
    assert signed_in(stranger).get(PAGE).status_code == 404


def test_the_api_gives_and_takes_the_list(collection: Collection, owner: User, teammate: User) -> None:
    client = signed_in(owner)

    def put(client: Client, text: str) -> int:
        body = json.dumps({"synonyms": text})
        return client.put(API, body, content_type="application/json").status_code

    assert put(client, "tv => television") == 200
    assert client.get(API).json() == {"synonyms": "tv => television", "groups": 1}
    assert put(client, "alone") == 422
    assert client.get(API).json()["synonyms"] == "tv => television"
    services.set_member(collection=collection, user=teammate, role="viewer")
    assert put(signed_in(teammate), "a, b") == 403
