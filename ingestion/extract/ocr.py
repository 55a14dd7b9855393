"""Recognises the words on a picture with RapidOCR's Chinese and English models, offline.

The libraries and models are loaded with the first page that needs them and are optional.
"""

from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from ingestion.extract import messages
from ingestion.extract.ocr_layout import Line, text_of
from ingestion.extract.types import OcrMissing

if TYPE_CHECKING:
    import numpy
    from PIL.Image import Image

# Measured: a second thread doubles the processor time, by spinning, and is no faster on busy cores.
_THREADS = 1
_SCORE, _SURE = 0.5, 0.9
# About a sheet of A4 at 150 dots an inch: larger prints read no better and cost memory.
_SHORT_SIDE, _AREA = 1240, 2_400_000
# Strips of a long picture overlap by this, so that no line is cut in two.
_MARGIN = 80
# A space that is likely enough counts although a character's blank is likelier: the models were made for
# Chinese and glue English words together. Measured on real scans: 0.01 within words, 0.2 to 0.4 between.
_SPACE = 0.15


class Ocr:
    """Reads pages one after the other. ``on_page`` is called before each, which may take a minute."""

    def __init__(self, on_page: Callable[[], None] = lambda: None) -> None:
        self._on_page = on_page
        self._engine: Any = None

    @property
    def is_loaded(self) -> bool:
        """Whether a page has needed the models yet."""
        return self._engine is not None

    def read(self, image: "Image") -> str:
        """The words of a picture (RGB) as Markdown paragraphs in reading order, "" where there are none.

        The picture may be turned by quarters, and as long as a screenshot of a whole conversation.
        Raises ``OcrMissing`` where the libraries are not installed.
        """
        if self._engine is None:
            self._engine = _engine()
        import numpy

        array = numpy.asarray(_reduced(image))
        lines: list[Line] = []
        for top, first, last in _strips(array.shape[1], array.shape[0]):
            self._on_page()
            strip = array[top : last + _MARGIN, :, ::-1]
            found = _lines(self._engine, numpy.ascontiguousarray(strip))
            lines += [moved for line in found if first <= (moved := line.moved(top)).middle < last]
        return text_of(lines)


def _engine() -> Any:
    try:
        from rapidocr_onnxruntime import RapidOCR  # type: ignore[import-untyped]
    except ImportError as error:
        if "allocate" in str(error) or "map segment" in str(error):
            raise
        raise OcrMissing("no_text", messages.OCR_MISSING) from error
    engine = RapidOCR(intra_op_num_threads=_THREADS, inter_op_num_threads=1, max_side_len=4000)
    engine.text_rec.postprocess_op = _Decoder(engine.text_rec.postprocess_op.character)
    return engine


def _reduced(image: "Image") -> "Image":
    """The picture no larger than is of use: by its shorter side where it is tall, else by its area."""
    width, height = image.size
    scale = _SHORT_SIDE / width if height > width else (_AREA / (width * height)) ** 0.5
    if scale >= 1:
        return image
    return image.resize((max(1, round(width * scale)), max(1, round(height * scale))))


def _strips(width: int, height: int) -> list[tuple[int, int, int]]:
    """(top, first row that counts, row after the last) of the strips that a picture is read in."""
    step = max(_AREA // width - 2 * _MARGIN, _MARGIN)
    if height <= step + 2 * _MARGIN:
        return [(0, 0, height + 1)]
    count = -(-height // step)
    borders = [height * at // count for at in range(count)] + [height + 1]
    return [(max(0, begin - _MARGIN), begin, end) for begin, end in pairwise(borders)]


def _lines(engine: Any, image: "numpy.ndarray[Any, Any]") -> list[Line]:
    """What the detector, the classifier of direction and the recogniser find, upright."""
    height, width = image.shape[:2]
    prepared, ratio_down, ratio_across = engine.preprocess(image)
    record = {"preprocess": {"ratio_h": ratio_down, "ratio_w": ratio_across}}
    prepared, record = engine.maybe_add_letterbox(prepared, record)
    boxes, _ = engine.auto_text_det(prepared)
    if boxes is None:
        return []
    crops, upside_down = _one_way_up(*engine.text_cls(engine.get_crop_img_list(prepared, boxes))[:2])
    words, _ = engine.text_rec(crops)
    found = []
    sideways = 0
    for box, (text, score) in zip(
        engine._get_origin_points(boxes, record, height, width), words, strict=True
    ):
        line = Line.around([(float(x), float(y)) for x, y in box], str(text).strip())
        if score >= _SCORE and line.text:
            found.append(line)
            sideways += len(line.text) if line.height >= 1.5 * line.width else -len(line.text)
    turns = 2 * upside_down + (sideways > 0)
    return [line.turned(turns, width, height) for line in found]


def _one_way_up(crops: list[Any], labels: list[tuple[str, float]]) -> tuple[list[Any], bool]:
    """All lines turned as most of them, by length, are: the classifier errs on single ones. It has
    turned those that it is sure of."""
    lengths = [crop.shape[1] / max(1, crop.shape[0]) for crop in crops]
    said = ["180" in label for label, _ in labels]
    upside_down = sum(length if yes else -length for length, yes in zip(lengths, said, strict=True)) > 0
    turned = ["180" in label and score > _SURE for label, score in labels]
    return [
        crop if was == upside_down else crop[::-1, ::-1] for crop, was in zip(crops, turned, strict=True)
    ], upside_down


class _Decoder:
    """Best path of connectionist temporal classification, with more spaces than RapidOCR gives."""

    def __init__(self, characters: list[str]) -> None:
        self.character = characters
        self._space = characters.index(" ")

    def __call__(self, probabilities: Any, *_: object, **__: object) -> list[tuple[str, float]]:
        return [self._decoded(steps) for steps in probabilities]

    def _decoded(self, steps: Any) -> tuple[str, float]:
        best = steps.argmax(axis=1)
        at = [
            step
            for step, character in enumerate(best)
            if character != 0 and (step == 0 or best[step - 1] != character)
        ]
        if not at:
            return "", 0.0
        text = self.character[best[at[0]]]
        for before, step in pairwise(at):
            character = self.character[best[step]]
            if _may_part(text, character) and steps[before : step + 1, self._space].max() > _SPACE:
                text += " "
            text += character
        return text, float(steps[at, best[at]].mean())


def _may_part(text: str, character: str) -> bool:
    """Not between Chinese characters, and not after the first letter of a word: the space before
    that word is still seen there."""
    if character == " " or text.endswith(" ") or text[-2:-1] == " ":
        return False
    return character.isascii() and text[-1].isascii()
