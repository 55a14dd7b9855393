"""A better spelling of a question, out of the words of the collections it is asked of.

Nothing is kept for it (docs/decisions/016): of words that no passage holds, near spellings are looked up in
the index's own dictionary, and the passages that hold the best one tell how it is written. So what is
suggested is there, as a real word. A question whose words are all known costs their document frequencies.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import regex

from search import analysis, stopwords
from search.edits import distance, near, nearer_endings, twice_near
from search.folding import fold
from search.spelling_runs import better_run

# In how many passages each term occurs, in all indexes that are searched.
Frequencies = Callable[[Sequence[str]], Mapping[str, int]]
# Texts of a few passages that hold the terms best.
Passages = Callable[[Mapping[str, float]], Sequence[str]]

SHORTEST = 4
# From this length on two mistakes are looked for.
LONG = 7
# A word that a passage holds is doubted where a near one is so much more frequent, in so many passages.
RARE, TIMES_RARER, OFTEN = 1, 60, 60
_MOST_WORDS = 3
# Two mistakes in a word are looked for in questions of so many words: it costs some milliseconds a word.
_SHORT_QUESTION = 4
_LOOKED_UP = 3
_ADDRESS = regex.compile(r":\S")
_LETTERS = regex.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class Better:
    """``text`` in place of the question's characters from ``start`` to ``end``."""

    start: int
    end: int
    text: str


def corrected(
    query: str,
    frequencies: Frequencies,
    passages: Passages,
    *,
    seen: Collection[str] = (),
    apart: Sequence[tuple[int, int]] = (),
) -> str:
    """``query`` with the words that are likely wrong written better; "" where there is nothing to say.
    ``seen`` are terms that are known to be in some passage; they need not be looked up. What lies in the
    ranges ``apart`` is no word of it, and stays as it is."""
    found = list(_better(query, frequencies, passages, seen, apart))
    for better in reversed(found):
        query = query[: better.start] + better.text + query[better.end :]
    return query if found else ""


def _better(
    query: str,
    frequencies: Frequencies,
    passages: Passages,
    seen: Collection[str],
    apart: Sequence[tuple[int, int]],
) -> Iterator[Better]:
    runs = [
        run
        for run in analysis.runs(query)
        if not _ADDRESS.search(query[_beginning(query, run[2]) : run[3] + 2])
        and not any(start < run[3] and run[2] < end for start, end in apart)
    ]
    words = [run for run in runs if not run[1] and _may_be_wrong(run[0], query[run[2] : run[3]])]
    dense = [run for run in runs if run[1] and len(run[0]) > 2]
    terms = {term for run in words for term in (analysis.stem(run[0]),)}
    terms.update(run[0][at : at + 2] for run in dense for at in range(len(run[0]) - 1))
    known = dict.fromkeys(terms.intersection(seen), OFTEN)
    asked = terms.difference(seen)
    if not asked:
        return
    known.update(frequencies(list(asked)))
    if all(count >= OFTEN for count in known.values()):
        return
    tried = 0
    for word, is_run, start, end in runs:
        if is_run:
            better = better_run(word, known, frequencies, passages) if len(word) > 2 else ""
        elif (word, is_run, start, end) in words and known[analysis.stem(word)] <= RARE:
            tried += 1
            better = _better_word(
                word, known[analysis.stem(word)], frequencies, passages, thorough=len(runs) <= _SHORT_QUESTION
            )
        else:
            continue
        if better:
            yield Better(start, end, better)
        if tried >= _MOST_WORDS:
            return


def _beginning(query: str, place: int) -> int:
    """Where what stands at ``place`` without a space before it begins."""
    return max(query.rfind(sign, 0, place) for sign in " \u3000\t\n") + 1


def _may_be_wrong(word: str, written: str) -> bool:
    """Short forms in capitals are left alone."""
    if not written[1:].islower():
        return False
    return len(word) >= SHORTEST and bool(_LETTERS.fullmatch(word)) and word not in stopwords.ENGLISH


def _better_word(
    word: str, count: int, frequencies: Frequencies, passages: Passages, *, thorough: bool
) -> str:
    """A word of the collections in place of ``word``, which ``count`` passages hold; or ""."""
    least = max(OFTEN, count * TIMES_RARER) if count else 1
    term = analysis.stem(word)
    terms = near(term) | {analysis.stem(each) for each in nearer_endings(word)}
    best = _most_likely(term, frequencies(list(terms - {term})), least)
    if not best and not count and len(word) >= LONG and thorough:
        best = _most_likely(term, frequencies(list(twice_near(term))), least)
    for candidate in best:
        written = _as_written(candidate, word, passages)
        if written:
            return written
    return ""


def _most_likely(term: str, counts: Mapping[str, int], least: int) -> list[str]:
    """The likeliest first: those that only turn letters round, and longer ones that begin with the same
    letter; the more frequent, the likelier."""

    def weight(candidate: str) -> float:
        turned = 3.0 if sorted(candidate) == sorted(term) else 1.0
        return counts[candidate] * turned

    likely = [
        candidate
        for candidate, count in counts.items()
        if count >= least
        and len(candidate) > 2
        and (sorted(candidate) == sorted(term) or (candidate[0] == term[0] and len(term) > SHORTEST))
    ]
    return sorted(likely, key=lambda candidate: (-weight(candidate), candidate))[:_LOOKED_UP]


def _as_written(term: str, word: str, passages: Passages) -> str:
    """The form of ``term`` in the collections that is nearest to ``word``, the most common of equals."""
    forms: Counter[str] = Counter()
    for text in passages({term: 1.0}):
        forms.update(_LETTERS.findall(text))
    allowed = 2 if len(word) >= LONG else 1
    near_forms = [
        (distance(fold(form).text, word), -count, form)
        for form, count in forms.items()
        if abs(len(form) - len(word)) <= allowed and analysis.stem(fold(form).text) == term
    ]
    good = [each for each in near_forms if 0 < each[0] <= allowed]
    if not good:
        return ""
    form = min(good)[2]
    lower = form.lower()
    return lower if lower in forms or (not form.isupper() and forms[lower]) else form
