"""``manage.py extract PATH…``"""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser

from ingestion.extract.archive import is_archive, members
from ingestion.extract.process import ExtractionProcess
from ingestion.extract.types import Extracted, ExtractionError, Limits
from kb_site.commands import DataCommand
from kb_site.services import Running


class Command(DataCommand):
    help = "Prints the text of files as it would be stored; stores nothing."
    needs_services = False

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("paths", nargs="+", type=Path, metavar="PATH")
        parser.add_argument(
            "--ocr", action="store_true", help="recognise the words of scanned pages and pictures"
        )

    def work(self, options: dict[str, Any], running: Running | None) -> dict[str, Any]:
        files = [file for path in options["paths"] for file in _files(path)]
        limits = Limits(
            timeout_s=settings.EXTRACT_TIMEOUT_S, memory_mb=settings.EXTRACT_MEMORY_MB, ocr=options["ocr"]
        )
        results: list[dict[str, Any]] = []
        with ExtractionProcess() as extractor:
            for number, file in enumerate(files, 1):
                self.say(f"{number} of {len(files)}: {file}")
                if is_archive(file, file.name):
                    results += _members(file, extractor, limits)
                else:
                    results.append(_read(file, file.name, extractor, limits))
        return {"files": results}

    def show(self, result: dict[str, Any]) -> None:
        for file in result["files"]:
            self.stdout.write(f"=== {file['name']} ({file['mime'] or file['error']})\n{file['text']}\n")

    def failed(self, result: dict[str, Any]) -> bool:
        return all(file["error"] for file in result["files"])


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        return sorted(file for file in path.rglob("*") if file.is_file() and not file.name.startswith("."))
    if not path.exists():
        raise CommandError(f"There is no such file or folder: {path}")
    return [path]


def _members(archive: Path, extractor: ExtractionProcess, limits: Limits) -> list[dict[str, Any]]:
    """A row for each file in an archive, and one for the archive where it cannot be unpacked to the end."""
    rows = []
    try:
        for member in members(archive):
            name = f"{archive.name}/{member.name}"
            if member.error is not None:
                rows.append(_empty_row(name, str(member.error)))
            else:
                rows.append(_read(member.path, name, extractor, limits))
    except ExtractionError as error:
        rows.append(_empty_row(archive.name, str(error)))
    return rows


def _read(file: Path, name: str, extractor: ExtractionProcess, limits: Limits) -> dict[str, Any]:
    try:
        return _row(name, extractor.extract(file, name, limits))
    except ExtractionError as error:
        return _empty_row(name, str(error))


def _row(name: str, found: Extracted) -> dict[str, Any]:
    pages = [{"number": page.number, "text": page.text, "ocr": page.ocr} for page in found.pages]
    return {
        "name": name,
        "mime": found.mime,
        "title": found.title,
        "language": found.language,
        "pages": pages,
        "text": found.text,
        "error": None,
    }


def _empty_row(name: str, error: str) -> dict[str, Any]:
    return {"name": name, "mime": "", "title": "", "language": "", "pages": [], "text": "", "error": error}
