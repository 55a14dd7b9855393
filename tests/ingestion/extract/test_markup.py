import json

import pytest

from ingestion.extract import kinds
from ingestion.extract.markup import asciidoc_to_markdown
from ingestion.extract.types import ExtractionError
from tests import fixtures
from tests.ingestion.extract.conftest import Read

ASCIIDOC = """= Harbour guide
:toc:

// a comment
== Moorings

Moorings are *let* by the month, see link:https://example.org[the site].

NOTE: Mind the tide.

[source,python]
----
== not a heading
print(1)
----

|===
|Boat |Fee

|Dinghy |40
|===

* one
** two
. first

Pier:: Two hundred metres
"""
RST = """Harbour guide
=============

Moorings
--------

Moorings are **let**, see `site <https://example.org>`_.

.. note:: Mind the tide.

.. code-block:: python

   print(1)
"""
LATEX = r"""\documentclass{article}
\title{Harbour guide}
\begin{document}
\section{Moorings}
Moorings are \emph{let} by the month.
\begin{itemize}
\item one
\end{itemize}
\end{document}
"""
RSS = """<rss version="2.0"><channel><title>Harbour news</title><item><title>Pier opened</title>
<link>https://example.org/1</link><pubDate>Mon, 03 Mar 2025</pubDate>
<description>&lt;p&gt;The &lt;b&gt;new&lt;/b&gt; pier.&lt;/p&gt;</description></item></channel></rss>"""
ATOM = """<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom"><title>港口新闻</title>
<entry><title>新码头</title><link href="https://example.org/2"/><updated>2025-03-03</updated>
<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>新码头启用。</p></div></content></entry></feed>"""
VTT = """WEBVTT

NOTE made by hand

1
00:00:01.000 --> 00:00:03.000 align:start
<v Anna>The tide gauge
was built in 1931

00:00:03.100 --> 00:00:05.000
was built in 1931
and repaired later.

00:02:30.000 --> 00:02:33.000
Second page.
"""
SRT = (
    "1\r\n00:00:01,000 --> 00:00:03,000\r\n<i>潮位站于一九八七年</i>\r\n\r\n"
    "2\r\n00:00:03,100 --> 00:00:04,000\r\n由港务局修复。\r\n"
)


def test_asciidoc() -> None:
    assert asciidoc_to_markdown(ASCIIDOC) == (
        "# Harbour guide\n\n## Moorings\n\n"
        "Moorings are **let** by the month, see [the site](https://example.org).\n\n"
        "> **Note**: Mind the tide.\n\n```python\n== not a heading\nprint(1)\n```\n\n\n"
        "| Boat | Fee |\n| --- | --- |\n| Dinghy | 40 |\n\n\n- one\n  - two\n1. first\n\n"
        "**Pier**: Two hundred metres"
    )


@pytest.mark.parametrize(
    ("name", "content", "mime", "parts"),
    [
        ("a.adoc", ASCIIDOC, kinds.ASCIIDOC, ["# Harbour guide", "```python"]),
        (
            "a.rst",
            RST,
            kinds.RST,
            ["## Moorings", "[site](https://example.org)", "> **Note**: Mind the tide."],
        ),
        ("a.txt", LATEX, kinds.LATEX, ["# Moorings", "*let*", "- one"]),
    ],
)
def test_technical_markup_becomes_markdown(
    read: Read, name: str, content: str, mime: str, parts: list[str]
) -> None:
    found = read(name, content)
    assert (found.mime, found.title) == (mime, "Harbour guide")
    for part in parts:
        assert part in found.text


def test_feeds_are_read_entry_by_entry(read: Read) -> None:
    found = read("feed.txt", RSS)
    assert (found.mime, found.title) == (kinds.FEED, "Harbour news")
    assert found.text == (
        "# Harbour news\n\n## Pier opened\n\nMon, 03 Mar 2025 · <https://example.org/1>\n\nThe **new** pier."
    )
    assert read("feed", ATOM).text.endswith(
        "## 新码头\n\n2025-03-03 · <https://example.org/2>\n\n新码头启用。"
    )


def test_other_xml_is_lines_and_paragraphs(read: Read) -> None:
    xml = '<?xml version="1.0"?><c env="x"><name>Harbour</name><para>Some <b>bold</b> text.</para>'
    xml += '<i id="1">a</i></c>'
    assert read("c.xml", xml).text == "c (env=x)\nname: Harbour\n\nSome bold text.\n\ni (id=1): a"


def test_xml_never_reads_other_files(read: Read) -> None:
    xml = (
        '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><a><b>words &x;</b></a>'
    )
    assert read("a.xml", xml).text == "words &x;"


def test_subtitles_are_running_text_with_their_times(read: Read) -> None:
    found = read("talk.txt", VTT)
    assert (found.mime, [page.label for page in found.pages]) == (kinds.VTT, ["00:00:01", "00:02:30"])
    assert found.text == "Anna: The tide gauge was built in 1931 and repaired later.\n\nSecond page."
    assert read("talk", SRT).text == "潮位站于一九八七年由港务局修复。"


def test_json_lines_are_a_paragraph_a_record(read: Read) -> None:
    found = read("crew.txt", '{"name": "Aurora", "crew": [4]}\n{"name": "潮"}\nnot json\n')
    assert (found.mime, found.text) == (kinds.JSONL, "name: Aurora\ncrew: [4]\n\nname: 潮\n\nnot json")


def notebook(**more: object) -> str:
    cells = [
        {"cell_type": "markdown", "source": ["# Tides\n", "High water."]},
        {
            "cell_type": "code",
            "source": "print(1)",
            "outputs": [
                {"output_type": "stream", "text": ["\x1b[31m1\x1b[0m\n"]},
                {"data": {"image/png": "AA"}},
            ],
        },
    ]
    return json.dumps({"cells": cells, "nbformat": 4, "nbformat_minor": 5, **more})


def test_notebooks_keep_text_code_and_results(read: Read) -> None:
    found = read("n.json", notebook(metadata={"kernelspec": {"language": "julia"}}))
    assert (found.mime, found.title) == (kinds.NOTEBOOK, "Tides")
    assert found.text == "# Tides\nHigh water.\n\n```julia\nprint(1)\n```\n\n```text\n1\n```"


def test_a_broken_notebook_is_damaged(read: Read) -> None:
    with pytest.raises(ExtractionError) as caught:
        read("n.ipynb", notebook()[:-20] + '"nbformat"')
    assert caught.value.code == "damaged"


@pytest.mark.parametrize(
    ("name", "content", "language"),
    [("tool", "#!/usr/bin/env python3\nprint(1)\n", "python"), ("Makefile", "run:\n\tls\n", "makefile")],
)
def test_source_code_is_known_without_a_suffix(read: Read, name: str, content: str, language: str) -> None:
    assert read(name, content).text.startswith(f"```{language}\n")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "gb18030"])
def test_tables_and_pages_in_other_encodings(read: Read, encoding: str) -> None:
    table = "船名,船长,备注\n" + f"曙光号,王海,{fixtures.CHINESE.strip()}\n" * 3
    assert "| 曙光号 | 王海 |" in read("a.csv", table.encode(encoding)).text
    page = f"<!doctype html><html><body><h1>潮位</h1><p>{fixtures.CHINESE * 9}</p></body></html>"
    found = read("page", page.encode("utf-16"))
    assert found.mime == kinds.HTML and "由港务局修复" in found.text
