import html
import re
from itertools import pairwise

import pytest

from ingestion.reading import Mark, Segment, render, segments

TEXT = (
    "# Harbour *rules* {#rules}\n\nSpeed is limited to **five knots**, says the\n"
    "[office](https://example.org/a?b=1&c=2).\n\n"
    "- Anchor only `here`\n- 禁止在电缆附近抛锚\n  - 违者罚款\n\n1. One\n2. Two\n\n> Quoted\n> words\n\n"
    "| Boat | Time |\n|---|---|\n| Aurora \\| B | **07:10** |\n\n```js\nif (a < b) { go() }\n```\n\n"
    "---\n\nEnd &amp; done."
)


def words(markup: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", markup)).split())


def marked(markup: str, kind: str = "passage") -> str:
    """The text of all marks of a kind, joined; nested marks of other kinds count."""
    out, depth = [], 0
    for part in re.split(r"(<[^>]+>)", markup):
        if part.startswith(f'<mark class="{kind}"') or (depth and part.startswith("<mark")):
            depth += 1
        elif part == "</mark>":
            depth = max(0, depth - 1)
        elif depth and not part.startswith("<"):
            out.append(html.unescape(part))
    return "".join(out)


def test_blocks_become_elements() -> None:
    markup = render(TEXT, 0, len(TEXT))
    for part in (
        "<h2>Harbour <em>rules</em></h2>",
        "<strong>five knots</strong>",
        '<a href="https://example.org/a?b=1&amp;c=2" rel="nofollow noopener noreferrer"',
        ' target="_blank">office</a>',
        "<ul>\n<li>Anchor only <code>here</code></li>",
        "<li>禁止在电缆附近抛锚<ul>\n<li>违者罚款</li></ul>",
        "<li>One</li>\n<li>Two</li>",
        "<blockquote>\n<p>Quoted\nwords</p>",
        "<th>Boat</th><th>Time</th>",
        "<td>Aurora | B</td><td><strong>07:10</strong></td>",
        '<pre><code class="language-js">if (a &lt; b) { go() }</code></pre>',
        "<hr>",
        "<p>End &amp; done.</p>",
    ):
        assert part in markup


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](data:text/html,<script>)",
        '[x](https://e.org/"onmouseover=alert(1))',
        "[x](&#106;avascript:alert(1))",
        "![x](javascript:alert(1))",
        '<https://e.org/"><script>',
        "`<script>`",
        "```html\n<script>\n```",
        '```"><script>\nx\n```',
        "| <script> | b |\n|---|---|\n| <b> | c |",
        "# <script>",
        "&lt;script&gt;",
        "&#60;script&#62;",
    ],
)
def test_hostile_text_stays_text(hostile: str) -> None:
    for markdown in (True, False):
        markup = render(hostile, 0, len(hostile), markdown=markdown)
        tags = re.findall(r"<(/?\w+)", markup)
        assert set(tags) <= {
            *(
                "p",
                "/p",
                "h2",
                "/h2",
                "pre",
                "/pre",
                "code",
                "/code",
                "table",
                "/table",
                "thead",
                "/thead",
                "th",
            ),
            *(
                "/th",
                "tbody",
                "/tbody",
                "tr",
                "/tr",
                "td",
                "/td",
                "div",
                "/div",
                "br",
                "a",
                "/a",
                "span",
                "/span",
            ),
        }
        assert not re.search(r"<[^>]*\son\w+\s*=", markup)
        assert all(link.startswith("https://") for link in re.findall(r'href="([^"]*)"', markup))


def test_ids_of_marks_are_escaped() -> None:
    markup = render("text", 0, 4, marks=[Mark(0, 4, '"><script>'), Mark(0, 0, '"><script>', "anchor")])
    assert "<script>" not in markup


def test_every_range_is_marked_exactly_as_far_as_it_is_visible() -> None:
    plain = words(render(TEXT, 0, len(TEXT)))
    for start in range(0, len(TEXT), 7):
        for end in (start + 1, start + 30, len(TEXT)):
            markup = render(TEXT, 0, len(TEXT), marks=[Mark(start, end, "c1")])
            assert words(markup).replace(" ", "") == plain.replace(" ", "")
            shown = marked(markup).replace(" ", "").replace("\n", "")
            left = iter(TEXT[start:end].replace("&amp;", "&"))
            assert all(character in left for character in shown)


def test_a_passage_across_blocks_is_marked_in_parts() -> None:
    start, end = TEXT.index("five"), TEXT.index("here") + 4
    markup = render(TEXT, 0, len(TEXT), marks=[Mark(start, end, "c1")])
    assert marked(markup) == "five knots, says the" + "office." + "Anchor only here"
    assert re.search(r'<code><mark class="passage" data-id="c1">here</mark></code>', markup)


