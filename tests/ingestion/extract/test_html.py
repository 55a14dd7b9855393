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


_PARAGRAPH = (
    "The ferry runs every day but Sunday, and the crew asks for patience when the wind is strong. " * 4
)
_CONSOLE = "有许多工具程序来帮助你的控制台活动，这里说明怎样使用它们。" * 8


def test_a_page_that_names_no_place_keeps_headings_lists_and_code() -> None:
    """Without a place that it knows, trafilatura keeps paragraphs alone."""
    text = page(
        "<html><body><div class='top'><a href='/'>Home</a> <a href='/all'>All pages</a></div>"
        f"<div><h1>Ferries</h1><p>{_PARAGRAPH}</p><h2><a name='n'></a>Night boats</h2><p>{_PARAGRAPH}</p>"
        "<ul><li>Aurora leaves at nine</li>"
        "<li>Borealis leaves at ten:<pre># sail\nlift anchor</pre></li></ul>"
        "<pre><code>ferry --help</code></pre>"
        f"<h2><a id='w'/>Winter</h2><p>In winter use <code>ferry\n  --winter</code>. {_PARAGRAPH}</p>"
        "</div></body></html>",
        "x",
    ).text
    assert [line for line in text.splitlines() if line.startswith("#")] == [
        "# Ferries",
        "## Night boats",
        "# sail",
        "## Winter",
    ]
    assert "Aurora leaves at nine" in text and "`ferry --winter`" in text
    assert "ten:\n```\n# sail\nlift anchor\n```" in text and "```\nferry --help\n```" in text
    assert "All pages" not in text


def test_docbook_keeps_all_its_sections_without_the_list_of_contents() -> None:
    title = "<div class='titlepage'><div><h{level} class='title'><a id='t'/>{words}</h{level}></div></div>"
    text = page(
        "<html><body><div class='navheader'><a href='ch02.html'>后退</a></div><div class='chapter'>"
        + title.format(level=1, words="第 1 章 技巧")
        + "<div class='toc'><dl><dt><a href='#a'>1.1. 控制台技巧</a></dt></dl></div>"
        + "".join(
            f"<div class='section'>{title.format(level=2, words=words)}<p>{_CONSOLE}</p>"
            f"<pre class='screen'># {words} --help</pre></div>"
            for words in ("1.1. 控制台技巧", "1.2. 调度优先级")
        )
        + "</div></body></html>",
        "x",
    ).text
    assert text.startswith("# 第 1 章 技巧\n") and "后退" not in text
    assert text.count("## 1.1. 控制台技巧") == 1 and text.count("控制台技巧") == 2
    assert "## 1.2. 调度优先级" in text and "```\n# 1.2. 调度优先级 --help\n```" in text


def test_a_page_that_is_a_list_of_contents_keeps_it() -> None:
    links = "".join(f"<dt><a href='ch{number}.html'>Chapter {number}</a></dt>" for number in range(30))
    assert (
        "Chapter 29"
        in page(f"<html><body><h1>Book</h1><div class='toc'><dl>{links}</dl></div></body></html>", "x").text
    )


def test_code_is_left_as_it_is() -> None:
    code = "#!/bin/sh\n# every dot\nsed 's/\\./-/' a\\-b  # done\n\n## end ![x](y.png)"
    text = page(
        f"<html><body><div class='markdown-body'><p>Costs 3.5 (net). {_PARAGRAPH}</p><pre>{code}</pre>"
        f"<p>Search for <code>\\d+\\.\\d</code> here. {_PARAGRAPH}</p></div></body></html>",
        "x",
    ).text
    assert f"```\n{code}\n```" in text
    assert "`\\d+\\.\\d`" in text and "Costs 3.5 (net)" in text


def test_line_breaks_of_the_source_are_spaces_and_nothing_in_chinese() -> None:
    text = page(
        "<html><body><div class='markdown-body'>"
        f"<p>The ferry\n  runs <b>every\nday</b>\nbut Sunday. {_PARAGRAPH}</p>"
        f"<p>渡轮每天\n  开航，“<code>星期日</code>”\n除外，见 APT\n文档。{_CONSOLE}</p>"
        "<p>See <a href='b.html#x' title='1.2. Winter'>the next page</a>.</p>"
        "<table><tr><td><img alt='[提示]' src='images/tip.png'></td><td>小心浪。</td></tr></table>"
        "<pre>one\n  two</pre><div style='white-space: pre-wrap'>three\nfour</div></div></body></html>",
        "x",
    ).text
    assert "The ferry runs **every day** but Sunday." in text
    assert "渡轮每天开航，“`星期日`”除外，见 APT 文档。" in text
    assert "See the next page." in text
    assert "[提示] " in text and "tip.png" not in text
    assert "one\n  two" in text and "three\nfour" in text
