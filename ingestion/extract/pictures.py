"""Picture files: each frame is a page whose words are recognised."""

import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING

from ingestion.extract import messages
from ingestion.extract.assemble import document, has_words
from ingestion.extract.ocr import Ocr
from ingestion.extract.types import Extracted, ExtractionError, OcrMissing, Page

if TYPE_CHECKING:
    from PIL.Image import Image

_MAX_PIXELS = 80_000_000
_ENOUGH_WIDE = 2480
_PART_BYTES = 64 * 1024 * 1024
_EMBEDDED = re.compile(r"(?:/media/|Pictures/)[^/]+\.(?:png|jpe?g|tiff?|gif|bmp|webp)$", re.I)
_LARGE = 12_000_000
_ORIENTATION = 0x0112
# The camera's note (EXIF) → Pillow's Transpose that sets it right.
_TURNS = {2: 0, 3: 3, 4: 1, 5: 5, 6: 4, 7: 6, 8: 2}
_MAX_FRAMES = 2000


def picture(mime: str, path: Path, name: str, ocr: Ocr | None) -> Extracted:
    """PNG, JPEG, TIFF with its pages, WebP, GIF, AVIF or BMP.

    Raises ``ExtractionError``: ``no_text`` where there are no words, or no recognition (``ocr`` is
    ``None``), ``too_large`` above 80 million pixels, a JPEG after reduction, ``damaged``.
    """
    if ocr is None:
        raise ExtractionError("no_text", messages.PICTURE)
    pages = [Page(number, ocr.read(frame), ocr=True) for number, frame in enumerate(_frames(path), 1)]
    if not any(has_words(page.text) for page in pages):
        raise ExtractionError("no_text", messages.PICTURE_WITHOUT_TEXT)
    return document(mime, PurePosixPath(name.replace("\\", "/")).stem, pages)


def embedded(mime: str, path: Path, name: str, ocr: Ocr) -> Extracted:
    """An Office or OpenDocument file without text, such as scans pasted into Word: a page a picture.

    Raises ``ExtractionError`` ``no_text`` where no picture holds words; one that is damaged or of another
    kind is passed over.
    """
    pages: list[Page] = []
    with zipfile.ZipFile(path) as archive:
        names = [info.filename for info in archive.infolist() if info.file_size <= _PART_BYTES]
        for part in sorted(filter(_EMBEDDED.search, names), key=_natural):
            try:
                text = "\n\n".join(ocr.read(frame) for frame in _frames(io.BytesIO(archive.read(part))))
            except ExtractionError as error:
                if error.code not in {"damaged", "too_large"}:
                    raise
                continue
            if has_words(text):
                pages.append(Page(len(pages) + 1, text, ocr=True))
    if not pages:
        raise ExtractionError("no_text", messages.NO_TEXT)
    return document(mime, PurePosixPath(name.replace("\\", "/")).stem, pages)


def _natural(name: str) -> list[tuple[int, str]]:
    """For sorting, so that image10 comes after image9."""
    return [(int(part) if part.isdigit() else -1, part) for part in re.split(r"(\d+)", name)]


def _frames(source: Path | IO[bytes]) -> Iterator["Image"]:
    """The pages of a TIFF; of a moving picture only the first."""
    try:
        from PIL import Image, ImageSequence
    except ImportError as error:
        raise OcrMissing("no_text", messages.OCR_MISSING) from error
    Image.MAX_IMAGE_PIXELS = 4 * _MAX_PIXELS
    try:
        with Image.open(source) as image:
            image.draft("RGB", (_ENOUGH_WIDE, 1))  # a large JPEG is decoded at half or quarter size
            frames = ImageSequence.Iterator(image) if image.format == "TIFF" else iter([image])
            for number, frame in enumerate(frames):
                if frame.width * frame.height > _MAX_PIXELS or number >= _MAX_FRAMES:
                    raise ExtractionError("too_large", messages.PICTURE_TOO_LARGE)
                yield upright(frame)
    except Image.DecompressionBombError as error:
        raise ExtractionError("too_large", messages.PICTURE_TOO_LARGE) from error
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise ExtractionError("damaged", messages.DAMAGED) from error


def upright(image: "Image") -> "Image":
    """As a person sees it: turned as the camera noted, on white where it is transparent, 8 bits deep."""
    from PIL import Image

    turns = image.getexif().get(_ORIENTATION, 1)
    factor = int((image.width * image.height / _LARGE) ** 0.5)
    if factor > 1 and image.mode in {"RGB", "RGBA", "L", "LA"}:
        image = image.reduce(factor)
    turned = image.transpose(Image.Transpose(_TURNS[turns])) if turns in _TURNS else image
    if turned.mode.startswith(("I", "F")):
        low, high = turned.getextrema()
        span = (float(high) - float(low)) or 1.0  # type: ignore[arg-type]
        turned = turned.point(lambda value: (value - float(low)) * 255 / span).convert("L")  # type: ignore[arg-type]
    if turned.mode in {"RGBA", "LA", "PA"} or "transparency" in turned.info:
        white = Image.new("RGBA", turned.size, "white")
        turned = Image.alpha_composite(white, turned.convert("RGBA"))
    return turned if turned.mode == "RGB" else turned.convert("RGB")
