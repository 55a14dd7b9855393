"""What became of cited documents since an answer was written: where they live, and whether they changed.

``remember`` asks the database for many answers at once; what shows an answer reads what was remembered.
"""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chat.models import Message
from ingestion import history, selectors, web_origins


@dataclass(frozen=True, slots=True)
class Known:
    """By the document's id: the address of its live page, and when its text was replaced last; and the ids
    of the documents that are gone."""

    live: Mapping[str, str]
    replaced: Mapping[str, datetime]
    gone: Set[str] = frozenset()


_NOTHING = Known({}, {})
_KEY = "_known_of_citations"


def remember(messages: Iterable[Message]) -> None:
    """Looks the cited documents of all ``messages`` up, and keeps with each what there is to know."""
    messages = list(messages)
    cited = {citation["document_id"] for message in messages for citation in message.citations}
    known = _known(cited) if cited else _NOTHING
    for message in messages:
        vars(message)[_KEY] = known


def _known(cited: set[str]) -> Known:
    gone = cited - selectors.still_there(cited)
    return Known(web_origins.addresses(cited), history.last_replaced(cited), gone)


def cited_now(message: Message) -> list[dict[str, Any]]:
    """Its citations, each with ``live``, the address of its page or "", ``changed_at``, when its text changed
    after the answer was written, or ``None``, and ``gone``, whether its document is there no more. Without
    ``remember`` nothing is known."""
    known: Known = vars(message).get(_KEY, _NOTHING)
    return [
        dict(citation)
        | {
            "live": known.live.get(citation["document_id"], ""),
            "changed_at": _later(known.replaced.get(citation["document_id"]), message),
            "gone": citation["document_id"] in known.gone,
        }
        for citation in message.citations
    ]


def _later(moment: datetime | None, message: Message) -> datetime | None:
    """``moment`` where it is after the answer's last heartbeat, which is its end."""
    return moment if moment is not None and moment > message.heartbeat_at else None
