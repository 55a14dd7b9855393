"""Golden sets as files: CSV, JSON lines, and BEIR's queries with their judgements.

Readers give ``Line`` values and never stop at a line they cannot read: it comes out with ``trouble``.
"""

import csv
import io
import json
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from django.utils.translation import gettext as _

from ingestion.golden_sets import MOST_QUESTIONS, BadGoldenSet

MOST_BYTES = 32 * 2**20
# What columns may be called, without case, spaces and underscores.
_COLUMNS = {
    "question": ("question", "query", "text", "问题", "提问"),
    "document": ("document", "documents", "documentid", "documentname", "doc", "docid", "file", "filename",
                 "url", "source", "title", "externalid", "文档", "文件", "来源", "网址"),
    "passage": ("passage", "context", "quote", "evidence", "段落", "原文", "依据"),
    "answer": ("answer", "answers", "expected", "groundtruth", "答案", "回答"),
    "answerable": ("answerable", "isanswerable", "可回答"),
    "key": ("id", "_id", "queryid", "questionid", "编号"),
}  # fmt: skip
_NO = {"0", "false", "no", "n", "否", "不"}


@dataclass(frozen=True, slots=True)
class Meant:
    """A document by what the file calls it, or by the ``id`` of an export, and the words that answer."""

    name: str
    quote: str = ""
    gain: int = 1
    id: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """``number`` counts from 1 in ``file``. ``answerable`` is ``None`` where the file does not say."""

    number: int
    question: str
    meant: tuple[Meant, ...] = ()
    answers: tuple[str, ...] = ()
    answerable: bool | None = None
    key: str = ""
    trouble: str = ""
    file: str = ""


def read_files(files: Sequence[tuple[str, bytes]]) -> list[Line]:
    """The lines of one upload: a CSV or JSONL file, a ZIP in BEIR layout, or its queries and qrels by
    themselves. Raises ``BadGoldenSet`` where nothing in it can be one."""
    opened = [part for name, data in files for part in _opened(name, data)]
    judgements = [(name, data) for name, data in opened if _is_qrels(name, data)]
    others = [(name, data) for name, data in opened if not _is_qrels(name, data)]
    lines = [line for name, data in others for line in _read(name, data)]
    if judgements:
        best = [item for item in judgements if "test" in PurePosixPath(item[0]).stem] or judgements
        lines = list(_with_judgements(lines, best))
    if not any(line.question for line in lines):
        raise BadGoldenSet(
            _(
                "There are no questions in this file. Use CSV with the columns question and document, JSON "
                "lines, or a ZIP file with queries.jsonl and qrels."
            )
        )
    if len(lines) > MOST_QUESTIONS * 5:
        raise BadGoldenSet(_("The file has too many lines. Split it."), code="too_many")
    return lines


def _opened(name: str, data: bytes) -> Iterator[tuple[str, bytes]]:
    if not data.startswith(b"PK\x03\x04"):
        yield name, data
        return
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for info in archive.infolist():
                member = PurePosixPath(info.filename)
                if info.is_dir() or member.name == "corpus.jsonl" or member.name.startswith((".", "__")):
                    continue
                if member.suffix.lower() not in {".jsonl", ".tsv", ".csv", ".json"}:
                    continue
                if info.file_size > MOST_BYTES:
                    raise BadGoldenSet(_("%(name)s is too large.") % {"name": info.filename})
                yield info.filename, archive.read(info)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise BadGoldenSet(_("The ZIP file cannot be opened.")) from error


def _is_qrels(name: str, data: bytes) -> bool:
    if not name.lower().endswith((".tsv", ".txt", ".qrels")):
        return False
    first = data[:2000].splitlines()[0] if data else b""
    head = first.lower()
    return b"corpus-id" in head or bool(re.fullmatch(rb"\S+\s+(\S+\s+)?\S+\s+-?\d+\s*", first))


def _read(name: str, data: bytes) -> Iterator[Line]:
    text = _decoded(data)
    is_json = name.lower().endswith((".jsonl", ".json", ".ndjson")) or text.lstrip()[:1] in {"{", "["}
    yield from _json_lines(name, text) if is_json else _table(name, text)


