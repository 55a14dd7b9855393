"""Citations for a model that does not cite: the passage that supports each sentence, found by its words."""

from collections.abc import Mapping

from chat import fenced
from chat.citation_marks import Mark, canonical, take_out
from chat.clauses import content_terms
from chat.judging import SUPPORTED_FROM, judge, leads_in, share
from search import analysis
from search.sentences import sentences


def attributed(answer: str, passages: Mapping[int, str], titles: Mapping[int, str]) -> tuple[str, list[Mark]]:
    """``answer`` with ``[n]`` behind each sentence that a passage supports and that has no mark yet, and
    the marks that were added.

    A sentence that no single passage supports stays without one, and is shown as unsupported. Code is left as
    it is: it rests on the sentence before it.
    """
    bare, marks = take_out(answer)
    marks = [mark for mark in marks if mark.n in passages]
    spans = sentences(bare)
    code = fenced.blocks(bare)
    begins = [start for start, _end in spans]
    added: list[Mark] = []
    bags = {n: set(analysis.tokens(f"{titles.get(n, '')}\n{text}")) for n, text in passages.items()}
    for place, (start, end) in enumerate(spans):
        following = begins[place + 1] if place + 1 < len(spans) else len(bare) + 1
        is_code = any(block.holds(start) for block in code)
        if is_code or any(start < mark.at <= following for mark in marks) or leads_in(bare[start:end]):
            continue
        n = _supporting(bare[start:end], bags, passages, titles)
        if n is not None:
            added.append(Mark(n, _before_full_stop(bare, start, end)))
    return canonical(bare, sorted([*marks, *added], key=lambda mark: mark.at)), added


def _supporting(
    text: str, bags: Mapping[int, set[str]], passages: Mapping[int, str], titles: Mapping[int, str]
) -> int | None:
    """The passage that holds most of ``text`` and supports it; of equals the better ranked one."""
    terms = content_terms(text)
    shares = {n: share(terms, bag) for n, bag in bags.items()}
    likely = sorted((n for n in bags if shares[n] >= SUPPORTED_FROM), key=lambda n: (-shares[n], n))
    return next((n for n in likely if judge(text, [n], passages, titles).support == "supported"), None)


def _before_full_stop(bare: str, start: int, end: int) -> int:
    """Where a mark goes: before the full stop and what closes behind it."""
    at = end
    while at > start + 1 and bare[at - 1] in ".。!！?？;；\"'”’」』":
        at -= 1
    return at
