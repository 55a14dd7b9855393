"""What is known of a page once it has been read. Plain values, sent from the process that reads pages."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WebPage:
    """A page of a site.

    ``text`` is its main content as Markdown, whose links are whole addresses, and "" where the page holds
    nothing but menus. ``language`` is an ISO 639-1 code or "", ``date`` the day of publication as
    ``YYYY-MM-DD`` or "". ``canonical`` is the address that the page gives as its own, "" where it gives none
    or one that cannot be believed. ``links`` are addresses in the order of the page, each once, none with
    ``nofollow``. ``selector_missed``: the selector matched no text, so the main content was found without.
    """

    title: str
    language: str
    date: str
    canonical: str
    text: str
    links: tuple[str, ...]
    noindex: bool
    nofollow: bool
    selector_missed: bool = False
