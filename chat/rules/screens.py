"""Rules after the model, on an answer that is still being written: nothing is shown before it is settled.

A screen takes the text in pieces and gives what may be shown, holding back as little as it can. What it gave
is never taken back.
"""

from dataclasses import dataclass, field
from typing import Protocol

import regex

from chat.rules.sentences import Sentences, bare
from chat.rules.spotting import Spotter
from chat.rules.wordlists import WordList

# Words and patterns see so much of what was shown before.
_CONTEXT = 64
# A shorter sentence may be said twice: a list's "Yes.", a number.
_SHORTEST_REPEAT, _SHORTEST_DENSE_REPEAT = 10, 5
# Near the limit a sentence waits until it is known whether it fits.
_ZONE = 300
_DENSE = regex.compile(r"\p{Han}|\p{Hiragana}|\p{Katakana}|\p{Hangul}")
_FENCE = "```"
_LAST_WORD = regex.compile(r"[\p{L}\p{N}--[\p{Han}\p{Hiragana}\p{Katakana}]]+\Z", regex.V1)
_ENDS_IN_MARKS = regex.compile(r"(?:\s*\[\d{1,3}\])*(?:\s*\[\d{0,3})?\s*\Z")


class Screen(Protocol):
    """``count`` is how often the rule did something; ``is_full`` says that nothing more will be shown."""

    count: int
    is_full: bool

    def feed(self, text: str) -> str: ...

    def rest(self) -> str: ...

    def left(self) -> str:
        """What is held, as it came, where the screen is given up."""
        ...


@dataclass(slots=True)
class Banned:
    """Words and patterns become ``instead``. Raises ``TooSlow``."""

    spotter: Spotter
    instead: str
    count: int = 0
    is_full: bool = False
    _shown: str = ""
    _held: str = ""

    def feed(self, text: str) -> str:
        self._held += text
        return self._release(final=False) if text else ""

    def rest(self) -> str:
        return self._release(final=True) if self._held else ""

    def _release(self, *, final: bool) -> str:
        whole, begin = self._shown + self._held, len(self._shown)
        spans, wait = self.spotter.look(whole, begin, final=final)
        parts: list[str] = []
        for start, end in spans:
            parts += [whole[begin:start], self.instead]
            begin = end
        self.count += len(spans)
        self._shown, self._held = whole[:wait][-_CONTEXT:], whole[wait:]
        return "".join([*parts, whole[begin:wait]])

    def left(self) -> str:
        held, self._held = self._held, ""
        return held


@dataclass(slots=True)
class BannedSentences:
    """Sentences that hold something of the list are left out. Raises ``TooSlow``."""

    spotter: Spotter
    count: int = 0
    is_full: bool = False
    _sentences: Sentences = field(default_factory=Sentences)
    _complete: list[str] = field(default_factory=list)

    def feed(self, text: str) -> str:
        self._complete += self._sentences.feed(text)
        return self._release()

    def rest(self) -> str:
        self._complete.append(self._sentences.rest())
        return self._release()

    def left(self) -> str:
        left = "".join(self._complete) + self._sentences.rest()
        self._complete.clear()
        return left

    def _release(self) -> str:
        kept = ""
        while self._complete:
            if self.spotter.spans(self._complete[0]):
                self.count += 1
            else:
                kept += self._complete[0]
            self._complete.pop(0)
        return kept


