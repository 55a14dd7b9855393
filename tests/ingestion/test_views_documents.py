"""The document page, a passage for the chat's pane, and the original file."""

import asyncio

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import AsyncClient, Client

from accounts.models import User
from ingestion import services, storage
from ingestion.models import Collection, Document
from ingestion.opening import quoted_at
from tests import fixtures
from tests.conftest import signed_in
from tests.ingestion.material import ENGLISH, add, ready

pytestmark = pytest.mark.django_db

LONG = "\n\n".join(f"Paragraph {number} tells of the harbour and its ferries." * 4 for number in range(900))


def page(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_an_opened_passage_is_marked_and_has_its_address(collection: Collection, owner: User) -> None:
    document = ready(collection, ENGLISH)
    chunk = document.chunks.get()
    html = page(signed_in(owner), f"/documents/{document.pk}/?p={chunk.pk}")
    assert f'id="p={chunk.pk}"' in html
    assert 'class="passage"' in html
    assert 'class="passage"' not in page(signed_in(owner), f"/documents/{document.pk}/")


def test_a_long_document_is_shown_in_parts(collection: Collection, owner: User) -> None:
    document = ready(collection, LONG, "long.txt")
    client = signed_in(owner)
    first = page(client, f"/documents/{document.pk}/")
    assert "Part 1 of" in first
    assert "Paragraph 899" not in first
    chunk = document.chunks.order_by("-ordinal")[0]
    last = page(client, f"/documents/{document.pk}/?p={chunk.pk}")
    assert f'id="p={chunk.pk}"' in last
    assert "Paragraph 899" in last
    assert "Part 2 of" in page(client, f"/documents/{document.pk}/?part=2")
    assert "Part 1 of" in page(client, f"/documents/{document.pk}/?part=x")


def test_pages_are_told_apart(collection: Collection, owner: User) -> None:
    document = ready(collection, fixtures.pdf(), "guide.pdf")
    html = page(signed_in(owner), f"/documents/{document.pk}/?page=2")
    assert [f'id="page-{number}"' in html for number in (1, 2, 3)] == [True, True, True]


def test_a_passage_that_is_gone_is_said_to_be(collection: Collection, owner: User) -> None:
    document = ready(collection, ENGLISH)
    assert "is gone" in page(signed_in(owner), f"/documents/{document.pk}/?p=nonsense")
    answer = signed_in(owner).get(f"/documents/{document.pk}/passage/nonsense/")
    assert answer.status_code == 404


def test_active_content_is_shown_as_text(collection: Collection, owner: User) -> None:
    document = ready(collection, "# Title\n\n<script>alert(1)</script> [x](javascript:alert(1))\n")
    html = page(signed_in(owner), f"/documents/{document.pk}/")
    assert "<script>alert" not in html
    assert 'href="javascript' not in html


def test_a_passage_comes_with_the_text_around_it(collection: Collection, owner: User) -> None:
    document = ready(collection, LONG, "long.txt")
    chunk = document.chunks.order_by("ordinal")[6]
    html = page(signed_in(owner), f"/documents/{document.pk}/passage/{chunk.pk}/")
    assert "<html" not in html
    assert 'class="passage"' in html
    assert f"/documents/{document.pk}/?p={chunk.pk}#p={chunk.pk}" in html
    assert len(html) < 12_000


def test_quoted_words_are_marked_in_the_pane_and_on_the_page(collection: Collection, owner: User) -> None:
    document = ready(collection, LONG, "long.txt")
    chunk = document.chunks.order_by("ordinal")[6]
    words = f'<mark class="word" data-id="{chunk.pk}">{chunk.text[:9]}</mark>'
    at = quoted_at(chunk.start, chunk.start + 9, chunk.text[:9])
    pane = page(signed_in(owner), f"/documents/{document.pk}/passage/{chunk.pk}/?at={at}")
    assert words in pane
    assert f"/documents/{document.pk}/?p={chunk.pk}&amp;at={at}#p={chunk.pk}" in pane
    assert words in page(signed_in(owner), f"/documents/{document.pk}/?p={chunk.pk}&at={at}")
    without = page(signed_in(owner), f"/documents/{document.pk}/passage/{chunk.pk}/?at=x")
    assert 'class="word"' not in without
    assert "has changed since" not in without


def test_words_that_are_another_text_now_are_not_marked(collection: Collection, owner: User) -> None:
    document = ready(collection, LONG, "long.txt")
    chunk = document.chunks.order_by("ordinal")[6]
    at = quoted_at(chunk.start, chunk.start + 9, "Something")
    for address in (
        f"/documents/{document.pk}/passage/{chunk.pk}/?",
        f"/documents/{document.pk}/?p={chunk.pk}&",
    ):
        html = page(signed_in(owner), f"{address}at={at}")
        assert 'class="word"' not in html
        assert "The document has changed since" in html


def test_a_passage_of_another_document_is_not_shown(collection: Collection, owner: User) -> None:
    first, second = ready(collection, ENGLISH), ready(collection, "# Other\n\nSomething else.", "other.md")
    chunk = second.chunks.get()
    assert signed_in(owner).get(f"/documents/{first.pk}/passage/{chunk.pk}/").status_code == 404


def test_strangers_see_no_passage(collection: Collection, stranger: User, teammate: User) -> None:
    document = ready(collection, ENGLISH)
    address = f"/documents/{document.pk}/passage/{document.chunks.get().pk}/"
    assert signed_in(teammate).get(address).status_code == 200
    assert signed_in(stranger).get(address).status_code == 404
    assert signed_in(None).get(address).status_code == 404


def test_a_document_in_work_is_watched_and_loads_again_when_done(collection: Collection, owner: User) -> None:
    document = add(collection, ENGLISH)
    client = signed_in(owner)
    assert "still being read" in page(client, f"/documents/{document.pk}/")
    assert "HX-Refresh" not in client.get(f"/documents/{document.pk}/status/").headers
    services.cancel_document(document=document)
    assert client.get(f"/documents/{document.pk}/status/")["HX-Refresh"] == "true"


def test_a_failed_document_says_why(collection: Collection, owner: User) -> None:
    document = add(collection, ENGLISH)
    Document.objects.filter(pk=document.pk).update(status="failed", error="The file is damaged.")
    assert "The file is damaged." in page(signed_in(owner), f"/documents/{document.pk}/")


def test_a_reader_gets_no_buttons_to_change_it(collection: Collection, owner: User, teammate: User) -> None:
    document = ready(collection, ENGLISH)
    delete = f'action="/documents/{document.pk}/delete/"'
    assert delete in page(signed_in(owner), f"/documents/{document.pk}/")
    assert delete not in page(signed_in(teammate), f"/documents/{document.pk}/")


@pytest.mark.django_db(transaction=True)
def test_the_original_comes_as_a_download_that_nothing_runs(collection: Collection, owner: User) -> None:
    file = SimpleUploadedFile("x", b"<script>alert(1)</script>")
    name = "年假 & more.html"
    document = services.add_file(collection=collection, file=file, name=name, announce=False).document
    client = AsyncClient()
    client.force_login(owner)

    async def fetched() -> tuple[dict[str, str], bytes]:
        answer = await client.get(f"/documents/{document.pk}/file")
        assert answer.status_code == 200
        return dict(answer.headers), b"".join([block async for block in answer.streaming_content])

    headers, body = asyncio.run(fetched())
    assert body == b"<script>alert(1)</script>"
    assert headers["Content-Disposition"].startswith("attachment; filename*=utf-8''")
    assert headers["Content-Type"] == "application/octet-stream"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"].startswith("sandbox")
    assert headers["Content-Length"] == str(len(body))


def test_a_missing_original_is_a_404(collection: Collection, owner: User) -> None:
    document = add(collection, ENGLISH)
    storage.discard(document.sha256)
    assert signed_in(owner).get(f"/documents/{document.pk}/file").status_code == 404
