"""OpenDocument text (.odt) read from its XML: headings, paragraphs, lists, tables, notes, text boxes.

kreuzberg 4.10 loses lists and tables within the cells of a table.
"""

import zipfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import Element

from lxml import etree

from ingestion.extract import kinds, messages
from ingestion.extract.assemble import document, tidy
from ingestion.extract.documents import first_heading, title_of_file
from ingestion.extract.office_xml import local, parsed
from ingestion.extract.plain import markdown_table
from ingestion.extract.types import Extracted, ExtractionError, Page

_SKIPPED = {"tracked-changes", "annotation", "sequence-decls", "forms", "soft-page-break"}
_WIDEST = 200


def odt(path: Path, name: str) -> Extracted:
    """Raises ``ExtractionError``: ``damaged``, ``encrypted``, ``no_text``."""
    try:
        with zipfile.ZipFile(path) as archive:
            _refuse_locked(archive)
            root = parsed(archive, "content.xml")
            names = archive.namelist()
            meta = parsed(archive, "meta.xml") if "meta.xml" in names else None
    except (zipfile.BadZipFile, etree.XMLSyntaxError, KeyError, OSError, EOFError) as error:
        raise ExtractionError("damaged", messages.DAMAGED) from error
    body = next((node for node in root.iter() if local(node) == "text" and _parent_is_body(node)), root)
    text = tidy("\n\n".join(block for block in _blocks(body) if block.strip()))
    titles = (node for node in (meta.iter() if meta is not None else ()) if local(node) == "title")
    title = next(((node.text or "").strip() for node in titles), "")
    return document(kinds.ODT, title or first_heading(text) or title_of_file(name), [Page(None, text)])


def _refuse_locked(archive: zipfile.ZipFile) -> None:
    if "META-INF/manifest.xml" in archive.namelist():
        manifest = parsed(archive, "META-INF/manifest.xml")
        if any(local(node) == "encryption-data" for node in manifest.iter()):
            raise ExtractionError("encrypted", messages.ENCRYPTED)


def _parent_is_body(node: Element) -> bool:
    parent = node.getparent()  # type: ignore[attr-defined]
    return parent is not None and local(parent) == "body"


def _attribute(node: Element, name: str) -> str:
    return next((value for key, value in node.attrib.items() if key.endswith(f"}}{name}")), "")


def _blocks(node: Element) -> Iterator[str]:
    for child in node:
        kind = local(child)
        if kind == "h":
            level = _attribute(child, "outline-level")
            yield f"{'#' * min(int(level) if level.isdigit() else 1, 6)} {_words(child)}"
            yield from _boxes(child)
        elif kind == "p":
            yield _words(child)
            yield from _boxes(child)
        elif kind == "list":
            yield "\n".join(_items(child, 0))
        elif kind == "table":
            yield markdown_table(_rows(child))
        elif kind not in _SKIPPED:
            yield from _blocks(child)


def _items(node: Element, depth: int) -> Iterator[str]:
    for item in node:
        if local(item) not in {"list-item", "list-header"}:
            continue
        first = True
        for child in item:
            if local(child) == "list":
                yield from _items(child, depth + 1)
            elif local(child) in {"p", "h"} and (words := _words(child)):
                yield f"{'  ' * depth}{'- ' if first else '  '}{words}"
                first = False


def _rows(table: Element) -> Iterator[list[str]]:
    for node in table:
        kind = local(node)
        if kind == "table-row":
            yield [words for cell in node for words in _cell(cell)]
        elif kind in {"table-header-rows", "table-rows", "table-row-group"}:
            yield from _rows(node)


def _cell(cell: Element) -> list[str]:
    """All words of a cell, of lists and tables in it too; as often as the cell is repeated."""
    if local(cell) not in {"table-cell", "covered-table-cell"}:
        return []
    repeated = _attribute(cell, "number-columns-repeated")
    count = min(int(repeated), _WIDEST) if repeated.isdigit() else 1
    return [" ".join(_all_words(cell))] * count


def _all_words(node: Element) -> Iterator[str]:
    for child in node:
        if local(child) in {"p", "h"}:
            yield _words(child)
            yield from _boxes(child)
        elif local(child) not in _SKIPPED:
            yield from _all_words(child)


def _boxes(paragraph: Element) -> Iterator[str]:
    """What stands in the text boxes that are anchored in a paragraph."""
    for node in paragraph.iter():
        if local(node) == "text-box":
            yield from _blocks(node)


def _words(paragraph: Element) -> str:
    return " ".join("".join(_runs(paragraph)).split(" ")).strip()


def _runs(node: Element) -> Iterator[str]:
    yield node.text or ""
    for child in node:
        kind = local(child)
        if kind in {"s", "tab"}:
            yield " "
        elif kind == "line-break":
            yield "\n"
        elif kind == "note":
            yield from (f" ({' '.join(_all_words(part))})" for part in child if local(part) == "note-body")
        elif kind == "a" and _attribute(child, "href").startswith(("http://", "https://")):
            yield f"[{''.join(_runs(child))}]({_attribute(child, 'href')})"
        elif kind not in _SKIPPED | {"text-box"}:
            yield from _runs(child)
        yield child.tail or ""
