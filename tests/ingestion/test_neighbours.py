from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from ingestion import services
from ingestion.finding import FoundPassage, find
from ingestion.models import Chunk, Collection, Document, Generation
from ingestion.neighbours import WidePassage, part_at, widen
from tests.ingestion.material import ready

pytestmark = pytest.mark.django_db

WHOLE = (
    "Guests may use the sauna between six and ten in the evening, and on Sundays also in the "
    "morning, if they\n"
    "have booked it at the desk. It must be left clean.\n\n"
    "Bring the following to the boat on the first day, because none of it can be bought on the island:\n\n"
    "- a rain jacket with a hood and warm gloves that may get wet without any harm being done to them\n"
    "- a torch\n\n"
    "The boat leaves at seven from the northern pier of the harbour and comes back before it "
    "gets dark again. "
    "Nobody waits for those who are late, since the tide does not wait either."
)


def cut(
    collection: Collection, text: str, *borders: int | tuple[int, int], headings: Sequence[str] = ()
) -> list[FoundPassage]:
    """A ready document cut at ``borders`` (or into the ranges given), as found passages in its order."""
    generation = Generation.objects.filter(collection=collection, state=Generation.State.ACTIVE).first()
    if generation is None:
        generation = Generation.objects.create(
            collection=collection, embedding="e", splitter="s", state=Generation.State.ACTIVE
        )
    document = Document.objects.create(
        collection=collection, name="guide.md", sha256=f"{Document.objects.count():064}", status="ready"
    )
    places = [0, *[border for border in borders if isinstance(border, int)], len(text)]
    ranges = [border for border in borders if isinstance(border, tuple)] or list(pairwise(places))
    found = []
    for ordinal, (start, end) in enumerate(ranges):
        piece = text[start:end]
        start += len(piece) - len(piece.lstrip())
        heading = headings[ordinal] if headings else "Guide"
        chunk = Chunk.objects.create(
            id=f"{document.pk.hex[:16]}{ordinal}",
            document=document,
            generation=generation,
            ordinal=ordinal,
            start=start,
            end=start + len(piece.strip()),
            page=ordinal + 1,
            heading=heading,
            text=piece.strip(),
        )
        found.append(as_found(chunk, generation))
    return found


def as_found(chunk: Chunk, generation: Generation) -> FoundPassage:
    return FoundPassage(
        chunk_id=chunk.id,
        document_id=str(chunk.document_id),
        document="guide.md",
        text=chunk.text,
        score=1.0,
        page=chunk.page,
        heading=chunk.heading,
        start=chunk.start,
        end=chunk.end,
        highlights=[(0, 3)],
        url=f"/documents/x/?p={chunk.id}",
        collection="Guide",
        collection_slug="guide",
        index_id=generation.index_id,
        lexical=1.0,
        dense=None,
        updated=datetime(2026, 1, 2, tzinfo=UTC),
    )


def test_a_sentence_cut_in_two_is_whole_again(collection: Collection) -> None:
    first, second, _rest = cut(collection, WHOLE, WHOLE.index("have booked"), WHOLE.index("Bring"))
    (wide,) = widen([first])
    assert wide.text == WHOLE[wide.start : wide.end].replace("they\nhave", "they have")
    assert (wide.start, wide.end) == (first.start, second.end)
    assert wide.chunk_id == first.chunk_id


def test_the_second_half_brings_the_first(collection: Collection) -> None:
    first, second, _rest = cut(collection, WHOLE, WHOLE.index("have booked"), WHOLE.index("Bring"))
    (wide,) = widen([second])
    assert wide.start == first.start
    assert wide.text.startswith("Guests may use")
    start, end = wide.highlights[0]
    assert wide.text[start:end] == "hav"


def test_a_line_that_leads_on_brings_its_list_and_offsets_stay_right(collection: Collection) -> None:
    _before, lead, items, _rest = cut(
        collection, WHOLE, WHOLE.index("Bring"), WHOLE.index("- a rain"), WHOLE.index("The boat leaves")
    )
    (wide,) = widen([lead])
    assert wide.end == items.end
    at = wide.text.index("a torch")
    assert WHOLE[wide.start + at :].startswith("a torch")


