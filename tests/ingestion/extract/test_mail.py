from email.message import EmailMessage
from pathlib import Path

import pytest

from ingestion.extract.registry import extract
from ingestion.extract.types import ExtractionError
from tests import fixtures
from tests.ingestion.extract.conftest import Read


def letter(subject: str = "With files", body: str = "See the attachments.\n") -> EmailMessage:
    message = EmailMessage()
    message["From"] = "Anna Berg <anna@example.org>"
    message["To"] = "office@example.org"
    message["Subject"] = subject
    message.set_content(body)
    return message


def test_attachments_are_part_of_the_mail_under_their_names(read: Read) -> None:
    message = letter()
    word = "vnd.openxmlformats-officedocument.wordprocessingml.document"
    message.add_attachment(fixtures.docx(), maintype="application", subtype=word, filename="手册.docx")
    message.add_attachment(fixtures.CSV, filename="crew.csv")
    found = read("a.eml", bytes(message))
    assert [page.label for page in found.pages] == ["", "手册.docx", "crew.csv"]
    assert "**Attachments**: 手册.docx, crew.csv\n\nSee the attachments." in found.text
    assert "# 手册.docx\n\n## Harbour handbook" in found.text and "### 值班制度" in found.text
    assert "# crew.csv\n\n| Boat | Captain | Crew |" in found.text


def test_pages_of_an_attachment_keep_their_places(read: Read) -> None:
    message = letter()
    message.add_attachment(fixtures.xlsx(), maintype="application", subtype="x", filename="f.xlsx")
    assert [page.label for page in read("a.eml", bytes(message)).pages] == [
        "",
        "f.xlsx · Fees",
        "f.xlsx · 船员名单",
    ]


def test_attachments_that_cannot_be_read_say_why_and_logos_are_only_named(read: Read) -> None:
    message = letter()
    message.add_attachment(fixtures.encrypted_pdf(), maintype="application", subtype="pdf", filename="s.pdf")
    message.add_attachment(fixtures.png(), maintype="image", subtype="png", filename="logo.png")
    found = read("a.eml", bytes(message))
    assert [page.label for page in found.pages] == ["", "s.pdf"]
    assert "protected by a password" in found.pages[1].text and "logo.png" in found.pages[0].text


def test_an_archive_in_a_mail_is_unpacked_and_a_mail_in_a_mail_is_read(read: Read) -> None:
    message = letter()
    packed = fixtures.zip_of({"sub/note.md": "# Tide\n\nHigh water at seven."})
    message.add_attachment(packed, maintype="application", subtype="zip", filename="a.zip")
    message.add_attachment(letter("Inner", "The inner mail.\n"))
    found = read("a.eml", bytes(message))
    assert [page.label for page in found.pages] == ["", "a.zip/sub/note.md", "Inner.eml"]
    assert "The inner mail." in found.pages[2].text


def test_attachments_of_a_mail_in_a_mail_are_named_and_not_read(read: Read) -> None:
    inner, outer = letter("Inner"), letter()
    inner.add_attachment("secret depths", filename="deep.txt")
    outer.add_attachment(inner)
    text = read("a.eml", bytes(outer)).text
    assert "deep.txt" in text and "secret depths" not in text


@pytest.mark.parametrize("charset", ["gb2312", "big5", "utf-8"])
def test_bodies_in_chinese_encodings(read: Read, charset: str) -> None:
    body = fixtures.TRADITIONAL if charset == "big5" else fixtures.CHINESE
    message = letter("泊位")
    message.set_content(body, charset=charset)
    assert body.strip() in read("a.eml", bytes(message)).text


def test_headers_and_names_in_bare_bytes_are_read(read: Read) -> None:
    raw = (
        "From: 王海 <w@example.org>\r\nTo: office@example.org\r\nSubject: 泊位申请\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n'
        f'{fixtures.CHINESE}\r\n--b\r\nContent-Disposition: attachment; filename="附件.txt"\r\n\r\n'
        "夜间值班由两名船员负责，他们每四小时轮换一次，并把水位记在本子上。\r\n--b--\r\n"
    )
    found = read("a.eml", raw.encode("gb18030"))
    assert (found.title, [page.label for page in found.pages]) == ("泊位申请", ["", "附件.txt"])
    assert "**From**: 王海 <w@example.org>" in found.text and fixtures.CHINESE.strip() in found.text
    assert "夜间值班由两名船员负责" in found.text


def test_a_body_in_html_only_becomes_markdown(read: Read) -> None:
    message = letter()
    message.set_content("<h1>Fees</h1><p>Forty <b>crowns</b>.</p>", subtype="html")
    assert "# Fees\n\nForty **crowns**." in read("a.eml", bytes(message)).text


def test_an_unknown_charset_is_guessed(read: Read) -> None:
    raw = bytes(letter()).replace(b'charset="utf-8"', b'charset="x-none"')
    assert "See the attachments." in read("a.eml", raw).text


def test_without_attachments_only_the_mail_is_read(tmp_path: Path) -> None:
    message = letter()
    message.add_attachment("Some text", filename="a.txt")
    path = tmp_path / "m"
    path.write_bytes(bytes(message))
    assert len(extract(path, "m.eml", attached=False).pages) == 1


def test_a_mail_with_nothing_in_it_has_no_text(read: Read) -> None:
    raw = b"From: a@example.org\nTo: b@example.org\nDate: Mon, 03 Mar 2025 09:12:00 +0000\n\n"
    with pytest.raises(ExtractionError) as caught:
        read("a.eml", raw)
    assert caught.value.code == "no_text"
