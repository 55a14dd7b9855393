import pytest

from ingestion.crawl.css import is_selector
from ingestion.crawl.page import read_page
from ingestion.extract.types import ExtractionError
from tests import fixtures
from tests.ingestion.crawl import pages

URL = "https://docs.example.org/en/stable/berths.html"


def test_documentation_keeps_code_tables_and_links_and_nothing_around() -> None:
    found = read_page(pages.SPHINX.encode(), url=URL)
    assert (found.title, found.language, found.canonical) == ("Berths", "en", URL)
    assert found.text.startswith("# Berths\n")
    assert "```python\nimport harbour\n\ndef book(name):\n    return harbour.Berth(name)\n```" in found.text
    assert "```console\n$ harbour leave\ngone\n```" in found.text
    assert "| 8 m " in found.text and "`Berth.book()`" in found.text
    assert "[Boats](https://docs.example.org/en/stable/boats.html#boat)" in found.text
    for furniture in ("¶", "Navigation", "sidebar", "Sphinx"):
        assert furniture not in found.text
    assert "https://docs.example.org/en/stable/genindex.html" in found.links


def test_chinese_documentation() -> None:
    found = read_page(pages.DOCUSAURUS_ZH.encode(), url="https://tide.example/docs/install")
    assert (found.title, found.language) == ("安装", "zh")
    assert found.text.startswith("# 安装\n\n潮汐需要 Python 3.11。")
    assert "[配置](https://tide.example/docs/config)" in found.text
    assert "\n## 在 Linux 上\n" in found.text
    assert "```bash\npython -m venv .venv\npip install tide\n```" in found.text
    assert "| --port | 端口 |" in found.text
    for furniture in ("简介", "复制", "下一页", "版权", "\u200b"):
        assert furniture not in found.text


def test_lines_of_code_without_their_anchors() -> None:
    found = read_page(pages.MKDOCS.encode(), url="https://tide.example/queries/")
    assert found.text == "# Queries\n\nAsk for a day.\n\n```sql\nSELECT *\nFROM tides\n```"
    assert found.title == "Queries"


def test_a_page_that_hides_its_text_until_a_program_runs() -> None:
    found = read_page(pages.WECHAT.encode(), url="https://mp.weixin.qq.com/s/abc")
    assert (found.title, found.language, found.date) == ("港口潮位预报", "zh", "2026-03-04")
    assert "请各船只注意系泊。\n\n最高潮位" in found.text and "扫一扫" not in found.text


def test_an_article() -> None:
    found = read_page(pages.BLOG.encode(), url="https://harbour.example/2025/a-new-quay")
    assert (found.title, found.date) == ("A new quay", "2025-06-01")
    assert "[the fees](https://harbour.example/fees)" in found.text
    for furniture in ("About us", "Read also", "old quay", "Imprint"):
        assert furniture not in found.text
    assert found.links == (
        "https://harbour.example/about",
        "https://harbour.example/fees",
        "https://harbour.example/old",
    )


def test_a_page_of_menus_has_links_and_no_text() -> None:
    found = read_page(pages.MENUS.encode(), url="https://harbour.example/")
    assert found.text == ""
    assert [link.removeprefix("https://harbour.example") for link in found.links] == ["/a", "/b", "/i"]


def test_a_short_page_is_taken_whole() -> None:
    hours = "<h1>Hours</h1><ul><li>Mon 8–16</li><li>Tue 8–12</li></ul>"
    page = f"<body><nav><a href='/'>Home</a></nav>{hours}</body>"
    found = read_page(page.encode(), url="https://harbour.example/hours")
    assert found.text.startswith("# Hours\n\n- Mon 8–16\n- Tue 8–12")


@pytest.mark.parametrize("data", [b"", b"   \n", b"\x00\x00"])
def test_what_holds_no_page(data: bytes) -> None:
    with pytest.raises(ExtractionError) as caught:
        read_page(data, url="https://harbour.example/")
    assert caught.value.code == "no_text"


SELECTED = """<html><head><title>t</title><base href="/base/"></head><body><div class="part">
<p>First <b>part</b></p><div class="part">within it</div></div><p>between</p>
<div class="part"><script>x()</script><nav>menu</nav>
<a href="more">More</a></div></body></html>"""


