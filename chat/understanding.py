"""From a question in a conversation to the reading of it that the passages answer best.

A follow-up such as "And who may delete it?" has two readings: by itself, and with what the last turn was
about. Which one is meant shows in the passages: those found for the topic either speak of what is asked,
or they do not and others do.
"""

import re
from collections.abc import Callable, Generator, Sequence, Set
from dataclasses import dataclass

from chat.asides import without_asides
from chat.events import Spent, Waiting
from chat.phrases import phrases
from chat.prompts import Turn
from chat.rewriting import MAX_TURNS, by_model, carried, is_short, points_back, size
from ingestion.finding import Found
from llm.types import Backend
from search import analysis, stopwords

Find = Callable[[str], Found]

# Of the passages found for a reading, the first few tell what it is about.
LOOKED_AT = 3
# The topic is left where its passages hold at most this part of what is asked, and others hold all of it.
TOPIC_HOLDS = 0.34
PLAIN_HOLDS = 0.99
# From here on a question may be understood without its pronouns.
MUCH_TERMS = 4.0
# A passage is about the topic if it holds this part of what the best of them holds of it.
ABOUT_TOPIC = 0.5

# Words that many documents hold whatever they are about: finding them tells nothing.
_GENERAL = frozenset(
    analysis.tokens(
        "long take much many cost work happen mean use need time year day make get go kind name call start "
        "end begin big large old new high good way thing part reason first last exactly example detail more "
        "other different possible important problem result find say tell give know become change"
    )
).union("需要 时间 多久 多长 具体 情况 方法 办法 原因 问题 开始 结束 例子 后来 主要 一共 名字".split())
_STOP = frozenset(analysis.tokens(" ".join(stopwords.ENGLISH))) | stopwords.ENGLISH
_PRONOUN = re.compile("[它牠他她]们?|[这那這][个個些里裡种種样樣项項]?|该|其")


@dataclass(frozen=True, slots=True)
class Understood:
    """The reading of a question that was searched for, with what was found.

    ``spent`` is what a model used for it. ``history_refused``: its provider objects to the earlier turns.
    """

    reading: str
    found: Found
    spent: Spent | None = None
    history_refused: bool = False


def understand(
    question: str, history: Sequence[Turn], backend: Backend, find: Find, *, max_chars: int = 2000
) -> Generator[Waiting, None, Understood]:
    """Returns the reading, with moments on the way in which it can be left.

    Without earlier turns that is the question as it is, and so where it stands alone. ``backend`` is asked to
    rewrite it if it follows instructions; otherwise, and if that fails, words of the last turn are carried
    over. Where that finds no answer, the question is searched without asides. Raises what ``find`` raises.
    """
    turns = list(history)[-MAX_TURNS:]
    if not turns:
        return Understood(*_without_asides(question, question, find(question), (), find, max_chars))
    rewriting = yield from by_model(question, turns, backend)
    if rewriting.text and len(rewriting.text) <= max_chars:
        reading, found = _rewritten_or_plain(question, rewriting.text, find)
    else:
        reading, found = _carried_or_plain(question, turns, find, max_chars)
    reading, found = _without_asides(question, reading, found, turns, find, max_chars)
    return Understood(reading, found, rewriting.spent, rewriting.history_refused)


def _without_asides(
    question: str, reading: str, found: Found, turns: Sequence[Turn], find: Find, max_chars: int
) -> tuple[str, Found]:
    """Searches again only where there was no answer and there is something to leave out. A follow-up that was
    read as it is may get its topic then, since it says less."""
    asked = "" if found.answerable else without_asides(reading)
    if not asked:
        return reading, found
    if turns and reading == question:
        asked, again = _carried_or_plain(asked, turns, find, max_chars)
    else:
        again = find(asked)
    return (asked, again) if again.answerable else (reading, found)


