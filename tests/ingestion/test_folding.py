"""Near-duplicates do not fill the first page."""

import pytest

from accounts.models import User
from ingestion.finding import find
from ingestion.folding import find_distinct
from ingestion.models import Collection
from tests.conftest import signed_in
from tests.ingestion.material import ENGLISH, ready

pytestmark = pytest.mark.django_db
DISTINCT = "# Travel\n\nLeave for a journey is asked for at the office of the department.\n"


@pytest.fixture
def copies(collection: Collection) -> Collection:
    for number in range(5):
        ready(
            collection,
            ENGLISH.replace("Every", ("Each", "Every")[number % 2]) + "\n" * number,
            f"{number}.md",
        )
    ready(collection, DISTINCT, "travel.md")
    return collection


def test_copies_are_folded_into_the_best_one_and_others_move_up(copies: Collection) -> None:
    assert len({hit.document for hit in find("paid leave", [copies], k=3).passages}) == 1
    found = find_distinct("paid leave", [copies], k=3).passages
    assert [hit.document for hit in found] == ["Holidays", "Travel"]
    assert len({found[0].document_id, *(hit.document_id for hit in found[0].similar)}) == 5


def test_the_page_and_the_api_tell_what_is_similar(copies: Collection, owner: User) -> None:
    client = signed_in(owner)
    html = client.get("/?q=paid+leave").content.decode()
    assert "4 similar passages" in html
    answer = client.post("/api/v1/search", {"query": "paid leave"}, content_type="application/json").json()
    assert [len(hit["similar"]) for hit in answer["hits"]] == [4, 0]
    assert answer["hits"][0]["similar"][0]["url"].startswith("/documents/")
