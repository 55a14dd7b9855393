"""A small line plot as SVG: values over a number that grows tenfold and tenfold again."""

import math
from collections.abc import Mapping, Sequence
from html import escape

_WIDTH, _HEIGHT = 720, 360
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 120, 40, 48
_COLOURS = ("#0f6b5c", "#b4530a", "#3b5bdb", "#8a2a5b")
_STYLE = "svg{background:#fff;color:#222;font:13px sans-serif}"


def plot(title: str, unit: str, at: Sequence[float], lines: Mapping[str, Sequence[float]]) -> str:
    """``at`` are the places, above 0 and rising; each of ``lines`` has a value for each of them."""
    highest = _round_up(max(max(values) for values in lines.values()))
    low, high = math.log10(at[0]), math.log10(at[-1])
    span = (high - low) or 1.0

    def x(value: float) -> float:
        return round(_LEFT + (math.log10(value) - low) / span * (_WIDTH - _LEFT - _RIGHT), 1)

    def y(value: float) -> float:
        return round(_HEIGHT - _BOTTOM - value / highest * (_HEIGHT - _TOP - _BOTTOM), 1)

    parts = [f'<text x="{_LEFT}" y="20" font-weight="bold">{escape(title)}</text>']
    for step in range(5):
        value = highest * step / 4
        parts.append(
            f'<path d="M{_LEFT} {y(value)}H{_WIDTH - _RIGHT}" stroke="#ddd"/>'
            f'<text x="{_LEFT - 8}" y="{y(value) + 4}" text-anchor="end">{value:g}</text>'
        )
    parts.append(f'<text x="{_LEFT - 8}" y="{_TOP - 10}" text-anchor="end">{escape(unit)}</text>')
    parts += [
        f'<text x="{x(value)}" y="{_HEIGHT - _BOTTOM + 20}" text-anchor="middle">{value:,.0f}</text>'
        for value in at
    ]
    for colour, (name, values) in zip(_COLOURS, lines.items(), strict=False):
        places = [(x(place), y(value)) for place, value in zip(at, values, strict=True)]
        route = " ".join(f"{across},{down}" for across, down in places)
        parts.append(f'<polyline points="{route}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [
            f'<circle cx="{across}" cy="{down}" r="3.5" fill="{colour}">'
            f"<title>{escape(name)}, {place:,.0f}: {value:g} {escape(unit)}</title></circle>"
            for place, value, (across, down) in zip(at, values, places, strict=True)
        ]
        across, down = places[-1]
        parts.append(f'<text x="{across + 10}" y="{down + 4}" fill="{colour}">{escape(name)}</text>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        f'aria-label="{escape(title)}"><style>{_STYLE}</style>\n' + "\n".join(parts) + "\n</svg>\n"
    )


def _round_up(value: float) -> float:
    """To 1, 2, 4 or 8 times a power of ten, so that four steps end in round numbers."""
    power = 10 ** math.floor(math.log10(value)) if value > 0 else 1
    return float(next((step * power for step in (1, 2, 4, 8) if step * power >= value), 10 * power))
