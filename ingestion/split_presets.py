"""What each preset of the splitter keeps whole, prefers to cut at, and always begins a passage with."""

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from ingestion.code_blocks import Definition, code_rank, definitions
from ingestion.headings import Outline
from ingestion.prose_borders import prose_rank
from ingestion.question_pairs import pairs, row_starts
from ingestion.token_counts import Counter
from ingestion.whole_blocks import Block, fitting, paragraphs, whole_blocks

AUTOMATIC, PROSE, MARKDOWN, CODE, QUESTIONS = "", "prose", "markdown", "code", "qa"
PRESETS = (AUTOMATIC, PROSE, MARKDOWN, CODE, QUESTIONS)
# A section may end a passage that has at least this part of its tokens; a page always ends it, so that
# a citation names the right page or slide.
_SECTION_SHARE = 0.25
_HEADER_CHARS = 500
_VERSIONS = {PROSE: 1, MARKDOWN: 1, CODE: 1, QUESTIONS: 1}


@dataclass(frozen=True, slots=True)
class Rules:
    """How one text is cut.

    ``whole`` maps starts to ends of what is not cut. At ``begins`` a passage always begins. ``rank`` says
    how good a cut at an offset is (see ``split_units.Unit``). With ``whole_lines`` no line that fits is
    cut; with ``clauses`` sentences may be cut at commas. ``tables`` are those of the text, in its order.
    """

    outline: Outline
    whole: Mapping[int, int]
    rank: Callable[[str, int], int]
    tables: Sequence[Block] = ()
    begins: frozenset[int] = field(default_factory=frozenset)
    section_share: float = _SECTION_SHARE
    whole_lines: bool = False
    clauses: bool = False

    def table_above(self, text: str, at: int) -> str:
        """The header row of the table below whose beginning ``at`` lies, or ""."""
        found = bisect_right(self.tables, at, key=lambda block: block.start) - 1
        if found < 0 or not self.tables[found].start < at < self.tables[found].end:
            return ""
        block = self.tables[found]
        return text[block.start : block.body].split("\n", 1)[0].strip()[:_HEADER_CHARS]


def preset_version(preset: str) -> str:
    """Changes with anything that changes where a preset cuts."""
    return f"{preset}-{_VERSIONS[preset]}"


def rules_for(
    preset: str, text: str, pages: Sequence[int], tokens: int, counter: Counter, *, markdown: bool
) -> Rules:
    """The rules of ``preset`` for a text. ``pages`` are the offsets at which pages begin, ``tokens`` is the
    most a passage may have, and ``markdown`` what the document's type says; all but "automatic" and "code"
    read headings and tables in plain text too."""
    return _MAKERS[preset](_Text(text, pages, tokens, counter, markdown))


@dataclass(frozen=True, slots=True)
class _Text:
    text: str
    pages: Sequence[int]
    tokens: int
    counter: Counter
    markdown: bool

    def fitting(self, blocks: Sequence[tuple[int, int]]) -> dict[int, int]:
        return fitting(self.text, blocks, self.tokens, self.counter, self.pages)


def _automatic(of: _Text) -> Rules:
    if not of.markdown:
        return Rules(Outline(""), {}, prose_rank)
    blocks = list(whole_blocks(of.text))
    return Rules(Outline(of.text), of.fitting(_ranges(blocks)), prose_rank, _tables(blocks))


def _prose(of: _Text) -> Rules:
    """Headings, paragraphs, sentences, clauses."""
    blocks = list(whole_blocks(of.text))
    whole = _rows(of, blocks) | of.fitting(_ranges(blocks))
    return Rules(Outline(of.text), whole, prose_rank, _tables(blocks), clauses=True)


def _markdown(of: _Text) -> Rules:
    """Each section by itself; in it blocks, which are cut only where they do not fit."""
    outline = Outline(of.text)
    blocks = list(whole_blocks(of.text))
    ranges = _ranges(blocks)
    whole = _rows(of, blocks) | of.fitting(ranges) | of.fitting(paragraphs(of.text, ranges, outline.spans))
    return Rules(outline, whole, prose_rank, _tables(blocks), section_share=0.0)


def _code(of: _Text) -> Rules:
    """Definitions, empty lines, lines."""
    found = definitions(of.text)
    fitting_ = of.fitting([(each.start, each.end) for each in found])
    outline = Outline(of.text) if of.markdown else Outline("")
    tops = frozenset(each.start for each in found if each.indent == 0)
    return Rules(outline, _outermost(found, fitting_), code_rank(tops), whole_lines=True)


def _questions(of: _Text) -> Rules:
    """A row of a table, or a question with its answer, a passage."""
    outline = Outline(of.text)
    tables = _tables(list(whole_blocks(of.text)))
    found = pairs(of.text, outline.spans, tables)
    rows = [start for table in tables for start in row_starts(of.text, table)]
    begins = frozenset({*rows, *(start for start, _end in found)})
    whole = _rows(of, tables) | of.fitting(found)
    return Rules(outline, whole, prose_rank, tables, begins, section_share=0.0)


_MAKERS: dict[str, Callable[[_Text], Rules]] = {
    AUTOMATIC: _automatic,
    PROSE: _prose,
    MARKDOWN: _markdown,
    CODE: _code,
    QUESTIONS: _questions,
}


def _rows(of: _Text, blocks: Sequence[Block]) -> dict[int, int]:
    """The rows of tables: no cell is cut where its row fits."""
    rows: list[tuple[int, int]] = []
    for table in _tables(blocks):
        starts = [table.body, *list(row_starts(of.text, table))[1:], table.end]
        rows += [(start, end) for start, end in pairwise(starts) if start < end]
    return of.fitting(rows)


def _ranges(blocks: Sequence[Block]) -> list[tuple[int, int]]:
    return [(block.start, block.end) for block in blocks]


def _tables(blocks: Sequence[Block]) -> list[Block]:
    return [block for block in blocks if block.body >= 0]


def _outermost(found: Sequence[Definition], fitting_: Mapping[int, int]) -> dict[int, int]:
    """Of definitions within each other, the largest that fit."""
    kept: dict[int, int] = {}
    until = 0
    for each in found:
        if each.start >= until and fitting_.get(each.start) == each.end:
            kept[each.start] = until = each.end
    return kept


def table_above(text: str, at: int) -> str:
    """The header row of the table within which ``at`` lies, or ""."""
    return Rules(Outline(""), {}, prose_rank, _tables(list(whole_blocks(text)))).table_above(text, at)
