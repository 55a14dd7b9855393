import gzip

import pytest

from ingestion.extract import kinds
from ingestion.extract.sniff import sniff
from ingestion.extract.types import ExtractionError
from tests import fixtures
from tests.ingestion.extract.conftest import Write

PASSAGE = '{"_id": "1", "title": "T", "text": "Some text."}'


@pytest.mark.parametrize(
    ("name", "content", "mime"),
    [
        ("a.pdf", fixtures.pdf(), kinds.PDF),
        ("contract.docx", fixtures.pdf(), kinds.PDF),
        ("noname", fixtures.docx(), kinds.DOCX),
        ("slides.pdf", fixtures.pptx(), kinds.PPTX),
        ("table.txt", fixtures.xlsx(), kinds.XLSX),
        ("a.bin", fixtures.zip_of({"a.txt": "x"}), kinds.ZIP),
        ("page", fixtures.HTML, kinds.HTML),
        ("page.txt", "<!-- saved --><!DOCTYPE html><p>x", kinds.HTML),
        ("fragment.html", "<p>Hello</p>", kinds.HTML),
        ("readme.md", "<html>in Markdown</html>", kinds.MARKDOWN),
        ("a.eml", fixtures.EML, kinds.EML),
        ("letter.txt", fixtures.EML, kinds.EML),
        ("notes.eml", "Just a note that is no mail at all.", kinds.PLAIN),
        ("a.csv", fixtures.CSV, kinds.CSV),
        ("a.tsv", "a\tb\n1\t2\n", kinds.TSV),
        ("x.json", PASSAGE, kinds.PASSAGE),
        ("x.json", '{"_id": "1", "text": "t", "price": 3}', kinds.JSON),
        ("n.ipynb", '{"cells": [], "nbformat": 4}', kinds.NOTEBOOK),
        ("a.xml", "<?xml version='1.0'?><a>x</a>", kinds.XML),
        ("a.py", "print(1)\n", kinds.CODE),
        ("unknown.xyz", "Some text.", kinds.PLAIN),
        ("zh.txt", fixtures.CHINESE.encode("gb18030"), kinds.PLAIN),
        ("u16.txt", "text".encode("utf-16"), kinds.PLAIN),
        ("p.txt", fixtures.png(), "image/png"),
        ("photo", b"\xff\xd8\xff\xe0" + bytes(40), "image/jpeg"),
        ("a.txt.gz", gzip.compress(b"text", mtime=0), kinds.GZIP),
        ("a.dat", fixtures.tar_of({"a.txt": b"x"}), kinds.TAR),
        ("talk.srt", "no subtitles at all", kinds.PLAIN),
        ("x.json", '{"a": 1}\n{"a": 2}\n', kinds.JSONL),
        ("x.json", '{\n"a": {}\n}', kinds.JSON),
        ("data", '{"cells": [], "metadata": {}, "nbformat": 4}', kinds.NOTEBOOK),
        ("feed.xml", "<rss version='2.0'><channel/></rss>", kinds.XML),
        ("paper", "% note\n\\documentclass{article}\n", kinds.LATEX),
        ("a.adoc", "= Title", kinds.ASCIIDOC),
        ("run", "#!/bin/sh\nls\n", kinds.CODE),
        ("u16.html", "<!doctype html><p>x".encode("utf-16"), kinds.HTML),
        ("a.rtf", r"{\rtf1 hello}", kinds.RTF),
    ],
)
def test_goes_by_content(write: Write, name: str, content: bytes | str, mime: str) -> None:
    assert sniff(write(name, content), name) == mime


@pytest.mark.parametrize(
    ("name", "content", "code", "says"),
    [
        ("a.txt", b"", "empty", "empty"),
        ("blank.md", b" \n\t \r\n", "empty", "empty"),
        ("zeros.txt", b"\x00" * 5000, "empty", "empty"),
        ("notes.txt", b"MZ\x90\x00" + bytes(range(200)), "unsupported", "program"),
        ("a.pdf", b"\x7fELF\x02\x01\x00" + bytes(100), "unsupported", "PDF, Word"),
        ("a.txt", bytes(range(256)) * 4, "unsupported", "PDF, Word"),
        ("film.txt", b"\x00\x00\x00\x18ftypmp42" + bytes(50), "unsupported", "transcript"),
        ("a.7z", b"7z\xbc\xaf\x27\x1c" + bytes(60), "archive", "Unpack"),
        ("p.heic", b"\x00\x00\x00\x18ftypheic" + bytes(40), "unsupported", "PNG or JPEG"),
        ("broken.docx", fixtures.docx()[:300], "damaged", "damaged"),
        ("x.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "unsupported", "PDF, Word"),
        (
            "locked.docx",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le"),
            "encrypted",
            "password",
        ),
    ],
)
def test_refuses_with_a_reason(write: Write, name: str, content: bytes, code: str, says: str) -> None:
    with pytest.raises(ExtractionError, match=says) as caught:
        sniff(write(name, content), name)
    assert caught.value.code == code
    assert caught.value.permanent
