"""RTF, e-books and the other spreadsheets: their words, headings, tables and sheets."""

from pathlib import Path

from ingestion.extract import kinds
from tests import fixtures
from tests.ingestion.extract.conftest import Read


def _rtf(text: str) -> str:
    return "".join(sign if sign.isascii() else f"\\u{ord(sign)}?" for sign in text)


def test_rtf_in_chinese_with_a_table(read: Read) -> None:
    row = r"\trowd\cellx3000\cellx6000 {}\intbl\cell {}\intbl\cell\row"
    body = (
        r"{\rtf1\ansi\ansicpg936\deff0{\fonttbl{\f0 SimSun;}}\pard "
        + _rtf("潮位站于一九八七年由港务局修复。")
        + r"\par The gauge is read daily.\par "
        + row.format(_rtf("船名"), _rtf("费用"))
        + row.format("Aurora", "40")
        + r"\pard\par}"
    )
    found = read("a.rtf", body)
    assert found.mime == kinds.RTF
    assert "潮位站于一九八七年由港务局修复。" in found.text
    assert "The gauge is read daily." in found.text
    assert "| 船名 | 费用 |" in found.text and "| Aurora | 40 |" in found.text


def test_epub_in_reading_order_with_headings(read: Read) -> None:
    def chapter(title: str, text: str) -> str:
        return (
            '<?xml version="1.0" encoding="UTF-8"?><html xmlns="http://www.w3.org/1999/xhtml"><head><title>'
            f"{title}</title></head><body><h1>{title}</h1><p>{text}</p></body></html>"
        )

    container = (
        '<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
        '<rootfile full-path="book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>'
    )
    package = (
        '<package xmlns="http://www.idpf.org/2007/opf" version="3.0"><metadata '
        'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>Harbour tales</dc:title>'
        "<dc:creator>Anna Berg</dc:creator><dc:language>en</dc:language></metadata><manifest>"
        '<item id="b" href="b.xhtml" media-type="application/xhtml+xml"/>'
        '<item id="a" href="a.xhtml" media-type="application/xhtml+xml"/></manifest>'
        '<spine><itemref idref="a"/><itemref idref="b"/></spine></package>'
    )
    files = {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": container,
        "book.opf": package,
        "b.xhtml": chapter("灯塔", "看守人用绿色笔记本记录风暴。"),
        "a.xhtml": chapter("The gauge", "It was repaired in 1987."),
    }
    found = read("tales.epub", fixtures.zip_of(files))
    assert found.mime == kinds.EPUB and found.title == "Harbour tales"
    assert found.meta["author"] == "Anna Berg"
    assert found.text.index("repaired in 1987") < found.text.index("看守人用绿色笔记本")
    assert "# 灯塔" in found.text


def test_a_macro_workbook_is_a_workbook(read: Read) -> None:
    found = read("fees.xlsm", fixtures.with_members(fixtures.xlsx(), {"xl/vbaProject.bin": b"\x00macro"}))
    assert [(page.number, page.label) for page in found.pages] == [(1, "Fees"), (2, "船员名单")]
    assert "| Trawler | 375.5 |" in found.text and "macro" not in found.text


def test_opendocument_sheets_are_pages(read: Read) -> None:
    space = "urn:oasis:names:tc:opendocument:xmlns"

    def cell(text: str) -> str:
        return f'<table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>'

    def sheet(name: str, rows: list[list[str]]) -> str:
        body = "".join(f"<table:table-row>{''.join(map(cell, row))}</table:table-row>" for row in rows)
        return f'<table:table table:name="{name}">{body}</table:table>'

    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content xmlns:office="{space}:office:1.0" '
        f'xmlns:text="{space}:text:1.0" xmlns:table="{space}:table:1.0" office:version="1.2"><office:body>'
        f"<office:spreadsheet>{sheet('Fees', [['Boat', 'Crowns'], ['Dinghy', '40']])}"
        f"{sheet('船员', [['姓名', '职务'], ['王海', '船长']])}</office:spreadsheet></office:body>"
        "</office:document-content>"
    )
    manifest = (
        f'<manifest:manifest xmlns:manifest="{space}:manifest:1.0"><manifest:file-entry '
        f'manifest:full-path="/" manifest:media-type="{kinds.ODS}"/></manifest:manifest>'
    )
    files = {"mimetype": kinds.ODS, "content.xml": content, "META-INF/manifest.xml": manifest}
    found = read("a.ods", fixtures.zip_of(files))
    assert [page.label for page in found.pages] == ["Fees", "船员"]
    assert "| Dinghy | 40 |" in found.pages[0].text and "| 王海 | 船长 |" in found.pages[1].text


def test_tab_separated_values_are_a_table(read: Read) -> None:
    found = read("a.tsv", "Boat\tNote\nAurora\tred, fast\n海鸥\t白色\n")
    assert found.mime == kinds.TSV
    assert "| Aurora | red, fast |" in found.text and "| 海鸥 | 白色 |" in found.text


def test_old_excel_files_are_read(read: Read, youju_data: Path) -> None:
    found = read("a.xls", (youju_data / "files" / "docling" / "xls" / "legacy_sample.xls").read_bytes())
    assert found.mime == kinds.XLS
    assert [page.label for page in found.pages] == ["Duck Observations"]
    assert found.pages[0].text.count("\n| ") > 3
