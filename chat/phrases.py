"""The words of a text that carry its topic, as they stand in it."""

from collections.abc import Set

import regex

from search import analysis, stopwords

_HAN = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}]+")
# Longer ones first. What lies between them, if longer than one character, is taken whole: half a word
# would be searched for, and shown, otherwise.
FUNCTION_WORDS = regex.compile(
    "|".join(
        ["[有是]多少", *sorted(stopwords.CHINESE_PAIRS), f"[{''.join(sorted(stopwords.CHINESE_CHARACTERS))}]"]
    )
)


def phrases(text: str, present: Set[str] = frozenset()) -> list[str]:
    """Stretches of ``text``, in order, made of terms that matter and are not all in ``present``."""
    wanted = {term for term in analysis.query_terms(text) if term not in present}
    found = [
        (token.start, text[token.start : token.end])
        for token in analysis.spans(text)
        if token.term in wanted and not analysis.is_dense(token.term)
    ]
    for run in _HAN.finditer(text):
        at = run.start()
        for part in FUNCTION_WORDS.splititer(run.group()):
            at = text.index(part, at)
            if len(part) > 1 and wanted.intersection(analysis.query_terms(part)):
                found.append((at, part))
    return [phrase for _start, phrase in sorted(found)]
