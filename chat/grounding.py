"""Ties every sentence of an answer to the passages that it cites, and judges whether they say it.

The words decide (``chat.judging``); where they leave it open, an embedding model that knows the language
may find a sentence of the passages close enough. The bounds for it were set on the labelled pairs of
``tests/chat/grounding_pairs.py``.
"""

import re
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace

from chat import fenced
from chat.citation_marks import Mark, canonical, take_out
from chat.judging import Quote as Quote
from chat.judging import Sentence, judge, without_bullet
from search.sentences import sentences as sentence_spans

# Cosine of each pair of a statement and a passage's sentence; ``None`` where the model does not know the
# language. One call an answer.
Similarity = Callable[[Sequence[tuple[str, str]]], Sequence[float | None]]

CLOSE_COSINE = 0.72
NEAR_COSINE = 0.55
COMPARED_SENTENCES = 12


@dataclass(frozen=True, slots=True)
class Grounded:
    """``text`` has its marks as ``[n]``; ``bare`` has none; ``invented`` are numbers nobody gave."""

    text: str
    bare: str
    sentences: tuple[Sentence, ...]
    invented: tuple[int, ...] = ()
    marks: tuple[Mark, ...] = field(default=())

    @property
    def first_quotes(self) -> dict[int, Quote]:
        """The first quote of each cited number, of a supported sentence where there is one."""
        found: dict[int, Quote] = {}
        cited = {mark.n for mark in self.marks}
        for sentence in sorted(self.sentences, key=lambda item: item.support != "supported"):
            for quote in sentence.quotes:
                if quote.n in cited:
                    found.setdefault(quote.n, quote)
        return found


def ground(
    answer: str,
    passages: Mapping[int, str],
    *,
    titles: Mapping[int, str] | None = None,
    similarity: Similarity | None = None,
    added: Sequence[Mark] = (),
) -> Grounded:
    """``passages`` by the numbers that were given; ``titles`` names what stands above each.

    ``added`` are marks of ``answer`` that were set by ``chat.attribution``. An item of a list without marks
    of its own rests on those of the line that leads to it, and a line of code on those of the sentence before
    its block.
    """
    bare, marks = take_out(answer)
    known = [mark for mark in marks if mark.n in passages]
    invented = tuple(dict.fromkeys(mark.n for mark in marks if mark.n not in passages and mark.n))
    spans = sentence_spans(bare)
    cited: list[list[int]] = [[] for _span in spans]
    for mark in known:
        place = _sentence_before(mark.at, spans)
        if place is not None and mark.n not in cited[place]:
            cited[place].append(mark.n)
    code = _inherit(bare, spans, cited)
    own = {_sentence_before(mark.at, spans): mark.n for mark in added}
    judged = [
        replace(
            (_of_code(bare[start:end], numbers, passages) if place in code else None)
            or judge(bare[start:end], numbers, passages, titles or {}),
            start=start,
            end=end,
            added=(own[place],) if place in own else (),
        )
        for place, ((start, end), numbers) in enumerate(zip(spans, cited, strict=True))
    ]
    if similarity is not None:
        judged = _weighed(judged, passages, similarity)
    return Grounded(canonical(bare, known), bare, tuple(judged), invented, tuple(known))


def _inherit(bare: str, spans: Sequence[tuple[int, int]], cited: list[list[int]]) -> Set[int]:
    """Returns the places of what stands in code."""
    blocks = fenced.blocks(bare)
    head: list[int] = []
    before: list[int] = []
    code: set[int] = set()
    for place, (start, end) in enumerate(spans):
        text = bare[start:end]
        block = next((block for block in blocks if block.holds(start)), None)
        if block is not None:
            if block.first <= start < block.last:
                cited[place] = cited[place] or list(before)
                code.add(place)
            continue
        if without_bullet(text) != text:
            cited[place] = cited[place] or list(head)
        else:
            head = cited[place] if text.rstrip(" *_").endswith((":", "：")) else []
        before = cited[place]
    return code


def _of_code(text: str, numbers: Sequence[int], passages: Mapping[int, str]) -> Sentence | None:
    """Code that a cited passage holds word for word, whatever the language around it; ``None`` where its
    words have to decide."""
    for n in numbers:
        found = re.search(rf"(?<!\S){re.escape(text)}(?!\S)", passages[n])
        if found is not None:
            quote = Quote(n, found.start(), found.end(), text)
            return Sentence(text, 0, len(text), "supported", (quote,))
    return None


def _sentence_before(at: int, spans: Sequence[tuple[int, int]]) -> int | None:
    """A mark belongs to the sentence that it stands in or behind."""
    begun = [place for place, (start, _) in enumerate(spans) if start < at]
    if begun:
        return begun[-1]
    return 0 if spans else None


def _weighed(
    judged: Sequence[Sentence], passages: Mapping[int, str], similarity: Similarity
) -> list[Sentence]:
    """What the words leave open, settled by meaning where a sentence of the passages is close to it."""
    pairs: list[tuple[str, str]] = []
    owners: list[int] = []
    for place, sentence in enumerate(judged):
        if sentence.reason in {"words_missing", "nothing", "other_language"}:
            texts = [text for n in sentence.numbers for text in _compared(passages[n])]
            pairs += [(without_bullet(sentence.text), text) for text in texts]
            owners += [place] * len(texts)
    best: dict[int, float] = {}
    for place, cosine in zip(owners, similarity(pairs) if pairs else (), strict=True):
        if cosine is not None:
            best[place] = max(cosine, best.get(place, -1.0))
    return [_settled(sentence, best.get(place)) for place, sentence in enumerate(judged)]


def _compared(passage: str) -> list[str]:
    return [passage[start:end] for start, end in sentence_spans(passage)[:COMPARED_SENTENCES]]


def _settled(sentence: Sentence, cosine: float | None) -> Sentence:
    if cosine is None:
        return sentence
    if cosine >= CLOSE_COSINE:
        return replace(sentence, support="supported", reason="", detail="")
    if cosine >= NEAR_COSINE and sentence.support in {"unsupported", "unchecked"}:
        return replace(sentence, support="partly")
    if sentence.support == "unchecked":
        return replace(sentence, support="unsupported", reason="nothing")
    return sentence