def _carried_or_plain(question: str, turns: Sequence[Turn], find: Find, max_chars: int) -> tuple[str, Found]:
    """Without a model."""
    with_topic = carried(question, turns)
    leans = points_back(question)
    if with_topic == question or len(with_topic) > max_chars or not (leans or is_short(question)):
        return question, find(question)
    reading, found = (_leaning if leans else _short)(question, with_topic, find)
    if found.answerable:
        return reading, found
    return _with_whole_question(question, turns[-1], find, max_chars) or (reading, found)


def _rewritten_or_plain(question: str, rewritten: str, find: Find) -> tuple[str, Found]:
    """The model is believed where the question points back. Where it does not, what the model put in may
    be the topic that the question left: then the passages decide."""
    found = find(rewritten)
    if rewritten == question or (found.answerable and points_back(question)):
        return rewritten, found
    asked = set(_asked_terms(question))
    if found.answerable and (not asked or _held(asked, found, _topic(question, rewritten)) > TOPIC_HOLDS):
        return rewritten, found
    plain = find(question)
    if plain.answerable and not points_back(question):
        return question, plain
    return rewritten, found


def _leaning(question: str, with_topic: str, find: Find) -> tuple[str, Found]:
    """Points back: the topic stays unless its passages are silent on what is asked and others are not.

    One that says much by itself may point back to its own words, so there the better passages decide.
    """
    topical = find(with_topic)
    asked = set(_asked_terms(question))
    within = _held(asked, topical, _topic(question, with_topic)) if asked else 1.0
    says_much = size(question) >= MUCH_TERMS
    if topical.answerable and within > TOPIC_HOLDS and not says_much:
        return with_topic, topical
    plain = find(question)
    if not asked or not plain.answerable:
        return with_topic, topical
    by_itself = _held(asked, plain)
    if says_much:
        return (question, plain) if by_itself >= within else (with_topic, topical)
    return (question, plain) if by_itself >= PLAIN_HOLDS else (with_topic, topical)


def _short(question: str, with_topic: str, find: Find) -> tuple[str, Found]:
    """Says little: the topic comes in where its passages hold all that is asked, or nothing else answers."""
    plain, topical = find(question), find(with_topic)
    asked = set(_asked_terms(question))
    if not topical.answerable:
        return question, plain
    held = _held(asked, topical, _topic(question, with_topic)) if asked else 0.0
    kept = held >= PLAIN_HOLDS or not plain.answerable
    return (with_topic, topical) if kept else (question, plain)


def _with_whole_question(question: str, last: Turn, find: Find, max_chars: int) -> tuple[str, Found] | None:
    """The last turn's question in front as it was, where single words of it were too few; ``None`` where
    its passages are silent on what is asked now."""
    reading = f"{last.standalone or last.question} {question}"
    asked = set(_asked_terms(question))
    if not asked or len(reading) > max_chars:
        return None
    found = find(reading)
    speaks = found.answerable and _held(asked, found, _topic(question, reading)) > TOPIC_HOLDS
    return (reading, found) if speaks else None


def _topic(question: str, with_topic: str) -> set[str]:
    return set(analysis.query_terms(with_topic)) - set(analysis.query_terms(question))


def _asked_terms(question: str) -> list[str]:
    """The terms of the question itself that tell one subject from another."""
    words = " ".join(phrases(_PRONOUN.sub(" ", question)))
    terms = [term for term in analysis.query_terms(words) if not analysis.is_single(term)]
    return [term for term in terms if term not in _GENERAL and term not in _STOP]


def _held(asked: set[str], found: Found, topic: Set[str] = frozenset()) -> float:
    """The largest part of ``asked`` that one of the first passages holds, of those about ``topic`` if given:
    what stands in another passage than the topic is not said of it."""
    bags = [
        set(analysis.tokens(f"{passage.document}\n{passage.heading}\n{passage.text}"))
        for passage in found.passages[:LOOKED_AT]
    ]
    most = max((len(topic & bag) for bag in bags), default=0)
    about = [bag for bag in bags if len(topic & bag) >= ABOUT_TOPIC * most]
    return max((len(asked & bag) for bag in about), default=0) / len(asked)