def _decoded(data: bytes) -> str:
    """UTF-8, or what spreadsheets in China write."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding).replace("\0", " ")
        except UnicodeDecodeError:
            continue
    return data.decode("utf-8", "replace")


def _table(name: str, text: str) -> Iterator[Line]:
    head = text[: text.find("\n") if "\n" in text else len(text)]
    delimiter = max(",;\t", key=head.count)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    columns: dict[str, int] = {}
    try:
        for cells in rows:
            if not columns:
                columns = _columns(cells)
                if "question" not in columns:
                    said = _("%(name)s: the first line names no column “question”.") % {"name": name}
                    raise BadGoldenSet(said)
            elif any(cell.strip() for cell in cells):
                row = {key: cells[at].strip() for key, at in columns.items() if at < len(cells)}
                yield _line(rows.line_num, row, name)
    except csv.Error as error:
        yield Line(rows.line_num, "", trouble=str(error), file=name)


def _columns(cells: Sequence[str]) -> dict[str, int]:
    """Where each column stands; of several that could be one, the first in the order above."""
    heads = [re.sub(r"[\s_-]", "", cell).casefold() for cell in cells]
    found = {}
    for column, names in _COLUMNS.items():
        at = next((heads.index(known) for known in names if known in heads), None)
        if at is not None:
            found[column] = at
    return found


def _line(number: int, row: Mapping[str, str], file: str) -> Line:
    question = row.get("question", "")
    named = [part.strip() for part in row.get("document", "").split("|") if part.strip()]
    quote = row.get("passage", "")
    meant = tuple(Meant(name, quote) for name in named) or ((Meant("", quote),) if quote else ())
    answerable = row.get("answerable", "").casefold()
    return Line(
        number,
        question,
        meant,
        tuple(part.strip() for part in row.get("answer", "").split("|") if part.strip()),
        answerable not in _NO if answerable else None,
        row.get("key", ""),
        "" if question else _("There is no question in this line."),
        file,
    )


def _json_lines(name: str, text: str) -> Iterator[Line]:
    if text.lstrip().startswith("["):
        try:
            listed = json.loads(text)
        except ValueError:
            listed = None
        if isinstance(listed, list):
            yield from (_from_json(at, row, name) for at, row in enumerate(listed, 1))
            return
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            yield _from_json(number, json.loads(line), name)
        except ValueError:
            yield Line(number, "", trouble=_("This line is not JSON."), file=name)


def _from_json(number: int, row: Any, file: str) -> Line:
    if not isinstance(row, dict):
        return Line(number, "", trouble=_("This line is not a JSON object."), file=file)
    metadata = row.get("metadata")
    about: dict[str, Any] = metadata if isinstance(metadata, dict) else {}
    question = str(_first(row, "question", "query", "text", "问题") or "")
    answers = _listed(_first(row, "answers", "answer", "ground_truth") or about.get("answers"))
    said = row.get("answerable", about.get("answerable"))
    return Line(
        number,
        question,
        tuple(_meant(row)),
        tuple(map(str, answers)),
        None if said is None else bool(said),
        str(_first(row, "_id", "id") or ""),
        "" if question.strip() else _("There is no question in this line."),
        file,
    )


def _meant(row: Mapping[str, Any]) -> Iterator[Meant]:
    """Our own export's ``judgements``, or the names and passages that other files have."""
    for judged in _listed(row.get("judgements")):
        if isinstance(judged, dict):
            name = str(_first(judged, "external_id", "document", "url") or "")
            quote, own = str(judged.get("passage") or ""), str(judged.get("document_id") or "")
            yield Meant(name or own, quote, _gain(judged.get("gain")), own)
    names = _listed(_first(row, "document", "documents", "doc", "doc_id", "file", "url", "文档"))
    quotes = [str(each) for each in _listed(_first(row, "passage", "context", "contexts", "quote"))]
    if names:
        for name in names:
            yield Meant(str(name), quotes[0] if len(quotes) == 1 else "")
    elif "judgements" not in row:
        yield from (Meant("", quote) for quote in quotes if quote.strip())


def _gain(value: Any) -> int:
    return value if isinstance(value, int) and value > 0 else 1


def _with_judgements(lines: Iterable[Line], files: Sequence[tuple[str, bytes]]) -> Iterator[Line]:
    """BEIR's two halves put together. Questions that nothing is said about are left out, as BEIR does."""
    judged: dict[str, list[Meant]] = {}
    for name, data in files:
        for number, cells in enumerate(_decoded(data).splitlines(), 1):
            parts = cells.split()
            if not parts or (number == 1 and not parts[-1].lstrip("-").isdigit()):
                continue
            if len(parts) < 3 or not parts[-1].lstrip("-").isdigit():
                said = _("Three columns are needed: query, document, score.")
                yield Line(number, "", trouble=said, file=name)
            elif int(parts[-1]) > 0:
                judged.setdefault(parts[0], []).append(Meant(parts[-2], gain=int(parts[-1])))
    for line in lines:
        meant = judged.pop(line.key, [])
        if meant or line.answerable is not None or line.trouble:
            yield Line(
                line.number, line.question, (*line.meant, *meant), line.answers, line.answerable, line.key,
                line.trouble, line.file,
            )  # fmt: skip
    for key in judged:
        yield Line(0, "", key=key, trouble=_("Judged, but there is no such question."), file=files[0][0])


def _first(row: Mapping[str, Any], *names: str) -> Any:
    return next((row[name] for name in names if row.get(name) not in (None, "")), None)


def _listed(value: Any) -> list[Any]:
    if value is None or value == "":
        return []
    return list(value) if isinstance(value, list) else [value]
