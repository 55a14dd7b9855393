"""A web page as a tree: read once, cleared of what only programs and eyes need."""

import re
from collections.abc import Iterable

from lxml.etree import ParserError, XMLSyntaxError
from lxml.html import HtmlElement, HTMLParser, document_fromstring

from ingestion.extract import messages
from ingestion.extract.types import ExtractionError

_NO_TREE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_FURNITURE = (
    *(
        "script",
        "style",
        "noscript",
        "template",
        "nav",
        "iframe",
        "svg",
        "form",
        "button",
        "dialog",
        "object",
    ),
    *("select", "audio", "video", "canvas", "math-field"),
)
_AROUND = ("footer", "aside")
# Marks beside headings that only link to them, numbers of lines, links to edit a section.
_MARKS = frozenset(
    "headerlink hash-link header-anchor linenos linenodiv gutter mw-editsection noprint".split()
)
_HIDDEN_ROLES = frozenset("navigation search dialog alertdialog".split())
# DocBook, AsciiDoc and MediaWiki; the headings themselves follow.
_LISTS = frozenset("toc toc2 list-of-tables list-of-figures list-of-examples".split())
_LANGUAGE = re.compile(
    r"(?:^|\s)(?:highlight-source-|highlight-|language-|lang-|brush:\s*)([a-z][\w+#-]*)", re.I
)
_AS_TYPED = ("pre", "textarea", "listing", "xmp")
_LINE_BREAK = re.compile(r"[ \t\r]*\n\s*")
_WIDE_LINE_BREAK = re.compile(
    "(?<=[\u2e80-\u9fff\uff00-\uff60”’])[ \\t\\r]*\\n\\s*(?=[\u2e80-\u9fff\uff00-\uff60“‘])"
)
_MARKING = ("a", "span", "div", "td", "sup", "button")
_NO_LANGUAGE = frozenset({"default", "none", "text", "plaintext", "notranslate", "source", "code"})


def parse(source: str) -> HtmlElement:
    """The page's tree. Raises ``ExtractionError`` ``no_text`` for a page without any element, and
    ``MemoryError``, which the parser names otherwise."""
    data = _NO_TREE.sub("", source).encode("utf-8", "replace")
    parser = HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, collect_ids=False)
    try:
        return document_fromstring(data, parser=parser)
    except ParserError as error:
        raise ExtractionError("no_text", messages.NO_TEXT) from error
    except XMLSyntaxError as error:
        if any(entry.type_name == "ERR_NO_MEMORY" for entry in parser.error_log):
            raise MemoryError from error
        raise ExtractionError("damaged", messages.DAMAGED) from error


def without_marks(tree: HtmlElement) -> None:
    """Takes away, in place, what would stand as noise in any text made of the page, and puts code with
    numbered lines into one block, paragraphs on one line."""
    for cell in [cell for cell in tree.iter("td") if "code" in classes(cell)]:
        _only_code(cell)
    drop(tree, [element for element in tree.iter(*_MARKING) if _is_mark(element)])
    drop(tree, _lists_of_contents(tree))
    # Places to jump to, which are taken for links, and then what they stand around for part of a menu.
    for anchor in [anchor for anchor in tree.iter("a") if anchor.get("href") is None]:
        anchor.drop_tag()
    _unwrap_lines(tree)
    for block in list(tree.iter("pre")):
        _end_line(block)
        _name_language(block)


def without_furniture(tree: HtmlElement, *, around: bool = True) -> None:
    """Takes away, in place, menus, forms, programs, what is hidden, and with ``around`` what stands around
    the content. Styles go too: WeChat, for one, shows by a program what its page hides."""
    drop(tree, list(tree.iter(*_FURNITURE, *(_AROUND if around else ()))))
    drop(tree, [element for element in tree.iter("*") if _is_hidden(element)])
    for element in tree.iter("*"):
        element.attrib.pop("style", None)
    if around:
        drop(tree, [header for header in tree.iter("header") if _is_of_site(header)])


