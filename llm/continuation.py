"""The prompt of a base model, which follows no instruction but continues a text, and the end of its answer.

The form is ``Context: … Question: … Answer:`` without a space at the end: with byte-level BPE a space
there would be a token of its own, after which such models go astray.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from llm.errors import ContextTooLong
from llm.tokens import DENSE
from llm.types import Request, Source

SMALLEST_SOURCE_TOKENS = 24
SPECIAL_TOKENS = ("<s>", "</s>", "<unk>", "<pad>")

_LABELS = re.compile(
    r"^([^\w\n]*(?:context|question|answer|资料|資料|问题|問題|回答|答案))([^\w\n]*?)[ \t]*[:：]",
    re.IGNORECASE | re.MULTILINE,
)
_LINE_ENDS = re.compile(r"\r\n?|[\v\f\x1c-\x1e\x85\u2028\u2029]")
_BLANK_LINES = re.compile(r"\n\s*\n")
_SENTENCE_END = re.compile(r"[。！？；]|[.!?;](?=\s)|\n")
_WORD = re.compile(rf"{DENSE.pattern}|(?:(?!{DENSE.pattern})\w)+")


@dataclass(frozen=True, slots=True)
class _Words:
    """The labels in one language."""

    context: str
    question: str
    answer: str
    title: str
    stop: tuple[str, ...]


_ENGLISH = _Words("Context:", "Question: ", "Answer:", "[{}]", ("\n\n", "\nQuestion:", "\nContext:"))
_CHINESE = _Words(
    "资料：", "问题：", "回答：", "【{}】", ("\n\n", "\n问题：", "\n问题:", "\n资料：", "\n资料:")
)


@dataclass(frozen=True, slots=True)
class Continuation:
    """What to send, and the strings at which the answer ends, the most important first."""

    prompt: str
    stop: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Room:
    """What a prompt may hold: ``tokens`` as ``count`` counts them, and ``words`` of sources.

    A word is a run of letters and digits, or one Chinese, Japanese or Korean character.
    """

    tokens: int
    count: Callable[[str], int]
    words: int | None = None


def stop_strings(request: Request) -> tuple[str, ...]:
    """Where the answer to ``request`` ends, the most important first."""
    return tuple(dict.fromkeys([*request.stop, *_words(request).stop]))


def build(request: Request, room: Room) -> Continuation:
    """The prompt for ``request``: its sources and its question, or its messages' text without sources.

    Sources that do not fit are cut at a sentence's end or left out, the last ones first. Raises
    ``ContextTooLong`` where the question leaves no room for any of them, or the messages do not fit.
    """
    words, stop = _words(request), stop_strings(request)
    if not request.sources:
        return Continuation(_of_messages(request, words, room), stop)
    question = " ".join(plain(request.question).split())
    tail = f"\n\n{words.question}{question}\n{words.answer}"
    left = room.tokens - room.count(f"{words.context}{tail}")
    blocks = list(_blocks(request.sources, words, Room(left, room.count, room.words)))
    if not blocks:
        raise too_long()
    return Continuation(f"{words.context}\n" + "\n\n".join(blocks) + tail, stop)


def plain(text: str, specials: Iterable[str] = SPECIAL_TOKENS) -> str:
    """``text`` that cannot pass for a part of the prompt.

    Lines that begin like a label lose their colon, blank lines end, and a model's special tokens, which
    its tokenizer would recognise inside the text, are broken by a space.
    """
    text = _BLANK_LINES.sub("\n", _LINE_ENDS.sub("\n", text)).strip()
    return broken(_LABELS.sub(r"\1\2 —", text), specials)


def broken(text: str, specials: Iterable[str]) -> str:
    """``text`` in which none of ``specials`` occurs."""
    for special in specials:
        if len(special) > 1 and special in text:
            text = text.replace(special, f"{special[0]} {special[1:]}")
    return text


def word_count(text: str) -> int:
    return sum(1 for _match in _WORD.finditer(text))


def too_long() -> ContextTooLong:
    return ContextTooLong(
        _("The question and its sources do not fit into the model: ask a shorter question, or raise the "
          "model's context where it can hold more.")
    )  # fmt: skip


def _of_messages(request: Request, words: _Words, room: Room) -> str:
    """The text of all messages; one that ends in a colon is continued right there."""
    text = broken("\n\n".join(message.content.strip() for message in request.messages), SPECIAL_TOKENS)
    prompt = text if text.endswith((":", "：")) else f"{text}\n{words.answer}"
    if room.count(prompt) > room.tokens:
        raise too_long()
    return prompt


def _words(request: Request) -> _Words:
    """By the letters of the question; by the request's language where it has none."""
    letters = sum(character.isalpha() for character in request.question)
    if letters:
        is_chinese = len(DENSE.findall(request.question)) * 5 >= letters
    else:
        is_chinese = request.language.startswith("zh")
    return _CHINESE if is_chinese else _ENGLISH


