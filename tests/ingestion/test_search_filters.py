"""Phrases, exclusions, filters, pages and dates, by words and by meaning, through the whole search."""

from datetime import date

import pytest
from django.utils import timezone

from ingestion import services, tagging
from ingestion.finding import find
from ingestion.models import Collection, Document, Source, SourceItem
from search.query_language import parse
from search.types import MODES, Mode
from tests.ingestion.material import CHINESE, ENGLISH, ready

pytestmark = pytest.mark.django_db


def names(query: str, collection: Collection, mode: Mode = "hybrid", **options: object) -> list[str]:
    asked = parse(query, today=timezone.localdate())
    found = find(asked, [collection], mode=mode, **options)  # type: ignore[arg-type]
    return [passage.document for passage in found.passages]


def notes(query: str, collection: Collection) -> list[str]:
    return find(parse(query, today=timezone.localdate()), [collection]).notes


@pytest.fixture
def harbour(collection: Collection) -> dict[str, Document]:
    return {
        "fees": ready(collection, "# Fees\n\nThe harbour fee is forty crowns for each ship.", "fees.md"),
        "hours": ready(collection, "The fee office of the harbour opens at eight.", "hours.txt"),
        "zh": ready(collection, "# 港口\n\n港口费用為四十克朗，辦公室八點開門。", "港口.md"),
    }


@pytest.mark.parametrize("mode", MODES)
def test_a_phrase_is_in_every_passage(
    harbour: dict[str, Document], collection: Collection, mode: Mode
) -> None:
    assert set(names("harbour fee", collection, mode)) >= {"Fees", "hours"}
    assert names('"harbour fees"', collection, mode) == ["Fees"]
    assert names("“港口費用”", collection, mode) == ["港口"]
    assert names("“口四十”", collection, mode) == []
    assert names('"fee harbour"', collection, mode) == []


@pytest.mark.parametrize("mode", MODES)
def test_what_is_excluded_is_in_no_passage(
    harbour: dict[str, Document], collection: Collection, mode: Mode
) -> None:
    assert "hours" not in names("harbour -offices", collection, mode)
    assert "Fees" in names("harbour -offices", collection, mode)
    assert "Fees" not in names('harbour -"forty crowns"', collection, mode)
    assert "港口" not in names("港口 harbour -办公室", collection, mode)


def test_a_phrase_is_marked_as_a_whole(harbour: dict[str, Document], collection: Collection) -> None:
    asked = parse('"fee is forty" crowns', today=timezone.localdate())
    (passage,) = find(asked, [collection]).passages
    assert [passage.text[a:b] for a, b in passage.highlights] == ["fee is forty", "crowns"]


def test_plain_text_stays_plain(harbour: dict[str, Document], collection: Collection) -> None:
    found = find('harbour -fee "no such phrase" type:pdf', [collection])
    assert {"Fees", "hours"} <= {passage.document for passage in found.passages}
    assert found.notes == []


def test_types_and_tags(harbour: dict[str, Document], collection: Collection) -> None:
    assert names("harbour type:txt", collection) == ["hours"]
    assert "hours" not in names("harbour 类型：md", collection)
    tagging.add_tags(collection=collection, documents=[harbour["fees"]], names=["Money"])
    assert names("harbour tag:money", collection) == ["Fees"]
    assert names("harbour tag:money type:txt", collection) == []
    assert notes("harbour tag:money type:txt", collection) == ["No document here passes all of the filters."]
    assert notes("harbour type:slides", collection) == ["No document here is of the type “Slides”."]
    assert notes("harbour type:song", collection)[0].startswith("“song” is no type")


def test_filters_with_a_minus(harbour: dict[str, Document], collection: Collection) -> None:
    tagging.add_tags(collection=collection, documents=[harbour["fees"]], names=["Money"])
    assert "hours" not in names("harbour -type:txt", collection)
    assert "Fees" in names("harbour -type:txt", collection)
    assert names("harbour -类型：md", collection) == ["hours"]
    assert names("港口 harbour -tag:money type:md", collection) == ["港口"]
    assert names("-type:txt -tag:money", collection) == ["港口"]
    assert notes("harbour -type:txt,md", collection) == ["No document here passes all of the filters."]
    Document.objects.filter(pk=harbour["hours"].pk).update(mime="text/markdown")
    assert notes("harbour -type:md", collection) == ["Every document here is of the type “Markdown”."]


