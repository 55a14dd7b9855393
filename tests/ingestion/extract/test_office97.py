import pytest

from ingestion.extract import kinds
from ingestion.extract.outlook import attachments
from ingestion.extract.types import ExtractionError
from tests.ingestion.extract import compound_files
from tests.ingestion.extract.conftest import Read, Write

PARAGRAPHS = [
    ("Harbour handbook", "\r", 1, False),
    ("The office opens at eight.", "\r", 0, False),
    ("值班制度", "\r", 2, False),
    ('See \x13 HYPERLINK "x" \x14the map\x15 and\x0bthe gauge.', "\r", 0, False),
    ("Boat", "\x07", 0, False),
    ("Fee", "\x07", 0, False),
    ("", "\x07", 0, True),
    ("Aurora", "\x07", 0, False),
    ("", "\x07", 0, False),
    ("", "\x07", 0, True),
    ("End.", "\r", 0, False),
]
SLIDES = [("Tide gauge", "Built in 1931", "Mention the flood."), ("海图", "由测绘处发布", "")]


def test_word_97_keeps_headings_paragraphs_and_tables(read: Read) -> None:
    found = read("old.doc", compound_files.word(PARAGRAPHS))
    assert (found.mime, found.title) == (kinds.DOC, "Harbour handbook")
    assert found.text == (
        "# Harbour handbook\n\nThe office opens at eight.\n\n## 值班制度\n\nSee the map and\nthe gauge.\n\n"
        "| Boat | Fee |\n| --- | --- |\n| Aurora |  |\n\nEnd."
    )


def test_powerpoint_97_has_a_page_per_slide_in_the_order_of_the_show(read: Read) -> None:
    found = read("old.ppt", compound_files.powerpoint(SLIDES))
    assert [(page.number, page.label, page.text) for page in found.pages] == [
        (1, "Tide gauge", "## Tide gauge\n\nBuilt in 1931\n\n> Mention the flood."),
        (2, "海图", "## 海图\n\n由测绘处发布"),
    ]


@pytest.mark.parametrize("stream", ["WordDocument", "PowerPoint Document"])
def test_a_stream_of_rubbish_is_damaged(read: Read, stream: str) -> None:
    with pytest.raises(ExtractionError) as caught:
        read("a.doc", compound_files.compound({stream: b"\xec\xa5\xc1\x00" + b"\xff" * 6000}))
    assert caught.value.code in {"damaged", "no_text", "encrypted"}


def test_outlook_attachments_are_found_with_their_names(write: Write) -> None:
    content = b"Boat,Fee\n" + b"Aurora,40\n" * 600
    path = write(
        "a.msg",
        compound_files.compound(
            {
                "__properties_version1.0": bytes(64),
                "__attach_version1.0_#00000000/__substg1.0_37010102": content,
                "__attach_version1.0_#00000000/__substg1.0_3707001F": "费用.csv".encode("utf-16-le"),
                "__attach_version1.0_#00000001/__substg1.0_37010102": content,
            }
        ),
    )
    assert [(item.name, item.content == content) for item in attachments(path)] == [
        ("费用.csv", True),
        ("2", True),
    ]
