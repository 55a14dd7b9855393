"""Judging answers against a golden set: is the gold answer in them, and is the right thing refused?

``answer_hit`` is the share of the answers given that hold a gold answer; ``answer_hit_of_all`` counts the
refused questions as misses too, and ``answer_hit_unrefused`` asks what would have been answered to those.
They belong together: who refuses more can be right more often.
"""

from dataclasses import dataclass, replace
from typing import Any

from chat.answering import answer
from chat.citation_marks import take_out
from chat.events import Answer, Finished
from chat.gold_answers import holds_gold as holds_gold
from chat.rules.loading import masked
from ingestion.beir import Query
from ingestion.finding import Found
from ingestion.golden_running import Judged
from llm.endpoints import line_up
from search.evidence import Evidence

PASSAGES = 8


def judge(query: Query, found: Found) -> Judged:
    """Answers the question from the first of what was found for it. A refusal is no hit."""
    passages = replace(found, passages=found.passages[:PASSAGES])
    *_events, last = answer(query.text, find=lambda _reading: passages, backends=masked(line_up()))
    assert isinstance(last, Finished)
    refused = last.answer.refused
    if not (query.answerable and query.answers):
        return Judged(refused, None)
    said, _marks = take_out(last.answer.text)
    texts = [said, *(citation.quote for citation in last.answer.citations)]
    return Judged(refused, not refused and holds_gold(texts, query.answers))


def _sure() -> Evidence:
    return Evidence(1.0, answerable=True)


@dataclass(slots=True)
class AnswerTally:
    """Counts over the questions it is shown; each is answered from what was found for it."""

    hits: int = 0
    hits_withheld: int = 0
    with_gold: int = 0
    with_gold_answered: int = 0
    answerable: int = 0
    answerable_refused: int = 0
    unanswerable: int = 0
    unanswerable_refused: int = 0

    def add(self, query: Query, found: Found) -> None:
        found = replace(found, passages=found.passages[:PASSAGES])
        given = _answered(query, found)
        refused = given.refused
        if not query.answerable:
            self.unanswerable += 1
            self.unanswerable_refused += refused
            return
        self.answerable += 1
        self.answerable_refused += refused
        if query.answers:
            self.with_gold += 1
            self.with_gold_answered += not refused
            if refused:
                withheld = _answered(query, replace(found, weighed=_sure))
                self.hits_withheld += _is_hit(withheld, query)
            else:
                self.hits += _is_hit(given, query)

    def result(self) -> dict[str, Any]:
        """Shares in 0..1."""
        return {
            "answer_hit": _share(self.hits, self.with_gold_answered),
            "answer_hit_of_all": _share(self.hits, self.with_gold),
            "answer_hit_unrefused": _share(self.hits + self.hits_withheld, self.with_gold),
            "refusal": {
                "answerable_refused": _share(self.answerable_refused, self.answerable),
                "unanswerable_refused": _share(self.unanswerable_refused, self.unanswerable),
            },
        }


def _answered(query: Query, found: Found) -> Answer:
    *_events, last = answer(query.text, find=lambda _reading: found, backends=masked(line_up()))
    assert isinstance(last, Finished)
    return last.answer


def _is_hit(given: Answer, query: Query) -> bool:
    said, _marks = take_out(given.text)
    return holds_gold([said, *(citation.quote for citation in given.citations)], query.answers)


def _share(part: int, whole: int) -> float | None:
    """``None`` where there was nothing to count."""
    return round(part / whole, 4) if whole else None
