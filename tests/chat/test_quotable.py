import pytest

from chat.quotable import CODE_LINES, LONGEST, Quotable, quotable, with_code


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


TIME_ZONE = "## 时区\n\n下面是重新配置 Debian 系统使用的时区。\n\n```\n# dpkg-reconfigure tzdata\n```\n"
RECOVER = (
    "If you mistakenly drop or clear stash entries, they cannot be recovered through the normal safety "
    "mechanisms. However, you can try the following incantation to get a list of stash entries that are "
    "still in your repository, but not reachable any more:\n\n{fence} sh\n"
    "git fsck --unreachable |\ngrep commit | cut -d' ' -f3 |\n\n"
    "xargs git log --merges --no-walk --grep=WIP\n{fence}\n\nThey are kept for thirty days.\n"
)


@pytest.mark.parametrize("fence", ["```", "~~~"])
def test_code_is_quoted_below_its_sentence_and_its_lines_are_no_sentences(fence: str) -> None:
    first, second, last = with_code(RECOVER.format(fence=fence))
    assert (first.code, last) == ("", Quotable("They are kept for thirty days."))
    assert second.text.endswith("not reachable any more:")
    assert second.code.splitlines()[::3] == [
        "git fsck --unreachable |",
        "xargs git log --merges --no-walk --grep=WIP",
    ]
    assert quotable(RECOVER.format(fence=fence)) == [first.text, last.text], "a summary takes no code"
    assert with_code(TIME_ZONE) == [
        Quotable("下面是重新配置 Debian 系统使用的时区。", "# dpkg-reconfigure tzdata")
    ]


def test_code_in_a_list_loses_its_indentation() -> None:
    text = "1. Drop it:\n\n   ```console\n   $ git stash drop\n     Dropped\n   ```\n\n2. Look again."
    assert with_code(text) == [Quotable("Drop it:", "$ git stash drop\n  Dropped"), Quotable("Look again.")]


@pytest.mark.parametrize(
    ("code", "behind"),
    [("line\n" * (CODE_LINES + 1), "```"), ("x" * 601 + "\n", "```"), ("begun\n", ""), ("\n", "```")],
    ids=["lines", "characters", "cut", "empty"],
)
def test_code_that_is_long_or_not_whole_stays_away(code: str, behind: str) -> None:
    text = f"It is small. Run this:\n\n```\n{code}{behind}"
    assert with_code(text) == [Quotable("It is small.")]


def test_lines_of_code_are_quoted_only_where_there_is_nothing_else() -> None:
    code = "```\ngit stash list [<log-options>]\n\ngit stash drop [-q]\n```\n"
    assert quotable(f"## SYNOPSIS\n\n{code}") == ["git stash list [<log-options>]", "git stash drop [-q]"]
    assert quotable(f"{code}\nIt stashes changes.") == ["It stashes changes."]


def test_a_passage_may_begin_within_code() -> None:
    text = "int main(void) {\n  return 0;\n}\n```\n\nIt does nothing.\n\n```\ncc nothing.c\n```\nThen run it."
    assert with_code(text) == [Quotable("It does nothing.", "cc nothing.c"), Quotable("Then run it.")]
    for above in ("## Source", "Source"):
        begun = f"It does nothing.\n\n{above}\n```\nint main(void) {{\n  return 0;"
        assert "return 0;" not in " ".join(quotable(begun))
