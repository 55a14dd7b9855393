"""Text to search terms.

Chinese, Japanese, Korean and the scripts of South-East Asia, which do not put spaces between words,
become single characters and overlapping pairs; every other script becomes words, reduced to their
English stem and without accents. A run ends where the script changes, so ``在2015年由Vue团队`` holds
the words ``2015`` and ``vue`` beside its Chinese.
"""

import re
import sys
import threading
import unicodedata
from collections.abc import Container, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import regex
import Stemmer

from search import stopwords
from search.folding import fold

# A lone character says less than a pair; tuned on XQuAD zh and DRCD (docs/decisions/002).
SINGLE_WEIGHT = 0.35
MAX_TERM_CHARS = 64
MAX_QUERY_TERMS = 512
# Questions, and what else a search takes apart more than once.
_REMEMBERED = 256

_DENSE = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\u30fc\u3005\u3006\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
_RUN = regex.compile(rf"([{_DENSE}]+)|([[\p{{L}}\p{{N}}\p{{M}}]--[{_DENSE}]]+)", regex.V1)
_IS_DENSE = regex.compile(rf"[{_DENSE}]")
# The same for folded texts of ASCII alone, in a quarter of the time.
_ASCII_RUN = re.compile(r"()([a-z0-9]+)")
_ASCII_WORD = re.compile(r"[a-z0-9]+")
_local = threading.local()


@dataclass(frozen=True, slots=True)
class Token:
    """A term and where it stands: ``start`` and ``end`` are character offsets in the original."""

    term: str
    start: int
    end: int


def is_single(term: str) -> bool:
    """Whether ``term`` is one character of a script without spaces between words."""
    return len(term) == 1 and _IS_DENSE.match(term) is not None


def is_dense(term: str) -> bool:
    """Whether ``term`` belongs to a script that is written without spaces between words."""
    return _IS_DENSE.match(term) is not None


@lru_cache(maxsize=65_536)
def _stem(word: str) -> str:
    word = word[:MAX_TERM_CHARS]
    if not word.isascii():
        parts = unicodedata.normalize("NFD", word)
        word = "".join(part for part in parts if not "\u0300" <= part <= "\u036f")
        word = unicodedata.normalize("NFC", word)
    if not (word.isascii() and word.isalpha() and len(word) > 2):
        return word
    stemmer = getattr(_local, "stemmer", None)
    if stemmer is None:
        # Not for several threads; what is remembered above is enough.
        stemmer = _local.stemmer = Stemmer.Stemmer("english", 0)
    return str(stemmer.stemWord(word))


def _runs(folded: str) -> list[tuple[str, str]]:
    """The runs in order: each of a script without spaces, or a word, and "" in the other's place."""
    found: list[tuple[str, str]] = (_ASCII_RUN if folded.isascii() else _RUN).findall(folded)
    return found


def tokens(text: str) -> list[str]:
    """All terms of ``text`` for the index, repeated as often as they occur; order is not kept."""
    result: list[str] = []
    for dense, word in _runs(fold(text).text):
        if word:
            result.append(_stem(word))
        else:
            result.extend(dense)
            result.extend(map("".join, pairwise(dense)))
    return [term for term in result if term]


def units(text: str) -> tuple[str, ...]:
    """The words, as terms, and the single characters of scripts without spaces, in order. An empty one stands
    between runs of those, which do not touch."""
    result: list[str] = []
    for dense, word in _runs(fold(text).text):
        if word:
            result.append(_stem(word))
        else:
            result.extend(map(sys.intern, dense))
            result.append("")
    return tuple(result)


def spans(text: str, wanted: Container[str] | None = None) -> list[Token]:
    """The terms of ``text``, or those of them that are ``wanted``, with their places, by start and then by
    end."""
    folded = fold(text)
    if folded.text.isascii() and folded.starts is None:
        return _spans_of_ascii(folded.text, wanted)
    result: list[Token] = []
    for match in _RUN.finditer(folded.text):
        run, word = match.groups()
        start, end = match.span()
        if word:
            term = _stem(word)
            if term and (wanted is None or term in wanted):
                result.append(Token(term, *folded.original(start, end)))
            continue
        for place, character in enumerate(run, start):
            if wanted is None or character in wanted:
                result.append(Token(character, *folded.original(place, place + 1)))
            pair = run[place - start : place - start + 2]
            if len(pair) == 2 and (wanted is None or pair in wanted):
                result.append(Token(pair, *folded.original(place, place + 2)))
    return result


def _spans_of_ascii(text: str, wanted: Container[str] | None) -> list[Token]:
    """Of a folded text of ASCII alone, which stands where it stood in the original."""
    terms = {word: _stem(word) for word in set(_ASCII_WORD.findall(text))}
    found = [
        Token(term, *span)
        for word, term in terms.items()
        if wanted is None or term in wanted
        for span in _standing_alone(word, text)
    ]
    found.sort(key=lambda token: token.start)
    return found


def _standing_alone(word: str, text: str) -> Iterator[tuple[int, int]]:
    """Where ``text``, folded ASCII, has the word as a word of its own."""
    start = text.find(word)
    while start >= 0:
        end = start + len(word)
        if not (text[start - 1 : start].isalnum() or text[end : end + 1].isalnum()):
            yield start, end
        start = text.find(word, end)


def _is_stop_pair(pair: str) -> bool:
    return pair in stopwords.CHINESE_PAIRS or (
        pair[0] in stopwords.CHINESE_CHARACTERS and pair[1] in stopwords.CHINESE_CHARACTERS
    )


def _weighted(text: str) -> Iterator[tuple[str, float, bool]]:
    """Term, weight, and whether it is a stop word."""
    for dense, word in _runs(fold(text).text):
        if word:
            yield _stem(word), 1.0, word in stopwords.ENGLISH
            continue
        for pair in map("".join, pairwise(dense)):
            yield pair, 1.0, _is_stop_pair(pair)
        weight = 1.0 if len(dense) == 1 else SINGLE_WEIGHT
        for character in dense:
            yield character, weight, character in stopwords.CHINESE_CHARACTERS


def weighted_terms(text: str) -> dict[str, float]:
    """The terms to look for and how much each counts; at most ``MAX_QUERY_TERMS``.

    Stop words are left out unless there is nothing else. Single characters count less than pairs,
    unless they stand alone.
    """
    return dict(_weighted_terms(text))


@lru_cache(maxsize=_REMEMBERED)
def _weighted_terms(text: str) -> dict[str, float]:
    chosen: dict[str, float] = {}
    fallback: dict[str, float] = {}
    for term, weight, stop in _weighted(text):
        if not term:
            continue
        target = fallback if stop else chosen
        if len(target) < MAX_QUERY_TERMS or term in target:
            target[term] = max(weight, target.get(term, 0.0))
    return chosen or fallback


def query_terms(text: str) -> list[str]:
    """The terms of ``weighted_terms`` in the order of the question."""
    return list(weighted_terms(text))


def runs(text: str) -> list[tuple[str, bool, int, int]]:
    """The words and the runs of scripts without spaces in ``text``, in order: folded but not stemmed, whether
    it is such a run, and where it stands in the original."""
    folded = fold(text)
    return [
        (match.group(), match.group(1) is not None, *folded.original(*match.span()))
        for match in _RUN.finditer(folded.text)
    ]


def stem(word: str) -> str:
    """The term of a folded word."""
    return _stem(word)
