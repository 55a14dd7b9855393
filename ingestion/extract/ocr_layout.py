"""Puts recognised lines into reading order: columns first, then rows, then paragraphs."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from ingestion.extract.assemble import tidy
from ingestion.extract.pdf_text import breaks_after, full_width, joined_lines

# A page has columns where few lines cross a gutter between two halves of running text.
_CROSSING_SHARE = 0.25
_COLUMN_LINES = 5
_RUNNING_CHARS, _RUNNING_SHARE = 20, 0.6
_ROW_SHARE, _CELL_SHARE = 0.5, 1.0
# A paragraph ends where the next line is farther than usual by this part of a line's height.
# Beyond the widest gap, wider than that of double-spaced print, nothing is one paragraph.
_GAP_SHARE, _WIDEST_GAP = 0.5, 1.6


@dataclass(frozen=True, slots=True)
class Line:
    """Words with the box around them, in pixels from the upper left corner."""

    text: str
    left: float
    top: float
    right: float
    bottom: float

    @classmethod
    def around(cls, corners: Sequence[tuple[float, float]], text: str) -> "Line":
        across, down = [x for x, _ in corners], [y for _, y in corners]
        return cls(text, min(across), min(down), max(across), max(down))

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.bottom - self.top

    @property
    def is_sideways(self) -> bool:
        return self.height > 2 * self.width and len(self.text) > 2

    @property
    def middle(self) -> float:
        return (self.top + self.bottom) / 2

    def moved(self, down: float) -> "Line":
        return replace(self, top=self.top + down, bottom=self.bottom + down)

    def turned(self, turns: int, width: int, height: int) -> "Line":
        """After ``turns`` quarters counter-clockwise of a picture of this size."""
        if turns == 1:
            return Line(self.text, self.top, width - self.right, self.bottom, width - self.left)
        if turns == 2:
            return Line(
                self.text, width - self.right, height - self.bottom, width - self.left, height - self.top
            )
        if turns == 3:
            return Line(self.text, height - self.bottom, self.left, height - self.top, self.right)
        return self


def text_of(lines: Sequence[Line]) -> str:
    """Markdown paragraphs. What is printed up the margin comes last."""
    upright = [line for line in lines if not line.is_sideways]
    sideways = [line for line in lines if line.is_sideways]
    blocks = [block for part in _columns(upright) for block in _blocks(part)]
    return tidy("\n\n".join([*blocks, *(line.text for line in sideways)]))


def _columns(lines: list[Line]) -> list[list[Line]]:
    """Groups of lines to be read one after the other, each from top to bottom."""
    gutter = _gutter(lines)
    if gutter is None:
        return [lines] if lines else []
    groups: list[list[Line]] = []
    left: list[Line] = []
    right: list[Line] = []
    across: list[Line] = []
    for line in sorted(lines, key=lambda line: line.middle):
        crosses = line.left < gutter < line.right
        if (crosses and (left or right)) or (not crosses and across):
            groups += [group for group in (across, left, right) if group]
            across, left, right = [], [], []
        (across if crosses else left if line.right <= gutter else right).append(line)
    groups += [group for group in (across, left, right) if group]
    return [part for group in groups for part in (_columns(group) if len(group) < len(lines) else [group])]


def _gutter(lines: list[Line]) -> float | None:
    """Where a column ends and the next begins: of the places that fewest lines cross, that nearest to
    the middle."""
    if len(lines) < 2 * _COLUMN_LINES:
        return None
    begin, end = min(line.left for line in lines), max(line.right for line in lines)
    candidates = [begin + (end - begin) * share / 40 for share in range(10, 31)]
    found: list[tuple[int, float, float]] = []
    for at in candidates:
        crossing = sum(line.left < at < line.right for line in lines)
        before = [line for line in lines if line.right <= at]
        after = [line for line in lines if line.left >= at]
        if crossing <= _CROSSING_SHARE * len(lines) and _is_running(before) and _is_running(after):
            found.append((crossing, abs(at - (begin + end) / 2), at))
    return min(found)[2] if found else None


def _is_running(lines: list[Line]) -> bool:
    """Whether these are mostly lines of prose, and not the cells of a table."""
    lengths = [sum(1 + (sign > "\u2e80") for sign in line.text) for line in lines]
    running = [length for length in lengths if length >= _RUNNING_CHARS]
    return len(running) >= _COLUMN_LINES and sum(running) >= _RUNNING_SHARE * sum(lengths)


def _blocks(lines: list[Line]) -> list[str]:
    """Paragraphs; rows of several cells stay lines of their own."""
    rows = _rows(lines)
    usual = median(max(line.height for line in row) for row in rows)
    texts = [" ".join(line.text for line in row) for row in rows]
    full = full_width(texts)
    gaps = [0.0, *(_gap(above, below) for above, below in pairwise(rows))]
    most = min(median(gaps[1:] or [0.0]) + _GAP_SHARE * usual, _WIDEST_GAP * usual)
    groups: list[list[str]] = []
    for at, (row, text) in enumerate(zip(rows, texts, strict=True)):
        cells = len(row) > 1
        if at and gaps[at] <= most and cells and len(rows[at - 1]) > 1:
            groups[-1][-1] += f"\n{text}"
        elif (
            not at
            or gaps[at] > most
            or cells
            or len(rows[at - 1]) > 1
            or breaks_after(groups[-1][-1], text, full)
        ):
            groups.append([text])
        else:
            groups[-1].append(text)
    return [joined_lines(group) for group in groups]


def _gap(above: list[Line], below: list[Line]) -> float:
    return min(line.top for line in below) - max(line.bottom for line in above)


def _rows(lines: list[Line]) -> list[list[Line]]:
    """Lines that stand side by side, from left to right."""
    rows: list[list[Line]] = []
    for line in sorted(lines, key=lambda line: line.middle):
        last = rows[-1][-1] if rows else None
        if last is not None and abs(line.middle - last.middle) < _ROW_SHARE * min(line.height, last.height):
            rows[-1].append(line)
        else:
            rows.append([line])
    return [_cells(sorted(row, key=lambda line: line.left)) for row in rows]


def _cells(row: list[Line]) -> list[Line]:
    """Words that stand as close as in a sentence are one cell."""
    cells = row[:1]
    for line in row[1:]:
        last = cells[-1]
        if line.left - last.right < _CELL_SHARE * min(line.height, last.height):
            text = f"{last.text} {line.text}"
            top, bottom = min(last.top, line.top), max(last.bottom, line.bottom)
            cells[-1] = Line(text, last.left, top, line.right, bottom)
        else:
            cells.append(line)
    return cells
