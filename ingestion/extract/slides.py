"""Presentations read from their XML: a page per slide, in the order of the show, notes included.

kreuzberg 4.10 puts spaces between the runs of one word and gives up on pictures it cannot resolve.
"""

import posixpath
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from xml.etree.ElementTree import Element

from lxml import etree

from ingestion.extract import kinds, messages
from ingestion.extract.assemble import document, tidy
from ingestion.extract.office_xml import local, parsed
from ingestion.extract.plain import markdown_table
from ingestion.extract.types import Extracted, ExtractionError, Page

_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_R_STRICT = "{http://purl.oclc.org/ooxml/officeDocument/relationships}"


def pptx(path: Path, name: str) -> Extracted:
    """PowerPoint: the title as heading, text, lists, tables, the words of diagrams, speaker's notes."""
    try:
        with zipfile.ZipFile(path) as archive:
            pages = [_slide(archive, part, at) for at, part in enumerate(_slide_parts(archive), 1)]
            title = _core_title(archive)
    except (zipfile.BadZipFile, etree.XMLSyntaxError, KeyError, OSError, EOFError) as error:
        raise ExtractionError("damaged", messages.DAMAGED) from error
    kept = [page for page in pages if page.text]
    first = kept[0].label if kept else ""
    return document(kinds.PPTX, title or first or PurePosixPath(name).stem, kept)


def odp(path: Path, name: str) -> Extracted:
    """OpenDocument presentation: a page per slide; its name is the label."""
    try:
        with zipfile.ZipFile(path) as archive:
            root = parsed(archive, "content.xml")
    except (zipfile.BadZipFile, etree.XMLSyntaxError, KeyError, OSError, EOFError) as error:
        raise ExtractionError("damaged", messages.DAMAGED) from error
    pages = []
    for number, slide in enumerate((node for node in root.iter() if local(node) == "page"), 1):
        label = next((value for key, value in slide.attrib.items() if key.endswith("}name")), "")
        text = tidy("\n\n".join(_odp_blocks(slide)))
        if text:
            pages.append(Page(number, text, label))
    return document(kinds.ODP, PurePosixPath(name).stem, pages)


def _relations(archive: zipfile.ZipFile, part: str) -> dict[str, tuple[str, str]]:
    """Relation id → (kind of relation, path of the part it leads to)."""
    folder, base = posixpath.split(part)
    rels = f"{folder}/_rels/{base}.rels"
    if rels not in archive.namelist():
        return {}
    return {
        node.get("Id", ""): (
            node.get("Type", "").rpartition("/")[2],
            posixpath.normpath(posixpath.join(folder, node.get("Target", ""))).lstrip("/"),
        )
        for node in parsed(archive, rels)
        if node.get("TargetMode") != "External"
    }


def _slide_parts(archive: zipfile.ZipFile) -> list[str]:
    relations = _relations(archive, "ppt/presentation.xml")
    parts = []
    for node in parsed(archive, "ppt/presentation.xml").iter():
        if local(node) == "sldId":
            target = relations.get(node.get(f"{_R}id") or node.get(f"{_R_STRICT}id") or "")
            if target is not None and target[1] in archive.namelist():
                parts.append(target[1])
    return parts


def _core_title(archive: zipfile.ZipFile) -> str:
    if "docProps/core.xml" not in archive.namelist():
        return ""
    nodes = (node for node in parsed(archive, "docProps/core.xml") if local(node) == "title")
    title = next(((node.text or "").strip() for node in nodes), "")
    return "" if title.lower() in {"powerpoint presentation", "powerpoint 演示文稿"} else title


def _slide(archive: zipfile.ZipFile, part: str, number: int) -> Page:
    title, blocks = "", []
    root = parsed(archive, part)
    for shape in _shapes(root):
        text = [line for line in _paragraphs(shape) if line.strip()]
        if not title and text and _placeholder(shape) in {"title", "ctrTitle"}:
            title = " ".join(" ".join(line.split()) for line in text)
        elif local(shape) == "graphicFrame":
            blocks.extend(_frame(archive, part, shape))
        elif text:
            listed = len(text) > 1 and _placeholder(shape) not in {"subTitle", None}
            blocks.append("\n".join(f"- {line}" for line in text) if listed else "\n\n".join(text))
    heading = [f"## {title}"] if title else []
    notes = _notes(archive, part)
    return Page(number, tidy("\n\n".join([*heading, *blocks, *notes])), title)


