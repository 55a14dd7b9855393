"""The preview of a splitter's settings on the settings page."""

import pytest

from accounts.models import User
from ingestion import previewing
from ingestion.models import Chunk, Collection, DocumentText
from ingestion.splitting import SplitSettings
from tests.conftest import signed_in
from tests.ingestion.material import CHINESE, ENGLISH, ready

pytestmark = pytest.mark.django_db
PREVIEW = "/collections/handbook/preview/"
LONG = "# Storms\n\n" + " ".join(f"Storm {n} came from the west." for n in range(200))
HTMX = {"HX-Request": "true"}


def part(user: User, **data: object) -> str:
    answer = signed_in(user).post(PREVIEW, data, headers=HTMX)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_preview_says_what_would_change_and_saves_nothing(collection: Collection, owner: User) -> None:
    document = ready(collection, LONG, "storms.md")
    content = DocumentText.objects.get(document=document)
    found = previewing.preview(document, content, SplitSettings(60, 20))
    assert found.today == document.chunk_count < found.count
    assert 0 < found.smallest <= found.middle <= found.largest <= 60
    first, second = found.passages[:2]
    assert first.shared == ""
    assert second.shared and first.own.endswith(second.shared)
    html = part(owner, chunk_tokens=60, chunk_overlap=20, preview_document="storms")
    assert f"today {found.today} → {found.count} passages" in html
    assert "<html" not in html
    collection.refresh_from_db()
    assert (collection.chunk_tokens, collection.split_preset) == (0, "")
    assert Chunk.objects.count() == document.chunk_count


def test_without_javascript_the_whole_page_keeps_what_was_typed(collection: Collection, owner: User) -> None:
    ready(collection, LONG)
    data = {"name": "Another", "chunk_tokens": 80, "chunk_overlap": 0, "split_preset": "prose"}
    answer = signed_in(owner).post(PREVIEW, data | {"visibility": "private"})
    html = answer.content.decode()
    assert answer.status_code == 200
    assert 'value="Another"' in html and 'value="80"' in html and "preview-passages" in html
    collection.refresh_from_db()
    assert collection.name == "Handbook"


def test_wrong_values_show_beside_their_fields(collection: Collection, owner: User) -> None:
    ready(collection, LONG)
    html = part(owner, chunk_tokens=20, chunk_overlap=90)
    assert 'id="id_chunk_tokens_error" aria-live="polite" hx-swap-oob="innerHTML"><div class="error">' in html
    assert "preview-passages" not in html
    assert "There is no preview with these values" in html


def test_a_huge_text_is_cut_in_part_only(collection: Collection, owner: User) -> None:
    document = ready(collection, ENGLISH)
    DocumentText.objects.filter(document=document).update(text="The tide comes in.\n" * 200_000)
    html = part(owner, chunk_tokens=100)
    assert "In the beginning of" in html
    assert html.count("<li>") == previewing.SHOWN


def test_documents_are_found_by_a_part_of_their_name(collection: Collection, owner: User) -> None:
    ready(collection, ENGLISH, "holidays.md")
    ready(collection, CHINESE, "年假.md")
    listed = signed_in(owner).get(f"{PREVIEW}documents/?preview_document=假").content.decode()
    assert "年假.md" in listed and "holidays" not in listed
    assert "有二十五天" in part(owner, preview_document="年假")
    assert "No document that is ready has this name." in part(owner, preview_document="nothing")


def test_only_who_manages_the_collection_may_preview(
    collection: Collection, teammate: User, stranger: User
) -> None:
    assert signed_in(teammate).post(PREVIEW).status_code == 403
    assert signed_in(stranger).post(PREVIEW).status_code == 404
    assert signed_in(teammate).get(f"{PREVIEW}documents/").status_code == 403


def test_saving_a_preset_offers_the_new_index(collection: Collection, owner: User) -> None:
    ready(collection, LONG)
    data = {"name": "Handbook", "visibility": "private", "split_preset": "qa"}
    html = signed_in(owner).post("/collections/handbook/settings/", data, follow=True).content.decode()
    assert "Saved. Build a new index below" in html
    collection.refresh_from_db()
    assert collection.split_preset == "qa"
    assert "Passages are cut differently now." in html
