"""What files say of themselves: who wrote them, when, with what.

A fact's key is one of ``KEYS``; its value is a text of one line, times as ISO 8601.
"""

import re
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ingestion.extract import kinds
from ingestion.extract.assemble import clean
from ingestion.extract.types import Extracted

KEYS = (
    *("from", "to", "cc", "date"),
    *("author", "subject", "keywords", "created", "modified", "publisher", "producer", "language"),
)
_LONGEST = 500
# What programs write where nobody said anything.
_NOTHING = re.compile(r"\W*(?:anonymous|unspecified|untitled|un-?named|unknown|none|null)?\W*", re.I)
_OOXML = {kinds.DOCX, kinds.PPTX, kinds.XLSX, kinds.XLSB}
_ODF = {kinds.ODT, kinds.ODS, kinds.ODP}
_OLE = {kinds.DOC, kinds.PPT, kinds.XLS}
# Local names in docProps/core.xml and meta.xml; of several the first that says something counts.
_IN_XML = {
    "author": ("creator", "initial-creator"),
    "subject": ("subject",),
    "keywords": ("keywords", "keyword"),
    "created": ("created", "creation-date"),
    "modified": ("modified", "date"),
    "producer": ("Application", "generator"),
    "publisher": ("publisher",),
    "language": ("language",),
}
_IN_OLE = {
    "author": "author",
    "subject": "subject",
    "keywords": "keywords",
    "created": "create_time",
    "modified": "last_saved_time",
    "producer": "creating_application",
}
_IN_KREUZBERG = {
    "author": "authors",
    "subject": "subject",
    "keywords": "keywords",
    "created": "created_at",
    "modified": "modified_at",
    "producer": "producer",
    "publisher": "publisher",
    "language": "language",
}


def tidied(found: Mapping[str, object]) -> dict[str, str]:
    """The facts that say something, in the order of ``KEYS``."""
    lines = {key: _line(found[key]) for key in KEYS if found.get(key)}
    return {key: line for key, line in lines.items() if not _NOTHING.fullmatch(line)}


def from_kreuzberg(metadata: Mapping[str, Any]) -> dict[str, str]:
    return tidied({key: metadata.get(name) for key, name in _IN_KREUZBERG.items()})


def with_facts(found: Extracted, path: Path) -> Extracted:
    """``found`` with what an Office or OpenDocument file says of itself; never fails because of it."""
    read: Mapping[str, object]
    if found.mime in _OOXML:
        read = _in_parts(path, ("docProps/core.xml", "docProps/app.xml"))
    elif found.mime in _ODF:
        read = _in_parts(path, ("meta.xml",))
    elif found.mime in _OLE:
        read = _in_ole(path)
    else:
        return found
    return replace(found, meta=tidied({**found.meta, **read}))


def _line(value: object) -> str:
    values = value if isinstance(value, list | tuple) else [value]
    parts = [each.decode("utf-8", "replace") if isinstance(each, bytes) else str(each) for each in values]
    return " ".join(clean(", ".join(part for part in parts if part)).split())[:_LONGEST]


def _in_parts(path: Path, parts: tuple[str, ...]) -> dict[str, str]:
    from lxml import etree

    from ingestion.extract.office_xml import local, parsed

    texts: dict[str, str] = {}
    try:
        with zipfile.ZipFile(path) as archive:
            for part in set(parts) & set(archive.namelist()):
                for node in parsed(archive, part).iter():
                    if isinstance(node.tag, str) and not len(node) and (node.text or "").strip():
                        texts.setdefault(local(node), node.text or "")
    except (zipfile.BadZipFile, etree.XMLSyntaxError, KeyError, OSError, EOFError, RuntimeError, ValueError):
        return {}
    return {
        key: next(text for name in names if (text := texts.get(name)))
        for key, names in _IN_XML.items()
        if any(texts.get(name) for name in names)
    }


def _in_ole(path: Path) -> dict[str, object]:
    import olefile  # type: ignore[import-untyped]

    try:
        with olefile.OleFileIO(str(path)) as file:
            known = file.get_metadata()
    except (OSError, ValueError, IndexError, TypeError, KeyError):
        return {}
    found: dict[str, object] = {}
    for key, name in _IN_OLE.items():
        value: Any = getattr(known, name, None)
        if isinstance(value, bytes):
            value = _decoded(value, getattr(known, "codepage", None))
        found[key] = value.isoformat() if hasattr(value, "isoformat") else value
    return found


def _decoded(value: bytes, codepage: object) -> str:
    """Texts of old Office files are in the code page that they name."""
    name = {65001: "utf-8", 936: "gb18030", 950: "big5", 10000: "mac-roman"}.get(
        codepage if isinstance(codepage, int) else 0, f"cp{codepage}"
    )
    try:
        return value.decode(name)
    except (LookupError, UnicodeDecodeError):
        return value.decode("utf-8", "replace")
