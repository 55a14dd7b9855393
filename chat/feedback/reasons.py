"""Why an answer was good or bad: what people may tick. The codes are stored and exported, and stay."""

from collections.abc import Iterable

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

UP: dict[str, Promise] = {
    "correct": _("Correct"),
    "complete": _("Complete"),
    "clear": _("Clear and to the point"),
    "good_sources": _("Good sources"),
}
DOWN: dict[str, Promise] = {
    "wrong": _("Not correct"),
    "incomplete": _("Incomplete"),
    "off_topic": _("Misses the question"),
    "bad_sources": _("Wrong or missing sources"),
    "outdated": _("Out of date"),
    "unclear": _("Hard to understand"),
    "harmful": _("Harmful or unfair"),
    "wrongly_refused": _("Should have been answered"),
    "not_refused": _("Should have been refused"),
}
EVERY = UP | DOWN


def offered(thumb: str, *, refused: bool) -> list[tuple[str, Promise]]:
    """Codes with their names that fit such an answer."""
    left_out = "not_refused" if refused else "wrongly_refused"
    known = UP if thumb == "up" else DOWN
    return [(code, name) for code, name in known.items() if code != left_out]


def fitting(thumb: str, codes: Iterable[str]) -> list[str]:
    """Those of ``codes`` that can be said with this thumb, in their order on the page."""
    wanted = set(codes)
    return [code for code in (UP if thumb == "up" else DOWN) if code in wanted]


def names_of(codes: Iterable[str]) -> list[str]:
    return [str(EVERY.get(code, code)) for code in codes]