def _shapes(node: Element) -> Iterator[Element]:
    """Shapes in document order, those in groups too; of alternatives, only the first."""
    for child in node:
        kind = local(child)
        if kind in {"sp", "graphicFrame", "cxnSp"}:
            yield child
        elif kind == "AlternateContent":
            yield from _shapes(child[0]) if len(child) else ()
        elif kind in {"cSld", "spTree", "grpSp", "Choice", "Fallback"}:
            yield from _shapes(child)


def _placeholder(shape: Element) -> str | None:
    """Kind of placeholder, "body" where unnamed, ``None`` for a free text box."""
    for node in shape.iter():
        if local(node) == "ph":
            return node.get("type", "body")
    return None


def _paragraphs(node: Element) -> list[str]:
    return [_line(child) for child in node.iter() if local(child) == "p" and "drawingml" in child.tag]


def _line(paragraph: Element) -> str:
    parts = []
    for node in paragraph.iter():
        kind = local(node)
        if kind == "t":
            parts.append(node.text or "")
        elif kind in {"br", "tab"}:
            parts.append(" ")
    return " ".join("".join(parts).split())


def _frame(archive: zipfile.ZipFile, part: str, frame: Element) -> list[str]:
    """A table, or the words of the chart or diagram that the frame refers to."""
    rows = [
        [" ".join(_paragraphs(cell)) for cell in row if local(cell) == "tc"]
        for row in frame.iter()
        if local(row) == "tr"
    ]
    if rows:
        return [markdown_table(rows)]
    relations = _relations(archive, part)
    used = {
        value
        for node in frame.iter()
        for key, value in node.attrib.items()
        if key.startswith((_R, _R_STRICT))
    }
    blocks = []
    for key in sorted(used & relations.keys()):
        kind, target = relations[key]
        if kind == "chart" and target in archive.namelist():
            blocks.extend(_chart(parsed(archive, target)))
        elif kind == "diagramData" and target in archive.namelist():
            lines = [line for line in _paragraphs(parsed(archive, target)) if line]
            blocks.append("\n".join(f"- {line}" for line in lines))
    return blocks


def _chart(root: Element) -> list[str]:
    """A chart's title and its figures as a table: categories down, series across."""
    title = " ".join(line for line in _paragraphs(root) if line)
    names: list[str] = []
    columns: list[list[str]] = []
    categories: list[str] = []
    for series in (node for node in root.iter() if local(node) == "ser"):
        values = {local(child): _points(child) for child in series}
        names.append(" ".join(values.get("tx", [])))
        categories = categories or values.get("cat", []) or values.get("xVal", [])
        columns.append(values.get("val", []) or values.get("yVal", []))
    height = max((len(column) for column in [categories, *columns]), default=0)
    rows = [["", *names]] + [
        [column[at] if at < len(column) else "" for column in [categories, *columns]] for at in range(height)
    ]
    return [block for block in (title, markdown_table(rows) if height else "") if block]


def _points(node: Element) -> list[str]:
    return [
        child.text or "" for point in node.iter() if local(point) == "pt" for child in point if child.text
    ]


def _notes(archive: zipfile.ZipFile, part: str) -> list[str]:
    for kind, target in _relations(archive, part).values():
        if kind == "notesSlide" and target in archive.namelist():
            shapes = _shapes(parsed(archive, target))
            bodies = [shape for shape in shapes if _placeholder(shape) == "body"]
            lines = [line for shape in bodies for line in _paragraphs(shape) if line]
            return ["> " + "\n> ".join(lines)] if lines else []
    return []


def _odp_blocks(slide: Element) -> Iterator[str]:
    for frame in slide:
        title = any(key.endswith("}class") and value == "title" for key, value in frame.attrib.items())
        table = [node for node in frame.iter() if local(node) == "table-row"]
        if table:
            yield markdown_table([["".join(cell.itertext()) for cell in row] for row in table])
            continue
        lines = [
            " ".join("".join(node.itertext()).split()) for node in frame.iter() if local(node) in {"p", "h"}
        ]
        lines = [line for line in lines if line]
        if lines and title:
            yield f"## {' '.join(lines)}"
        elif lines:
            listed = any(local(node) == "list" for node in frame.iter())
            yield "\n".join(f"- {line}" for line in lines) if listed else "\n\n".join(lines)
