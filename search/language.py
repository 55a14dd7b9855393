"""A guess at the language of a short text, from its script and its commonest words."""

from functools import lru_cache

import regex

from search.folding import fold

_SCRIPTS = (
    ("ja", r"\p{Hiragana}|\p{Katakana}"),
    ("ko", r"\p{Hangul}"),
    ("zh", r"\p{Han}"),
    ("ru", r"\p{Cyrillic}"),
    ("latin", r"\p{Latin}"),
    ("other", r"\p{L}"),
)
_LETTER = regex.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern in _SCRIPTS))
_WORD = regex.compile(r"\p{L}+")

# A Chinese character says about as much as two or three Latin letters.
_DENSITY = {"ja": 2.5, "zh": 2.5, "ko": 2.0}

# What is not longer may be a question, of which a search asks several times.
_QUESTION_CHARS = 2000

_COMMON_WORDS = {
    "en": """
        the of and to in is was what who when where which how did does for are on by with that why be an at
    """,
    "de": """
        der die das und ist wie was wer wo warum wann ein eine nicht von zu den dem mit für auf wird sind
        welche ich kann man im des bei
    """,
    "fr": """
        le la les et est que qui quel quelle comment pourquoi combien où des du une dans pour pas sur au
        aux ce il je peut quand sont
    """,
    "es": """
        el los las qué es cómo por cuándo dónde quién cuál cuánto una un del para con que en se su al y
        son puede
    """,
}
_COMMON = {language: frozenset(words.split()) for language, words in _COMMON_WORDS.items()}
_MARKED_LETTERS = {"de": frozenset("äöüß"), "fr": frozenset("çêèàùœ"), "es": frozenset("ñáíóú¿¡")}


def shares(text: str) -> dict[str, float]:
    """Languages of ``text`` and the share of each, adding up to 1; empty where there are no letters.

    Keys are ``en de fr es ja ko zh ru`` or ``other``. Chinese characters beside kana are Japanese. Latin
    letters go to the language whose commonest words and
    accented letters turn up most, English in doubt.
    """
    return dict(_shares(text)) if len(text) <= _QUESTION_CHARS else _counted(text)


@lru_cache(maxsize=256)
def _shares(text: str) -> dict[str, float]:
    return _counted(text)


def _counted(text: str) -> dict[str, float]:
    if text.isascii():
        return {_latin_language(text): 1.0} if any(map(str.isalpha, text)) else {}
    counts: dict[str, float] = {}
    for match in _LETTER.finditer(text):
        script = match.lastgroup or "other"
        counts[script] = counts.get(script, 0.0) + _DENSITY.get(script, 1.0)
    if "ja" in counts:
        counts["ja"] += counts.pop("zh", 0.0)
    if "latin" in counts:
        counts[_latin_language(text)] = counts.pop("latin")
    total = sum(counts.values())
    return {language: count / total for language, count in counts.items()}


def _latin_language(text: str) -> str:
    folded = fold(text).text
    words = _WORD.findall(folded)
    hits = {language: sum(word in known for word in words) for language, known in _COMMON.items()}
    for language, letters in _MARKED_LETTERS.items():
        hits[language] += sum(letter in letters for letter in folded)
    return max(hits, key=lambda language: hits[language])
