"""What a page asks of robots: the header X-Robots-Tag and ``<meta name="robots">``, which read alike."""

import email.utils
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

# How robots.txt and pages call us, whatever the version.
AGENT = "YoujuBot"

# Wishes with a value of their own: what stands before their colon is no robot.
_VALUED = frozenset({"max-snippet", "max-image-preview", "max-video-preview", "unavailable_after"})
_ROBOT = re.compile(r"\s*([\w*.-]+)\s*:\s*(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Wishes:
    """``noindex``: the page is not to be found; ``nofollow``: its links are not to be followed."""

    noindex: bool = False
    nofollow: bool = False

    def __or__(self, other: "Wishes") -> "Wishes":
        return Wishes(self.noindex or other.noindex, self.nofollow or other.nofollow)


def wishes(value: str, *, agent: str = AGENT, now: datetime | None = None) -> Wishes:
    """The wishes in the header's value (several headers joined by commas) or a meta element's content.

    Those behind the name of another robot ("otherbot: noindex") are not for us. ``unavailable_after`` with
    a date that has passed means noindex; dates that cannot be read are ignored.
    """
    found = Wishes()
    for name, argument in _for_us(value, agent.lower()):
        if name in {"noindex", "none"}:
            found |= Wishes(noindex=True)
        if name in {"nofollow", "none"}:
            found |= Wishes(nofollow=True)
        if name == "unavailable_after" and _has_passed(argument, now or datetime.now(UTC)):
            found |= Wishes(noindex=True)
    return found


def is_for_us(meta_name: str, *, agent: str = AGENT) -> bool:
    """Whether a meta element of this name speaks to us."""
    return meta_name.strip().lower() in {"robots", agent.lower()}


def _for_us(value: str, agent: str) -> Iterator[tuple[str, str]]:
    pieces = value.split(",")
    is_ours = True
    for at, piece in enumerate(pieces):
        wish = piece.strip()
        named = _ROBOT.fullmatch(piece)
        if named and named[1].lower() not in _VALUED:
            is_ours, wish = named[1].lower() in {agent, "*", "robots"}, named[2].strip()
        name, _colon, argument = wish.partition(":")
        if is_ours:
            # A date may hold a comma: "Friday, 25 Jun 2027 15:00:00 GMT".
            yield name.strip().lower(), ",".join([argument, *pieces[at + 1 : at + 2]]).strip()


def _has_passed(text: str, now: datetime) -> bool:
    first = text.split(",")[0].strip()
    until = next((date for one in (text, first) if (date := _date(one)) is not None), None)
    return until is not None and until < now


def _date(text: str) -> datetime | None:
    for read in (datetime.fromisoformat, email.utils.parsedate_to_datetime):
        try:
            found = read(text)
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
        return found if found.tzinfo else found.replace(tzinfo=UTC)
    return None
