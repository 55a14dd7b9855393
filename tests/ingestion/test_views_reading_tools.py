"""The document page's tools: outlined passages, places, words found, the original beside the text."""

import pytest
from django.conf import settings
from django.test import Client
from PIL import Image

from accounts.models import User
from ingestion import history, page_pictures, services
from ingestion.models import Collection, Document, DocumentText
from tests import fixtures
from tests.conftest import signed_in
from tests.ingestion.material import ENGLISH, add, ready

pytestmark = pytest.mark.django_db

LONG = "\n\n".join(f"Paragraph {number} tells of the harbour and its ferries." * 4 for number in range(900))


def page(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_passages_are_outlined_with_their_numbers(collection: Collection, owner: User) -> None:
    document = ready(collection, LONG[:9000], "long.txt")
    html = page(signed_in(owner), f"/documents/{document.pk}/")
    count = document.chunks.count()
    assert count > 3
    assert [f'data-number="{number}"' in html for number in range(1, count + 2)] == [True] * count + [False]
    assert 'class="chunk odd"' in html and 'class="chunk"' in html
    assert "data-show-passages" in html


def test_every_paged_document_has_places(collection: Collection, owner: User) -> None:
    document = ready(collection, fixtures.pdf(), "guide.pdf")
    client = signed_in(owner)
    html = page(client, f"/documents/{document.pk}/?place=2")
    assert '<option value="2" selected>Page 2</option>' in html
    assert 'href="?place=3#place-3"' in html and 'href="?place=1#place-1"' in html
    assert [f'id="place-{number}"' in html for number in (1, 2, 3, 4)] == [True, True, True, False]
    answer = client.get(f"/documents/{document.pk}/?go=3")
    assert answer["Location"] == f"/documents/{document.pk}/?place=3#place-3"
    assert "place-nav" not in page(client, f"/documents/{ready(collection, ENGLISH).pk}/")


def test_slides_and_sheets_go_by_their_names(collection: Collection, owner: User) -> None:
    client = signed_in(owner)
    slides = page(client, f"/documents/{ready(collection, fixtures.pptx(), 'a.pptx').pk}/")
    assert ">Slide 1 · Tide gauge</option>" in slides
    sheets = page(client, f"/documents/{ready(collection, fixtures.xlsx(), 'a.xlsx').pk}/")
    assert ">船员名单</option>" in sheets
    assert "Page 2" not in sheets


def test_a_place_in_a_later_part_is_opened(collection: Collection, owner: User) -> None:
    document = ready(collection, LONG, "long.txt")
    starts = [LONG.index(f"Paragraph {number} ") for number in (0, 400, 899)]
    pages = [[number, start, "", False] for number, start in enumerate(starts, 1)]
    DocumentText.objects.filter(document=document).update(pages=pages)
    html = page(signed_in(owner), f"/documents/{document.pk}/?place=3")
    assert "Paragraph 899 " in html and "Paragraph 0 " not in html
    assert '<option value="3" selected>' in html


def test_pages_read_by_ocr_are_marked(collection: Collection, owner: User) -> None:
    document = ready(collection, fixtures.pdf(), "guide.pdf")
    assert "read by OCR" not in page(signed_in(owner), f"/documents/{document.pk}/")
    content = DocumentText.objects.get(document=document)
    content.pages[1][3] = True
    content.save()
    html = page(signed_in(owner), f"/documents/{document.pk}/")
    assert html.count("read by OCR") == 1
    assert "Page 2 · read by OCR" in html


def test_words_are_found_across_the_parts(collection: Collection, owner: User) -> None:
    document = ready(collection, LONG, "long.txt")
    client = signed_in(owner)
    first = page(client, f"/documents/{document.pk}/?find=PARAGRAPH+7")
    assert 'id="found-1"' in first and '<mark class="found" data-id="1"' in first
    assert "data-find-number" in first
    last = page(client, f"/documents/{document.pk}/?find=paragraph+899+tells&hit=4")
    assert "Paragraph 899" in last and 'id="found-4"' in last
    assert "hit=1#found-1" in last, "after the last comes the first"
    nothing = page(client, f"/documents/{document.pk}/?find=submarine")
    assert "Not found" in nothing


def test_what_is_looked_for_is_only_shown(collection: Collection, owner: User) -> None:
    document = ready(collection, ENGLISH)
    html = page(signed_in(owner), f"/documents/{document.pk}/?find=%3Cscript%3Ealert(1)")
    assert "<script>alert" not in html


def test_the_original_stands_in_a_frame_of_this_site_only(collection: Collection, owner: User) -> None:
    document = ready(collection, fixtures.pdf(), "guide.pdf")
    client = signed_in(owner)
    plain = client.get(f"/documents/{document.pk}/")
    assert "frame-src" not in plain["Content-Security-Policy"]
    assert plain["X-Frame-Options"] == "DENY"
    beside = client.get(f"/documents/{document.pk}/?view=original&place=2")
    assert "frame-src 'self'" in beside["Content-Security-Policy"]
    assert f'data-page="2" src="/documents/{document.pk}/original/"' in beside.content.decode()
    framed = client.get(f"/documents/{document.pk}/original/")
    assert framed["X-Frame-Options"] == "SAMEORIGIN"
    policy = framed["Content-Security-Policy"]
    assert policy.startswith("sandbox allow-same-origin; default-src 'none'")
    assert "script" not in policy
    html = framed.content.decode()
    assert html.count("<img ") == 3 and html.count('loading="lazy"') == 3
    assert "<script" not in html


def test_a_page_is_drawn_once_and_kept(collection: Collection, owner: User) -> None:
    document = ready(collection, fixtures.pdf(), "guide.pdf")
    client = signed_in(owner)
    answer = client.get(f"/documents/{document.pk}/pages/2.png")
    assert answer["Content-Type"] == "image/png"
    kept = settings.DATA_DIR / "cache" / "pages" / document.sha256 / "2.png"
    with Image.open(kept) as drawn:
        assert drawn.width == 1100
        assert len(drawn.convert("L").getcolors() or []) > 5, "there is something on it"
    again = client.get(f"/documents/{document.pk}/pages/2.png", headers={"If-None-Match": answer["ETag"]})
    assert again.status_code == 304
    assert client.get(f"/documents/{document.pk}/pages/9.png").status_code == 404
    services.delete_document(document=document)
    assert not kept.exists()


def test_pictures_and_text_are_shown_and_other_kinds_are_not(collection: Collection, owner: User) -> None:
    client = signed_in(owner)
    picture = add(collection, fixtures.png(), "dot.png")
    assert client.get(f"/documents/{picture.pk}/pages/1.png")["Content-Type"] == "image/png"
    text = ready(collection, "Mooring <b>fees</b>", "fees.txt")
    assert "Mooring &lt;b&gt;fees" in page(client, f"/documents/{text.pk}/original/")
    page_of_web = ready(collection, fixtures.HTML, "news.html")
    assert client.get(f"/documents/{page_of_web.pk}/original/").status_code == 404
    assert "data-compare" not in page(client, f"/documents/{page_of_web.pk}/")
    damaged = add(collection, b"%PDF-1.7 nothing", "broken.pdf")
    assert client.get(f"/documents/{damaged.pk}/original/").status_code == 404
    assert client.get(f"/documents/{damaged.pk}/pages/1.png").status_code == 404


def test_strangers_see_no_original(collection: Collection, stranger: User) -> None:
    document = add(collection, fixtures.pdf(), "guide.pdf")
    for address in ("original/", "pages/1.png"):
        assert signed_in(stranger).get(f"/documents/{document.pk}/{address}").status_code == 404


def test_the_pictures_are_bounded(collection: Collection) -> None:
    document = add(collection, fixtures.pdf(), "guide.pdf")
    first = page_pictures.page_picture(document, 1)
    page_pictures.make_room(first.stat().st_size)
    left = list(first.parent.glob("*.png"))
    assert sum(path.stat().st_size for path in left) <= first.stat().st_size if left else True
    assert len(left) < 3
    assert page_pictures.page_picture(document, 1).is_file(), "it is drawn again"


def test_the_history_tells_what_happened(collection: Collection, owner: User) -> None:
    document = ready(collection, ENGLISH)
    assert [event.kind for event in history.history(document)] == ["ready", "read", "added"]
    assert all(event.seconds is not None for event in history.history(document)[:2])
    html = page(signed_in(owner), f"/documents/{document.pk}/")
    assert "ready to search" in html and 'data-kind="read"' in html
    failed = add(collection, fixtures.damaged_pdf(), "broken.pdf")
    services.cancel_document(document=failed, by=owner)
    services.retry_document(document=failed, by=owner)
    kinds = [(event.kind, event.by) for event in history.history(failed)]
    assert kinds[:2] == [("retried", owner), ("cancelled", owner)]


def test_a_failure_is_told_with_its_reason(collection: Collection, owner: User) -> None:
    failed = ready(collection, fixtures.damaged_pdf(), "broken.pdf")
    event = history.history(failed)[0]
    assert (event.kind, event.reason) == ("failed", failed.error)
    assert "The file is damaged" in page(signed_in(owner), f"/documents/{failed.pk}/")


def test_what_the_file_says_is_shown(collection: Collection, owner: User) -> None:
    document = ready(collection, fixtures.EML, "a.eml")
    html = page(signed_in(owner), f"/documents/{document.pk}/")
    assert "<dt>From</dt><dd>Anna Berg &lt;anna@example.org&gt;</dd>" in html
    Document.objects.filter(pk=document.pk).update(meta={})
    assert "What the file says" not in page(signed_in(owner), f"/documents/{document.pk}/")
