"""Near-duplicates do not fill the first page."""

import pytest

from accounts.models import User
from ingestion.finding import Found, find
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
    found = find("paid leave", [copies], k=3, fold=True).passages
    assert [hit.document for hit in found] == ["Holidays", "Travel"]
    assert len({found[0].document_id, *(hit.document_id for hit in found[0].similar)}) == 5


def test_pages_hold_what_adds_something_once_and_nothing_is_lost(copies: Collection) -> None:
    for number in range(7):
        ready(
            copies,
            f"# Note {number}\n\nPaid leave of kind {number} is {'long ' * number}leave.",
            f"n{number}.md",
        )
    ready(copies, DISTINCT.replace("asked for", "asked"), "again.md")
    pages = [find("paid leave", [copies], k=3, offset=offset, fold=True) for offset in range(0, 12, 3)]
    whole = find("paid leave", [copies], k=30, fold=True).passages
    assert [hit.chunk_id for page in pages for hit in page.passages] == [hit.chunk_id for hit in whole]
    assert sorted(hit.document for hit in whole) == ["Holidays", *(f"Note {n}" for n in range(7)), "Travel"]
    assert [page.more for page in pages] == [True, True, False, False]
    listed = sum(1 + len(hit.similar) for page in pages for hit in page.passages)
    not_shown = [note for page in pages for note in page.notes]
    assert listed + len(not_shown) == 14, (listed, not_shown)


def test_what_repeats_an_earlier_page_is_told_there(collection: Collection) -> None:
    said = "The boat leaves at dawn, carries coal and salt, returns with herring, and lies behind the mole."
    ready(collection, f"# Boat\n\n{'Harbour ' * 6}. {said}", "best.md")
    for name in ("north", "south", "east"):
        ready(collection, f"# The {name}\n\nHarbour, harbour in the {name} of town.", f"{name}.md")
    ready(collection, f"# Boat\n\n{said} Harbour.", "same.md")
    ready(collection, f"{'Nobody knows the way. ' * 9} Harbour.", "last.md")

    def page(offset: int) -> Found:
        return find("harbour", [collection], mode="lexical", k=2, offset=offset, fold=True)

    assert [hit.document for hit in find("harbour", [collection], mode="lexical").passages][-2] == "Boat"
    first, second, third = page(0), page(2), page(4)
    names = [hit.document for part in (first, second, third) for hit in part.passages]
    assert sorted(names) == ["Boat", "The east", "The north", "The south", "last"]
    assert not first.notes and not third.notes
    assert second.notes == ["One passage that says the same as one on an earlier page is not shown again."]


def test_the_page_and_the_api_tell_what_is_similar(copies: Collection, owner: User) -> None:
    client = signed_in(owner)
    html = client.get("/?q=paid+leave").content.decode()
    assert "4 similar passages" in html
    assert sum(f"{number}.md</span>" in html for number in range(5)) == 4, (
        "copies are told apart by their names"
    )
    answer = client.post("/api/v1/search", {"query": "paid leave"}, content_type="application/json").json()
    assert [len(hit["similar"]) for hit in answer["hits"]] == [4, 0]
    assert answer["hits"][0]["similar"][0]["url"].startswith("/documents/")
