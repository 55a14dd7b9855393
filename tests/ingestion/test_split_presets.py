import pytest

from ingestion.code_blocks import definitions
from ingestion.splitting import Piece, SplitSettings, split
from ingestion.token_counts import Estimate
from tests.ingestion.test_splitting import AWKWARD, CHINESE, ENGLISH, GUIDE

PRESETS = ["prose", "markdown", "code", "qa"]
PROGRAM = '''import os

LIMIT = 3


# Opens the gate.
@locked
def open_gate(name):
    """Waits for the tide."""
    first = name

    return first


class Harbour:
    """Boats and moorings."""

    def enter(self, boat):
        self.boats.append(boat)

        return len(self.boats)

    def leave(self, boat):
        self.boats.remove(boat)
'''
FAQ = """Q: When does the ferry leave?
A: Every morning at seven.

It waits for nobody.

**Q2:** Is there parking?
A: Yes, behind the harbour office.

问：有停车场吗？
答：有，在港务局后面。
问题2：渡轮几点开？
答：每天早上七点。
"""
FEES = "| Boat | Fee |\n| --- | --- |\n" + "".join(f"| Aurora {n} | {n} euros |\n" for n in range(30))


def cut(text: str, preset: str, tokens: int = 60, overlap: int = 0, *, markdown: bool = True) -> list[Piece]:
    return split(text, [(None, 0)], SplitSettings(tokens, overlap, preset=preset), markdown=markdown)


def texts(text: str, preset: str, tokens: int = 60, overlap: int = 0, *, markdown: bool = True) -> list[str]:
    return [text[p.start : p.end] for p in cut(text, preset, tokens, overlap, markdown=markdown)]


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("text", [*AWKWARD, PROGRAM * 9, FAQ * 5, FEES])
@pytest.mark.parametrize("markdown", [True, False])
def test_no_preset_loses_a_word_or_goes_beyond_the_size(preset: str, text: str, markdown: bool) -> None:
    pieces = cut(text, preset, 60, 12, markdown=markdown)
    covered = {at for piece in pieces for at in range(piece.start, piece.end)}
    assert not [at for at, character in enumerate(text) if at not in covered and not character.isspace()]
    assert max(Estimate().counts([text[piece.start : piece.end] for piece in pieces])) <= 60


def test_the_default_has_the_fingerprint_it_always_had() -> None:
    assert SplitSettings().fingerprint == "f385d74fc2d23be2"
    assert len({SplitSettings(preset=preset).fingerprint for preset in ["", *PRESETS]}) == 5


def test_an_unknown_preset_is_refused() -> None:
    with pytest.raises(ValueError, match="prose, markdown, code, qa"):
        SplitSettings(preset="poems")


def test_prose_is_cut_at_clauses_where_a_sentence_is_too_long() -> None:
    clauses = "潮位站每天记录水位，风暴来临时记录得更频繁，夜里由值班员核对读数，"
    found = texts(clauses * 6, "prose", 40)
    assert len(found) > 3
    assert all(piece.endswith("，") for piece in found)
    assert not all(piece.endswith("，") for piece in texts(clauses * 6, "", 40))


def test_markdown_keeps_sections_apart_and_paragraphs_whole() -> None:
    text = f"# Guide\n\nShort.\n\n## Tides\n\nHigh at noon.\n\n## Fees\n\n{ENGLISH}\n\nPaid at the office."
    assert len(texts(text, "", 200)) == 1
    found = texts(text, "markdown", 200)
    assert [piece.split("\n")[0] for piece in found] == ["# Guide", "## Tides", "## Fees"]
    two = f"{ENGLISH}\n\n{CHINESE[:30]}\n"
    assert texts(two, "markdown", 70) == [ENGLISH.strip(), CHINESE[:30]]


def test_code_is_cut_at_definitions_and_never_within_a_line() -> None:
    found = texts(PROGRAM, "code", 60, markdown=False)
    assert found[0].endswith("return first")
    assert found[1].startswith("class Harbour")
    smaller = texts(PROGRAM, "code", 30, markdown=False)
    assert smaller[1].startswith("# Opens the gate.\n@locked\ndef open_gate")
    assert smaller[1].endswith("return first")
    lines = set(PROGRAM.splitlines())
    for piece in texts(PROGRAM * 3, "code", 25, markdown=False):
        assert set(piece.splitlines()[1:]) <= lines


def test_definitions_of_several_languages_are_found() -> None:
    text = (
        "export default async function load() {\n}\nconst add = (a, b) => a + b;\n"
        "public class Boat {\n    private int size(int n) {\n        return n;\n    }\n}\n"
        "func (s *Server) Run() error {\n}\npub(crate) fn open(x: u8) -> u8 {\n}\nif (ready(x)) {\n}\n"
        "CREATE TABLE boats (id int);\n"
    )
    starts = [text[each.start : each.end].split("\n")[0].strip() for each in definitions(text)]
    assert starts == [
        "export default async function load() {",
        "const add = (a, b) => a + b;",
        "public class Boat {",
        "private int size(int n) {",
        "func (s *Server) Run() error {",
        "pub(crate) fn open(x: u8) -> u8 {",
        "CREATE TABLE boats (id int);",
    ]


def test_questions_stay_with_their_answers_one_pair_a_passage() -> None:
    found = texts(FAQ, "qa", markdown=False)
    assert [piece.split("\n")[0] for piece in found] == [
        "Q: When does the ferry leave?",
        "**Q2:** Is there parking?",
        "问：有停车场吗？",
        "问题2：渡轮几点开？",
    ]
    assert found[0].endswith("It waits for nobody.")
    headed = "# FAQ\n\n## Is there parking?\n\nYes.\n\n## 几点开船？\n\n七点。\n"
    first, second = texts(headed, "qa")
    assert first.endswith("## Is there parking?\n\nYes.")
    assert second == "## 几点开船？\n\n七点。"


def test_a_table_gives_a_passage_a_row_and_each_knows_its_header() -> None:
    pieces = cut(FEES, "qa")
    assert len(pieces) == 30
    assert FEES[pieces[0].start : pieces[0].end].startswith("| Boat | Fee |")
    assert FEES[pieces[7].start : pieces[7].end] == "| Aurora 7 | 7 euros |"
    assert [piece.table for piece in pieces] == [""] + ["| Boat | Fee |"] * 29


@pytest.mark.parametrize("preset", ["prose", "markdown", "qa"])
def test_no_row_is_cut_where_it_fits(preset: str) -> None:
    row = "| `ingest` | Adds files; archives too. It waits for the end; then it says how long that took. |\n"
    table = "| Command | What it does, in a sentence or two |\n| --- | --- |\n" + row * 6
    found = texts(table, preset, 60)
    assert len(found) > 2
    assert all(piece.endswith(row.strip()) for piece in found)


@pytest.mark.parametrize("preset", ["", "prose", "markdown", "qa"])
@pytest.mark.parametrize("tokens", [20, 60, 200, 900])
def test_every_passage_of_a_table_holds_or_knows_its_header(preset: str, tokens: int) -> None:
    text = f"{GUIDE}\n\n{FEES}\nAfter the table."
    for piece in cut(text, preset, tokens, tokens // 6):
        passage = text[piece.start : piece.end]
        if "| Aurora" in passage:
            wanted = "| Boat | Fee |" if "euros" in passage else "| Boat | Time |"
            assert wanted in passage or piece.table == wanted