def test_dates_are_the_documents_own_or_when_they_came(
    harbour: dict[str, Document], collection: Collection
) -> None:
    Document.objects.filter(pk=harbour["fees"].pk).update(dated_on=date(2020, 5, 1))
    assert names("harbour before:2021", collection) == ["Fees"]
    assert names("harbour after:2020-05 before:2020-05-02", collection) == ["Fees"]
    assert "Fees" not in names("harbour after:7d", collection)
    assert "hours" in names("harbour after:7d", collection)
    assert notes("harbour before:1990", collection) == ["No document here is from that time."]
    Document.objects.filter(pk=harbour["hours"].pk).update(dated_on=date(2024, 5, 1))
    shown = names("harbour", collection, mode="lexical", sort="date")
    assert shown == ["hours", "Fees"]


@pytest.mark.parametrize(
    ("site", "is_in"),
    [
        ("example.org", True),
        ("docs.example.org", True),
        ("example.org/Fees", True),
        ("example.org/fees/new", False),
        ("ample.org", False),
        ("org", True),
        ("example.com", False),
        ("https://docs.example.org/", True),
    ],
)
def test_sites(harbour: dict[str, Document], collection: Collection, site: str, is_in: bool) -> None:
    source = Source.objects.create(collection=collection, kind=Source.Kind.WEB, name="site")
    SourceItem.objects.create(
        source=source,
        path="https://docs.example.org/fees?x=http://example.com/",
        document=harbour["fees"],
        outcome=SourceItem.Outcome.NEW,
        changed_at=timezone.now(),
    )
    assert names(f"harbour site:{site}", collection) == (["Fees"] if is_in else [])
    assert ("Fees" in names(f"harbour -site:{site}", collection)) is not is_in


def test_many_documents_are_filtered_after_the_indexes(
    harbour: dict[str, Document], collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingestion.search_filters.MOST_IDS", 1)
    assert names("harbour type:md", collection, mode="lexical") == ["Fees"]


def test_pages_are_parts_of_one_ranking(collection: Collection) -> None:
    for number in range(7):
        ready(collection, f"# Note {number}\n\nThe harbour {'harbour ' * number}note.", f"{number}.md")
    whole = names("harbour", collection, k=7)
    assert len(whole) == 7
    pages = [find("harbour", [collection], k=3, offset=offset) for offset in (0, 3, 6, 9)]
    assert [item.document for page in pages for item in page.passages] == whole
    assert [page.more for page in pages] == [True, True, False, False]


def test_deep_pages_repeat_nothing(collection: Collection, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(14):
        cargo = "boat coal salt rope sail "[: 5 * (number % 6)]
        words = f"{'harbour ' * (number % 5 + 1)}{cargo} pier {number}."
        ready(collection, f"# Note {number}\n\n{words * (number % 3 + 1)}", f"{number}.md")
    services.update_collection(collection=collection, dense_weight=0.6)
    monkeypatch.setattr("search.retrieval.DEPTH", 4)
    monkeypatch.setattr("ingestion.ranked.LOOKED_AT", 2)
    pages = [find("harbour boat", [collection], k=1, offset=offset).passages for offset in range(15)]
    shown = [hit for page in pages for hit in page]
    assert sorted(hit.document for hit in shown) == sorted(f"Note {number}" for number in range(14))
    assert [hit.score for hit in shown] == sorted((hit.score for hit in shown), reverse=True)


def test_filters_alone_show_the_newest_documents(
    harbour: dict[str, Document], collection: Collection
) -> None:
    Document.objects.filter(pk=harbour["fees"].pk).update(dated_on=date(2020, 5, 1))
    assert names("type:md", collection) == ["港口", "Fees"]
    assert names("type:md", collection, k=1, offset=1) == ["Fees"]
    assert find(parse("type:md", today=timezone.localdate()), [collection], k=1).more
    assert names("type:pdf", collection) == []
    assert notes("type:pdf", collection) == ["No document here is of the type “PDF”."]


def test_one_document_only(harbour: dict[str, Document], collection: Collection) -> None:
    assert names("harbour", collection, document=harbour["hours"]) == ["hours"]


def test_a_filter_costs_one_query_and_its_absence_none(
    collection: Collection, django_assert_num_queries: pytest.FixtureRequest
) -> None:
    ready(collection, ENGLISH, "holidays.md")
    ready(collection, CHINESE, "年假.md")
    find("leave", [collection])
    with django_assert_num_queries(2):  # type: ignore[operator]
        find("leave", [collection])
    with django_assert_num_queries(3):  # type: ignore[operator]
        assert names("leave type:md", collection)
