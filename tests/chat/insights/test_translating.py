"""A text cut into what one request can hold and its answer too."""

from uuid import uuid4

from chat.insights.asking import Speaker
from chat.insights.parts import Room
from chat.insights.progress import Work
from chat.insights.translating import blocks_of
from chat.rules.applying import Ruled
from tests.chat.models import Puppet

TABLE = "| month | ferries |\n|---|---|\n" + "".join(f"| month {n} | {n} |\n" for n in range(40))


def blocks(text: str, tokens: int) -> list[str]:
    speaker = Speaker(Puppet(), Work(uuid4(), 1), "en", Ruled())
    found = blocks_of(text, Room(tokens, 100), speaker)
    assert all(speaker.backend.count_tokens(text[one.start : one.end]) <= tokens for one in found)
    return [text[one.start : one.end] for one in found]


def test_nothing_is_lost_and_cuts_are_at_paragraphs() -> None:
    text = "\n\n".join(f"# Part {n}\n\nThe ferry to Holm leaves at noon, in part {n}." for n in range(12))
    cut = blocks(text, 60)
    assert "".join(cut) == text
    assert len(cut) > 3 and all(part.endswith("\n\n") for part in cut[:-1])


def test_a_long_table_is_cut_between_its_rows_and_a_long_line_anywhere() -> None:
    rows = blocks(TABLE, 80)
    assert "".join(rows) == TABLE and all(part.endswith("|\n") for part in rows)
    line = "没有标点的长行" * 100
    assert "".join(blocks(line, 80)) == line


def test_a_text_that_fits_stays_whole() -> None:
    text = "# One\n\nA paragraph.\n\nAnother.\n"
    assert blocks(text, 500) == [text]
    assert blocks(" \n\n \n", 500) == []
