"""The main content of a web page as Markdown.

Three ways, the first that finds something: the place where well-known software puts its text, converted as it
stands; what ``trafilatura`` takes for the main content; where that is little of a short page, all of it but
menus and the like.
"""

import re
from collections.abc import Sequence
from configparser import ConfigParser
from copy import deepcopy
from functools import cache
from typing import Any

from lxml.html import HtmlElement, tostring

from ingestion.extract import kinds
from ingestion.extract.assemble import has_words, tidy
from ingestion.extract.documents import readable
from ingestion.extract.html_tree import classes, visible, without_furniture, without_marks
from ingestion.extract.kreuzberg_calls import convert
from ingestion.extract.main_place import name_the_place

_LEAST = 250
_SHARE = 0.5
_LEAST_KNOWN = 40
_LIKE_HEADING = re.compile(r"^(?=#)", re.M)
_SHIELD = "\ue000"
# Code in an item of a list.
_FENCE_BEHIND_WORDS = re.compile(r"^((?!\|).*[^`\s])[ \t]*```$", re.M)
# trafilatura's own 250 is meant for Latin letters. Below it, it gives up headings, lists and code.
_LEAST_OF_TRAFILATURA = 100


# Where software for documentation, and common Chinese sites, put their text, and nothing else.
_KNOWN_CLASSES = frozenset(
    # Docusaurus, VitePress, VuePress, MkDocs, GitBook, GitHub and its like, Docsy, Sphinx themes
    "theme-doc-markdown vp-doc theme-default-content md-content__inner markdown-section markdown-body "
    "td-content bd-article "
    # the editors of Chinese authorities, Yuque
    "TRS_Editor trs_editor_view TRS_UEDITOR yuque-doc-content".split()
)
# Furo, WeChat, CSDN, cnblogs, gov.cn
_KNOWN_IDS = frozenset("furo-main-content js_content content_views cnblogs_post_body UCAP-CONTENT".split())
_DOCBOOK = frozenset("book part reference preface chapter appendix article section sect1 refentry".split())


def main_content(tree: HtmlElement) -> str:
    """The content as Markdown, "" where the page holds no words but menus. Changes the tree."""
    without_marks(tree)
    known = _at_known_place(tree)
    if known:
        return known
    found = _by_trafilatura(tree)
    amount = len("".join(found.split()))
    if amount >= 4 * _LEAST:
        return found
    body = tree.find("body")
    rest = deepcopy(body if body is not None else tree)
    without_furniture(rest)
    there = visible(rest)
    is_little = amount < _SHARE * there and (amount < _LEAST or there < 4 * _LEAST)
    if is_little or amount < _LEAST_OF_TRAFILATURA:
        return markdown([rest]) if has_words("".join(rest.itertext())) else ""
    return found


def markdown(elements: Sequence[HtmlElement]) -> str:
    """All that is in the elements, which must be clean, as Markdown."""
    parts = "".join(
        tostring(_with_shielded_code(element), encoding="unicode", with_tail=False) for element in elements
    )
    page = f"<html><head><meta charset='utf-8'></head><body>{parts}</body></html>"
    found = str(convert(page.encode("utf-8", "replace"), kinds.HTML).content)
    return readable(found.replace(_SHIELD, ""))


def _with_shielded_code(element: HtmlElement) -> HtmlElement:
    """Of lines of code that begin as headings do, kreuzberg would make paragraphs of their own."""
    for block in element.iter("pre"):
        for part in block.iter():
            part.text = _LIKE_HEADING.sub(_SHIELD, part.text) if part.text else part.text
            if part is not block and part.tail:
                part.tail = _LIKE_HEADING.sub(_SHIELD, part.tail)
    return element


def _at_known_place(tree: HtmlElement) -> str:
    found = {element for element in tree.iter("div", "article", "main", "section") if _is_known(element)}
    outer = [
        element for element in tree.iter() if element in found and found.isdisjoint(element.iterancestors())
    ]
    copies = [deepcopy(element) for element in outer]
    for element in copies:
        without_furniture(element, around=False)
    return markdown(copies) if sum(map(visible, copies)) >= _LEAST_KNOWN else ""


def _is_known(element: HtmlElement) -> bool:
    named = classes(element)
    if not _KNOWN_CLASSES.isdisjoint(named) or element.get("id") in _KNOWN_IDS:
        return True
    if element.get("role") == "main":  # Sphinx
        return "body" in named or element.get("itemprop") == "articleBody"
    if not _DOCBOOK.isdisjoint(named):
        return any("titlepage" in classes(child) for child in element)
    if element.get("id") == "content":  # AsciiDoc and Asciidoctor
        return any("sect1" in classes(child) for child in element)
    parent = element.getparent()
    if parent is None:
        return False
    if element.get("itemprop") == "articleBody":  # Sphinx with the theme of Read the Docs
        return parent.get("role") == "main" and "document" in classes(parent)
    return element.tag == "main" and not element.attrib and parent.get("id") == "content"  # mdBook


def _by_trafilatura(tree: HtmlElement) -> str:
    import trafilatura

    name_the_place(tree)
    text = trafilatura.extract(
        tree,
        output_format="markdown",
        include_comments=False,
        include_formatting=True,
        include_links=True,
        include_tables=True,
        include_images=False,
        config=_config(),
    )
    return tidy(_FENCE_BEHIND_WORDS.sub(r"\1\n```", text or ""))


@cache
def _config() -> ConfigParser:
    from trafilatura.settings import use_config

    config: Any = use_config()
    config.set("DEFAULT", "MIN_EXTRACTED_SIZE", str(_LEAST_OF_TRAFILATURA))
    made: ConfigParser = config
    return made
