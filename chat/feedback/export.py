"""Feedback as data: pairs of a better and a worse answer, rated answers, and a table.

A prompt is the question so that it stands alone, ``context`` the passages that were at hand. Who said it is
left out: a data set needs no names.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from typing import Any

from chat.feedback.models import Comparison, Feedback
from chat.feedback.services import SCORES
from chat.feedback.snapshots import asked

_COLUMNS = (
    "at", "thumb", "reasons", "comment", *SCORES, "question", "answer", "refused", "better_answer", "model",
    "parameters", "template", "collections", "sources",
)  # fmt: skip
_OF_SOURCE = {"n": "n", "document": "document", "text": "quote"}
_AT_ONCE = 200


def preferences(given: Iterable[Feedback], chosen: Iterable[Comparison]) -> Iterator[str]:
    """JSON lines ``{"prompt", "chosen", "rejected", …}``: better answers that people wrote against those they
    are of, and choices between two. A choice of neither prefers nothing, and is not here."""
    for feedback in given:
        if feedback.better_answer:
            shown = feedback.shown
            yield _line(
                _pair(shown, feedback.better_answer, feedback.answer)
                | {"from": "better_answer", "model_chosen": "", "model_rejected": feedback.model}
                | _of_rating(feedback)
            )
    for choice in chosen:
        if choice.chosen != Comparison.Chosen.NEITHER:
            better, worse = choice.first, choice.second
            if choice.chosen == Comparison.Chosen.SECOND:
                better, worse = worse, better
            yield _line(
                _pair(better, better["answer"], worse["answer"])
                | {"from": "comparison", "model_chosen": better["model"], "model_rejected": worse["model"]}
                | {"parameters_chosen": better["parameters"], "parameters_rejected": worse["parameters"]}
                | {"comment": choice.comment, "id": str(choice.pk), "at": choice.created_at.isoformat()}
            )


def ratings(given: Iterable[Feedback], chosen: Iterable[Comparison]) -> Iterator[str]:
    """JSON lines ``{"prompt", "completion", "label", …}``; of a choice of neither, both are bad."""
    for feedback in given:
        shown = feedback.shown
        yield _line(
            _completed(shown, feedback.answer, label=feedback.thumb == Feedback.Thumb.UP)
            | {"from": "rating", "better_answer": feedback.better_answer}
            | _of_rating(feedback)
        )
    for choice in chosen:
        if choice.chosen == Comparison.Chosen.NEITHER:
            for shown in (choice.first, choice.second):
                made = {"from": "comparison", "id": str(choice.pk), "at": choice.created_at.isoformat()}
                yield _line(_completed(shown, shown["answer"], label=False) | made)


def table(given: Iterable[Feedback]) -> Iterator[str]:
    """CSV, one line for each rating, for spreadsheets: what might be a formula is marked as text."""
    yield "\ufeff" + _row(_COLUMNS)
    for feedback in given:
        shown = feedback.shown
        cells: dict[str, Any] = {name: getattr(feedback, name, "") for name in _COLUMNS}
        cells |= {
            "at": feedback.created_at.isoformat(timespec="seconds"),
            "reasons": " ".join(feedback.reasons),
            "refused": "yes" if shown.get("refused") else "no",
            "parameters": json.dumps(shown.get("parameters", {}), ensure_ascii=False),
            "template": shown.get("template_name", ""),
            "collections": ", ".join(shown.get("collections", ())),
            "sources": "; ".join(dict.fromkeys(each["document"] for each in shown.get("citations", ()))),
        }
        yield _row(["" if cells[name] is None else str(cells[name]) for name in _COLUMNS])


def rows(found: Any) -> Iterator[Any]:
    """Of a query without holding all of them."""
    return iter(found.iterator(chunk_size=_AT_ONCE))


def _pair(shown: dict[str, Any], better: str, worse: str) -> dict[str, Any]:
    return {"prompt": asked(shown), "chosen": better, "rejected": worse} | _made(shown)


def _completed(shown: dict[str, Any], answer: str, *, label: bool) -> dict[str, Any]:
    made = {"prompt": asked(shown), "completion": answer, "label": label, "model": shown.get("model", "")}
    return made | _made(shown) | {"parameters": shown.get("parameters", {})}


def _made(shown: dict[str, Any]) -> dict[str, Any]:
    sources = [*shown.get("citations", ()), *shown.get("sources", ())]
    return {
        "context": [{name: each[key] for name, key in _OF_SOURCE.items()} for each in sources],
        "refused": bool(shown.get("refused")),
        "template": shown.get("template_name", ""),
        "collections": list(shown.get("collections", ())),
    }


def _of_rating(feedback: Feedback) -> dict[str, Any]:
    return {
        "reasons": feedback.reasons,
        "comment": feedback.comment,
        "scores": {name: getattr(feedback, name) for name in SCORES},
        "parameters": feedback.shown.get("parameters", {}),
        "id": str(feedback.pk),
        "at": feedback.created_at.isoformat(),
    }


def _line(made: dict[str, Any]) -> str:
    return json.dumps(made, ensure_ascii=False) + "\n"


def _row(cells: Iterable[str]) -> str:
    line = io.StringIO()
    safe = [f"'{cell}" if cell[:1] in {"=", "+", "-", "@", "\t", "\r"} else cell for cell in cells]
    csv.writer(line).writerow(safe)
    return line.getvalue()
