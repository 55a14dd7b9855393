"""Web pages: the main content as Markdown, without menus, or all of it where that finds little."""

import re
import warnings
from pathlib import Path, PurePosixPath

from ingestion.extract import kinds
from ingestion.extract.assemble import document, has_words, tidy
from ingestion.extract.decoding import decode
from ingestion.extract.documents import readable
from ingestion.extract.kreuzberg_calls import convert
from ingestion.extract.types import Extracted, Page

_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([\w-]+)", re.I)
_FURNITURE = ("script", "style", "noscript", "template", "nav", "iframe", "svg", "form", "button")
# Links within the page or the site lead nowhere from here; marks of footnotes are noise.
_FOOTNOTE = re.compile(r"(?:<sup>)?\[\\?\[[\w\s]{1,8}\\?\]\]\(#[^()\s]*\)(?:</sup>)?")
_RELATIVE_LINK = re.compile(
    r"(?<!!)\[((?:[^\[\]\n\\]|\\.){1,300})\]\((?!https?:|mailto:)[^()\s]*(?:\([^()\s]*\))?[^()\s]*\)", re.I
)
_LEAST = 250
_SHARE = 0.5


def html(path: Path, name: str) -> Extracted:
    data = path.read_bytes()
    source = decode_html(data)
    return page(source, PurePosixPath(name.replace("\\", "/")).stem)


def page(source: str, fallback_title: str, *, url: str | None = None) -> Extracted:
    """The main content of a web page given as text; links stay Markdown links.

    Raises ``ExtractionError`` ``no_text`` for a page without words.
    """
    from bs4 import BeautifulSoup, XMLParsedAsHTMLWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", XMLParsedAsHTMLWarning)
        soup = BeautifulSoup(source, "lxml")
    title, language = _title(soup, fallback_title), _language(soup)
    for tag in soup(_FURNITURE):
        tag.decompose()
    visible = len("".join((soup.body or soup).get_text(" ").split()))
    main = _main_content(source, url)
    found = len("".join(main.split()))
    if not has_words(main) or (found < _SHARE * visible and (found < _LEAST or visible < 4 * _LEAST)):
        main = readable(str(convert(str(soup).encode(), kinds.HTML).content))
    main = tidy(_RELATIVE_LINK.sub(r"\1", _FOOTNOTE.sub("", main)))
    return document(kinds.HTML, title, [Page(None, main)], language=language)


def decode_html(data: bytes) -> str:
    """Text of a page: its byte-order mark, the charset it names, then as for plain text."""
    found = _CHARSET.search(data[:4096])
    if found and not data.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")):
        charset = found.group(1).decode("ascii").lower()
        charset = {"gb2312": "gb18030", "gbk": "gb18030", "iso-8859-1": "cp1252"}.get(charset, charset)
        try:
            return data.decode(charset)
        except (LookupError, UnicodeDecodeError):
            return decode(data)
    return decode(data)


def _main_content(source: str, url: str | None) -> str:
    import trafilatura

    text = trafilatura.extract(
        source,
        url=url,
        output_format="markdown",
        include_comments=False,
        include_formatting=True,
        include_links=True,
        include_tables=True,
        include_images=False,
        favor_recall=True,
    )
    return tidy(text or "")


def _title(soup: object, fallback: str) -> str:
    from bs4 import BeautifulSoup

    assert isinstance(soup, BeautifulSoup)
    meta = soup.find("meta", attrs={"property": "og:title"})
    given = str(meta.get("content") or "") if meta is not None else ""
    for text in (soup.title.get_text() if soup.title else "", given):
        if text.strip():
            return text
    heading = soup.find("h1")
    return heading.get_text() if heading is not None and heading.get_text().strip() else fallback


def _language(soup: object) -> str:
    from bs4 import BeautifulSoup

    assert isinstance(soup, BeautifulSoup)
    root = soup.find("html")
    named = str(root.get("lang") or "") if root is not None else ""
    code = re.match(r"[a-zA-Z]{2,3}\b", named)
    return code.group().lower() if code else ""
