import pytest

from ingestion.extract.types import ExtractionError
from tests import fixtures
from tests.ingestion.extract.conftest import Read


def test_pdf_has_numbered_pages_and_headings(read: Read) -> None:
    found = read("guide.pdf", fixtures.pdf())
    assert [page.number for page in found.pages] == [1, 2, 3]
    assert found.pages[1].text == (
        "## Lighthouse\n\nThe lighthouse keeper recorded storms in a green notebook."
    )
    assert (found.title, found.language) == ("guide", "en")


def test_pdf_lines_are_joined_without_spaces_in_chinese(read: Read) -> None:
    found = read("zh.pdf", fixtures.chinese_pdf())
    assert "潮位站于一九八七年由港务局修复，至今仍在使用。" in found.text
    assert found.language == "zh"


def test_pdf_words_hyphenated_at_line_ends_are_mended(read: Read) -> None:
    body = "All of the moorings here are all remea- sured every second year by the harbour office."
    assert "remeasured every" in read("a.pdf", fixtures.pdf([("Moorings", body)])).text


def test_pdf_running_heads_are_left_out(read: Read) -> None:
    pages = [
        ["港口年报", f"第{number}节讲述了{word}的情况，内容与其他各节不同。", "详见附录。"]
        for number, word in enumerate(["潮汐", "灯塔", "渡轮", "海图", "船员"], 1)
    ]
    found = read("a.pdf", fixtures.chinese_pdf(pages))
    assert "港口年报" not in found.text
    assert "潮汐的情况" in found.text and "船员的情况" in found.text


@pytest.mark.parametrize(
    ("content", "code", "says"),
    [
        (fixtures.scanned_pdf(), "no_text", "looks like a scan"),
        (fixtures.encrypted_pdf(), "encrypted", "password"),
        (fixtures.damaged_pdf(), "damaged", "save it again"),
        (b"%PDF-1.7\n" + b"garbage " * 50, "damaged", "save it again"),
    ],
)
def test_pdf_without_text_says_why(read: Read, content: bytes, code: str, says: str) -> None:
    with pytest.raises(ExtractionError, match=says) as caught:
        read("a.pdf", content)
    assert caught.value.code == code


def test_a_pdf_that_is_called_docx_is_read(read: Read) -> None:
    found = read("contract.docx", fixtures.pdf())
    assert found.mime == "application/pdf" and "tide gauge" in found.text


def test_word_keeps_headings_and_whole_words(read: Read) -> None:
    found = read("x.docx", fixtures.docx())
    assert found.title == "Harbour handbook"
    assert "## Moorings\n\nMoorings are let by the month" in found.text
    assert "## 值班制度\n\n夜间值班由两名船员负责，每四小时轮换一次。" in found.text
    assert [page.number for page in found.pages] == [None]


def test_word_comments_are_kept(read: Read) -> None:
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    part = (
        f'<w:comments xmlns:w="{space}"><w:comment w:id="0" w:author="Anna"><w:p><w:r><w:t>Ask the '
        "</w:t></w:r><w:r><w:t>captain.</w:t></w:r></w:p></w:comment></w:comments>"
    )
    found = read("x.docx", fixtures.with_members(fixtures.docx(), {"word/comments.xml": part}))
    assert found.text.endswith("\n\n> **Anna**: Ask the captain.")


def test_opendocument_text_loses_nothing_in_cells_and_boxes(read: Read) -> None:
    found = read(
        "x.odt",
        fixtures.odt(
            '<text:h text:outline-level="2">Moorings</text:h>'
            '<text:p>Let by<text:s/>the <text:a xlink:href="https://e.org">month</text:a>.<text:note>'
            "<text:note-citation>1</text:note-citation><text:note-body><text:p>Or year.</text:p>"
            "</text:note-body></text:note></text:p>"
            "<text:list><text:list-item><text:p>one</text:p><text:list><text:list-item><text:p>deep</text:p>"
            "</text:list-item></text:list></text:list-item></text:list>"
            "<table:table><table:table-row><table:table-cell><text:p>Boat</text:p></table:table-cell>"
            "<table:table-cell><text:list><text:list-item><text:p>a</text:p></text:list-item><text:list-item>"
            "<text:p>b</text:p></text:list-item></text:list></table:table-cell></table:table-row></table:table>"
            "<text:p><draw:frame><draw:text-box><text:p>In a box.</text:p></draw:text-box></draw:frame>"
            "</text:p>"
        ),
    )
    assert found.text == (
        "## Moorings\n\nLet by the [month](https://e.org). (Or year.)\n\n- one\n  - deep\n\n"
        "| Boat | a b |\n| --- | --- |\n\nIn a box."
    )


def test_slides_come_in_the_order_of_the_show_with_notes(read: Read) -> None:
    found = read("x.pptx", fixtures.pptx())
    assert [(page.number, page.label) for page in found.pages] == [(1, "Tide gauge"), (2, "海图")]
    assert found.pages[0].text == "## Tide gauge\n\n- Built in 1931\n- Repaired in 1987"
    assert found.pages[1].text.endswith("- 由测绘处发布\n\n> Remember to mention the flood.")


def test_sheets_are_pages_with_tables(read: Read) -> None:
    found = read("x.xlsx", fixtures.xlsx())
    assert [(page.number, page.label) for page in found.pages] == [(1, "Fees"), (2, "船员名单")]
    assert "| Boat | Crowns |\n| --- | --- |\n| Dinghy | 40 |\n| Trawler | 375.5 |" in found.pages[0].text
    assert "| 王海 | 船长 |" in found.pages[1].text


def test_mail_has_its_subject_as_title(read: Read) -> None:
    found = read("a.eml", fixtures.EML)
    assert found.title == "泊位申请"
    assert "anna@example.org" in found.text and "mooring for the Aurora" in found.text


@pytest.mark.parametrize("name", ["x.docx", "x.pptx", "x.xlsx"])
def test_office_files_without_their_parts_are_damaged(read: Read, name: str) -> None:
    folder = {"x.docx": "word", "x.pptx": "ppt", "x.xlsx": "xl"}[name]
    with pytest.raises(ExtractionError) as caught:
        read(name, fixtures.zip_of({"[Content_Types].xml": "<Types/>", f"{folder}/other.xml": "<a/>"}))
    assert caught.value.code in {"damaged", "no_text"}


def test_an_archive_is_not_a_document(read: Read) -> None:
    with pytest.raises(ExtractionError, match="archive within an archive"):
        read("a.zip", fixtures.zip_of({"a.txt": "x"}))
