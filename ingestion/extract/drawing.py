"""Draws pages of a PDF, or frames of a picture, as PNG files: for people to compare with the text.

Run as ``python -m ingestion.extract.drawing PATH MIME FIRST FOLDER MEMORY_MB CPU_S``: a process of its own,
since files are hostile. It draws up to ``AT_ONCE`` pages from page FIRST (from 1) on into FOLDER as
``N.png``, and prints how many pages there are. It exits with 1 where the file cannot be drawn.
"""

import resource
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingestion.extract import kinds

if TYPE_CHECKING:
    from PIL.Image import Image

AT_ONCE = 3
_WIDTH = 1100
_MAX_PIXELS = 4_000_000
_MAX_SOURCE_PIXELS = 80_000_000


def main() -> None:
    path, mime, first, folder, memory_mb, cpu_s = sys.argv[1:7]
    limit = int(memory_mb) * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CPU, (int(cpu_s), int(cpu_s)))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    draw = _pdf if mime == kinds.PDF else _picture
    count = draw(Path(path), int(first), Path(folder))
    sys.stdout.write(f"{count}\n")


def _pdf(path: Path, first: int, folder: Path) -> int:
    import pypdfium2  # type: ignore[import-untyped]

    pdf = pypdfium2.PdfDocument(path)
    for number in range(first, min(first + AT_ONCE, len(pdf) + 1)):
        page = pdf[number - 1]
        width, height = page.get_size()
        scale = min(_WIDTH / max(1.0, width), (_MAX_PIXELS / max(1.0, width * height)) ** 0.5)
        _save(page.render(scale=scale).to_pil(), folder, number)
    return len(pdf)


def _picture(path: Path, first: int, folder: Path) -> int:
    from PIL import Image

    from ingestion.extract.pictures import upright

    Image.MAX_IMAGE_PIXELS = _MAX_SOURCE_PIXELS
    with Image.open(path) as image:
        count = getattr(image, "n_frames", 1) if image.format == "TIFF" else 1
        for number, frame in islice(_frames(image, first, count), AT_ONCE):
            frame.draft("RGB", (_WIDTH, 1))
            shown = upright(frame)
            shown.thumbnail((2 * _WIDTH, 20 * _WIDTH))
            _save(shown, folder, number)
    return int(count)


def _frames(image: Any, first: int, count: int) -> Iterator[tuple[int, Any]]:
    for number in range(first, count + 1):
        image.seek(number - 1)
        yield number, image


def _save(image: "Image", folder: Path, number: int) -> None:
    """Under its name at once and whole, since others may look meanwhile."""
    half = folder / f".{number}.part"
    image.convert("RGB").save(half, "PNG")
    half.replace(folder / f"{number}.png")


if __name__ == "__main__":
    main()