def test_a_list_cut_in_two_is_whole_again(collection: Collection) -> None:
    *_before, first, second, _rest = cut(
        collection,
        WHOLE,
        WHOLE.index("Bring"),
        WHOLE.index("- a rain"),
        WHOLE.index("- a torch"),
        WHOLE.index("The boat leaves"),
    )
    (wide,) = widen([second])
    assert wide.start == first.start


def test_what_is_complete_stays_alone(collection: Collection) -> None:
    *_before, last = cut(collection, WHOLE, WHOLE.index("Bring"), WHOLE.index("The boat leaves"))
    assert widen([last]) == [last]


def test_a_passage_that_begins_with_a_pronoun_brings_what_it_speaks_of(collection: Collection) -> None:
    text = "The sauna of the guest house was built of pine in the last winter of the war.\n\nIt seats eight."
    first, second = cut(collection, text, text.index("It seats"))
    assert widen([second])[0].start == first.start


def test_chinese_passages(collection: Collection) -> None:
    text = (
        "桑拿房每天傍晚六点到十点对客人开放，周日上午也开放，但需要事先预约，并且在离开的时候\n把它打扫干净。"
    )
    first, second = cut(collection, text, text.index("把它"))
    (wide,) = widen([first])
    assert wide.end == second.end


def test_another_section_is_left_out(collection: Collection) -> None:
    text = "The sauna seats eight.\n\nThe boat leaves at seven from the northern pier of the harbour."
    first, _second = cut(collection, text, text.index("The boat"), headings=["Sauna", "Boat"])
    assert widen([first]) == [first]


def test_overlapping_hits_become_one_source_without_repeating(collection: Collection) -> None:
    middle = WHOLE.index("It must be left clean")
    end = WHOLE.index("Bring")
    first, second = cut(collection, WHOLE[: len(WHOLE)], (0, end), (middle, len(WHOLE)))
    (wide,) = widen([second, first])
    assert wide.text.count("It must be left clean") == 1
    assert len(wide.text) == wide.end - wide.start
    assert wide.chunk_id == second.chunk_id


def test_neighbours_that_are_hits_are_not_repeated(collection: Collection) -> None:
    first, second, rest = cut(collection, WHOLE, WHOLE.index("have booked"), WHOLE.index("Bring"))
    assert [passage.chunk_id for passage in widen([first, rest, second])] == [first.chunk_id, rest.chunk_id]


def test_a_citation_names_the_page_of_its_own_part(collection: Collection) -> None:
    first, second, _rest = cut(collection, WHOLE, WHOLE.index("have booked"), WHOLE.index("Bring"))
    (wide,) = widen([first])
    assert isinstance(wide, WidePassage)
    assert part_at(wide, first.start + 3).page == first.page
    there = part_at(wide, second.start + 3)
    assert (there.page, there.chunk_id) == (second.page, second.chunk_id)
    assert second.chunk_id in there.url


def test_other_documents_generations_and_unready_documents_stay_out(
    collection: Collection, owner: User
) -> None:
    other = services.create_collection(owner=owner, name="Other")
    cut(other, WHOLE, WHOLE.index("have booked"))
    first, _second, _rest = cut(collection, WHOLE, WHOLE.index("have booked"), WHOLE.index("Bring"))
    Chunk.objects.filter(document_id=first.document_id, ordinal=1).update(
        generation=Generation.objects.create(collection=collection, embedding="n", splitter="s")
    )
    assert widen([first]) == [first]
    Document.objects.filter(pk=first.document_id).update(status="processing")
    assert widen([first]) == [first]


def test_one_query_however_many_passages(collection: Collection) -> None:
    found = [passage for _ in range(4) for passage in cut(collection, WHOLE, WHOLE.index("have booked"))]
    with CaptureQueriesContext(connection) as queries:
        widen(found)
    assert len(queries) == 1
    assert widen([]) == []


def test_the_pipelines_own_passages(collection: Collection) -> None:
    sentence = "The keeper of the lighthouse notes the wind, the tide and every ship that passes the point. "
    document = ready(collection, "# Log\n\n" + sentence * 60)
    text = document.content.text
    for wide in widen(find("keeper", [collection], k=3).passages):
        assert len(wide.text) == wide.end - wide.start
        assert wide.text.split() == text[wide.start : wide.end].split()
