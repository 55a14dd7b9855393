"""``manage.py extract PATH…``"""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser

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

    def work(self, options: dict[str, Any], running: Running | None) -> dict[str, Any]:
        files = [file for path in options["paths"] for file in _files(path)]
        limits = Limits(timeout_s=settings.EXTRACT_TIMEOUT_S, memory_mb=settings.EXTRACT_MEMORY_MB)
        extractor, results = ExtractionProcess(), []
        try:
            for number, file in enumerate(files, 1):
                self.say(f"{number} of {len(files)}: {file}")
                try:
                    results.append(_row(file, extractor.extract(file, file.name, limits)))
                except ExtractionError as error:
                    results.append(_empty_row(file, str(error)))
        finally:
            extractor.close()
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


def _row(file: Path, found: Extracted) -> dict[str, Any]:
    pages = [{"number": page.number, "text": page.text, "ocr": page.ocr} for page in found.pages]
    return {
        "name": file.name,
        "mime": found.mime,
        "title": found.title,
        "language": found.language,
        "pages": pages,
        "text": found.text,
        "error": None,
    }


def _empty_row(file: Path, error: str) -> dict[str, Any]:
    return {
        "name": file.name,
        "mime": "",
        "title": "",
        "language": "",
        "pages": [],
        "text": "",
        "error": error,
    }