def classes(element: HtmlElement) -> frozenset[str]:
    named = element.get("class")
    return frozenset(named.split()) if named else frozenset()


def drop(tree: HtmlElement, elements: Iterable[HtmlElement]) -> None:
    for element in elements:
        if element is not tree and element.getparent() is not None:
            element.drop_tree()


def visible(tree: HtmlElement) -> int:
    """How many characters of text the tree holds, without white space."""
    return len("".join("".join(tree.itertext()).split()))


def _is_mark(element: HtmlElement) -> bool:
    if element.tag == "a" and (element.get("href") or "").startswith("#"):
        words = "".join(element.itertext()).strip()
        if len(words) < 2 and not words.isalnum() and element.find(".//img") is None:
            return True
    return not _MARKS.isdisjoint(classes(element))


def _lists_of_contents(tree: HtmlElement) -> list[HtmlElement]:
    """Unless they are most of the page."""
    lists = [element for element in tree.iter("div", "nav") if not _LISTS.isdisjoint(classes(element))]
    outer = [element for element in lists if not any(above in lists for above in element.iterancestors())]
    listed = sum(map(visible, outer))
    return outer if listed and listed < visible(tree) - listed else []


def _is_hidden(element: HtmlElement) -> bool:
    given = element.attrib
    return (
        "hidden" in given
        or given.get("aria-hidden") == "true"
        or given.get("role") in _HIDDEN_ROLES
        or "display:none" in given.get("style", "").replace(" ", "")
    )


def _is_of_site(header: HtmlElement) -> bool:
    """Whether it heads the site, not the text."""
    within = any(above.tag in {"main", "article"} for above in header.iterancestors())
    return not within and header.find(".//h1") is None


def _only_code(cell: HtmlElement) -> None:
    """The block of code in ``cell`` takes the place of the table, which only sets numbers beside it."""
    block = cell.find(".//pre")
    table = next(cell.iterancestors("table"), None)
    parent = table.getparent() if table is not None else None
    if block is None or table is None or parent is None:
        return
    tail, block.tail = table.tail, None
    parent.replace(table, block)
    block.tail = tail


def _unwrap_lines(tree: HtmlElement) -> None:
    """A line break in the source of a page means a space, and between Chinese characters nothing."""
    blocks = {element for element in tree.iter("*") if _is_as_typed(element)}
    within = {element for block in blocks for element in block.iter()}
    for element in tree.iter("*"):
        if element not in within:
            element.text = _unwrapped(element.text)
        if element not in within or element in blocks:
            element.tail = _unwrapped(element.tail)


def _is_as_typed(element: HtmlElement) -> bool:
    style = element.get("style", "")
    return element.tag in _AS_TYPED or ("white-space" in style and ":pre" in style.replace(" ", ""))


def _unwrapped(text: str | None) -> str | None:
    if not text or "\n" not in text or text.isspace():
        return text
    return _LINE_BREAK.sub(" ", _WIDE_LINE_BREAK.sub("", text))


def _end_line(block: HtmlElement) -> None:
    """Code on one line would be taken for a word of the text."""
    code = block.find("code")
    inner = block if code is None else code
    if "\n" in "".join(block.itertext()):
        return
    if len(inner):
        inner[-1].tail = f"{inner[-1].tail or ''}\n"
    else:
        inner.text = f"{inner.text or ''}\n"


def _name_language(block: HtmlElement) -> None:
    """Writes the language that a block of code has, by whatever class, where Markdown finds it."""
    code = block.find("code")
    if code is None:
        if len(block) and block.find(".//code") is not None:
            return
        code = block.makeelement("code")
        code.text, block.text = block.text, None
        code.extend(list(block))
        block.append(code)
    around = (code, block, block.getparent(), *(block.iterancestors("div", "figure")))[:5]
    for element in around:
        found = _LANGUAGE.search(element.get("class") or "") if element is not None else None
        if found and found.group(1).lower() not in _NO_LANGUAGE:
            code.set("class", f"language-{found.group(1).lower()}")
            return