@dataclass(slots=True)
class Repeats:
    """A sentence that was said before in the answer is left out, code apart.

    A sentence waits only as long as it goes like one that was said.
    """

    count: int = 0
    is_full: bool = False
    _said: dict[str, None] = field(default_factory=dict)
    _sentences: Sentences = field(default_factory=Sentences)
    _given: int = 0
    _in_code: bool = False

    def feed(self, text: str) -> str:
        complete = "".join(map(self._settled, self._sentences.feed(text)))
        return complete + self._going_its_own_way()

    def rest(self) -> str:
        return self._settled(self._sentences.rest())

    def left(self) -> str:
        return self._sentences.rest()[self._given :]

    def _settled(self, sentence: str) -> str:
        given = self._taken(sentence)
        said = bare(sentence)
        fenced = sentence.count(_FENCE)
        if not given and not fenced and not self._in_code and said in self._said:
            self.count += 1
            return ""
        if fenced % 2:
            self._in_code = not self._in_code
        if not self._in_code and len(said) >= _shortest(said):
            self._said[said] = None
        return sentence[given:]

    def _going_its_own_way(self) -> str:
        begun = self._sentences.open
        said = bare(begun)
        goes_alike = not said or any(other.startswith(said) for other in self._said)
        if goes_alike and not self._given and not self._in_code:
            return ""
        until = max(self._given, len(begun.rstrip()))
        new, self._given = begun[self._given : until], until
        return new

    def _taken(self, sentence: str) -> int:
        """How much of the sentence was shown; what was shown beyond it is the next one's."""
        given = min(self._given, len(sentence))
        self._given -= given
        return given


def _shortest(said: str) -> int:
    return _SHORTEST_DENSE_REPEAT if _DENSE.search(said) else _SHORTEST_REPEAT


@dataclass(slots=True)
class Length:
    """At most so many characters and sentences (0: any number), ending with a sentence.

    A sentence that is too long by itself is cut with "…".
    """

    most_chars: int = 0
    most_sentences: int = 0
    count: int = 0
    is_full: bool = False
    _length: int = 0
    _told: int = 0
    _given: int = 0
    _sentences: Sentences = field(default_factory=Sentences)

    def feed(self, text: str) -> str:
        if self.is_full:
            self.count = self.count or int(bool(text.strip()))
            return ""
        shown = "".join(map(self._settled, self._sentences.feed(text)))
        return shown + self._begun()

    def rest(self) -> str:
        last = self._sentences.rest()
        return self._settled(last) if last.strip() and not self.is_full else ""

    def left(self) -> str:
        return "" if self.is_full else self._sentences.rest()[self._given :]

    def _settled(self, sentence: str) -> str:
        if self.is_full:
            return ""
        if self._is_too_long(sentence):
            return self._cut(sentence)
        given = min(self._given, len(sentence))
        self._given -= given
        self._length += len(sentence)
        self._told += 1
        return sentence[given:]

    def _begun(self) -> str:
        """What of the open sentence may be shown: all while the limit is far."""
        if self.is_full:
            self._sentences.rest()
            return ""
        begun = self._sentences.open
        if self.most_sentences and self._told >= self.most_sentences and begun.strip():
            return self._cut("")
        if self._is_too_long(begun):
            shown = self._cut(begun)
            self._sentences.rest()
            return shown
        zone = min(_ZONE, self.most_chars // 2)
        if self.most_chars and self._length + len(begun) + zone > self.most_chars:
            return ""
        until = max(self._given, len(begun.rstrip()))
        new, self._given = begun[self._given : until], until
        return new

    def _is_too_long(self, sentence: str) -> bool:
        too_many = bool(self.most_sentences) and self._told >= self.most_sentences
        words = _ENDS_IN_MARKS.sub("", sentence)
        return too_many or (bool(self.most_chars) and self._length + len(words) > self.most_chars)

    def _cut(self, sentence: str) -> str:
        """Ends the answer: with what was shown, or in the middle of a sentence that was begun or is the
        first."""
        self.is_full, self.count = True, 1
        if not (self._given or not self._told):
            return ""
        room = max(self.most_chars - self._length - 1, self._given)
        part = sentence[self._given : room]
        if len(sentence) > room:
            part = _LAST_WORD.sub("", part)
        return f"{part.rstrip()}…"


def banned(listed: WordList, instead: str, *, whole_sentences: bool) -> Screen:
    spotter = Spotter(listed)
    return BannedSentences(spotter) if whole_sentences else Banned(spotter, instead)
