"""Titles are found by the beginnings of their words, and only those that are there to be read."""

import pytest
from django.conf import LazySettings

from accounts import rate_limits
from accounts.models import User
from ingestion import services
from ingestion.models import Collection, Document, TitleKey
from ingestion.titles import beginning_with, note, words_of
from tests.conftest import signed_in
from tests.ingestion.material import CHINESE, ENGLISH, add, ready

pytestmark = pytest.mark.django_db
PAGE = "/search/titles/"


def found(collection: Collection, typed: str) -> list[str]:
    return [document.shown_title for document in beginning_with(typed, [collection])]


def test_words_begin_with_what_is_typed_and_chinese_holds_it(collection: Collection) -> None:
    ready(collection, "# Annual Report of the Harbour\n\nText.\n", "report-2024.md")
    ready(collection, "# Reporting rules\n\nOther text.\n", "rules.md")
    ready(collection, "# 港務局年度報告\n\n文字。\n", "bericht.md")
    assert found(collection, "rep") == ["Reporting rules", "Annual Report of the Harbour"]
    assert found(collection, "harb ANN") == ["Annual Report of the Harbour"]
    assert found(collection, "2024") == ["Annual Report of the Harbour"]
    assert found(collection, "年度报告") == ["港務局年度報告"]
    assert found(collection, "eport") == found(collection, "") == found(collection, "%_") == []


def test_keys_follow_the_document(collection: Collection, owner: User) -> None:
    document = ready(collection, ENGLISH, "holidays.md")
    assert found(collection, "holi") == ["Holidays"]
    Document.objects.filter(pk=document.pk).update(title="Vacations")
    assert found(collection, "holidays") == ["Vacations"], "its name still holds the word"
    note([document.pk])
    assert found(collection, "vac") == ["Vacations"]
    services.delete_document(document=document)
    assert not TitleKey.objects.exists()
    add(collection, CHINESE, "年假.md")
    assert found(collection, "年假") == []


def test_the_part_shows_what_the_person_may_read(collection: Collection, owner: User, stranger: User) -> None:
    document = ready(collection, ENGLISH, "holidays.md")
    html = signed_in(owner).get(PAGE, {"q": "hol", "c": "handbook"}).content.decode()
    assert f'href="/documents/{document.pk}/"' in html
    assert 'role="option"' in html
    for query in ({"q": "hol"}, {"q": "hol", "c": "handbook"}):
        assert signed_in(stranger).get(PAGE, query).content.decode().strip() == ""


def test_typing_has_a_limit_of_its_own(settings: LazySettings, owner: User) -> None:
    settings.RATE_LIMITS = {"titles": "2/minute"}
    rate_limits.reset()
    client = signed_in(owner)
    assert [client.get(PAGE, {"q": "a"}).status_code for _ in range(3)] == [200, 200, 429]


def test_keys_are_cut_and_long_titles_bounded(collection: Collection) -> None:
    document = ready(collection, ENGLISH, "holidays.md")
    Document.objects.filter(pk=document.pk).update(title="港" * 300)
    note([document.pk])
    assert document.title_keys.count() <= 40
    assert found(collection, "港" * 30) == ["港" * 300]
    assert words_of("a-b_c") == ["a", "b", "c"]
