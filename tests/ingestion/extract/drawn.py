"""Pictures of text and scanned PDF files, drawn on the spot."""

import io
from collections.abc import Sequence
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont
from PIL.Image import Image as Picture

ENGLISH = ("The tide gauge was built in 1931", "and repaired by the harbour office")
CHINESE = ("潮位站于一九八七年由港务局修复", "夜间值班由两名船员负责")
_CHINESE_FONTS = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
)


def picture(lines: Sequence[str], *, size: tuple[int, int] = (760, 440), turned: int = 0) -> Picture:
    """Black words on white, 40 dots high; ``turned`` by quarters counter-clockwise."""
    image = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(image)
    font = _chinese_font() if any(sign > "\u2e80" for sign in "".join(lines)) else ImageFont.load_default(40)
    for at, line in enumerate(lines):
        draw.text((40, 40 + 60 * at), line, fill="black", font=font)
    return image.rotate(90 * turned, expand=True) if turned else image


def _chinese_font() -> ImageFont.FreeTypeFont:
    found = next((path for path in _CHINESE_FONTS if Path(path).exists()), None)
    if found is None:
        pytest.skip("no Chinese font is installed: fonts-noto-cjk or fonts-wqy-zenhei")
    return ImageFont.truetype(found, 40)


def as_file(image: Picture, kind: str = "PNG", **options: object) -> bytes:
    """The picture as PNG, JPEG, TIFF, WEBP, BMP or PDF (a scan)."""
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()
