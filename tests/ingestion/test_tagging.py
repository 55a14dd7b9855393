"""Tags on documents, and lists filtered by them."""

import pytest

from accounts.models import User
from ingestion import services, tagging
from ingestion.errors import BadCollection
from ingestion.finding import find
from ingestion.models import Collection, Tag
from search.filters import Filters
from search.query_language import Asked
from tests import fixtures
from tests.conftest import signed_in
from tests.ingestion.material import ENGLISH, add, ready

pytestmark = pytest.mark.django_db


def test_tags_typed_together_are_told_apart() -> None:
    assert tagging.names_in(" Fees, harbour  office，船员;fees") == ["fees", "harbour office", "船员"]
    for wrong in (" , ", "x" * 41):
        with pytest.raises(BadCollection):
            tagging.names_in(wrong)


def test_a_tag_comes_and_goes(collection: Collection, owner: User) -> None:
    document = add(collection, ENGLISH)
    client = signed_in(owner)
    client.post(f"/documents/{document.pk}/tags/", {"tag": "Leave, 年假"})
    assert {tag.name for tag in document.tags.all()} == {"Leave", "年假"}
    part = client.post(f"/documents/{document.pk}/tags/", {"tag": "leave"}, headers={"HX-Request": "true"})
    assert "<html" not in part.content.decode()
    assert document.tags.count() == 2, "case tells no tags apart"
    client.post(f"/documents/{document.pk}/tags/", {"remove": "年假"})
    assert not Tag.objects.filter(name="年假").exists(), "a tag that nothing has is gone"
    assert "?tag=Leave" in client.get(f"/documents/{document.pk}/").content.decode()


def test_only_editors_tag(collection: Collection, teammate: User, stranger: User) -> None:
    document = add(collection, ENGLISH)
    address = f"/documents/{document.pk}/tags/"
    assert signed_in(teammate).post(address, {"tag": "x"}).status_code == 403
    assert signed_in(stranger).post(address, {"tag": "x"}).status_code == 404
    assert signed_in(None).post(address, {"tag": "x"})["Location"].startswith("/login/")
    assert "Add a tag" not in signed_in(teammate).get(f"/documents/{document.pk}/").content.decode()


def test_ticked_documents_are_tagged_and_the_list_is_filtered(collection: Collection, owner: User) -> None:
    first, second = add(collection, ENGLISH), add(collection, "# Other", "other.md")
    elsewhere = services.create_collection(owner=owner, name="Elsewhere")
    foreign = add(elsewhere, "# Foreign", "foreign.md")
    client = signed_in(owner)
    answer = client.post(
        "/collections/handbook/tag/",
        {"ids": [str(first.pk), str(foreign.pk)], "new_tag": "Fees"},
        follow=True,
    )
    assert "1 document tagged." in answer.content.decode()
    assert not foreign.tags.exists()
    html = client.get("/collections/handbook/?tag=fees").content.decode()
    assert f"open-{first.pk}" in html and f"open-{second.pk}" not in html
    assert "Fees" in html


def test_the_list_asks_no_query_a_row(
    collection: Collection, owner: User, django_assert_max_num_queries: pytest.FixtureRequest
) -> None:
    documents = [add(collection, f"# Note {number}", f"{number}.md") for number in range(12)]
    tagging.add_tags(collection=collection, documents=documents, names=["a", "b"])
    client = signed_in(owner)
    with django_assert_max_num_queries(16):  # type: ignore[operator]
        client.get("/collections/handbook/")


def test_search_is_narrowed_to_documents_with_the_tags(collection: Collection, owner: User) -> None:
    first = ready(collection, "# Fees\n\nThe harbour fee is forty crowns.", "fees.md")
    ready(collection, "# Harbour\n\nThe harbour opens at eight.", "hours.md")
    tagging.add_tags(collection=collection, documents=[first], names=["Money", "2025"])

    def tagged(*names: str) -> Asked:
        return Asked.plain("harbour").with_filters(Filters(tags=names))

    names = {item.document for item in find(tagged("money", "2025"), [collection]).passages}
    assert names == {"Fees"}
    assert len(find("harbour", [collection]).passages) == 2
    none = find(tagged("money", "other"), [collection])
    assert none.passages == []
    assert none.notes == ["No document here has the tag “other”."]
    client = signed_in(owner)
    html = client.get("/?q=harbour&tag=money").content.decode()
    assert "fees.md" not in html and "opens at eight" not in html
    assert 'value="money" checked' in html or 'value="Money" checked' in html
    body = {"query": "harbour", "tags": ["Money"]}
    hits = client.post("/api/v1/search", body, content_type="application/json").json()["hits"]
    assert [hit["document_id"] for hit in hits] == [str(first.pk)]


def test_hits_name_slides_and_sheets(collection: Collection) -> None:
    ready(collection, fixtures.pptx(), "a.pptx")
    ready(collection, fixtures.xlsx(), "b.xlsx")
    ready(collection, fixtures.pdf(), "c.pdf")
    found = {
        item.page_name: item.page
        for query in ("海图每年更新一次", "Trawler", "lighthouse keeper")
        for item in find(query, [collection], k=3).passages
    }
    assert found["Slide 2"] == 2
    assert found["Fees"] == 1
    assert found["Page 2"] == 2
