"""Reading evaluation data in BEIR layout: ``corpus.jsonl``, ``queries.jsonl``, ``qrels/test.tsv``."""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from ingestion.errors import IngestionError


class BadDataset(IngestionError):
    """The folder is not in BEIR layout; the message names the file and line."""

    code = "bad_dataset"


@dataclass(frozen=True, slots=True)
class Query:
    """``relevant`` maps a document's external id to its gain; empty where nothing answers."""

    id: str
    text: str
    relevant: dict[str, int]
    answers: tuple[str, ...]
    answerable: bool


@dataclass(frozen=True, slots=True)
class Dataset:
    corpus: Path
    queries: tuple[Query, ...]


def read(folder: Path) -> Dataset:
    """Queries without any judgement are kept only where they say whether they can be answered."""
    for name in ("corpus.jsonl", "queries.jsonl", "qrels/test.tsv"):
        if not (folder / name).is_file():
            raise BadDataset(
                _("%(folder)s holds no %(name)s; BEIR layout is needed.") % {"folder": folder, "name": name}
            )
    judged = _judgements(folder / "qrels" / "test.tsv")
    queries = []
    for row in _rows(folder / "queries.jsonl"):
        about = row.get("metadata") or {}
        identity = str(row["_id"])
        if identity in judged or "answerable" in about:
            queries.append(
                Query(
                    id=identity,
                    text=str(row["text"]),
                    relevant=judged.get(identity, {}),
                    answers=tuple(str(answer) for answer in about.get("answers") or ()),
                    answerable=bool(about.get("answerable", True)),
                )
            )
    return Dataset(folder / "corpus.jsonl", tuple(queries))


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
                row["_id"], row["text"]
            except (ValueError, KeyError, TypeError) as error:
                raise BadDataset(
                    _("%(name)s, line %(number)d: not a JSON object with _id and text.")
                    % {"name": path.name, "number": number}
                ) from error
            yield row


def _judgements(path: Path) -> dict[str, dict[str, int]]:
    judged: dict[str, dict[str, int]] = {}
    with path.open(encoding="utf-8", newline="") as lines:
        for number, cells in enumerate(csv.reader(lines, delimiter="\t"), 1):
            if number == 1 and cells[-1:] and not cells[-1].lstrip("-").isdigit():
                continue
            try:
                query, document, gain = cells[0], cells[1], int(cells[-1])
            except (IndexError, ValueError) as error:
                raise BadDataset(
                    _("%(name)s, line %(number)d: three columns are needed, query, document, score.")
                    % {"name": path.name, "number": number}
                ) from error
            if gain > 0:
                judged.setdefault(query, {})[document] = gain
    return judged
