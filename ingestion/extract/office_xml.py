"""The XML parts of Office and OpenDocument files."""

import zipfile
from xml.etree.ElementTree import Element

from lxml import etree

from ingestion.extract import messages
from ingestion.extract.types import ExtractionError

_PART_BYTES = 64 * 1024 * 1024


def parsed(archive: zipfile.ZipFile, part: str) -> Element:
    """The root of a part; nothing outside it is read. Raises ``ExtractionError`` ``archive`` for a bomb."""
    if archive.getinfo(part).file_size > _PART_BYTES:
        raise ExtractionError("archive", messages.BOMB)
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    root: Element = etree.fromstring(archive.read(part), parser)
    return root


def local(node: Element) -> str:
    """The tag without its namespace, "" for a comment."""
    return node.tag.rpartition("}")[2] if isinstance(node.tag, str) else ""
