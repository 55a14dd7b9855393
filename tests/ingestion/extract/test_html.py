import pytest

from ingestion.extract.html import page
from ingestion.extract.types import ExtractionError
from tests import fixtures
from tests.ingestion.extract.conftest import Read


def test_takes_the_main_content_with_links_and_tables(read: Read) -> None:
    found = read("news.html", fixtures.HTML)
    assert (found.title, found.language) == ("Harbour news", "en")
    assert "[timetable](https://example.org/t)" in found.text
    assert "## Timetable" in found.text and "| Aurora | 07:10 |" in found.text
    for furniture in ("About us", "Imprint", "alert"):
        assert furniture not in found.text


def test_a_short_page_is_taken_whole() -> None:
    found = page(
        "<html><body><h2>Opening hours</h2><ul><li>Mon 8–16</li><li>Tue 8–12</li></ul></body></html>", "x"
    )
    assert "Opening hours" in found.text and "Mon 8–16" in found.text and "Tue 8–12" in found.text


@pytest.mark.parametrize("declared", ["gb2312", "gbk"])
def test_believes_the_charset_that_the_page_names(read: Read, declared: str) -> None:
    body = (
        f'<html><head><meta charset="{declared}"><title>潮位</title></head>'
        f"<body><p>{fixtures.CHINESE * 5}</p></body>"
    )
    found = read("a.html", body.encode("gb18030"))
    assert found.title == "潮位" and "由港务局修复" in found.text


def test_a_wrong_charset_does_not_spoil_the_page(read: Read) -> None:
    body = (
        f'<html><head><meta charset="big5"><title>t</title></head><body><p>{fixtures.CHINESE * 5}</p></body>'
    )
    assert "由港务局修复" in read("a.html", body).text


def test_a_page_without_words_is_no_text() -> None:
    with pytest.raises(ExtractionError) as caught:
        page("<html><body><script>var a = 'text'</script><img src='a.png'></body></html>", "x")
    assert caught.value.code == "no_text"


def test_links_that_lead_nowhere_from_here_are_only_words() -> None:
    sentence = (
        'The <a href="/gauge">gauge</a> stands<sup><a href="#n1">[1]</a></sup> in the '
        '<a href="https://e.org/h">harbour</a>. '
    )
    found = page(f"<html><body><article><p>{sentence * 9}</p></article></body></html>", "x")
    assert "The gauge stands in the [harbour](https://e.org/h)." in found.text
