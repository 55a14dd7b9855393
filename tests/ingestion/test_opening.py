"""Addresses of passages outlive the index that they were made with."""

from datetime import timedelta

import pytest
from django.utils import timezone

from ingestion import indexing, reembedding, services
from ingestion.chunk_ids import chunk_id, named_range
from ingestion.models import Chunk, Collection, Document, DocumentText, Generation
from ingestion.opening import open_passage, quoted_at, quoted_url
from tests.ingestion.material import extract_all, ready

pytestmark = pytest.mark.django_db
TEXT = "\n\n".join(f"## Part {n}\n\nThe heron number {n} stands still. {'It waits. ' * 60}" for n in range(6))


@pytest.fixture
def document(collection: Collection) -> Document:
    return ready(collection, TEXT)


def content_of(document: Document) -> DocumentText:
    return DocumentText.objects.get(document=document)


def built_anew(collection: Collection) -> None:
    """Another index takes the place of the old one, of which nothing is left."""
    reembedding.start_reembedding(collection)
    extract_all()
    indexing.index_all()
    Generation.objects.filter(state="retired").update(ended_at=timezone.now() - timedelta(minutes=1))
    indexing.index_all()


def test_an_old_id_opens_the_same_text_after_the_index_was_built_anew(
    collection: Collection, document: Document
) -> None:
    old = document.chunks.order_by("ordinal")[2]
    services.update_collection(collection=collection, chunk_tokens=40, chunk_overlap=0)
    built_anew(collection)
    assert not Chunk.objects.filter(pk=old.pk).exists()
    opened = open_passage(document, content_of(document), old.pk)
    assert opened is not None
    assert (opened.id, opened.start, opened.end) == (old.pk, old.start, old.end)
    assert opened.heading == old.heading


def test_words_of_an_unknown_passage_open_the_one_that_holds_them_now(document: Document) -> None:
    content, quote = content_of(document), "The heron number 3 stands still."
    start = content.text.index(quote)
    opened = open_passage(document, content, "0" * 32, quoted_at(start, start + len(quote), quote))
    assert opened is not None
    assert Chunk.objects.get(pk=opened.id).text == content.text[opened.start : opened.end]
    assert opened.quoted == (start, start + len(quote))
    assert opened.start <= start < opened.end


def test_words_that_stand_beside_the_named_passage_lead_to_theirs(document: Document) -> None:
    first, second = document.chunks.order_by("ordinal")[:2]
    quote = second.text[-9:]
    at = quoted_at(second.end - 9, second.end, quote)
    opened = open_passage(document, content_of(document), first.pk, at)
    assert opened is not None
    assert (opened.id, opened.quoted) == (second.pk, (second.end - 9, second.end))


def test_a_changed_text_opens_nothing_in_its_place(collection: Collection, document: Document) -> None:
    old = document.chunks.order_by("ordinal")[2]
    at = quoted_at(old.start, old.end, old.text)
    built_anew(collection)
    content = content_of(document)
    content.text = content.text.replace("heron", "egret")
    assert open_passage(document, content, old.pk, at) is None


def test_white_space_between_joined_passages_does_not_matter(document: Document) -> None:
    content = content_of(document)
    quote = content.text[:40]
    opened = open_passage(document, content, "", quoted_at(0, 40, quote.replace("\n\n", " ")))
    assert opened is not None
    assert opened.quoted == (0, 40)


@pytest.mark.parametrize("name", ["", "p", "z" * 32, "f" * 32, "0" * 32, "a" * 33])
@pytest.mark.parametrize("at", ["", "1-2", "9-3-00000000", "0-999999999-00000000", "٣-٤-00000000"])
def test_addresses_that_name_nothing(document: Document, name: str, at: str) -> None:
    assert open_passage(document, content_of(document), name, at) is None


def test_an_id_is_of_one_document_and_one_index(collection: Collection, document: Document) -> None:
    generation, text = collection.generations.get().pk, content_of(document).text
    name = chunk_id(generation, document.pk, 10, text[10:50])
    assert named_range(name, document.pk, text, [generation]) == (10, 50)
    assert named_range(name, generation, text, [generation]) is None
    assert named_range(name, document.pk, text, [document.pk]) is None


def test_an_address_without_words_stays_as_it_is() -> None:
    assert quoted_url("/documents/1/?p=a#p=a", "") == "/documents/1/?p=a#p=a"
    assert quoted_url("/documents/1/?p=a#p=a", "1-2-0") == "/documents/1/?p=a&at=1-2-0#p=a"
