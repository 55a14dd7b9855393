"""Answers on disk: whole or not there."""

from pathlib import Path

import pytest

from ingestion.crawl.errors import FetchFailed
from ingestion.crawl.fetching import Fetched
from ingestion.crawl.spool import Kept, NoRoom, Spool
from ingestion.crawl.visiting import LeadsTo

PAGE = Fetched(
    url="https://example.org/a",
    status=200,
    headers={"content-type": 'Text/HTML; boundary=x; charset="GBK"', "etag": '"1"'},
    body="潮位".encode("gbk"),
    redirects=(),
    seconds=0.25,
)


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "7")


def test_an_answer_is_found_again_by_another_process(spool: Spool, tmp_path: Path) -> None:
    kept = spool.keep(3, PAGE, 1000.5)
    found = Spool(tmp_path / "7").find(3)
    assert found == kept
    assert isinstance(found, Kept)
    assert (found.path.read_bytes(), found.media_type, found.charset) == (PAGE.body, "text/html", "GBK")
    assert spool.find(4) is None


def test_what_was_cut_off_is_not_there(spool: Spool, tmp_path: Path) -> None:
    for key in (1, 2, 3):
        spool.keep(key, PAGE, 0.0)
    (tmp_path / "7" / "1.json").unlink()
    (tmp_path / "7" / "2.body").unlink()
    (tmp_path / "7" / "3.json").write_text('{"url": "http')
    assert [spool.find(key) for key in (1, 2, 3)] == [None, None, None]


def test_refusals_are_the_same_again(spool: Spool) -> None:
    spool.keep_refusal(1, LeadsTo("https://example.org/b", 301))
    spool.keep_refusal(2, FetchFailed("There is none.", status=404, detail="HTTP 404", code="http_404"))
    led, failed = spool.find(1), spool.find(2)
    assert isinstance(led, LeadsTo)
    assert led.url == "https://example.org/b"
    assert isinstance(failed, FetchFailed)
    assert (failed.status, failed.code, failed.is_passing) == (404, "http_404", False)
    assert str(failed) == "There is none.\nHTTP 404"


def test_dropping_and_removing(spool: Spool, tmp_path: Path) -> None:
    spool.keep(1, PAGE, 0.0)
    spool.keep_refusal(2, LeadsTo("https://example.org/b", 301))
    spool.drop(1)
    spool.drop(1)
    assert spool.find(1) is None
    assert spool.find(2) is not None
    spool.remove()
    spool.remove()
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_takes_no_more(spool: Spool, tmp_path: Path) -> None:
    (tmp_path / "7" / "1.body").symlink_to("/dev/full")
    with pytest.raises(NoRoom, match="disk"):
        spool.keep(1, PAGE, 0.0)
    assert spool.find(1) is None
    (tmp_path / "7" / "2.part").symlink_to("/dev/full")
    with pytest.raises(NoRoom):
        spool.keep_refusal(2, LeadsTo("https://example.org/b", 301))
    assert spool.find(2) is None
