import re

from ingestion.extract.tables import with_repeated_headers
from ingestion.splitting import SplitSettings, split
from tests.ingestion.extract.conftest import Read

HEADER = "| Boat | Captain | Fee |\n| --- | --- | --- |"
ROWS = [f"| Boat {at} | Captain {at} | {at * 7} |" for at in range(120)]
TABLE = f"## Fees\n\n{HEADER}\n" + "\n".join(ROWS) + "\n\nAfter it.\n"


def test_every_passage_of_a_long_table_has_the_header_and_no_row_is_lost() -> None:
    text = with_repeated_headers(TABLE)
    pieces = split(text, [(None, 0)], SplitSettings())
    passages = [text[piece.start : piece.end] for piece in pieces]
    assert len(passages) > 5
    assert all(HEADER in passage for passage in passages if "| Boat 1" in passage)
    assert [row for row in text.split("\n") if re.match(r"\| Boat \d", row)] == ROWS
    assert {piece.heading for piece in pieces} == {"Fees"}


def test_short_tables_and_code_stay_as_they_are() -> None:
    for text in (
        f"{HEADER}\n{ROWS[0]}\n",
        "```\n" + f"{HEADER}\n" + "\n".join(ROWS) + "\n```\n",
        "no | table",
    ):
        assert with_repeated_headers(text) == text


def test_a_header_as_long_as_a_passage_is_not_repeated() -> None:
    header = "| " + " | ".join(f"Column number {at}" for at in range(60)) + " |\n|" + " --- |" * 60
    text = header + "\n" + "\n".join("| x " * 60 + "|" for _ in range(9))
    assert with_repeated_headers(text) == text


def test_documents_come_with_repeated_headers(read: Read) -> None:
    rows = "\n".join(f"Boat {at},Captain {at},{at}" for at in range(120))
    found = read("crew.csv", f"Boat,Captain,Fee\n{rows}\n")
    assert found.text.count("| Boat | Captain | Fee |") > 5
