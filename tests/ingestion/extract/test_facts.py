"""What files say of themselves."""

from tests import fixtures
from tests.ingestion.extract.conftest import Read

CORE = (
    '<cp:coreProperties xmlns:cp="urn:core" xmlns:dc="urn:dc" xmlns:dcterms="urn:terms">'
    "<dc:creator>王海</dc:creator><dc:subject>Moorings</dc:subject><cp:keywords>fees; boats</cp:keywords>"
    "<dcterms:created>2025-03-01T08:00:00Z</dcterms:created><dc:title>unspecified</dc:title>"
    "<dcterms:modified>2025-04-02T09:30:00Z</dcterms:modified></cp:coreProperties>"
)


def test_office_files_name_their_author_and_times(read: Read) -> None:
    for name, content in (
        ("a.docx", fixtures.docx()),
        ("a.pptx", fixtures.pptx()),
        ("a.xlsx", fixtures.xlsx()),
    ):
        found = read(name, fixtures.with_members(content, {"docProps/core.xml": CORE}))
        assert found.meta["author"] == "王海", name
        assert found.meta["subject"] == "Moorings"
        assert found.meta["keywords"] == "fees; boats"
        assert found.meta["created"].startswith("2025-03-01")
        assert found.meta["modified"].startswith("2025-04-02")


def test_opendocument_too(read: Read) -> None:
    meta = (
        '<office:document-meta xmlns:office="urn:office" xmlns:dc="urn:dc" xmlns:meta="urn:meta">'
        "<office:meta>"
        "<meta:initial-creator>Anna Berg</meta:initial-creator><meta:generator>LibreOffice/7</meta:generator>"
        "<meta:keyword>harbour</meta:keyword></office:meta></office:document-meta>"
    )
    body = fixtures.with_members(fixtures.odt("<text:p>Harbour office.</text:p>"), {"meta.xml": meta})
    assert read("a.odt", body).meta == {
        "author": "Anna Berg",
        "keywords": "harbour",
        "producer": "LibreOffice/7",
    }


def test_broken_properties_lose_nothing_but_themselves(read: Read) -> None:
    found = read("a.pptx", fixtures.with_members(fixtures.pptx(), {"docProps/app.xml": "<broken"}))
    assert "Built in 1931" in found.text
    assert found.meta == {}


def test_mail_tells_who_wrote_to_whom_and_when(read: Read) -> None:
    found = read("a.eml", fixtures.EML)
    assert found.meta["from"] == "Anna Berg <anna@example.org>"
    assert found.meta["to"] == "Harbour <office@example.org>"
    assert found.meta["date"].startswith("Mon, 03 Mar 2025")


def test_what_says_nothing_is_left_out(read: Read) -> None:
    core = CORE.replace("王海", "anonymous").replace("Moorings", "(unspecified)")
    found = read("a.docx", fixtures.with_members(fixtures.docx(), {"docProps/core.xml": core}))
    assert not {"author", "subject"} & set(found.meta)
