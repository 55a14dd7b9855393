"""Web pages: the main content as Markdown, without menus, or all of it where that finds little."""

import re
from contextlib import suppress
from pathlib import Path, PurePosixPath

from lxml.html import HtmlElement

from ingestion.extract import kinds
from ingestion.extract.assemble import document, tidy
from ingestion.extract.decoding import decode
from ingestion.extract.html_tree import parse
from ingestion.extract.language import settled
from ingestion.extract.main_content import main_content
from ingestion.extract.types import Extracted, Page

_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([\w-]+)", re.I)
_BOMS = (b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")
_LARGER = {
    **dict.fromkeys(("gb2312", "gbk", "gb_2312-80", "x-gbk", "chinese"), "gb18030"),
    **dict.fromkeys(("iso-8859-1", "latin1", "ascii", "us-ascii"), "cp1252"),
    "big5": "big5hkscs",
    "shift_jis": "cp932",
    "sjis": "cp932",
    "euc-kr": "cp949",
    "ks_c_5601-1987": "cp949",
}
_MULTIBYTE = frozenset({"gb18030", "big5hkscs", "cp932", "euc-jp", "iso-2022-jp", "cp949", "utf-8", "utf8"})
# What stands behind headings, for the mouse.
_MARKS = " ¶#§\u200b"
# Of the characters beyond ASCII, so many may be broken in an encoding that a page names.
_BROKEN = 0.005
# Links within the page or the site lead nowhere from here; marks of footnotes are noise.
_FOOTNOTE = re.compile(r"(?:<sup>)?\[\\?\[[\w\s]{1,8}\\?\]\]\(#[^()\s]*\)(?:</sup>)?")
_RELATIVE_LINK = re.compile(
    r"(?<!!)\[((?:[^\[\]\n\\]|\\.){1,300})\]\((?!https?:|mailto:)[^()\s]*(?:\([^()]*\))?[^()\s]*"
    r"(?:\s+\"[^\"\n]*\")?\)",
    re.I,
)


def html(path: Path, name: str) -> Extracted:
    source = decode_html(path.read_bytes())
    return page(source, PurePosixPath(name.replace("\\", "/")).stem)


def page(source: str, fallback_title: str) -> Extracted:
    """The main content of a web page given as text; links stay Markdown links where they lead somewhere.

    Raises ``ExtractionError`` ``no_text`` for a page without words.
    """
    tree = parse(source)
    title, named = title_of(tree) or fallback_title, language_of(tree)
    main = linked(main_content(tree))
    return document(kinds.HTML, title, [Page(None, main)], language=settled(named, main))


def linked(markdown: str) -> str:
    """``markdown`` with only those links that lead to another page; of the others the words stay."""
    return tidy(_RELATIVE_LINK.sub(r"\1", _FOOTNOTE.sub("", markdown)))


def decode_html(data: bytes, charset: str = "") -> str:
    """Text of a page: by its byte-order mark; as UTF-8 where it is that, whatever is said; by ``charset``
    (what the server said) or the one that the page names, where it fits; then as for plain text.

    Encodings of one byte fit everything, so that they are believed only after those of several.
    """
    if data.startswith(_BOMS) or b"\0" in data[:4096]:
        return decode(data)
    with suppress(UnicodeDecodeError):
        if b"\x1b$" not in data:  # ISO-2022-JP, all of whose bytes are ASCII
            return data.decode("utf-8")
    found = _CHARSET.search(data[:4096])
    named = [charset.strip().strip("\"'").lower(), found.group(1).decode("ascii").lower() if found else ""]
    named = [_LARGER.get(name, name) for name in named if name]
    for name in sorted(dict.fromkeys(named), key=lambda name: name not in _MULTIBYTE):
        text = _decoded(data, name)
        if text is not None:
            return text
    return decode(data)


def _decoded(data: bytes, encoding: str) -> str | None:
    try:
        text = data.decode(encoding, "replace")
    except (LookupError, ValueError):
        return None
    broken = text.count("\N{REPLACEMENT CHARACTER}")
    if broken and broken > _BROKEN * sum(character > "\x7f" for character in text):
        return None
    return text


def title_of(tree: HtmlElement) -> str:
    """What the page calls itself, without the name of its site; "" where it does not say."""
    titles = tree.xpath("string(.//head/title[1])").split()
    whole, given = " ".join(titles), _meta(tree, "og:title")
    heading = next((_words(h1) for h1 in tree.iter("h1") if not _is_logo(h1)), "")
    for name in (heading, given):
        if len(name) > 1 and whole.startswith(name) and not whole[len(name) : len(name) + 1].isalnum():
            return name
    site = _meta(tree, "og:site_name")
    short = re.sub(rf"\s+[-–—|_·»:]\s+{re.escape(site)}$", "", whole) if site else whole
    return short or whole or given or heading


def language_of(tree: HtmlElement) -> str:
    """The language that the page names, as its code of two or three letters, or ""."""
    named = tree.get("lang") or tree.get("xml:lang") or tree.get("{http://www.w3.org/XML/1998/namespace}lang")
    code = re.match(r"[a-zA-Z]{2,3}\b", named or "")
    return code.group().lower() if code else ""


def _words(element: HtmlElement) -> str:
    return " ".join(element.text_content().split()).rstrip(_MARKS)


def _is_logo(heading: HtmlElement) -> bool:
    """Whether a heading stands above all pages of a site, and not above this text."""
    above = {element.tag for element in heading.iterancestors()}
    to_front = any(link.get("href") in {"/", "./", "../"} for link in heading.iter("a"))
    return to_front or ("header" in above and not above & {"main", "article"})


def _meta(tree: HtmlElement, name: str) -> str:
    for element in tree.iter("meta"):
        if name in (element.get("property"), element.get("name")):
            return " ".join((element.get("content") or "").split())
    return ""
