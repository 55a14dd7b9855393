"""Misspelt questions and searches without results, on the page and in the API."""

from urllib.parse import urlencode

import pytest
from django.utils.html import escape

from accounts.models import User
from ingestion import services
from ingestion.models import Collection
from tests.conftest import signed_in
from tests.ingestion.material import CHINESE, ENGLISH, ready

pytestmark = pytest.mark.django_db
HARBOUR = "# Harbour\n\nThe harbourmaster keeps the lighthouse. A lighthouse needs oil.\n"


@pytest.fixture
def library(collection: Collection) -> Collection:
    ready(collection, ENGLISH, "holidays.md")
    ready(collection, CHINESE, "年假.md")
    return collection


def page(user: User | None, address: str) -> str:
    return signed_in(user).get(address).content.decode()


def test_a_better_spelling_is_a_link_and_changes_nothing_by_itself(library: Collection, owner: User) -> None:
    html = page(owner, "/?q=paid+emploeye&c=handbook")
    assert "Did you mean" in html
    assert 'href="/?q=paid+employee&amp;c=handbook"' in html
    assert "<mark>employee</mark>" not in html
    assert "Did you mean" not in page(owner, "/?q=paid+employee")


def test_what_finds_nothing_is_searched_as_it_was_probably_meant(library: Collection, owner: User) -> None:
    html = page(owner, "/?q=emploeye&mode=lexical")
    assert "Nothing was found for “emploeye”" in html
    assert "<mark>employee</mark>" in html
    assert 'value="emploeye"' in html, "the box keeps what was typed"
    assert 'href="/?q=emploeye&amp;mode=lexical&amp;exact=1"' in html
    exact = page(owner, "/?q=emploeye&mode=lexical&exact=1")
    assert "Nothing found for “emploeye”" in exact
    assert 'href="/?q=employee&amp;mode=lexical"' in exact


def test_words_of_collections_that_one_may_not_read_are_not_suggested(
    library: Collection, stranger: User
) -> None:
    own = services.create_collection(owner=stranger, name="Own", slug="own")
    ready(own, HARBOUR, "harbour.md")
    assert "employee" not in page(stranger, "/?q=emploeye&mode=lexical")
    assert "lighthouse" in page(stranger, "/?q=lighthuose&mode=lexical")


def test_nothing_found_says_what_was_searched_and_where_else_it_is(library: Collection, owner: User) -> None:
    other = services.create_collection(owner=owner, name="Harbours", slug="harbours")
    ready(other, HARBOUR, "harbour.md")
    html = page(owner, "/?q=lighthouse&c=handbook&mode=lexical&type=markdown")
    assert "by words alone" in html
    assert 'href="/?q=lighthouse&amp;c=harbours&amp;mode=lexical&amp;type=markdown">Harbours</a>' in html
    assert 'href="/?q=lighthouse&amp;c=handbook&amp;mode=lexical"' in html, "without the type"
    assert "Ask about this" in html


def test_quotes_and_exclusions_can_be_taken_away_and_filters_stay(library: Collection, owner: User) -> None:
    html = page(
        owner, "/?" + urlencode({"q": '"of harbours" -"paid leave" -fee type:md employee', "c": "handbook"})
    )
    assert "Search without leaving out “paid leave, fee”" in html
    quoted = {"q": 'of harbours -"paid leave" -fee type:md employee', "c": "handbook"}
    assert f'href="/?{escape(urlencode(quoted))}"' in html
    kept = {"q": '"of harbours" type:md employee', "c": "handbook"}
    assert f'href="/?{escape(urlencode(kept))}"' in html


def test_the_api_suggests_and_searches_what_was_asked(library: Collection, owner: User) -> None:
    client = signed_in(owner)

    def search(query: str) -> dict[str, object]:
        body = {"query": query, "mode": "lexical"}
        found: dict[str, object] = client.post("/api/v1/search", body, content_type="application/json").json()
        return found

    answer = search("emploeye")
    assert (answer["hits"], answer["did_you_mean"]) == ([], "employee")
    assert "did_you_mean" not in search("employee")
