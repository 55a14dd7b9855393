"""What rules before the model do to a question. Each function gives the question as it goes on."""

import threading
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import opencc
import regex
from django.utils.translation import gettext as _

from chat.rules.spotting import Spotter
from chat.rules.word_forms import holds_a_form
from chat.rules.wordlists import MAX_WORD_CHARS, BadList, WordList, check_size, folded, lines

Script = Literal["", "simplified", "traditional"]

_UNSEEN = regex.compile(r"[\p{Cf}\p{Co}--[\u200c\u200d]]|[\p{Cc}--[\t\n]]", regex.V1)
_SPACES = regex.compile(r"[^\S\n]+")
_LINES = regex.compile(r"\s*\n\s*\n\s*|[^\S\n]*\n[^\S\n]*")
_MANY_SIGNS = regex.compile(r"([?？!！。~～,，、;；])(?:\s*[?？!！。~～,，、;；])+")
_BETWEEN = r"[\s,，、:：;；。.!！~～…]*"
# Signs of Chinese text that stay wide; others, such as ％ and ＠, are those of numbers and addresses.
_WIDE_SIGNS = frozenset("！，：；？（）～。、“”‘’《》【】「」『』…—")
_MEANS_MORE = ("<super>", "<sub>", "<fraction>", "<circle>")
_ARROW = regex.compile(r"=>|⇒|→|＝＞")
_SEPARATOR = regex.compile(r"[,，、;；]")
_HAN = regex.compile(r"\p{Han}")
_local = threading.local()


def trimmed(question: str, phrases: str = "") -> str:
    """Without what shows nothing, needless white space and repeated signs, and without the ``phrases``, one a
    line, at its beginning and end. A question of nothing else stays as it is."""
    clean = _LINES.sub(lambda match: "\n\n" if match[0].count("\n") > 1 else "\n", _UNSEEN.sub("", question))
    clean = _MANY_SIGNS.sub(r"\1", _SPACES.sub(" ", clean)).strip()
    listed = tuple(lines(phrases))
    if listed:
        first, last = _edges(listed)
        clean = last.sub("", first.sub("", clean))
    return clean if any(sign.isalnum() for sign in clean) else question


@lru_cache(maxsize=64)
def _edges(phrases: tuple[str, ...]) -> "tuple[regex.Pattern[str], regex.Pattern[str]]":
    ordered = sorted(phrases, key=len, reverse=True)
    whole = "|".join(_whole(phrase) for phrase in ordered)
    return (
        regex.compile(rf"^(?:{_BETWEEN}(?:{whole}){_BETWEEN})+", regex.IGNORECASE),
        regex.compile(rf"(?:{_BETWEEN}(?:{whole}))+{_BETWEEN}\Z", regex.IGNORECASE),
    )


def _whole(phrase: str) -> str:
    before = r"(?<![\p{Latin}\p{N}])" if _is_latin(phrase[0]) else ""
    after = r"(?![\p{Latin}\p{N}])" if _is_latin(phrase[-1]) else ""
    return before + r"\s+".join(map(regex.escape, phrase.split())) + after


def _is_latin(sign: str) -> bool:
    return sign.isalnum() and not _HAN.match(sign)


def normalised(question: str, *, width: bool, script: Script = "") -> str:
    """NFKC for letters, digits and the signs of numbers and addresses; Chinese signs, exponents and fractions
    stay. ``script`` has Chinese written in one of its two scripts."""
    if width and not question.isascii():
        question = "".join(map(_narrow, unicodedata.normalize("NFC", question)))
    if script and _HAN.search(question):
        question = _converter("t2s" if script == "simplified" else "s2t").convert(question)
    return question


def _narrow(sign: str) -> str:
    if sign in _WIDE_SIGNS or unicodedata.decomposition(sign).startswith(_MEANS_MORE):
        return sign
    return unicodedata.normalize("NFKC", sign)


def _converter(name: str) -> opencc.OpenCC:
    """One for each thread, as in ``search.folding``."""
    made: dict[str, opencc.OpenCC] = _local.__dict__.setdefault("made", {})
    if name not in made:
        made[name] = opencc.OpenCC(name)
    return made[name]


@dataclass(frozen=True, slots=True)
class Meanings:
    """``others`` by the folded word that is asked for."""

    others: dict[str, str]

    @property
    def listed(self) -> WordList:
        return WordList(tuple(self.others))


@lru_cache(maxsize=128)
def meanings(text: str) -> Meanings:
    """Lines of the form ``pto, time off => annual leave``. Raises ``BadList``."""
    check_size(text)
    others: dict[str, str] = {}
    for line in lines(text):
        arrow = _ARROW.split(line)
        if len(arrow) != 2 or not arrow[1].strip():
            raise BadList(_("“%(line)s” is not of the form “word => what it means”.") % {"line": line[:80]})
        words = [folded(word) for word in _SEPARATOR.split(arrow[0]) if word.strip()]
        if not words or not all(any(sign.isalnum() for sign in word) for word in words):
            raise BadList(_("“%(line)s” has no word before the arrow.") % {"line": line[:80]})
        if any(len(word) > MAX_WORD_CHARS for word in [*words, arrow[1]]):
            raise BadList(_("“%(line)s…” is too long: shorten it.") % {"line": line[:30]})
        for word in words:
            others.setdefault(word, " ".join(arrow[1].split()))
    if not others:
        raise BadList(_("Write at least one line, such as “pto => annual leave”."))
    return Meanings(others)


def explained(question: str, known: Meanings, *, replaces: bool) -> str:
    """Words with what they mean in their place, or behind them in brackets."""
    parts: list[str] = []
    begin = 0
    present = folded(question)
    for start, end in Spotter(known.listed).spans(question):
        meant = known.others.get(folded(question[start:end]), "")
        if not meant or (not replaces and folded(meant) in present):
            continue
        parts += [question[begin:start], meant if replaces else _with(question[start:end], meant)]
        begin = end
    return "".join([*parts, question[begin:]])


def _with(word: str, meant: str) -> str:
    return f"{word}（{meant}）" if _HAN.search(meant) else f"{word} ({meant})"


def touched(question: str, listed: WordList) -> bool:
    """Whether something of the list stands in the question, words of English also in another form. Raises
    ``TooSlow``."""
    return bool(Spotter(listed).spans(question)) or holds_a_form(question, listed.words)