def test_a_selector_takes_what_it_matches_in_order_and_once() -> None:
    found = read_page(SELECTED.encode(), url="https://harbour.example/", selector=".part")
    assert found.text.split() == "First **part** within it [More](https://harbour.example/base/more)".split()
    assert not found.selector_missed


@pytest.mark.parametrize("selector", [".nothing", "nav", "script"])
def test_a_selector_without_text_is_said_and_the_page_is_read_without(selector: str) -> None:
    found = read_page(SELECTED.encode(), url="https://harbour.example/", selector=selector)
    assert found.selector_missed and "between" in found.text


@pytest.mark.parametrize("selector", ["div::before", "a::text", "div[", "..", ">", ":nonsense(1)"])
def test_a_selector_that_cannot_be_read(selector: str) -> None:
    assert not is_selector(selector)
    with pytest.raises(ExtractionError, match="selector cannot be read") as caught:
        read_page(SELECTED.encode(), url="https://harbour.example/", selector=selector)
    assert caught.value.code == "selector"


def test_a_selector_that_can() -> None:
    assert is_selector("main > article:not(.teaser), #content p")


def chinese(declared: str) -> str:
    return f'<html><head><meta charset="{declared}"><title>潮位</title></head><p>{fixtures.CHINESE * 5}</p>'


@pytest.mark.parametrize(
    ("said", "declared", "written"),
    [
        ("", "gb2312", "gb18030"),
        ("gb2312", "utf-8", "gb18030"),
        ("utf-8", "gbk", "utf-8"),
        ("iso-8859-1", "gbk", "gb18030"),  # what servers say when nobody told them
        ("iso-8859-1", "iso-8859-1", "utf-8"),
        ("big5", "x-unknown", "gb18030"),
        ("", "utf-8", "utf-16"),
        ("utf-8", "", "utf-8-sig"),
    ],
)
def test_encodings_declared_rightly_and_wrongly(said: str, declared: str, written: str) -> None:
    found = read_page(chinese(declared).encode(written), url="https://harbour.example/", charset=said)
    assert found.title == "潮位" and "由港务局修复" in found.text and "\ufffd" not in found.text


def test_one_broken_character_does_not_change_the_encoding() -> None:
    data = chinese("gbk").encode("gb18030").replace("修复".encode("gb18030"), b"\xff\xff", 1)
    found = read_page(data, url="https://harbour.example/")
    assert found.title == "潮位" and found.text.count("由港务局") == 5


def test_the_script_of_a_text_counts_for_more_than_the_language_of_a_template() -> None:
    page = f'<html lang="en"><body><p>{fixtures.CHINESE * 5}</p></body></html>'
    assert read_page(page.encode(), url="https://harbour.example/").language == "zh"
    assert (
        read_page(pages.BLOG.replace('"en"', '"zh-CN"').encode(), url="https://h.example/").language == "en"
    )


def test_a_page_without_a_title_is_called_by_its_address() -> None:
    found = read_page(b"<p>Some words</p>", url="https://harbour.example/%E6%BD%AE")
    assert found.title == "https://harbour.example/潮"


@pytest.mark.parametrize(
    ("head", "body", "title"),
    [
        ("<title>Fees – Harbour</title>", "<h1>Fees</h1>", "Fees"),
        ("<title>Fees</title>", "<h1>What it costs</h1>", "Fees"),
        ("<title>Harbour – Fees</title>", "<header><h1>Harbour</h1></header>", "Harbour – Fees"),
        ("<title>Harbour – Fees</title>", '<h1><a href="/">Harbour</a></h1>', "Harbour – Fees"),
        ('<title>Fees | Kiel</title><meta property="og:site_name" content="Kiel">', "", "Fees"),
        ('<meta property="og:title" content="Fees">', "<h1>Costs</h1>", "Fees"),
        ("", "<h1>Costs¶</h1>", "Costs"),
    ],
)
def test_the_title_is_that_of_the_page_not_of_the_site(head: str, body: str, title: str) -> None:
    page = f"<html><head>{head}</head><body>{body}<p>Some words</p></body></html>"
    assert read_page(page.encode(), url="https://harbour.example/").title == title
