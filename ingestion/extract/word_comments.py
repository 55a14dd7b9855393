"""Comments in the margin of Word files, which kreuzberg 4.10 leaves out."""

import zipfile
from pathlib import Path

from lxml import etree

from ingestion.extract.office_xml import local, parsed

_PART = "word/comments.xml"


def comments(path: Path) -> str:
    """Markdown quotations, "" where there are none or they cannot be read."""
    try:
        with zipfile.ZipFile(path) as archive:
            if _PART not in archive.namelist():
                return ""
            root = parsed(archive, _PART)
    except (zipfile.BadZipFile, etree.XMLSyntaxError, OSError, EOFError):
        return ""
    found = []
    for comment in (node for node in root if local(node) == "comment"):
        lines = [
            "".join(part.text or "" for part in paragraph.iter() if local(part) == "t")
            for paragraph in comment.iter()
            if local(paragraph) == "p"
        ]
        text = " ".join(" ".join(lines).split())
        author = next((value for key, value in comment.attrib.items() if key.endswith("}author")), "")
        if text:
            found.append(f"> **{author}**: {text}" if author else f"> {text}")
    return "\n\n".join(found)
