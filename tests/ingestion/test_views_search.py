"""The search page: whole, as htmx asks for it, and in its empty states."""

import pytest
from django.test import Client

from accounts.models import User
from ingestion import services
from ingestion.models import Collection
from tests.conftest import signed_in
from tests.ingestion.material import CHINESE, ENGLISH, ready

pytestmark = pytest.mark.django_db


@pytest.fixture
def library(collection: Collection) -> Collection:
    ready(collection, ENGLISH, "holidays.md")
    ready(collection, CHINESE, "年假.md")
    return collection


def page(client: Client, address: str, **headers: str) -> str:
    answer = client.get(address, headers=headers)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_search_shows_the_passage_with_its_words_marked(library: Collection, owner: User) -> None:
    html = page(signed_in(owner), "/?q=paid+leave")
    assert "<mark>paid</mark> <mark>leave</mark>" in html
    document = library.documents.get(name="holidays.md")
    chunk = document.chunks.get()
    assert f'href="/documents/{document.pk}/?p={chunk.pk}#p={chunk.pk}"' in html
    assert 'value="paid leave"' in html
    assert "Two side by side</dt>" in html
    assert "<dd><mark>paid</mark><mark>leave</mark></dd>" in html


def test_chinese_is_found_and_marked(library: Collection, owner: User) -> None:
    assert "<mark>带薪年假</mark>" in page(signed_in(owner), "/?q=带薪年假")
    assert "<mark>Holidays</mark></a></h2>" in page(signed_in(owner), "/?q=holiday"), "titles are marked too"


def test_htmx_gets_the_results_only(library: Collection, owner: User) -> None:
    client = signed_in(owner)
    part = page(client, "/?q=leave", **{"HX-Request": "true"})
    assert "<html" not in part
    assert "<mark>leave</mark>" in part
    again = page(client, "/?q=leave", **{"HX-Request": "true", "HX-History-Restore-Request": "true"})
    assert "<html" in again


def test_the_answer_depends_on_who_asks_how(library: Collection, owner: User) -> None:
    answer = signed_in(owner).get("/?q=leave")
    assert "HX-Request" in answer["Vary"]


def test_a_stranger_finds_nothing_in_a_private_collection(library: Collection, stranger: User) -> None:
    html = page(signed_in(stranger), "/?q=paid+leave&c=handbook")
    assert "Nothing found" in html
    assert "Handbook" not in html


def test_a_visitor_searches_what_is_public(library: Collection) -> None:
    assert "Nothing found" in page(signed_in(None), "/?q=paid+leave")
    services.update_collection(collection=library, visibility="public")
    assert "<mark>leave</mark>" in page(signed_in(None), "/?q=paid+leave")


def test_a_ticked_collection_narrows_the_search(library: Collection, owner: User) -> None:
    services.create_collection(owner=owner, name="Other", slug="other")
    client = signed_in(owner)
    assert "Nothing found" in page(client, "/?q=leave&c=other")
    assert "<mark>leave</mark>" in page(client, "/?q=leave&c=handbook&c=other")
    html = page(client, "/?q=leave&c=handbook")
    assert '<input type="checkbox" name="c" value="handbook" checked>' in html


def test_what_was_typed_is_escaped(library: Collection, owner: User) -> None:
    html = page(signed_in(owner), "/?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E")
    assert "<script>alert" not in html


def test_a_question_that_is_too_long_says_so(library: Collection, owner: User) -> None:
    html = page(signed_in(owner), "/?q=" + "a" * 2500)
    assert "at most" in html
    assert "This search did not work" in html


def test_an_unknown_mode_falls_back_to_both(library: Collection, owner: User) -> None:
    assert 'value="hybrid" checked' in page(signed_in(owner), "/?q=leave&mode=nonsense")


def test_the_first_visit_offers_the_sample_and_a_collection(stranger: User) -> None:
    html = page(signed_in(stranger), "/")
    assert "Load the sample collection" in html
    assert 'href="/collections/new/"' in html
    assert "Nothing here is open to visitors" in page(signed_in(None), "/")


def test_the_number_of_queries_does_not_grow_with_the_hits(
    library: Collection, owner: User, django_assert_max_num_queries: pytest.FixtureRequest
) -> None:
    client = signed_in(owner)
    page(client, "/?q=leave")
    for number in range(6):
        ready(library, f"# Note {number}\n\nPaid leave, number {number}.", f"note-{number}.md")
    with django_assert_max_num_queries(12):  # type: ignore[operator]
        page(client, "/?q=leave")


def test_filters_are_chips_that_can_be_taken_away(library: Collection, owner: User) -> None:
    client = signed_in(owner)
    html = page(client, "/?q=leave+type%3Amd&tag=none&after=2020-01-01&site=&sort=relevance")
    assert "No document here has the tag “none”." in html
    assert 'href="/?q=leave+type%3Amd&amp;after=2020-01-01&amp;sort=relevance"' in html, "without the tag"
    assert 'href="/?q=leave&amp;tag=none&amp;after=2020-01-01&amp;sort=relevance"' in html, "without the type"
    html = page(client, "/?q=leave+%22days+of+paid%22&type=markdown&sort=date")
    assert "<mark>days of paid</mark> <mark>leave</mark>" in html
    assert 'name="type" value="markdown" checked' in html
    assert 'name="sort" value="date" checked' in html
    assert "Search without the quotes" in page(client, "/?q=%22leave+paid%22")
    assert "“song” is no type of file" in page(client, "/?q=leave+type:song")


def test_filters_alone_list_documents(library: Collection, owner: User) -> None:
    html = page(signed_in(owner), "/?q=type:md")
    assert "Holidays" in html
    assert "年假" in html
    assert "No document here is of the type “Slides”." in page(signed_in(owner), "/?q=type:slides")


def test_pages_of_results_and_more_of_a_document(library: Collection, owner: User) -> None:
    text = "\n\n".join(f"## Part {number}\n\n{'Paid leave and more. ' * 60}{number}" for number in range(30))
    document = ready(library, text, "long.md")
    assert document.chunk_count > 25
    client = signed_in(owner)
    first = page(client, "/?q=paid+leave&mode=lexical")
    assert 'rel="next" href="/?q=paid+leave&amp;mode=lexical&amp;page=2"' in first
    assert 'rel="prev"' not in first
    assert f'href="/?q=paid+leave&amp;mode=lexical&amp;doc={document.pk}"' in first
    second = page(client, "/?q=paid+leave&mode=lexical&page=2")
    assert 'rel="prev" href="/?q=paid+leave&amp;mode=lexical&amp;page=1"' in second
    only = page(client, f"/?q=paid+leave&mode=lexical&doc={document.pk}")
    assert "Only in “long”" in only
    assert "holidays" not in only
    assert "Nothing found" in page(client, "/?q=paid+leave&mode=lexical&page=40")


def test_a_document_of_others_is_no_filter(library: Collection, stranger: User) -> None:
    document = library.documents.get(name="holidays.md")
    assert "Holidays" not in page(signed_in(stranger), f"/?q=paid+leave&doc={document.pk}")
