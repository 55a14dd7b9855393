"""A written text made an answer: citations checked, sentences judged, a refusal recognised, notes added."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import regex
from django.utils import translation
from django.utils.translation import gettext as _

from chat.attribution import attributed
from chat.citation_marks import Mark, take_out, understood
from chat.events import Answer, Citation
from chat.extractive import NAME as EXTRACTIVE
from chat.grounding import Grounded, Similarity, ground
from chat.refusing import NEAREST_SHOWN, in_text, refusal
from chat.untrusted import without_addresses
from chat.writing import Writing, title_of
from ingestion.finding import FoundPassage
from ingestion.neighbours import part_at, quoted_range
from llm.types import Description

# An own refusal is short: a longer answer may well mention what the sources lack.
LONGEST_REFUSAL = 300

_LACKS = regex.compile(
    r"\b(?:sources?|documents?|passages?|texts?|context|excerpts?|information provided)\b[^.!?]{0,60}?"
    r"\b(?:do|does|did|is|are)(?:\s+not|n['’]t)\b[^.!?]{0,30}?\b(?:contain|hold|mention|say|state|provide|include|"
    r"specify|answer|give|cover|tell|available|enough)"
    r"|\b(?:cannot|can['’]t|could not|couldn['’]t|unable to)\s+(?:be\s+)?(?:find|found|answer|determine)"
    r"|(?:来源|资料|文档|文件|段落|材料|上下文|原文|内容|信息)[^。！？]{0,25}?(?:没有|未|不|无法|并未)[^。！？]{0,6}?"
    r"(?:提及|提到|包含|说明|给出|涉及|记载|提供|回答|足够|找到)|无法(?:根据|从)[^。！？]{0,25}?(?:回答|得知|确定|判断)",
    regex.IGNORECASE,
)


def finished(
    writing: Writing,
    notes: Sequence[str],
    *,
    searched: Sequence[str] = (),
    similarity: Similarity | None = None,
) -> Answer:
    """``notes`` come first. The text may differ from what was streamed: marks are set right, foreign
    addresses and images are gone, and a model's own refusal says what was searched."""
    described = writing.described
    assert described is not None  # somebody has written
    grounded, added = _grounded(writing, described, similarity)
    quotes = grounded.first_quotes
    answer = Answer(
        text=grounded.text.strip(),
        refused=False,
        model=described.model or described.backend,
        citations=tuple(citations_of(grounded, writing.passages)),
        unused=tuple((n, passage) for n, passage in enumerate(writing.passages, 1) if n not in quotes),
        sentences=grounded.sentences,
        spent=tuple(writing.spent),
        error=writing.failure,
        failures=(*writing.failures, *([writing.failure] if writing.failure else [])),
        forgets=writing.forgets,
        memory=writing.memory,
    )
    notes = [*notes, *forgetting(writing)]
    if described.is_model and not quotes and not answer.error and _refuses(writing, grounded):
        return _refused(writing, answer, notes, searched)
    with translation.override(writing.asked.language):
        own = list(_notes(writing, described, grounded, added))
    return replace(answer, notes=(*notes, *own))


def forgetting(writing: Writing) -> list[str]:
    """The note of an answer after which models read nothing of what was said before."""
    if writing.forgets == "nothing":
        return []
    with translation.override(writing.asked.language):
        return [
            _("The model's provider objects to something in this conversation, so models no longer read what "
              "was said before.")
        ]  # fmt: skip


def _grounded(
    writing: Writing, described: Description, similarity: Similarity | None
) -> tuple[Grounded, list[Mark]]:
    texts = {n: passage.text for n, passage in enumerate(writing.passages, 1)}
    titles = {n: title_of(passage) for n, passage in enumerate(writing.passages, 1)}
    text = writing.text
    added: list[Mark] = []
    if described.is_model:
        text = understood(without_addresses(text, [*texts.values(), writing.asked.question]), texts)
        text = writing.ruled.clean(text)
    if described.is_model and not (described.follows_instructions and take_out(text)[1]):
        text, added = attributed(text, texts, titles)
    return ground(text, texts, titles=titles, similarity=similarity, added=added), added


def _refuses(writing: Writing, grounded: Grounded) -> bool:
    """The model said ``[0]``, at the beginning or elsewhere, or said so in words."""
    if writing.says_no or any(mark.n == 0 for mark in take_out(writing.text)[1]):
        return True
    return len(grounded.bare) <= LONGEST_REFUSAL and _LACKS.search(grounded.bare) is not None


def _refused(writing: Writing, answer: Answer, notes: Sequence[str], searched: Sequence[str]) -> Answer:
    language = writing.asked.answer_language
    told = refusal(
        writing.asked.reading,
        writing.passages,
        searched=searched,
        language=language,
        said=answer.text,
        asked=writing.asked.question,
    )
    nearest = tuple(enumerate(writing.passages[:NEAREST_SHOWN], 1))
    return replace(
        answer,
        text=in_text(told, language),
        refused=True,
        refusal=told,
        unused=nearest,
        sentences=(),
        notes=tuple(notes),
    )


def citations_of(grounded: Grounded, passages: Sequence[FoundPassage]) -> Iterator[Citation]:
    """Where each cited passage is quoted first, with the page and the address of that very place."""
    for n, quote in sorted(grounded.first_quotes.items()):
        passage = passages[n - 1]
        start, end = quoted_range(passage, quote.start, quote.end)
        yield Citation(n, part_at(passage, start), quote.text, start, end)


def _notes(
    writing: Writing, described: Description, grounded: Grounded, added: Sequence[Mark]
) -> Iterator[str]:
    if writing.finish_reason == "length":
        yield _("The answer was cut because it grew too long.")
    if writing.finish_reason == "content_filter":
        yield _("The provider's safety filter cut the answer short.")
    if described.backend == EXTRACTIVE and not described.is_model:
        return
    if added:
        yield _("This model does not cite: the sources of its sentences were found by Youju.")
    if grounded.invented:
        yield _("The model cited sources that it was not given; those marks were removed.")
