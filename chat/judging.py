"""One sentence of an answer held against the passages that it cites.

It is supported where they hold most of its words and nothing in it disagrees with them
(``chat.agreement``). The bounds were set on the labelled pairs of ``tests/chat/grounding_pairs.py``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import regex

from chat.agreement import disagreement
from chat.clauses import clauses_within, clauses_without, content_terms
from chat.phrases import phrases
from search import analysis, figures
from search.sentences import sentences as sentence_spans

Support = Literal["supported", "partly", "unsupported", "unchecked"]

SUPPORTED_FROM = 0.6
PARTLY_FROM = 0.3
# The part of the words that must stand together, in the quoted sentences.
TOGETHER_SHARE = 0.5
NEIGHBOUR_GAIN = 0.2
FEWEST_TERMS = 2.0
MISSING_SHOWN = 4

_BULLET = regex.compile(r"^\s*(?:[-*+•]\s+|\d{1,2}[.)、]\s*|>\s*)+")
_SILENT = regex.compile(r"^\s*(?:#{1,6}\s|\||[-*_=\s]*\Z)")


@dataclass(frozen=True, slots=True)
class Quote:
    """The words of passage ``n`` behind a sentence: ``start`` and ``end`` count in the passage."""

    n: int
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of the answer; ``start`` and ``end`` are offsets in the answer without its marks.

    ``reason`` and ``detail`` say why it is not simply supported, see ``chat.reasons``. ``added`` are the
    cited numbers that Youju set, not the model.
    """

    text: str
    start: int
    end: int
    support: Support
    quotes: tuple[Quote, ...] = ()
    reason: str = ""
    detail: str = ""
    added: tuple[int, ...] = ()

    @property
    def numbers(self) -> list[int]:
        return [quote.n for quote in self.quotes]


def leads_in(text: str) -> bool:
    """Whether a line only leads to a list, or is a heading, a table's row or a rule: no statement."""
    return bool(_SILENT.match(text)) or text.rstrip(" *_").endswith((":", "："))


def without_bullet(text: str) -> str:
    """``text`` without the marks of a list or a quotation in front."""
    return str(_BULLET.sub("", text))


def judge(
    text: str, numbers: Sequence[int], passages: Mapping[int, str], titles: Mapping[int, str]
) -> Sentence:
    """One sentence by its words alone, as if it began the answer."""
    claim = without_bullet(text)
    terms = analysis.weighted_terms(claim)
    words = content_terms(claim)
    quotes = tuple(best_quote(n, terms, passages[n]) for n in numbers)
    made = Sentence(text, 0, len(text), "unchecked", quotes)
    if sum(terms.values()) < FEWEST_TERMS and not (numbers and figures.claimed(claim)):
        return made
    if not numbers:
        return made if leads_in(text) else replace(made, support="unsupported", reason="uncited")
    cited = [passages[n] for n in numbers]
    context = "\n".join(titles.get(n, "") for n in numbers)
    difference = disagreement(claim, cited, context)
    if difference is not None and difference.certain:
        return replace(made, support="unsupported", reason=difference.code, detail=difference.detail)
    if _other_script(claim, "\n".join(cited)):
        # Names may be written otherwise there; figures are the same in every language.
        if difference is not None and difference.code.startswith("figure"):
            return replace(made, support="partly", reason=difference.code, detail=difference.detail)
        return replace(made, reason="other_language")
    support, reason, detail = _by_words(words, claim, cited, context, quotes)
    if difference is not None and support != "unsupported":
        return replace(made, support="partly", reason=difference.code, detail=difference.detail)
    return replace(made, support=support, reason=reason, detail=detail)


def _by_words(
    terms: Mapping[str, float], claim: str, cited: Sequence[str], context: str, quotes: Sequence[Quote]
) -> tuple[Support, str, str]:
    """Also why, and the words or the clause that are missing."""
    above = set(analysis.tokens(context))
    words = above.union(*(analysis.tokens(text) for text in cited))
    together = above.union(*(analysis.tokens(quote.text) for quote in quotes))
    whole, close = share(terms, words), share(terms, together)
    absent = clauses_without(claim, words)
    if whole >= SUPPORTED_FROM and close >= TOGETHER_SHARE:
        return ("partly", "part", absent[0]) if absent else ("supported", "", "")
    missing = phrases(claim, words)[:MISSING_SHOWN]
    separator = "、" if _mostly_dense(claim) else ", "
    within = clauses_within(claim, words)
    if within and absent:
        return "partly", "part", absent[0]
    support: Support = "partly" if whole >= PARTLY_FROM or within else "unsupported"
    return support, "words_missing" if missing else "nothing", separator.join(missing)


def best_quote(n: int, terms: Mapping[str, float], passage: str) -> Quote:
    """The sentence of ``passage`` that holds most of ``terms``, with a neighbour that adds much.

    Of equals the first one, and a statement before a heading.
    """
    spans = sentence_spans(passage) or [(0, len(passage))]
    held = [set(analysis.tokens(passage[start:end])) for start, end in spans]
    shares = [share(terms, words) for words in held]
    silent = [leads_in(passage[start:end]) for start, end in spans]
    best = max(range(len(spans)), key=lambda place: (shares[place], not silent[place], -place))
    first = last = best
    for neighbour in (best - 1, best + 1):
        if 0 <= neighbour < len(spans):
            gain = share(terms, held[best] | held[neighbour]) - shares[best]
            if gain >= NEIGHBOUR_GAIN and first == last:
                first, last = min(best, neighbour), max(best, neighbour)
    start, end = spans[first][0], spans[last][1]
    return Quote(n, start, end, passage[start:end])


def share(terms: Mapping[str, float], words: set[str]) -> float:
    """The part of the weight of ``terms`` that ``words`` holds, 0 to 1."""
    total = sum(terms.values())
    return sum(weight for term, weight in terms.items() if term in words) / total if total else 0.0


def _other_script(left: str, right: str) -> bool:
    return _mostly_dense(left) != _mostly_dense(right)


def _mostly_dense(text: str) -> bool:
    terms = analysis.query_terms(text)
    return sum(map(analysis.is_dense, terms)) * 2 > len(terms)
