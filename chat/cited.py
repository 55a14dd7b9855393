"""Addresses of the words that an answer quotes.

They are made when they are shown: what is stored is the passage's address, and where the words stand.
"""

from collections.abc import Mapping
from typing import Any

from ingestion.opening import quoted_at, quoted_url


def place(citation: Mapping[str, Any]) -> str:
    """Where the words of a stored citation stand, as addresses have it; "" where that was not kept."""
    return quoted_at(citation.get("start", 0), citation.get("end", 0), citation["quote"])


def url(citation: Mapping[str, Any]) -> str:
    """Leads to the words of a stored citation, marked."""
    return quoted_url(citation["url"], place(citation))


def linked(citation: Mapping[str, Any]) -> dict[str, Any]:
    """A stored citation whose ``url`` leads to its words."""
    return dict(citation) | {"url": url(citation)}
