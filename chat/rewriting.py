"""A follow-up question made to stand alone, so that it can be searched for."""

import logging
import re
from collections.abc import Sequence

import regex

from chat.prompts import Turn
from llm.errors import LLMError
from llm.types import Backend, Message, Request
from search import analysis, stopwords

logger = logging.getLogger(__name__)

MAX_TERMS = 8
MAX_TURNS = 3
MAX_REWRITTEN_CHARS = 400
SHORT_QUESTION_TERMS = 2.0

_POINTS_BACK = re.compile(
    r"\b(?:it|its|they|them|their|theirs|he|him|his|she|her|hers|this|that|these|those|there|former|latter|"
    r"one|ones|same|else|other)\b|^(?:and|but|so|or|then|also|what about|how about|why)\b"
    r"|[它他她牠]|[这那這](?:个|個|些|里|裡|儿|兒|位|种|種|样|樣|次|时|時|是|$)|^[那这這]|"
    r"(?<!应)(?<!應)该[^不]|上述|前者|后者|後者|其中|此外|还有|還有|呢[？?]?$",
    re.IGNORECASE,
)

_HAN = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}]+")
# Pairs before characters. What lies between them, if longer than one character, is carried over whole: half
# a word would be searched for, and shown, otherwise.
_FUNCTION_WORDS = regex.compile(
    "|".join([*sorted(stopwords.CHINESE_PAIRS), f"[{''.join(sorted(stopwords.CHINESE_CHARACTERS))}]"])
)

_INSTRUCTION = """\
Rewrite the last question so that it can be understood without the conversation: put the names and things \
that it points back to in their place. Keep its language and its meaning, add nothing else. If it already \
stands alone, repeat it unchanged. Reply with the question only.\
"""


def readings(question: str, history: Sequence[Turn], backend: Backend) -> list[str]:
    """What the question may mean on its own, most likely first; never empty.

    Without earlier turns that is the question as it is. A language model is asked where there is
    one; if it fails, the words of the last turns are carried over as they are without one.
    """
    turns = list(history)[-MAX_TURNS:]
    if not turns:
        return [question]
    if backend.describe().is_model:
        by_model = _by_model(question, turns, backend)
        if by_model:
            return _distinct(by_model, question)
    carried = _carried(question, turns)
    return _distinct(carried, question) if points_back(question) else _only_if_short(question, carried)


def points_back(question: str) -> bool:
    """Whether the question leans on something said before."""
    return _POINTS_BACK.search(question.strip()) is not None


def _only_if_short(question: str, carried: str) -> list[str]:
    terms = analysis.query_terms(question)
    pairs = sum(analysis.is_dense(term) and not analysis.is_single(term) for term in terms)
    words = sum(not analysis.is_dense(term) for term in terms)
    return _distinct(question, carried) if words + pairs / 2 <= SHORT_QUESTION_TERMS else [question]


def _carried(question: str, turns: Sequence[Turn]) -> str:
    """The question with what the last turn's question was about, in its own words, in front."""
    present = set(analysis.query_terms(question))
    phrases = [phrase for phrase in _phrases(turns[-1].standalone or turns[-1].question, present) if phrase]
    return " ".join([*phrases[:MAX_TERMS], question])


def _phrases(text: str, present: set[str]) -> list[str]:
    """Stretches of ``text`` made of terms that matter and are not ``present``."""
    wanted = {term for term in analysis.query_terms(text) if term not in present}
    found = [
        (token.start, text[token.start : token.end])
        for token in analysis.spans(text)
        if token.term in wanted and not analysis.is_dense(token.term)
    ]
    for run in _HAN.finditer(text):
        at = run.start()
        for part in _FUNCTION_WORDS.splititer(run.group()):
            at = text.index(part, at)
            if len(part) > 1 and wanted.intersection(analysis.query_terms(part)):
                found.append((at, part))
    return [phrase for _start, phrase in sorted(found)]


def _by_model(question: str, turns: Sequence[Turn], backend: Backend) -> str:
    told = "\n".join(f"Q: {turn.question}\nA: {turn.answer[:500]}" for turn in turns)
    request = Request(
        messages=(Message("system", _INSTRUCTION), Message("user", f"{told}\n\nLast question: {question}")),
        question=question,
        max_tokens=200,
        temperature=0.0,
    )
    try:
        text = "".join(delta.text for delta in backend.stream(request))
    except LLMError as error:
        logger.warning("the question was not rewritten: %s", error)
        return ""
    line = next(iter(text.strip().splitlines()), "").strip().strip('"“”')
    return line if len(line) <= MAX_REWRITTEN_CHARS else ""


def _distinct(*questions: str) -> list[str]:
    return list(dict.fromkeys(question for question in questions if question))
