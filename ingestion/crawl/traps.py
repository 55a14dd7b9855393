"""Addresses that software makes without end: calendars, paths that grow, forms for every page.

Each rule was held against addresses as blogs, documentation, shops, newspapers and wikis have them. What
still escapes is bounded by the limits of depth and pages.
"""

import re
from datetime import date, timedelta
from itertools import product
from urllib.parse import parse_qsl, unquote, urlsplit

MAX_SEGMENTS = 20
MAX_PARAMETERS = 12
_AHEAD = timedelta(days=400)
_BACK_IN_CALENDARS = timedelta(days=5 * 366)

_PAGE = re.compile(r"\.(?:html?|xhtml|php\d?|aspx?|jsp|jspx|cfm|do|shtml)$", re.I)
_CALENDAR = re.compile(
    r"\b(?:calend[ae]rs?|calendrier|calendario|kalender|agenda|events?|veranstaltungen|termine|schedule|day|week|"
    r"month|eventdisplay|tribe-bar-date|ical|cal)\b|日历|日程|活动|行事",
    re.I,
)
_PATH_DATE = re.compile(r"/([1-9]\d{3})[/-](0?[1-9]|1[0-2])(?:[/-](0?[1-9]|[12]\d|3[01]))?/?$")
_PATH_MONTH = re.compile(r"/([2-9]\d{3})/(0?[1-9]|1[0-2])(?:/|$)")
_VALUE_DATE = re.compile(r"^([1-9]\d{3})[-/.]?(0[1-9]|1[0-2])(?:[-/.]?([0-2]\d|3[01]))?\b")
_YEAR_NAMES = frozenset({"year", "y", "yr", "jahr", "annee", "ano", "anno"})
_MONTH_NAMES = frozenset({"month", "m", "mon", "mo", "monat", "mois", "mes", "mese"})
_DATE_NAMES = frozenset(
    {"date", "day", "week", "month", "start", "from", "d", "datum", "tribe-bar-date", "caldate", "startdate"}
)
_PLAIN_NAMES = (_YEAR_NAMES | _MONTH_NAMES | _DATE_NAMES) - {"tribe-bar-date", "caldate"}
_ACTIONS = {
    "action": frozenset("edit submit history delete info raw login logout register lostpassword".split()),
    "do": frozenset("edit revisions diff recent login backlink media resendpwd register".split()),
}
_ONLY_ACTIONS = frozenset("oldid diff add-to-cart add_to_cart add_to_wishlist veaction redlink".split())


def is_trap(url: str, today: date | None = None) -> bool:
    """Whether ``url``, which must be ``canonical``, is one of endlessly many:

    - more than 20 folders deep, or with more than 12 parameters;
    - parts that repeat (``/a/b/a/b/``, ``/x/x/x/``), as relative links make them that miss a slash;
    - a path that goes on behind two pages (``/a.html/b.html/c.html``), made the same way;
    - a month or day of a calendar more than a year ahead, or, where the address says that it is a calendar,
      more than five years back;
    - what a wiki or shop offers for each page: edit, history, compare, put into the basket.
    """
    parts = urlsplit(url)
    segments = [segment for segment in parts.path.split("/") if segment]
    parameters = parse_qsl(parts.query, keep_blank_values=True)
    return (
        len(segments) > MAX_SEGMENTS
        or len(parameters) > MAX_PARAMETERS
        or _repeats(segments)
        or sum(_PAGE.search(segment) is not None for segment in segments[:-1]) >= 2
        or any(_is_action(name.lower(), value.lower()) for name, value in parameters)
        or _far_date(parts.path, parameters, today or date.today())
    )


def _repeats(segments: list[str]) -> bool:
    """One part four times in all, or in a row one to four parts three times, or two to four parts twice. For
    the first and the last, numbers and single letters do not count: versions and shelves are like that."""
    telling = {segment for segment in segments if len(segment) > 1 and not segment.isdigit()}
    if any(segments.count(segment) >= 4 for segment in telling):
        return True
    for length, start in product((1, 2, 3, 4), range(len(segments))):
        unit = segments[start : start + length]
        times = 2 if length > 1 and telling.issuperset(unit) else 3
        is_number = all(segment.isdigit() for segment in unit)
        if segments[start : start + length * times] == unit * times and not is_number:
            return True
    return False


def _is_action(name: str, value: str) -> bool:
    return name in _ONLY_ACTIONS or value in _ACTIONS.get(name, ())


def _far_date(path: str, parameters: list[tuple[str, str]], today: date) -> bool:
    names = " ".join(
        value if name.lower() in _PLAIN_NAMES else f"{name} {value}" for name, value in parameters
    )
    in_calendar = _CALENDAR.search(f"{unquote(path)} {names}".replace("_", " ")) is not None
    for found in (_path_date(path), _query_date(parameters)):
        if found is None:
            continue
        if found > today + _AHEAD or (in_calendar and found < today - _BACK_IN_CALENDARS):
            return True
    ahead = _PATH_MONTH.search(path)
    return ahead is not None and _day(ahead.groups()) > today + _AHEAD


def _path_date(path: str) -> date | None:
    """A date that ends the path: behind it stands no page of that day."""
    found = _PATH_DATE.search(path)
    return _day(found.groups()) if found else None


def _query_date(parameters: list[tuple[str, str]]) -> date | None:
    given = {name.lower(): value for name, value in parameters}
    for name in _DATE_NAMES & given.keys():
        if found := _VALUE_DATE.match(given[name]):
            return _day(found.groups())
    year = next((given[name] for name in _YEAR_NAMES & given.keys()), "")
    month = next((given[name] for name in _MONTH_NAMES & given.keys()), "")
    if re.fullmatch(r"[1-9]\d{3}", year) and re.fullmatch(r"0?[1-9]|1[0-2]", month):
        return _day((year, month, None))
    return None


def _day(groups: tuple[str | None, ...]) -> date:
    """The first day of what is named; days that a month does not have count as its first."""
    year, month, day = (int(group or 1) for group in (*groups, None)[:3])
    try:
        return date(year, month, day)
    except ValueError:
        return date(year, month, 1)
