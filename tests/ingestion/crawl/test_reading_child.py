"""Pages read in the extraction child, with its limits."""

import os
from pathlib import Path

import pytest

from ingestion.crawl.page import read_page
from ingestion.extract.process import ExtractionProcess
from ingestion.extract.types import ExtractionError, Limits
from tests import fixtures
from tests.ingestion.crawl import pages

URL = "https://docs.example.org/en/stable/berths.html"


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    return tmp_path / "page"


def test_what_the_child_reads_is_what_is_there_and_the_child_stays(stored: Path) -> None:
    with ExtractionProcess() as process:
        for page, selector in ((pages.SPHINX, ""), (pages.WECHAT, "h1"), (pages.MENUS, ".none")):
            stored.write_text(page)
            found = process.read_page(stored, url=URL, selector=selector)
            assert found == read_page(page.encode(), url=URL, selector=selector)
        pid = process.pid
        stored.write_bytes("<title>潮位</title><p>港口潮位".encode("gb18030"))
        assert process.read_page(stored, url=URL, charset="gbk").title == "潮位"
        stored.write_bytes(fixtures.pdf())
        assert "tide gauge" in process.extract(stored, "a.pdf").text
        assert process.pid == pid


def test_errors_come_back_with_their_codes_and_the_child_goes_on(stored: Path) -> None:
    stored.write_text(pages.BLOG)
    with ExtractionProcess() as process:
        with pytest.raises(ExtractionError, match="selector") as caught:
            process.read_page(stored, url=URL, selector="div[")
        assert (caught.value.code, caught.value.permanent) == ("selector", True)
        assert process.pid is not None
        assert process.read_page(stored, url=URL).title == "A new quay"


def test_a_page_that_takes_too_long_is_stopped(stored: Path) -> None:
    stored.write_bytes(b"<a href=x>y</a>" * 1_000_000)
    with ExtractionProcess() as process:
        with pytest.raises(ExtractionError, match="too long") as caught:
            process.read_page(stored, url=URL, limits=Limits(timeout_s=1))
        assert caught.value.code == "timeout" and process.pid is None
        stored.write_text(pages.BLOG)
        assert process.read_page(stored, url=URL).title == "A new quay"


def test_a_page_that_needs_too_much_memory_is_stopped(stored: Path) -> None:
    stored.write_bytes(b"<p>word</p>" * 3_000_000)
    with ExtractionProcess() as process:
        with pytest.raises(ExtractionError, match="more memory") as caught:
            process.read_page(stored, url=URL, limits=Limits(memory_mb=700))
        assert caught.value.code == "memory"
        stored.write_text(pages.BLOG)
        assert process.read_page(stored, url=URL).title == "A new quay"


@pytest.mark.parametrize("tag", ["div", "b", "table><tr><td", "ul><li><a href=x"])
def test_fifty_megabytes_of_nested_elements_cost_one_page_at_most(stored: Path, tag: str) -> None:
    stored.write_bytes(f"<{tag}>".encode() * (50_000_000 // (len(tag) + 2)) + b"deep")
    with ExtractionProcess() as process:
        try:
            found = process.read_page(stored, url=URL, limits=Limits(timeout_s=30, memory_mb=1536))
            assert len(found.text) < 10_000
        except ExtractionError as error:
            assert error.code in {"timeout", "memory", "damaged"}
        stored.write_text(pages.BLOG)
        assert process.read_page(stored, url=URL).title == "A new quay"


def test_waiting_is_told_and_what_it_raises_ends_the_child(tmp_path: Path) -> None:
    class Cancelled(Exception):
        pass

    def cancel() -> None:
        raise Cancelled

    never = tmp_path / "pipe"
    os.mkfifo(never)
    with ExtractionProcess() as process:
        with pytest.raises(Cancelled):
            process.read_page(never, url=URL, on_wait=cancel)
        assert process.pid is None
