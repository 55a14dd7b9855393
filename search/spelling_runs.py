"""A better spelling of a run of Chinese, or another script without spaces: a wrong character, two turned
round, or one left out.

Pairs that no passage holds are common where two words meet, so they are no mistake by themselves. What
counts is what the collections write instead: the character that nearly always stands there, beside the
same neighbours.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence

import regex

from search import analysis, stopwords
from search.folding import fold

# Of what stands beside the context, the part that must be the same character, in so many places; more at the
# end of a run, where a word ends anyway.
_SHARE, _LEAST = 0.7, 2
_SHARE_AT_END, _LEAST_AT_END = 0.9, 3
_SPOTS = 3
# Longer runs are whole sentences, in which unknown pairs are no surprise.
_LONGEST = 12
_CONTEXT = 3
_STOPS = stopwords.CHINESE_CHARACTERS


def better_run(
    run: str,
    known: Mapping[str, int],
    frequencies: Callable[[Sequence[str]], Mapping[str, int]],
    passages: Callable[[Mapping[str, float]], Sequence[str]],
) -> str:
    """``run`` with one mistake mended, or "". ``known`` holds the frequencies of its pairs."""
    if not 2 < len(run) <= _LONGEST:
        return ""
    pairs = [run[at : at + 2] for at in range(len(run) - 1)]
    held = [pair for pair in pairs if known.get(pair)]
    odd = [place for place in range(len(run)) if _is_odd(run, place, known)]
    spots = sorted(odd, key=lambda place: (run[place] in _STOPS, -place))[:_SPOTS]
    if not held or not spots:
        return ""
    places = {at for spot in spots for at in (spot - 1, spot) if 0 <= at < len(run) - 1}
    turned = [
        run[:at] + run[at + 1] + run[at] + run[at + 2 :]
        for at in sorted(places)
        if not known.get(run[at : at + 2]) and not _STOPS.intersection(run[at : at + 2])
    ]
    whole = _all_held(run, turned, frequencies, least=2)
    if whole:
        return whole[0]
    terms = dict.fromkeys(held, 1.0) | {one: analysis.SINGLE_WEIGHT for one in run if one not in _STOPS}
    texts = [fold(text).text for text in passages(terms)]
    mended = [each for place in spots for each in _mended(run, place, texts)]
    whole = _all_held(run, mended, frequencies)
    return whole[0] if whole else ""


def _is_odd(run: str, place: int, known: Mapping[str, int]) -> bool:
    """Whether no passage holds the character beside either of its neighbours."""
    around = [run[at : at + 2] for at in (place - 1, place) if 0 <= at < len(run) - 1]
    return not any(known.get(pair) for pair in around)


def _all_held(
    run: str,
    candidates: Sequence[str],
    frequencies: Callable[[Sequence[str]], Mapping[str, int]],
    least: int = 1,
) -> list[str]:
    """Those of which all pairs that ``run`` lacks are in ``least`` passages each."""
    own = {run[at : at + 2] for at in range(len(run) - 1)}
    fresh = {each: [each[at : at + 2] for at in range(len(each) - 1)] for each in candidates if each != run}
    asked = {pair for pairs in fresh.values() for pair in pairs if pair not in own}
    if not asked:
        return []
    counts = frequencies(list(asked))
    return [
        each
        for each, pairs in fresh.items()
        if any(pair in asked for pair in pairs) and all(counts.get(pair, least) >= least for pair in pairs)
    ]


def _mended(run: str, place: int, texts: Sequence[str]) -> Iterator[str]:
    """``run`` with the character at ``place`` as the texts write it there, or one put in beside it."""
    before, behind = run[:place], run[place + 1 :]
    if before and behind:
        usual = _usual(texts, before[-1], behind[0], 1, _LEAST_AT_END, _SHARE)
        if usual:
            yield before + usual + behind
    if run[place] in _STOPS:
        return
    inside = bool(before and behind)
    least, share = (_LEAST, _SHARE) if inside else (_LEAST_AT_END, _SHARE_AT_END)
    for size in (_CONTEXT, 2) if inside else (_CONTEXT,):
        for head, tail in ((before[-size:], ""), ("", behind[:size])):
            if len(head or tail) < size:
                continue
            missed = _usual(texts, head, tail, 2, least, share)
            if missed and run[place] in missed:
                yield before + missed + behind
            usual = _usual(texts, head, tail, 1, least, share)
            if usual and usual not in _STOPS:
                yield before + usual + behind


def _usual(texts: Sequence[str], head: str, tail: str, size: int, least: int, share: float) -> str:
    """The ``size`` characters that nearly always stand behind ``head`` or before ``tail``."""
    pattern = regex.compile(rf"{regex.escape(head)}(\p{{L}}{{{size}}}){regex.escape(tail)}")
    counts = Counter(found for text in texts for found in pattern.findall(text, overlapped=True))
    if not counts:
        return ""
    total = counts.total() if head and tail else sum(text.count(head or tail) for text in texts)
    best, count = counts.most_common(1)[0]
    return best if count >= least and count >= share * total else ""
