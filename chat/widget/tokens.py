"""What a visitor's frame shows with each request: signed, so that no cookie and no row is needed."""

import secrets
from dataclasses import dataclass
from uuid import UUID

from django.core import signing

_SALT = "chat.widget.visitor"
LASTS_S = 12 * 3600
KNOWN_AGAIN_S = 7 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Visitor:
    """``origin`` is that of the page which shows the frame; ``is_preview`` marks an editor's look."""

    widget_id: UUID
    name: str
    origin: str
    is_preview: bool = False


def new_visitor(widget_id: UUID, origin: str, *, is_preview: bool = False) -> Visitor:
    return Visitor(widget_id, secrets.token_hex(16), origin, is_preview)


def sealed(visitor: Visitor) -> str:
    told = [visitor.widget_id.hex, visitor.name, visitor.origin, int(visitor.is_preview)]
    return signing.dumps(told, salt=_SALT, compress=True)


def opened(token: str, *, max_age_s: int = LASTS_S) -> Visitor | None:
    """``None`` for one that is forged, damaged or too old."""
    try:
        widget_id, name, origin, is_preview = signing.loads(token, salt=_SALT, max_age=max_age_s)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return Visitor(UUID(widget_id), name, origin, bool(is_preview))
