import pytest

from search.sentences import sentences
from search.snippets import highlights, snippet


def pieces(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("今天下雨。明天呢？“真的！”他说。", ["今天下雨。", "明天呢？", "“真的！”", "他说。"]),
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        ("Dr. Smith met J. R. Brown at 3.5 km. Then e.g. this.", 2),
        ("It grew 3.14 percent. Sales rose.", ["It grew 3.14 percent.", "Sales rose."]),
        (
            "# Title\nA line that is wrapped by hand goes on here\nand ends. Next.",
            ["# Title", "A line that is wrapped by hand goes on here\nand ends.", "Next."],
        ),
        ("- one\n- two", ["- one", "- two"]),
        ("1. First thing.\n2. Second thing.", ["1. First thing.", "2. Second thing."]),
        ("| a | b |\n| c | d |", ["| a | b |", "| c | d |"]),
        ("第一段\n\n第二段", ["第一段", "第二段"]),
        ("", []),
        ("  \n ", []),
    ],
)
def test_sentences(text: str, expected: list[str] | int) -> None:
    if isinstance(expected, int):
        assert len(pieces(text)) == expected
    else:
        assert pieces(text) == expected


def test_a_mark_of_markdown_goes_with_the_sentence_that_it_opens_or_closes() -> None:
    text = "默认没有限制。`<KeepAlive>` 可以配置。**粗体。** He said `x`. `y` is *next.* Done."
    parts = [text[start:end] for start, end in sentences(text)]
    assert parts == [
        "默认没有限制。",
        "`<KeepAlive>` 可以配置。",
        "**粗体。**",
        "He said `x`.",
        "`y` is *next.*",
        "Done.",
    ]


def test_sentences_cover_all_but_white_space() -> None:
    text = "Mixed 文本。Second one! 3. 列表\n\n| 表 | x |\nend"
    covered = "".join(pieces(text))
    assert "".join(covered.split()) == "".join(text.split())


def marked(text: str, query: str) -> list[str]:
    return [text[start:end] for start, end in highlights(text, query)]


def test_words_are_marked_whatever_their_ending() -> None:
    assert marked("Two harbours and one Harbour.", "harbour") == ["harbours", "Harbour"]


def test_chinese_pairs_are_joined_and_lone_characters_left_alone() -> None:
    text = "年轻人喜欢响应式系统。今年是二〇二四年。"
    assert marked(text, "響應式系統") == ["响应式系统"]
    assert marked("今年是年份", "年") == ["年", "年"]
    assert marked(text, "什么是响应式") == ["响应式"]
    assert marked("喜欢的系统是响应式的系统。", "响应式的系统") == ["系统", "响应式的系统"]
    assert marked("他坐的士司机的车", "的士司机") == ["的士司机"]


def test_marks_lie_apart_in_the_original_text() -> None:
    text = "ﬁne 臺灣大學 and Café"
    assert marked(text, "fine 台湾大学 cafe") == ["ﬁne", "臺灣大學", "Café"]
    assert highlights(text, "") == []


def test_a_short_text_is_shown_whole() -> None:
    assert snippet("Short.", "anything") == (0, 6)


@pytest.mark.parametrize("filler", ["别的东西没有关系。", "Something else entirely. "])
def test_the_snippet_holds_the_match_between_sentence_borders(filler: str) -> None:
    target = "黑豹队只丢了308分。The Panthers gave up 308 points. "
    text = filler * 60 + target + filler * 60
    start, end = snippet(text, "Panthers points 黑豹队")
    assert "黑豹队只丢了308分" in text[start:end]
    assert "308 points." in text[start:end]
    assert end - start <= 220
    assert (start, end) != (0, 220)
    assert text[:start].rstrip()[-1] in "。."
    assert text[end - 1] in "。."


def test_without_a_match_the_snippet_is_the_beginning() -> None:
    text = "First sentence here. " * 40
    assert snippet(text, "unrelated")[0] == 0


def test_an_endless_sentence_is_cut_around_the_match() -> None:
    text = "word " * 500 + "needle " + "word " * 500
    start, end = snippet(text, "needle", length=100)
    assert "needle" in text[start:end]
    assert end - start <= 130
    assert text[start - 1].isspace()


def test_the_part_that_says_the_phrase_is_shown() -> None:
    text = (
        "Paid work, leave and paid days. " * 12
        + "In May there is paid leave. "
        + "Nothing else is said. " * 12
    )
    start, end = snippet(text, "", 120, phrases=("paid leave",))
    assert "In May there is paid leave." in text[start:end]
    assert text[start - 1] == " " and text[start].isupper()
    assert [text[a:b] for a, b in highlights(text, "", ("paid leave",))] == ["paid leave"]
