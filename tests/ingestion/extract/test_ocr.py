"""Recognition on drawn pages, with the real models. Each page takes some seconds on a busy machine."""

import sys
from pathlib import Path

import pytest
from PIL import Image

from ingestion.extract import registry
from ingestion.extract.ocr import Ocr
from ingestion.extract.process import ExtractionProcess
from ingestion.extract.types import Extracted, ExtractionError, Limits
from tests import fixtures
from tests.ingestion.extract.conftest import Write
from tests.ingestion.extract.drawn import CHINESE, ENGLISH, as_file, picture

WHOLE = "The tide gauge was built in 1931 and repaired by the harbour office"


@pytest.fixture(scope="module")
def ocr() -> Ocr:
    pytest.importorskip("rapidocr_onnxruntime", reason="make install brings text recognition")
    return Ocr()


def read(write: Write, ocr: Ocr | None, name: str, content: bytes) -> Extracted:
    return registry.extract(write(name, content), name, ocr)


def squeezed(text: str) -> str:
    return "".join(text.split()).lower()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "WEBP", "BMP"])
def test_picture_files_are_read(write: Write, ocr: Ocr, kind: str) -> None:
    found = read(write, ocr, "photo.bin", as_file(picture(ENGLISH), kind))
    assert found.text == WHOLE
    assert [(page.number, page.ocr) for page in found.pages] == [(1, True)]
    assert (found.mime.split("/")[0], found.title, found.language) == ("image", "photo", "en")


def test_chinese_is_read(write: Write, ocr: Ocr) -> None:
    found = read(write, ocr, "a.png", as_file(picture(CHINESE)))
    assert squeezed(found.text) == "".join(CHINESE)
    assert found.language == "zh"


@pytest.mark.parametrize("turned", [1, 2, 3])
def test_turned_pictures_are_read_in_order(write: Write, ocr: Ocr, turned: int) -> None:
    text = read(write, ocr, "a.png", as_file(picture(ENGLISH, turned=turned))).text
    assert text.startswith("The tide gauge was built in") and text.endswith(
        "and repaired by the harbour office"
    )


def test_pages_without_text_are_recognised_and_the_others_left_alone(write: Write, ocr: Ocr) -> None:
    scan = as_file(picture(ENGLISH, size=(1240, 1754)), "PDF", resolution=150.0)
    found = read(write, ocr, "scan.pdf", scan)
    assert [(page.number, page.text, page.ocr) for page in found.pages] == [(1, WHOLE, True)]
    typed = read(write, ocr, "typed.pdf", fixtures.pdf())
    assert [page.ocr for page in typed.pages] == [False, False, False]


def test_each_page_of_a_tiff_is_a_page(write: Write, ocr: Ocr) -> None:
    frames = [picture(["First sheet"]), picture(["Second sheet"])]
    content = as_file(frames[0], "TIFF", save_all=True, append_images=frames[1:])
    found = read(write, ocr, "fax.tif", content)
    assert [(page.number, page.text) for page in found.pages] == [(1, "First sheet"), (2, "Second sheet")]


def test_a_long_screenshot_loses_no_line(write: Write, ocr: Ocr) -> None:
    lines = [f"Message number {at}" for at in range(1, 41)]
    found = read(write, ocr, "chat.png", as_file(picture(lines, size=(1080, 2500))))
    assert found.text.split("\n\n") == lines or found.text.split() == " ".join(lines).split()


def test_transparent_and_deep_pictures_are_seen_as_people_see_them(write: Write, ocr: Ocr) -> None:
    drawn = picture(ENGLISH)
    clear = Image.new("RGBA", drawn.size, (0, 0, 0, 0))
    clear.paste((0, 0, 0, 255), mask=drawn.convert("L").point(lambda value: 255 - value))
    assert read(write, ocr, "a.png", as_file(clear)).text == WHOLE
    deep = drawn.convert("L").convert("I").point(lambda value: value * 200).convert("I;16")
    assert read(write, ocr, "a.png", as_file(deep)).text == WHOLE


def test_scans_pasted_into_a_word_file_are_read(write: Write, ocr: Ocr) -> None:
    members = {"word/media/image2.png": as_file(picture(["Second sheet"])), "word/media/note.emf": b"x"}
    members["word/media/image1.png"] = as_file(picture(["First sheet"]))
    empty = fixtures.docx(blocks=[("", "")], title="")
    found = read(write, ocr, "scans.docx", fixtures.with_members(empty, members))
    assert [(page.number, page.text, page.ocr) for page in found.pages] == [
        (1, "First sheet", True),
        (2, "Second sheet", True),
    ]


def test_a_picture_without_words_says_so(write: Write, ocr: Ocr) -> None:
    with pytest.raises(ExtractionError, match="No words were recognised") as caught:
        read(write, ocr, "a.png", as_file(Image.new("RGB", (300, 300), "grey")))
    assert caught.value.code == "no_text"


def test_without_recognition_pictures_and_scans_say_what_is_missing(write: Write) -> None:
    for name, content in (("a.png", as_file(picture(ENGLISH))), ("a.pdf", fixtures.scanned_pdf())):
        with pytest.raises(ExtractionError, match="not switched on"):
            read(write, None, name, content)


def test_without_the_library_the_reason_is_told(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rapidocr_onnxruntime", None)
    with pytest.raises(ExtractionError, match="make install") as caught:
        read(write, Ocr(), "a.png", as_file(picture(ENGLISH)))
    assert caught.value.code == "no_text"


def test_without_the_library_the_pages_with_text_are_read(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "rapidocr_onnxruntime", None)
    found = read(write, Ocr(), "half.pdf", fixtures.half_scanned_pdf())
    assert found.pages[0].text and not any(page.ocr for page in found.pages)


@pytest.mark.parametrize(
    ("content", "code"),
    [(as_file(picture(ENGLISH))[:300], "damaged"), (b"GIF89a" + b"\x00\x01" * 40, "damaged")],
)
def test_broken_pictures_are_damaged(write: Write, content: bytes, code: str) -> None:
    with pytest.raises(ExtractionError) as caught:
        read(write, Ocr(), "a.png", content)
    assert caught.value.code == code


def test_the_time_limit_counts_from_each_page(write: Write, ocr: Ocr) -> None:
    frames = [picture(ENGLISH), picture(ENGLISH)]
    content = as_file(frames[0], "TIFF", save_all=True, append_images=frames[1:])
    with ExtractionProcess() as process:
        process.extract(write("a.txt", "warm"), "a.txt")
        found = process.extract(write("a.tif", content), "a.tif", Limits(timeout_s=3, ocr=True, page_s=120))
        assert [page.ocr for page in found.pages] == [True, True]
        with pytest.raises(ExtractionError) as caught:
            process.extract(write("a.tif", content), "a.tif", Limits(timeout_s=0.01, ocr=True, page_s=0.01))
        assert caught.value.code == "timeout"


def test_recognition_is_loaded_only_for_a_page_that_needs_it(write: Write) -> None:
    path: Path = write("a.pdf", fixtures.pdf())
    ocr = Ocr()
    registry.extract(path, "a.pdf", ocr)
    assert ocr.is_loaded is False
