"""One passage of a BEIR ``corpus.jsonl`` stored as a document of its own."""

import json
from pathlib import Path

from ingestion.extract import kinds
from ingestion.extract.assemble import document
from ingestion.extract.types import Extracted, Page


def passage(path: Path, name: str) -> Extracted:
    """``{"_id", "title", "text"}``: title and text verbatim, except NUL, which no database holds."""
    value = json.loads(path.read_bytes())
    title = str(value.get("title", "")).replace("\x00", "")
    text = str(value["text"]).replace("\x00", "").encode("utf-8", "replace").decode()
    return document(kinds.PASSAGE, title or name, [Page(None, text)])
