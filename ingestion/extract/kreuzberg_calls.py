"""The calls to kreuzberg, with its errors as ours."""

import functools
from pathlib import Path
from typing import Any

from ingestion.extract import messages
from ingestion.extract.types import ExtractionError


@functools.cache
def _config() -> Any:
    import kreuzberg

    return kreuzberg.ExtractionConfig(
        use_cache=False,
        enable_quality_processing=False,
        output_format="markdown",
        pages=kreuzberg.PageConfig(extract_pages=True),
        concurrency=kreuzberg.ConcurrencyConfig(max_threads=2),
    )


def convert(data: Path | bytes, mime: str) -> Any:
    """kreuzberg's ``ExtractionResult``; raises ``ExtractionError`` ``encrypted`` or ``damaged``."""
    import kreuzberg
    from kreuzberg import exceptions

    try:
        if isinstance(data, bytes):
            return kreuzberg.extract_bytes_sync(data, mime, config=_config())
        return kreuzberg.extract_file_sync(str(data), mime, config=_config())
    except (exceptions.KreuzbergError, kreuzberg.ParsingError, ValueError, OSError, RuntimeError) as error:
        said = str(error).lower()
        if "password" in said or "encrypt" in said:
            raise ExtractionError("encrypted", messages.ENCRYPTED) from error
        if "memory" in said and "alloc" in said:
            raise ExtractionError("memory", messages.MEMORY) from error
        if "security" in said or "bomb" in said or "exceeds" in said:
            raise ExtractionError("archive", messages.BOMB) from error
        raise ExtractionError("damaged", messages.DAMAGED) from error