def test_words_are_marked_within_a_passage() -> None:
    text = "The tide gauge was repaired."
    markup = render(text, 0, len(text), marks=[Mark(4, 27, "c1"), Mark(9, 14, "w", "word")])
    assert markup == (
        '<p>The <mark class="passage" data-id="c1">tide </mark><mark class="passage" data-id="c1">'
        '<mark class="word" data-id="w">gauge</mark></mark>'
        '<mark class="passage" data-id="c1"> was repaired</mark>.</p>\n'
    )


def test_overlapping_passages_do_not_end_each_other() -> None:
    text = "abcdefgh"
    markup = render(text, 0, 8, marks=[Mark(0, 4, "a"), Mark(2, 6, "b")])
    assert marked(markup) == "abcdef"
    assert words(re.sub(r"</?mark[^>]*>", "", markup)) == text


def test_each_passage_has_an_anchor_before_its_first_word() -> None:
    starts = [
        0,
        TEXT.index("Speed"),
        TEXT.index("office]"),
        TEXT.index("| Aurora"),
        TEXT.index("if (a"),
        len(TEXT) - 1,
    ]
    markup = render(TEXT, 0, len(TEXT), marks=[Mark(at, at, f"c{at}", "anchor") for at in starts])
    assert re.findall(r'<a id="p=c(\d+)" class="anchor"></a>', markup) == [str(at) for at in starts]
    assert '<h2><a id="p=c0" class="anchor"></a>Harbour' in markup
    assert f'<td><a id="p=c{starts[3]}" class="anchor"></a>Aurora' in markup
    assert not re.search(r"<a href[^>]*>[^<]*<a ", markup)


def test_a_part_shows_only_itself() -> None:
    start, end = TEXT.index("Speed"), TEXT.index("\n\n- Anchor")
    markup = render(TEXT, start, end, marks=[Mark(0, 5, "before"), Mark(end + 5, end + 9, "after")])
    assert words(markup) == "Speed is limited to five knots , says the office ."
    assert "mark" not in markup


def test_line_ends_of_windows_are_line_ends() -> None:
    text = "# Title\r\n\r\nOne\r\ntwo\r\n\r\n```\r\ncode\r\n```\r\n"
    markup = render(text, 0, len(text), marks=[Mark(11, 20, "c")])
    assert "<h2>Title</h2>" in markup and "\r" not in markup
    assert marked(markup) == "Onetwo"
    assert "<pre><code>code</code></pre>" in markup


def test_an_unclosed_fence_goes_to_the_end() -> None:
    text = "```\n# not a heading\n<b>"
    assert render(text, 0, len(text)) == "<pre><code># not a heading\n&lt;b&gt;</code></pre>\n"


def test_nested_emphasis_is_well_formed() -> None:
    for text in (
        "***both***",
        "**a *b* c**",
        "*a **b* c**",
        "a*b*c",
        "snake_case_name",
        "* not * closed",
        "**",
    ):
        stack: list[str] = []
        for closing, name in re.findall(r"<(/?)(\w+)", render(text, 0, len(text))):
            if closing:
                assert stack.pop() == name
            elif name != "br":
                stack.append(name)
        assert stack == []
    assert "<strong><em>both</em></strong>" in render("***both***", 0, 10)
    assert "snake_case_name" in render("snake_case_name", 0, 15)


def test_plain_text_keeps_its_lines_and_signs() -> None:
    text = "# no heading\n  *plain*\n\nsecond"
    markup = render(text, 0, len(text), markdown=False, marks=[Mark(2, 4, "c")])
    assert markup == (
        '<p># <mark class="passage" data-id="c">no</mark> heading<br>  *plain*</p>\n<p>second</p>\n'
    )


def test_parts_follow_pages() -> None:
    starts = list(range(0, 100_000, 7_000))
    text = "x" * 100_000
    parts = segments(text, starts, list(range(1, len(starts) + 1)), 20_000)
    assert parts[0] == Segment(0, 21_000, 1, 3)
    assert parts[-1].end == 100_000 and parts[-1].last_page == len(starts)
    assert all(before.end == after.start for before, after in pairwise(parts))
    assert all(part.start in starts for part in parts)


def test_parts_of_texts_without_pages_end_at_empty_lines() -> None:
    text = ("word " * 99 + "\n\n") * 200
    parts = segments(text, [0], [None], 20_000)
    assert len(parts) == 5
    assert all(text[: part.end].endswith("\n\n") for part in parts)
    assert {(part.first_page, part.last_page) for part in parts} == {(None, None)}


def test_parts_of_texts_without_any_border() -> None:
    assert [part.end for part in segments("x" * 50_000, [0], [None], 20_000)] == [20_000, 50_000]
    assert segments("", [], [], 20_000) == [Segment(0, 0, None, None)]
