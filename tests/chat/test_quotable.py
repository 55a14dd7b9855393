import pytest

from chat.quotable import LONGEST, quotable


def test_sentences_without_the_marks_of_lists() -> None:
    assert quotable("# Tower\n\n- The tower is 9 m high.\n- It is old.") == [
        "The tower is 9 m high.",
        "It is old.",
    ]


@pytest.mark.parametrize(
    "heading",
    ["Refund policy", "3.1 Refund policy", "Chapter 2 Refunds", "退款规定", "第三章 退款规定"],
)
def test_a_heading_in_plain_text_is_no_sentence(heading: str) -> None:
    body = "Money comes back within ten days." if heading.isascii() else "款项在十天内退回。"
    assert quotable(f"{heading}\n\n{body}") == [body]
    assert quotable(f"{heading}\n{body}") == [body]


def test_a_heading_is_quoted_where_there_is_nothing_else() -> None:
    assert quotable("Refund policy\n\n") == ["Refund policy"]


def test_short_lines_with_figures_and_the_last_line_are_kept() -> None:
    text = "Opening hours\n\nMonday 9 to 17\n\nAsk at the desk"
    assert quotable(text) == ["Monday 9 to 17", "Ask at the desk"]


@pytest.mark.parametrize("lead", ["There are three roles:", "**Roles:**", "角色如下："])
def test_words_that_lead_on_are_left_out(lead: str) -> None:
    assert quotable(f"{lead}\n\n- Editor\n- Viewer") == ["Editor", "Viewer"]
    assert quotable(lead) == [lead]


def test_table_rows_only_where_there_is_no_sentence() -> None:
    table = "| visibility | who |\n|---|---|\n| Only members | people with a role |"
    assert quotable(f"Members have roles.\n\n{table}") == ["Members have roles."]
    assert "| Only members | people with a role |" in quotable(table)


def test_a_very_long_sentence_is_cut_between_words() -> None:
    text = "word " * 200 + "end."
    (sentence,) = quotable(text)
    assert len(sentence) <= LONGEST
    assert sentence.endswith("word")
    assert text.startswith(sentence)


def test_lines_of_a_table_of_contents_are_not_quoted() -> None:
    contents = (
        "Preface . . . . . . . . . . . . . xi\n3.6.4 Defining and creating row permissions . . . . . . . 24\n"
        "第一章 总则………………3\n"
    )
    assert quotable(contents) == []
    assert quotable(f"{contents}\nRow permissions are created by SQL.") == [
        "Row permissions are created by SQL."
    ]
