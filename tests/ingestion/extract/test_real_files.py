"""Every one of the real files ends in text or in a reason; those that hold text give it."""

from pathlib import Path

import pytest

from ingestion.extract.process import ExtractionProcess
from ingestion.extract.types import ExtractionError, Limits

PICTURES = {".png", ".jpg", ".tif", ".webp"}
SCANS = {"ocr", "MEDRPT-2024-PAT-3847_medical_report_scan.pdf"}
EXPECTED = {
    "2206.01062_pg3.pdf": "encrypted",
    "random.bin": "unsupported",
    "test_files.zip": "archive",
}
SPOT_CHECKS = {
    "multi_page.pdf": "The concept of the word processor predates modern computers",
    "test.pptx": "2cdda5c8-e50e-4db4-b5f0-9722a649f455",
    "powerpoint_with_image.pptx": "Docling",
    "odf_presentation_01.odp": "Second slide title",
    "xlsx_01.xlsx": "| col-1 | col-2 | col-3 | col-4 |",
    "test_mskanji.csv": "| 三木英子 | 25 | 大阪 |",
    "textbox.docx": "conduct a preliminary assessment of the case",
    "wiki_duck.html": "Duck",
    "legacy_sample.doc": "| Leaves | Ash, Elm, Maple | 50 |",
    "legacy_sample.ppt": "## Second slide title",
    "text_document_03.odt": "A First A Second A Third",
    "test_rss.xml": "## Ignite 2024: Why nearly 70% of the Fortune 500 now use Microsoft 365 Copilot",
    "eml_with_attachment.eml": "This is a test attachment file.",
    "msg_with_attachment.msg": "This is a test attachment file.",
    "test_notebook.ipynb": '```python\nprint("markitdown")\n```',
}


# Scans and pictures, some turned, with words that recognition must find.
RECOGNISED = {
    "docling/ocr/ocr_test_rotated_90.pdf": "Docling bundles PDF document conversion to JSON and Markdown",
    "docling/ocr/ocr_test_rotated_180.pdf": "easy self contained package",
    "docling/webp/webp-test.webp": "Docling bundles PDF document conversion",
    "docling/ocr/sample_with_rotation_mismatch.pdf": "facsimile",
    "markitdown/test_llm.jpg": "5bda1dd6",
}


def expected_code(path: Path) -> str:
    if path.suffix in PICTURES or path.parent.name in SCANS or path.name in SCANS:
        return "no_text"
    return EXPECTED.get(path.name, "")


def test_every_real_file_ends_in_text_or_in_a_reason(youju_data: Path) -> None:
    folder = youju_data / "files"
    if not folder.is_dir():
        pytest.skip(f"{folder} is not there")
    extractor = ExtractionProcess()
    wrong: list[str] = []
    texts: dict[str, str] = {}
    for path in sorted(item for item in folder.rglob("*") if item.is_file()):
        try:
            texts[path.name] = extractor.extract(path, path.name, Limits(timeout_s=60)).text
            code = ""
        except ExtractionError as error:
            code = error.code
            assert len(str(error)) > 20
        if code != expected_code(path):
            wrong.append(f"{path.relative_to(folder)}: {code or 'text'}, not {expected_code(path) or 'text'}")
    extractor.close()
    assert wrong == []
    assert {name for name, words in SPOT_CHECKS.items() if words not in texts[name]} == set()


def test_scans_and_pictures_are_recognised(youju_data: Path) -> None:
    pytest.importorskip("rapidocr_onnxruntime", reason="make install brings text recognition")
    folder = youju_data / "files"
    if not folder.is_dir():
        pytest.skip(f"{folder} is not there")
    missing: list[str] = []
    with ExtractionProcess() as extractor:
        for name, words in RECOGNISED.items():
            found = extractor.extract(folder / name, name, Limits(ocr=True))
            assert all(page.ocr for page in found.pages)
            if words not in found.text:
                missing.append(f"{name}: {found.text[:200]}")
    assert missing == []
