"""Days as people write them in a search: 2024, 2024-05, 2024-05-31, 2024年5月, 7d, 3m, 1y."""

import re
from datetime import date, timedelta

_DAY = re.compile(
    r"(\d{4})(?:\s*[-/.年]\s*(\d{1,2})(?:\s*[-/.月]\s*(\d{1,2})\s*日?|\s*月?)|\s*年?)", re.ASCII
)
_AGO = re.compile(
    r"(\d{1,4})\s*(d|days?|天|日|w|weeks?|周|星期|m|months?|个?月|個月|y|years?|年)", re.ASCII | re.I
)
_NAMED = {"today": 0, "今天": 0, "yesterday": 1, "昨天": 1}


def day_named(text: str, today: date) -> date | None:
    """The first day of what ``text`` names; "7d" is seven days before ``today``. ``None`` for no date."""
    text = text.strip().lower()
    if text in _NAMED:
        return today - timedelta(days=_NAMED[text])
    try:
        named = _DAY.fullmatch(text)
        if named:
            year, month, day = (int(part or 1) for part in named.groups())
            return date(year, month, day)
        ago = _AGO.fullmatch(text)
        return _before(today, int(ago[1]), ago[2]) if ago else None
    except (ValueError, OverflowError):
        return None


def _before(today: date, number: int, unit: str) -> date:
    if unit[0] in "d天日":
        return today - timedelta(days=number)
    if unit[0] in "w周星":
        return today - timedelta(weeks=number)
    months = number * (12 if unit[0] in "y年" else 1)
    year, month = divmod(today.year * 12 + today.month - 1 - months, 12)
    for day in range(today.day, 27, -1):
        try:
            return date(year, month + 1, day)
        except ValueError:
            continue
    return date(year, month + 1, min(today.day, 28))
