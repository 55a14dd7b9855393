"""Long PDFs are read some pages at a time, and tell how far that is."""

from pathlib import Path

from ingestion.extract import long_pdf
from ingestion.extract.documents import pdf
from ingestion.extract.process import ExtractionProcess
from ingestion.extract.reporting import listening
from tests import fixtures


def _name(number: int) -> str:
    """In letters: lines that differ in their digits alone are taken for running heads."""
    return "".join("abcdefghij"[int(digit)] for digit in str(number))


PAGES = [
    (f"Chapter {_name(at)}", f"The mooring {_name(at)} is let to captain {_name(at * 7)}, who pays in May.")
    for at in range(1, 231)
]


def _written(folder: Path) -> Path:
    path = folder / "long.pdf"
    path.write_bytes(fixtures.pdf(PAGES))
    return path


def test_every_page_is_there_with_its_number(tmp_path: Path) -> None:
    heard: list[tuple[int, int]] = []
    with listening(lambda done, total: heard.append((done, total))):
        found = pdf(_written(tmp_path), "long.pdf", None)
    assert [page.number for page in found.pages] == list(range(1, 231))
    assert all(f"captain {_name(at * 7)}," in page.text for at, page in enumerate(found.pages, 1))
    assert heard == [(100, 230), (200, 230), (230, 230)]


def test_a_short_one_is_read_whole_and_says_the_same(tmp_path: Path) -> None:
    path = tmp_path / "short.pdf"
    path.write_bytes(fixtures.pdf(PAGES[:150]))
    whole = long_pdf.convert_pdf(path)
    with long_pdf._opened(path) as opened:
        parts = long_pdf._in_parts(opened)
    assert [page["content"] for page in parts.pages] == [page["content"] for page in whole.pages]


def test_the_parent_hears_it(tmp_path: Path) -> None:
    heard: list[tuple[int, int]] = []
    with ExtractionProcess() as process:
        process.extract(
            _written(tmp_path), "long.pdf", on_pages=lambda done, total: heard.append((done, total))
        )
    assert heard[-1] == (230, 230)


def test_pages_that_differ_in_their_digits_alone_keep_their_words(tmp_path: Path) -> None:
    """Badges, tickets, receipts: what returns on every page is all that there is on it."""
    path = tmp_path / "badges.pdf"
    path.write_bytes(fixtures.pdf([(f"Visitor {at}", f"Gate {at % 7}, seat {at}") for at in range(40)]))
    found = pdf(path, "badges.pdf", None)
    texts = [page.text for page in found.pages]
    assert all(f"Visitor {at}" in text and f"seat {at}" in text for at, text in enumerate(texts))
    assert len(texts) == 40
