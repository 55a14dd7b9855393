"""Sentences of an answer that its sources do not bear out, and where a mark of that may stand."""

from collections.abc import Iterator, Mapping
from typing import Any

import regex

from chat.extractive import NAME as EXTRACTIVE
from chat.models import Message
from chat.reasons import in_words

_WEAK = frozenset({"partly", "unsupported"})
# Lines that mean something else with a mark in them: fences, rules, underlines of headings and tables.
_BARE_LINE = regex.compile(r"\s*(?:`{3,}.*|~{3,}.*|[=\-*_|:\s]*)\Z")
_ROW_END = regex.compile(r"(?<!\\)(?:\|[ \t]*)+\Z")


def weak_sentences(message: Message) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Each with its place among the message's sentences. Quotes of documents and refusals have none."""
    if message.model == EXTRACTIVE or message.refused:
        return
    for place, sentence in enumerate(message.sentences):
        if sentence["support"] in _WEAK:
            yield place, sentence


def mark_after(text: str, at: int) -> int:
    """Where a mark behind what ends at offset ``at`` of the Markdown ``text`` does not break its blocks: in
    the last cell of a table's row, and before a line that is a fence or a rule."""
    if not text[text.rfind("\n", 0, at) + 1 : at].strip():
        return at
    while at > 0:
        begin = text.rfind("\n", 0, at) + 1
        line = text[begin:at]
        if not _BARE_LINE.match(line):
            ending = _ROW_END.search(line)
            return begin + len(line[: ending.start()].rstrip()) if ending else at
        if begin == 0:
            break
        at = begin - 1
    return at


def reason_of(sentence: Mapping[str, Any]) -> str:
    """Why the sentence is marked, for the person who reads it."""
    code = sentence.get("reason") or ("" if sentence["quotes"] else "uncited")
    return in_words(sentence["support"], code, sentence.get("detail", ""))
