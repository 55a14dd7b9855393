"""What a page says to robots: where it leads, which address is its own, and what it asks them not to do.

BeautifulSoup reads it from a page of nothing but the elements that can say so: that takes a third of the time
of reading the whole page again.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from bs4 import BeautifulSoup, Tag
from lxml import etree
from lxml.html import HtmlElement

from ingestion.crawl.addresses import canonical
from ingestion.crawl.robots_tags import Wishes, is_for_us, wishes

MOST_LINKS = 5_000
_TAGS = ("a", "area", "base", "frame", "iframe", "link", "meta")
_SAYING = ("href", "src", "rel", "name", "http-equiv", "content", "hreflang")
_SPEAKING = frozenset({"href", "src", "name", "http-equiv"})
_FOLLOWED_RELATIONS = frozenset({"next", "prev", "alternate"})
_NOT_FOLLOWED = frozenset({"nofollow", "ugc", "sponsored"})


@dataclass(frozen=True, slots=True)
class Saying:
    """``base`` completes the page's links; for the rest see ``WebPage``."""

    base: str
    canonical: str
    links: tuple[str, ...]
    noindex: bool
    nofollow: bool


def read(tree: HtmlElement, url: str) -> Saying:
    """What the page at ``url`` says."""
    soup = _skeleton(tree)
    base = next((found for tag in soup("base") if (found := canonical(_said(tag, "href"), url))), url)
    asked = Wishes()
    for tag in soup("meta"):
        if is_for_us(_said(tag, "name")):
            asked |= wishes(_said(tag, "content"))
    links = () if asked.nofollow else tuple(_links(soup, base))
    return Saying(base, _own_address(soup, base, url), links, asked.noindex, asked.nofollow)


def _skeleton(tree: HtmlElement) -> BeautifulSoup:
    root, seen = etree.Element("body"), set()
    for element in tree.iter(*_TAGS):
        given = {name: value.strip() for name in _SAYING if (value := element.get(name)) is not None}
        said = (element.tag, *given.items())
        if _SPEAKING.isdisjoint(given) or said in seen:
            continue
        seen.add(said)
        etree.SubElement(root, str(element.tag), given)
    page = etree.tostring(root, encoding="unicode", method="html")
    return BeautifulSoup(page, "lxml")


def _said(tag: Tag, name: str) -> str:
    value = tag.get(name)
    return " ".join(value) if isinstance(value, list) else value or ""


def _links(soup: BeautifulSoup, base: str) -> Iterator[str]:
    seen: set[str] = set()
    for tag in soup.find_all(_TAGS):
        found = canonical(target, base) if (target := _target(tag)) else None
        if found and found not in seen:
            seen.add(found)
            yield found
        if len(seen) >= MOST_LINKS:
            return


def _target(tag: Tag) -> str:
    """The address that a robot may follow, as written, or ""."""
    relations = set(_said(tag, "rel").lower().split())
    if relations & _NOT_FOLLOWED:
        return ""
    if tag.name in {"a", "area"}:
        target = _said(tag, "href").strip()
        return "" if target.startswith("#") else target
    if tag.name in {"frame", "iframe"}:
        return _said(tag, "src")
    if tag.name == "link":
        in_language = "alternate" not in relations or tag.has_attr("hreflang")
        return _said(tag, "href") if relations & _FOLLOWED_RELATIONS and in_language else ""
    if tag.name == "meta" and _said(tag, "http-equiv").lower() == "refresh":
        _seconds, _, target = _said(tag, "content").partition("=")
        return target.strip().strip("'\"")
    return ""


def _own_address(soup: BeautifulSoup, base: str, url: str) -> str:
    """The canonical link, where there is only one, of the same host, and not the front page for all pages."""
    named = {_said(tag, "href") for tag in soup("link") if "canonical" in _said(tag, "rel").lower().split()}
    found = {canonical(href, base) for href in named if href.strip()}
    if len(found) != 1 or not (address := found.pop()):
        return ""
    own, other = urlsplit(url), urlsplit(address)
    same_site = _bare(own.hostname) == _bare(other.hostname) and own.port == other.port
    to_front = other.path == "/" and not other.query and (own.path, own.query) != ("/", "")
    return address if same_site and not to_front else ""


def _bare(host: str | None) -> str:
    return (host or "").removeprefix("www.")
