"""Names the language of a text, offline and cheaply: by its script, then by its commonest words."""

import re
from collections import Counter

_SAMPLE = 20_000
_SCRIPTS = (
    ("ja", re.compile("[\u3040-\u30ff]"), 0.10),
    ("ko", re.compile("[\uac00-\ud7af]"), 0.15),
    ("zh", re.compile("[\u3400-\u4dbf\u4e00-\u9fff]"), 0.15),
    ("ru", re.compile("[\u0400-\u04ff]"), 0.30),
    ("el", re.compile("[\u0370-\u03ff]"), 0.30),
    ("ar", re.compile("[\u0600-\u06ff]"), 0.30),
    ("he", re.compile("[\u0590-\u05ff]"), 0.30),
    ("hi", re.compile("[\u0900-\u097f]"), 0.30),
    ("th", re.compile("[\u0e00-\u0e7f]"), 0.30),
)
_EAST_ASIAN = frozenset({"zh", "ja", "ko"})
_LETTER = re.compile(r"[^\W\d_]")
_WORD = re.compile(r"[^\W\d_]+")
_COMMON = {
    "en": "the of and to in is that for it with as was on are be this by",
    "de": "der die und das ist nicht von mit den zu für auf dem ein eine im",
    "fr": "le la les des est et une dans pour que qui sur pas du au avec",
    "es": "el los las es una que por con para del se como más pero su",
    "pt": "os uma não para com do da em que dos ao mais como por são",
    "it": "il di che è per una con del della sono non gli nel alla",
    "nl": "het een van en niet dat voor met zijn op aan ook te door",
    "pl": "nie się jest że na to od jak dla są przez oraz ale",
    "sv": "och att det som är på av för med den inte har till",
}
_WORDS = {language: frozenset(words.split()) for language, words in _COMMON.items()}


def detect(text: str) -> str:
    """ISO 639-1 code, or "" where the text is too short or the language not among those known."""
    sample = text if len(text) <= _SAMPLE else text[: _SAMPLE // 2] + text[len(text) // 2 :][: _SAMPLE // 2]
    letters = len(_LETTER.findall(sample))
    if not letters:
        return ""
    for language, script, share in _SCRIPTS:
        if len(script.findall(sample)) >= share * letters:
            return language
    counts = Counter(_WORD.findall(sample.lower()))
    total = sum(counts.values())
    scores = {language: sum(counts[word] for word in words) for language, words in _WORDS.items()}
    (best, score), (_, second) = sorted(scores.items(), key=lambda item: -item[1])[:2]
    return best if score >= max(2, 0.06 * total, 1.3 * second) else ""


def settled(named: str, text: str) -> str:
    """The language that a page names, or else the one of its text. Templates name one that the text is not
    in, so a script that tells Chinese, Japanese and Korean counts for more than the name."""
    found = detect(text)
    if found and found != named and (found in _EAST_ASIAN or named in _EAST_ASIAN):
        return found
    return named or found
