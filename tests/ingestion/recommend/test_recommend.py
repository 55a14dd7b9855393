"""What is noted of a reader, and what they are told for it."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from ingestion import services as ingestion_services
from ingestion.generations import active_generation
from ingestion.models import Collection, Document, Generation, ReadDocument, Reader, ReadSearch, Subscription
from ingestion.recommend import noting, services
from ingestion.recommend.fresh import new_since
from ingestion.recommend.related import related
from search.embedding.model_files import locate_multilingual
from search.errors import ModelUnavailable
from tests.conftest import signed_in
from tests.ingestion.material import add, ready

pytestmark = pytest.mark.django_db

LEAVE = "# Annual leave\n\nEvery employee has twenty-five days of paid annual leave. Unused leave expires.\n"
SICK = "# Sick leave\n\nPaid leave for sick employees needs a doctor's note. It is not annual leave.\n"
TIDES = "# Tides\n\nThe tide gauge at the harbour measures the height of the sea every ten minutes.\n"
FERRY = "# Ferries\n\nFerries to the northern islands leave the harbour every morning at seven.\n"


@pytest.fixture(autouse=True)
def _nothing_noted(db: None) -> Iterator[None]:
    noting.write_noted()  # what earlier tests left, of people who are gone
    cache.clear()
    yield


@pytest.fixture
def documents(collection: Collection) -> dict[str, Document]:
    texts = {"leave": LEAVE, "sick": SICK, "tides": TIDES, "ferry": FERRY}
    return {name: ready(collection, text, f"{name}.md") for name, text in texts.items()}


def open_page(user: User, document: Document) -> None:
    assert signed_in(user).get(document.get_absolute_url()).status_code == 200
    noting.write_noted()


def start_page(user: User) -> str:
    return signed_in(user).get("/for-you/", headers={"HX-Request": "true"}).content.decode()


def test_what_is_close_to_what_one_read_is_told_and_why(
    documents: dict[str, Document], teammate: User, owner: User
) -> None:
    open_page(teammate, documents["leave"])
    found = related(teammate)
    assert found[0].document == documents["sick"] and found[0].read == "Annual leave"
    assert documents["leave"] not in [one.document for one in found]
    page = start_page(teammate)
    assert "Related to what you read" in page and "you read “Annual leave”" in page
    assert start_page(owner).strip() == ""  # who read nothing sees no empty boxes


def test_searches_count_where_they_found_something(documents: dict[str, Document], teammate: User) -> None:
    client = signed_in(teammate)
    client.get("/", {"q": "harbour ferries"})
    client.get("/", {"q": "zzqx"})
    noting.write_noted()
    assert [one.words for one in ReadSearch.objects.all()] == ["harbour ferries"]
    assert documents["ferry"] in [one.document for one in related(teammate)]


def test_by_meaning_also_across_languages(
    collection: Collection, teammate: User, settings: Settings, tmp_path: Path
) -> None:
    """With the model that knows both, from the vectors of the index alone."""
    folder = {"folder": str(tmp_path)}
    settings.EMBEDDING = {
        "BACKEND": "search.embedding.multilingual.MultilingualEmbedder",
        "OPTIONS": folder,
    }
    try:
        locate_multilingual()
    except ModelUnavailable as error:
        pytest.skip(str(error))
    Generation.objects.all().delete()
    active_generation(collection)
    salt = ready(collection, "# 制盐\n\n盐是在海边的浅池里制成的，太阳和风把水晒干。\n", "salt-zh.md")
    ready(collection, "# 蜜蜂\n\n蜜蜂在蜂巢上跳舞，告诉同伴花在哪里。\n", "bees.md")
    ready(collection, "# Football\n\nThe striker scored twice before half time in the cup final.\n", "cup.md")
    read = ready(
        collection, "# Salt\n\nSalt was made in shallow ponds by the sea, dried by sun and wind.\n", "salt.md"
    )
    open_page(teammate, read)
    assert [one.document for one in related(teammate)][:1] == [salt]


def test_a_language_without_vectors_is_compared_by_words(collection: Collection, teammate: User) -> None:
    read = ready(collection, "# 年假制度\n\n每位员工每年有二十五天带薪年假，未用完的次年失效。\n", "a.md")
    near = ready(collection, "# 年假申请\n\n员工申请带薪年假须提前两周提交，由主管批准。\n", "b.md")
    ready(collection, "# 潮位站\n\n港口的潮位站每十分钟测量一次海面高度。\n", "c.md")
    open_page(teammate, read)
    assert [one.document for one in related(teammate)] == [near]


def test_only_what_may_still_be_read_is_told(
    documents: dict[str, Document], collection: Collection, teammate: User
) -> None:
    open_page(teammate, documents["leave"])
    assert related(teammate)
    ingestion_services.remove_member(collection=collection, user=teammate)
    assert related(teammate) == []
    assert start_page(teammate).strip() == ""


def test_new_documents_of_followed_collections_since_the_last_visit(
    collection: Collection, teammate: User, stranger: User
) -> None:
    old = ready(collection, TIDES, "old.md")
    client = signed_in(teammate)
    client.post("/collections/handbook/subscribe/", {"on": "1"})
    assert "New since" not in start_page(teammate)  # the first visit
    now = timezone.now()
    Reader.objects.update(here_at=now - timedelta(hours=2))
    Document.objects.update(finished_at=now - timedelta(hours=3), created_at=now - timedelta(days=9))
    fresh = ready(collection, FERRY, "fresh.md")
    add(collection, LEAVE, "waiting.md")
    page = start_page(teammate)
    assert fresh.shown_title in page and old.shown_title not in page and "waiting" not in page
    assert fresh.shown_title in start_page(teammate)  # the visit lasts
    open_page(teammate, old)
    assert start_page(teammate).count(fresh.shown_title) == 1, "what is new is not told a second time"
    open_page(teammate, fresh)
    assert "New since" not in start_page(teammate), "what one has opened is not new"
    ReadDocument.objects.all().delete()
    Document.objects.filter(pk=fresh.pk).update(created_by=teammate)
    assert "New since" not in start_page(teammate), "nor what one brought"
    assert signed_in(stranger).post("/collections/handbook/subscribe/", {"on": "1"}).status_code == 404
    client.post("/collections/handbook/subscribe/", {"on": "0"})
    assert not Subscription.objects.exists() and start_page(teammate).strip() == ""


def test_switched_off_nothing_is_noted_and_what_was_is_gone(
    documents: dict[str, Document], teammate: User
) -> None:
    open_page(teammate, documents["leave"])
    client = signed_in(teammate)
    assert "Annual leave" in client.get("/settings/reading/").content.decode()
    client.get(documents["sick"].get_absolute_url())  # not yet written when it is switched off
    client.post("/settings/reading/", {"do": "off"})
    noting.write_noted()
    open_page(teammate, documents["tides"])
    client.get("/", {"q": "harbour"})
    noting.write_noted()
    assert not ReadDocument.objects.exists() and not ReadSearch.objects.exists()
    assert start_page(teammate).strip() == ""
    assert Reader.objects.get(user=teammate).here_at is None
    followed = client.post("/collections/handbook/subscribe/", {"on": "1"}, follow=True)
    assert "Your suggestions are switched off" in followed.content.decode()
    client.post("/collections/handbook/subscribe/", {"on": "0"})
    client.post("/settings/reading/", {"do": "on"})
    open_page(teammate, documents["tides"])
    assert ReadDocument.objects.get().document == documents["tides"]
    client.post("/settings/reading/", {"do": "clear"})
    assert not ReadDocument.objects.exists()


def test_nobody_sees_what_another_read(
    documents: dict[str, Document], teammate: User, owner: User, admin: User
) -> None:
    open_page(teammate, documents["leave"])
    for other in (owner, admin):
        assert "Annual leave" not in signed_in(other).get("/settings/reading/").content.decode()
    services.clear(user=owner)
    assert ReadDocument.objects.filter(user=teammate).exists()
    assert Client().get("/for-you/").status_code == 302


def test_what_is_noted_is_bounded_and_costs_a_request_no_query(
    collection: Collection, teammate: User, django_assert_num_queries: pytest.FixtureRequest
) -> None:
    made = Document.objects.bulk_create(
        Document(collection=collection, name=f"{n}", sha256=f"{n:064}", status="ready")
        for n in range(noting.MOST_DOCUMENTS + 5)
    )
    with django_assert_num_queries(0):  # type: ignore[operator]
        for document in made:
            noting.opened(teammate, document.pk)
        for n in range(noting.MOST_SEARCHES + 5):
            noting.searched(teammate, f"words {n}")
    noting.opened(teammate, made[0].pk)
    noting.write_noted()
    kept = set(ReadDocument.objects.values_list("document", flat=True))
    assert len(kept) == noting.MOST_DOCUMENTS and made[0].pk in kept and made[1].pk not in kept
    assert ReadSearch.objects.count() == noting.MOST_SEARCHES


def test_a_large_collection_costs_no_more(
    collection: Collection, teammate: User, django_assert_max_num_queries: pytest.FixtureRequest
) -> None:
    services.subscribe(user=teammate, collection=collection)
    since = timezone.now() - timedelta(hours=1)
    Document.objects.bulk_create(
        Document(
            collection=collection, name=f"{n}", sha256=f"{n:064}", status="ready", finished_at=timezone.now()
        )
        for n in range(300)
    )
    with django_assert_max_num_queries(3):  # type: ignore[operator]
        fresh = new_since(teammate, since)
    assert len(fresh.documents) == 6 and fresh.more and fresh.of == (collection,)
