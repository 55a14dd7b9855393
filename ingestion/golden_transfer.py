"""Bringing golden sets in, with a report of what could not be matched, and out again."""

import csv
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from ingestion.golden_files import Line, read_files
from ingestion.golden_matching import Matcher
from ingestion.golden_sets import BadGoldenSet, Right, add_question, add_right
from ingestion.models import GoldenJudgement, GoldenQuestion, GoldenSet


@dataclass(frozen=True, slots=True)
class Problem:
    """A line of a file that could not be used, or not wholly. ``document`` is what it calls the document."""

    file: str
    number: int
    question: str
    document: str
    reason: str


@dataclass(slots=True)
class Report:
    """``added`` questions are new, ``known`` ones got further passages; ``matched`` judgements have a
    document. Those that have none are kept with the question, for a later try."""

    added: int = 0
    known: int = 0
    matched: int = 0
    unmatched: int = 0
    problems: list[Problem] = field(default_factory=list)


def import_set(*, golden_set: GoldenSet, files: Sequence[tuple[str, bytes]]) -> Report:
    """Adds the questions of ``files`` (names and contents) to the set. Raises ``BadGoldenSet``."""
    lines = read_files(files)
    matcher = Matcher(
        golden_set.collection,
        (name for line in lines for meant in line.meant for name in (meant.id, meant.name)),
    )
    report = Report()
    placed = [(line, _rights(line, matcher, report)) for line in lines]
    with transaction.atomic():
        for line, rights in placed:
            if line.trouble:
                report.problems.append(
                    Problem(line.file, line.number, line.question or line.key, "", line.trouble)
                )
                continue
            _add(golden_set, line, rights, report)
    return report


def _rights(line: Line, matcher: Matcher, report: Report) -> list[Right]:
    rights = []
    for meant in line.meant if not line.trouble else ():
        right, trouble = matcher.match(meant.name, meant.quote, meant.id)
        if right.document is None:
            report.unmatched += 1
        else:
            report.matched += 1
        if trouble:
            shown = meant.name or meant.quote[:120]
            report.problems.append(Problem(line.file, line.number, line.question, shown, trouble))
        rights.append(Right(right.document, right.named, right.start, right.end, right.quote, meant.gain))
    return rights


def _add(golden_set: GoldenSet, line: Line, rights: Sequence[Right], report: Report) -> None:
    answerable = bool(rights or line.answers) if line.answerable is None else line.answerable
    try:
        _question, is_new = add_question(
            golden_set=golden_set,
            text=line.question,
            answers=line.answers,
            is_answerable=answerable,
            rights=rights,
            key=line.key,
        )
    except BadGoldenSet as error:
        report.problems.append(Problem(line.file, line.number, line.question[:120], "", str(error)))
        return
    report.added += is_new
    report.known += not is_new


def match_again(*, golden_set: GoldenSet) -> int:
    """Looks for the documents of judgements that have none; returns how many were found."""
    waiting = list(
        GoldenJudgement.objects.filter(question__golden_set=golden_set, document__isnull=True).select_related(
            "question"
        )
    )
    matcher = Matcher(golden_set.collection, (each.named for each in waiting))
    found = 0
    for judgement in waiting:
        is_words = bool(judgement.quote) and judgement.named == judgement.quote[:200]
        right, _trouble = matcher.match("" if is_words else judgement.named, judgement.quote)
        if right.document is None:
            continue
        with transaction.atomic():
            judgement.delete()
            add_right(
                question=judgement.question,
                right=Right(
                    right.document, judgement.named, right.start, right.end, right.quote, judgement.gain
                ),
            )
        found += 1
    return found


def as_json_lines(golden_set: GoldenSet) -> Iterator[str]:
    """One question a line, as ``import_set`` reads it."""
    for question in _questions(golden_set):
        yield json.dumps(question_out(question), ensure_ascii=False) + "\n"


def question_out(question: GoldenQuestion) -> dict[str, Any]:
    """A question for programs."""
    return {
        "id": question.key or str(question.pk),
        "question": question.text,
        "answerable": question.is_answerable,
        "answers": question.answers,
        "judgements": [
            {
                "document": each.document.name if each.document else each.named,
                "document_id": str(each.document_id) if each.document_id else None,
                "external_id": each.document.external_id if each.document else "",
                "start": each.start,
                "end": each.end,
                "passage": each.quote,
                "gain": each.gain,
            }
            for each in question.judgements.all()
        ],
    }


def as_csv(golden_set: GoldenSet) -> Iterator[str]:
    """One judgement a line; cells that a spreadsheet would take for a formula begin with an apostrophe."""
    yield "\ufeff" + _row(["id", "question", "document", "passage", "answer", "answerable"])
    for question in _questions(golden_set):
        judgements: list[GoldenJudgement | None] = [*question.judgements.all()] or [None]
        for each in judgements:
            yield _row(
                [
                    question.key or str(question.pk),
                    question.text,
                    "" if each is None else each.document.name if each.document else each.named,
                    "" if each is None else each.quote,
                    "|".join(question.answers),
                    "yes" if question.is_answerable else "no",
                ]
            )


def _row(cells: Sequence[str]) -> str:
    line = io.StringIO()
    safe = [f"'{cell}" if cell[:1] in {"=", "+", "-", "@", "\t"} else cell for cell in cells]
    csv.writer(line).writerow(safe)
    return line.getvalue()


def _questions(golden_set: GoldenSet) -> Iterator[GoldenQuestion]:
    questions = golden_set.questions.prefetch_related("judgements__document").order_by("pk")
    yield from questions.iterator(chunk_size=500)


def report_out(report: Report) -> dict[str, Any]:
    """A report for programs."""
    counts = {name: getattr(report, name) for name in ("added", "known", "matched", "unmatched")}
    names = ("file", "number", "question", "document", "reason")
    return counts | {"problems": [{name: getattr(each, name) for name in names} for each in report.problems]}


def summary(report: Report) -> str:
    """In one sentence."""
    return _(
        "%(added)d questions added, %(known)d were there already; %(matched)d documents found, "
        "%(unmatched)d not."
    ) % {
        "added": report.added,
        "known": report.known,
        "matched": report.matched,
        "unmatched": report.unmatched,
    }
