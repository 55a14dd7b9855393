"""Writes fixtures to disk and reads them in this process."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ingestion.extract.registry import extract
from ingestion.extract.types import Extracted

Write = Callable[[str, bytes | str], Path]
Read = Callable[[str, bytes | str], Extracted]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write_file(name: str, content: bytes | str) -> Path:
        path = tmp_path / "stored"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write_file


@pytest.fixture
def read(write: Write) -> Read:
    """Extracts content that is called ``name``, and checks what holds for every document."""

    def read_file(name: str, content: bytes | str) -> Extracted:
        found = extract(write(name, content), name)
        for page, start in zip(found.pages, found.starts, strict=True):
            assert found.text[start:].startswith(page.text)
        assert "\r" not in found.text and "\x00" not in found.text
        return found

    return read_file
