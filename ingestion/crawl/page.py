"""Reads a page of a site: its text, what it says of itself, where it leads. Runs in the extraction child."""

from datetime import date
from urllib.parse import urldefrag

from lxml.html import HtmlElement

from ingestion.crawl import links
from ingestion.crawl.addresses import canonical, display
from ingestion.crawl.css import is_selector
from ingestion.crawl.web_page import WebPage
from ingestion.extract import messages
from ingestion.extract.assemble import clean, has_words
from ingestion.extract.html import decode_html, language_of, linked, title_of
from ingestion.extract.html_tree import parse, without_furniture, without_marks
from ingestion.extract.language import settled
from ingestion.extract.main_content import main_content, markdown
from ingestion.extract.tables import with_repeated_headers
from ingestion.extract.types import ExtractionError

__all__ = ["WebPage", "read_page"]

_EARLIEST = "1995-01-01"
_LONGEST_TITLE = 300


def read_page(data: bytes, *, url: str, charset: str = "", selector: str = "") -> WebPage:
    """What the page ``data``, fetched from ``url``, says. ``charset`` is what the server said of it; a CSS
    ``selector`` names the parts that are the content, all in the order of the page.

    A page of menus alone has an empty text, and its links. Raises ``ExtractionError``: ``selector`` for one
    that cannot be read, ``no_text`` for what holds no page at all.
    """
    source = decode_html(data, charset)
    tree = parse(source)
    said = links.read(tree, url)
    title = " ".join(clean(title_of(tree)).split())[:_LONGEST_TITLE] or display(url)
    named, published = language_of(tree), _date(tree, url)
    text = _selected(source, selector, said.base) if selector.strip() else ""
    missed = bool(selector.strip()) and not text
    if not text:
        _complete_links(tree, said.base)
        text = main_content(tree)
    text = with_repeated_headers(linked(text))
    return WebPage(
        title=title,
        language=settled(named, text),
        date=published,
        canonical=said.canonical,
        text=text if has_words(text) else "",
        links=said.links,
        noindex=said.noindex,
        nofollow=said.nofollow,
        selector_missed=missed,
    )


def _selected(source: str, selector: str, base: str) -> str:
    """The text of the outermost elements that the selector matches, "" where there is none."""
    from bs4 import BeautifulSoup

    if not is_selector(selector):
        raise ExtractionError("selector", messages.SELECTOR)
    found = BeautifulSoup(source, "lxml").select(selector)
    places = {id(tag) for tag in found}
    outer = [str(tag) for tag in found if places.isdisjoint(map(id, tag.parents))]
    if not outer:
        return ""
    parts = parse(f"<div>{''.join(outer)}</div>")
    _complete_links(parts, base)
    without_marks(parts)
    without_furniture(parts, around=False)
    return markdown([parts]) if has_words("".join(parts.itertext())) else ""


def _complete_links(tree: HtmlElement, base: str) -> None:
    """Makes whole addresses of all links that lead to another page, in a spelling that Markdown can hold."""
    for element in tree.iter("a"):
        href = (element.get("href") or "").strip()
        if not href or href.startswith("#"):
            continue
        target, fragment = urldefrag(href)
        address = canonical(target, base)
        if address is not None:
            whole = f"{address}#{fragment}" if fragment else address
            element.set("href", whole.replace("(", "%28").replace(")", "%29").replace(" ", "%20"))


def _date(tree: HtmlElement, url: str) -> str:
    """From what the page and its address say of themselves; searching its text takes twenty times as long and
    guesses."""
    from htmldate import find_date

    found = find_date(
        tree,
        extensive_search=False,
        original_date=True,
        url=url,
        min_date=_EARLIEST,
        max_date=date.today().isoformat(),
    )
    return found or ""
