"""The plot of a set's runs: a mark for the mean and a line for its 95 % interval, one row each.

Everything is in percent of the width, so that the page's own text stands beside it at any width.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ingestion.golden_models import GoldenRun

_ROOM = 0.04


@dataclass(frozen=True, slots=True)
class PlotRow:
    """``at``, ``low`` and ``high`` are places in percent; ``value`` is the mean itself."""

    run: GoldenRun
    value: float
    margin: tuple[float, float]
    at: float
    low: float
    high: float

    @property
    def width(self) -> float:
        return round(self.high - self.low, 2)


@dataclass(frozen=True, slots=True)
class Plot:
    """``ticks`` are places in percent with the values there."""

    rows: tuple[PlotRow, ...]
    ticks: tuple[tuple[float, str], ...]


def plot(runs: Sequence[GoldenRun]) -> Plot | None:
    """Of the finished ones, the oldest first; ``None`` where fewer than two have a figure."""
    shown = [run for run in reversed(runs) if run.state == GoldenRun.State.DONE and run.figures.get("margin")]
    if len(shown) < 2:
        return None
    lows, highs = zip(*(run.figures["margin"] for run in shown), strict=True)
    low, high = max(0.0, min(lows) - _ROOM), min(1.0, max(highs) + _ROOM)
    span = max(high - low, 0.05)

    def place(value: float) -> float:
        return round(float(100 * (value - low) / span), 2)

    rows = []
    for run in shown:
        value, margin = float(run.figures["ndcg@10"]), run.figures["margin"]
        rows.append(PlotRow(run, value, tuple(margin), place(value), place(margin[0]), place(margin[1])))
    ticks = tuple((place(value), f"{value:.2f}") for value in _round_values(low, low + span))
    return Plot(tuple(rows), ticks)


def _round_values(low: float, high: float) -> list[float]:
    """Three to six round numbers between the two."""
    step = next((step for step in (0.01, 0.02, 0.05, 0.1, 0.2) if (high - low) / step <= 5), 0.25)
    first = -(-round(low / step, 6) // 1) * step
    values = []
    while first <= high + 1e-9:
        values.append(round(first, 4))
        first += step
    return values
