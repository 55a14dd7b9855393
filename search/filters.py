"""Filters by document: of which site or type, with which tags, from when (docs/decisions/019)."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from search.asked_dates import day_named
from search.file_types import type_named

_HOST = re.compile(r"(?:[\w-]+\.)*[\w-]+(?::\d+)?")
_DAYS = {"after", "before"}
_MOST = 10
_LONGEST_TAG = 80


@dataclass(frozen=True, slots=True)
class Filters:
    """What a document must be. Of several ``sites`` or ``types`` one is enough, of ``tags`` all are needed.

    ``sites`` are hosts with or without a path, ``types`` keys of ``search.file_types.TYPES``. ``after`` is
    the first day that counts, ``before`` the first one that does not any more. It must be nothing of
    ``not_sites``, ``not_types`` and ``not_tags``.
    """

    sites: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    after: date | None = None
    before: date | None = None
    not_sites: tuple[str, ...] = ()
    not_types: tuple[str, ...] = ()
    not_tags: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self != NO_FILTERS

    def and_those(self, other: "Filters") -> "Filters":
        """Both together; of two dates the narrower one."""
        days = [day for day in (self.after, other.after) if day]
        ends = [day for day in (self.before, other.before) if day]
        return Filters(
            once(self.sites, other.sites),
            once(self.types, other.types),
            once(self.tags, other.tags),
            max(days, default=None),
            min(ends, default=None),
            once(self.not_sites, other.not_sites),
            once(self.not_types, other.not_types),
            once(self.not_tags, other.not_tags),
        )


NO_FILTERS = Filters()


def read_filters(
    values: list[tuple[str, str]], *, today: date, untaken: Callable[[str], None] | None = None
) -> tuple[Filters, tuple[str, ...]]:
    """Pairs of "site", "type", "tag", "after" or "before" and a value, several of them apart by commas, the
    first three also with a minus before them; and sentences about those that mean nothing, which ``untaken``
    gets as text where they have no minus."""
    named: dict[str, list[str]] = {}
    days: dict[str, date] = {}
    problems: list[str] = []
    for key, value in values:
        problem = (
            _day(days, key, value, today) if key in _DAYS else _named(named.setdefault(key, []), key, value)
        )
        if problem:
            problems.append(problem)
            if untaken and not key.startswith("-"):
                untaken(f" {value} ")
    found = {key: once(each) for key, each in named.items()}
    filters = Filters(
        found.get("site", ()),
        found.get("type", ()),
        found.get("tag", ()),
        days.get("after"),
        days.get("before"),
        found.get("-site", ()),
        found.get("-type", ()),
        found.get("-tag", ()),
    )
    if filters.after and filters.before and filters.after >= filters.before:
        problems.append(_("No day is both after the first date and before the second."))
    return filters, tuple(problems)


def _day(days: dict[str, date], key: str, value: str, today: date) -> str:
    """Puts the day that ``value`` names into ``days``; the problem with it where it names none."""
    day = day_named(value, today)
    if day is None:
        problem = _("“%(value)s” is no date. Write 2024, 2024-05, 2024-05-31, or 7d, 3m, 1y.")
        return problem % {"value": value[:40]}
    days[key] = day
    return ""


def _named(target: list[str], key: str, value: str) -> str:
    """Puts what ``value`` names into ``target``; the problem with it where it names nothing."""
    key = key.removeprefix("-")
    if key == "tag":
        names = (" ".join(name.split())[:_LONGEST_TAG] for name in re.split("[,，]", value))
        target += filter(None, names)
        return ""
    if key == "site":
        return _into(target, value, _site, _("“%(value)s” is no site. Write site:example.org."))
    return _into(target, value, type_named, _("“%(value)s” is no type of file. Write type:pdf."))


def _into(target: list[str], value: str, meaning: Callable[[str], str], problem: str) -> str:
    """Puts what the parts of ``value`` mean into ``target``; the problem with the first that means none."""
    for part in filter(None, re.split("[,，]", value)):
        meant = meaning(part)
        if not meant:
            return problem % {"value": part[:40]}
        target.append(meant)
    return ""


def _site(value: str) -> str:
    """Host and path in small letters, without a scheme, "www." and a slash at the end; "" for none."""
    host, slash, path = re.sub(r"^[a-z]+://", "", value.strip().lower()).partition("/")
    host = host.removeprefix("*.").removeprefix("www.")
    if not _HOST.fullmatch(host):
        return ""
    return f"{host}{slash}{path}".rstrip("/")


def once(*values: "tuple[str, ...] | list[str]") -> tuple[str, ...]:
    """All of them, each once, and not more than anybody writes."""
    return tuple(dict.fromkeys(value for some in values for value in some))[:_MOST]