def _blocks(sources: Sequence[Source], words: _Words, room: Room) -> Iterable[str]:
    tokens, words_left = room.tokens, room.words
    for source in sources:
        title = " ".join(plain(source.title).replace("[", "(").replace("]", ")").split())
        head = f"{words.title.format(title)}\n" if title else ""
        text = plain(source.text)
        fitting = text if words_left is None else _first_words(text, words_left)
        fitting = _first_tokens(fitting, tokens - room.count(f"\n\n{head}"), room.count)
        if not fitting:
            return
        block = head + fitting
        yield block
        tokens -= room.count(f"\n\n{block}")
        if words_left is not None:
            words_left -= word_count(fitting)
        if fitting != text:
            return


def _first_words(text: str, words: int) -> str:
    ends = [match.end() for match in _WORD.finditer(text)]
    if len(ends) <= words:
        return text
    return _at_sentence_end(text[: ends[words - 1]] if words > 0 else "", text)


def _first_tokens(text: str, tokens: int, count: Callable[[str], int]) -> str:
    """The longest beginning of ``text`` within ``tokens``; nothing where that is too little to say much."""
    if count(text) <= tokens:
        return text
    if tokens < SMALLEST_SOURCE_TOKENS:
        return ""
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if count(text[:middle]) <= tokens else (low, middle - 1)
    return _at_sentence_end(text[:low], text)


def _at_sentence_end(cut: str, text: str) -> str:
    """``cut``, a beginning of ``text``, without half a sentence, where that leaves at least half of it."""
    ends = [match.end() for match in _SENTENCE_END.finditer(text, 0, min(len(text), len(cut) + 1))]
    end = max((end for end in ends if end <= len(cut)), default=0)
    if end * 2 >= len(cut):
        return cut[:end].rstrip()
    space = cut.rfind(" ")
    return (cut[:space] if space * 2 >= len(cut) else cut).rstrip()


class StopCutter:
    """Ends an answer at the first of ``stops``, also where it is split across pieces.

    White space before the first word is dropped and ends nothing. ``stopped`` says that a stop string
    was met: nothing after it counts.
    """

    def __init__(self, stops: Iterable[str]) -> None:
        self._stops = tuple(stop for stop in stops if stop)
        self._held = "\n"  # an answer that begins with a label stops there: it stands on a new line
        self._begun = False
        self.stopped = False

    def feed(self, piece: str) -> str:
        """What certainly belongs to the answer; the rest is held until more comes."""
        if self.stopped:
            return ""
        self._held += piece
        if not self._begun:
            self._held = "\n" + self._held.lstrip()
            if self._held == "\n":
                return ""
        found = min((at for stop in self._stops if (at := self._held.find(stop)) >= 0), default=-1)
        if found >= 0:
            self.stopped = True
            return self._release(found).rstrip()
        return self._release(len(self._held) - self._unsure())

    def close(self) -> str:
        """What was still held when the answer ended."""
        return "" if self.stopped else self._release(len(self._held)).rstrip()

    def _release(self, end: int) -> str:
        text, self._held = self._held[:end], self._held[end:]
        if self._begun or not text:
            return text
        self._begun = True
        return text[1:]

    def _unsure(self) -> int:
        """Length of the longest end that may be the beginning of a stop string."""
        longest = max((len(stop) - 1 for stop in self._stops), default=0)
        sizes = range(min(longest, len(self._held)), 0, -1)
        return next((n for n in sizes if any(s.startswith(self._held[-n:]) for s in self._stops)), 0)
