"""XML: news feeds entry by entry, other documents as paragraphs and "name: value" lines."""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from xml.etree.ElementTree import Element

from lxml import etree

from ingestion.extract import kinds, messages
from ingestion.extract.assemble import document, tidy
from ingestion.extract.documents import readable
from ingestion.extract.kreuzberg_calls import convert
from ingestion.extract.types import Extracted, ExtractionError, Page

_ENTRIES = {"item", "entry"}
_BODIES = ("encoded", "content", "description", "summary")
_DATES = ("pubDate", "published", "updated", "date")
_AUTHORS = ("creator", "author")


def xml(path: Path, name: str) -> Extracted:
    """Raises ``ExtractionError`` ``damaged`` where not even the beginning can be read."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=True, huge_tree=False)
    try:
        root = etree.parse(str(path), parser).getroot()
    except (etree.XMLSyntaxError, OSError) as error:
        raise ExtractionError("damaged", messages.DAMAGED) from error
    if root is None:
        raise ExtractionError("damaged", messages.DAMAGED)
    stem = PurePosixPath(name.replace("\\", "/")).stem
    if _local(root) in {"rss", "feed", "RDF"} and any(_local(node) in _ENTRIES for node in root.iter()):
        return _feed(root, stem)
    text = tidy("\n".join(_lines(root)))
    title = next((_plain(node) for node in root.iter() if _local(node) == "title"), "")
    return document(kinds.XML, title if 3 <= len(title) <= 200 else stem, [Page(None, text)])


def _feed(root: Element, stem: str) -> Extracted:
    """RSS or Atom: a section for each entry with its date, author and link."""
    entries = [node for node in root.iter() if _local(node) in _ENTRIES]
    title = next((_plain(node) for node in root.iter() if _local(node) == "title"), "")
    parts = [f"# {title}"] if title else []
    for entry in entries:
        parts += _entry(entry)
    return document(kinds.FEED, title or stem, [Page(None, tidy("\n\n".join(parts)))])


def _entry(entry: Element) -> list[str]:
    children = {_local(child): child for child in reversed(list(entry))}
    date, author = _first(children, _DATES), _first(children, _AUTHORS)
    link = children.get("link")
    address = (link.get("href") or _plain(link)) if link is not None else ""
    notes = [part for part in (date, author, f"<{address}>" if address else "") if part]
    body = next((children[kind] for kind in _BODIES if kind in children and _source(children[kind])), None)
    text = readable(str(convert(_source(body).encode(), kinds.HTML).content)) if body is not None else ""
    heading = _first(children, ("title",))
    return [part for part in (f"## {heading}" if heading else "", " · ".join(notes), text) if part]


def _first(children: dict[str, Element], names: tuple[str, ...]) -> str:
    return next((text for name in names if name in children and (text := _plain(children[name]))), "")


def _source(node: Element) -> str:
    """The HTML of an entry's body: escaped in RSS, elements in Atom."""
    if len(node):
        return "".join(etree.tostring(child, encoding="unicode") for child in node)
    return (node.text or "").strip()


def _lines(node: Element) -> Iterator[str]:
    name = _local(node)
    if not name:
        return
    attributes = ", ".join(f"{key.rpartition('}')[2]}={value}" for key, value in node.attrib.items() if value)
    mixed = len(node) and any((part or "").strip() for part in (node.text, *(child.tail for child in node)))
    if mixed or not len(node):
        text = _plain(node)
        label = f"{name} ({attributes})" if attributes else name
        if mixed or (text and name in {"p", "para", "li", "text", "body"}):
            yield f"\n{text}\n"
        elif text or attributes:
            yield f"{label}: {text}" if text else label
        return
    if attributes:
        yield f"\n{name} ({attributes})"
    for child in node:
        yield from _lines(child)
    yield ""


def _plain(node: Element) -> str:
    return " ".join("".join(node.itertext()).split())


def _local(node: Element) -> str:
    return node.tag.rpartition("}")[2] if isinstance(node.tag, str) else ""
