"""A sample question or answer goes through the rules, one step each, and nothing is stored or sent."""

import difflib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import regex
from django.utils.translation import gettext as _

from chat.prompts import language_of
from chat.rules.applying import Ruled, Spec
from chat.rules.kinds import KINDS, Stage
from chat.rules.masking import NotMasked
from chat.rules.records import in_words

MAX_CHARS = 4000
# Texts of more words are compared roughly, which is faster.
_MANY = 800
_TOKENS = regex.compile(r"\p{Han}|[\p{L}\p{N}_]+|\s+|.", regex.DOTALL)
Op = Literal["same", "gone", "new"]


@dataclass(frozen=True, slots=True)
class Step:
    """``pieces`` are the text before and after in one, each with what became of it; ``said`` is a sentence.
    ``is_last``: the rule ended the way."""

    spec: Spec
    title: str
    changed: bool
    pieces: tuple[tuple[Op, str], ...] = ()
    said: str = ""
    failed: bool = False
    is_last: bool = False


@dataclass(frozen=True, slots=True)
class Tried:
    """``result`` is what the rules leave of the text; ``sent`` what a model reads that personal data is kept
    from, where that is something else."""

    steps: tuple[Step, ...]
    result: str
    sent: str = ""

    @property
    def is_answered(self) -> bool:
        """Whether a rule gave the answer itself."""
        return bool(self.steps) and self.steps[-1].is_last and not self.steps[-1].failed


def tried(text: str, stage: Stage, specs: Sequence[Spec], *, respell: Callable[[str], str]) -> Tried:
    own = [spec for spec in specs if KINDS[spec.kind].stage == stage]
    return _question(text, own, respell) if stage == "before" else _answer(text, own)


def _question(text: str, specs: Sequence[Spec], respell: Callable[[str], str]) -> Tried:
    steps: list[Step] = []
    for spec in (spec for spec in specs if spec.kind != "mask"):
        ruled = Ruled([spec], respell=respell)
        after = ruled.question(text, max_chars=MAX_CHARS)
        if after.reply:
            steps.append(_step(spec, ruled, "", after.reply, is_last=True))
            return Tried(tuple(steps), after.reply)
        steps.append(_step(spec, ruled, text, after.text))
        text = after.text
    for spec in (spec for spec in specs if spec.kind == "blocked"):
        ruled = Ruled([spec])
        if reply := ruled.refusal(text):
            steps.append(_step(spec, ruled, "", reply, is_last=True))
            return Tried(tuple(steps), reply)
    sent = text
    for spec in (spec for spec in specs if spec.kind == "mask"):
        ruled = Ruled([spec])
        try:
            masked = ruled.masker([spec]).masked(sent)
        except NotMasked:
            steps.append(_step(spec, ruled, sent, sent, is_last=True))
            return Tried(tuple(steps), text)
        steps.append(_step(spec, ruled, sent, masked, _kept_back() if masked != sent else ""))
        sent = masked
    return Tried(tuple(steps), text, sent if sent != text else "")


def _kept_back() -> str:
    return _("This is what a model reads; the reader sees the answer with the real values again.")


def _answer(text: str, specs: Sequence[Spec]) -> Tried:
    steps: list[Step] = []
    language = language_of(text)
    for spec in [
        *(s for s in specs if s.kind != "disclaimer"),
        *(s for s in specs if s.kind == "disclaimer"),
    ]:
        ruled = Ruled([spec], language=language)
        screen = ruled.screen()
        after = ruled.part(screen.feed(text) + screen.rest() if screen is not None else text)
        steps.append(_step(spec, ruled, text, after))
        text = after
    return Tried(tuple(steps), text)


def _step(
    spec: Spec, ruled: Ruled, before: str, after: str, said: str = "", *, is_last: bool = False
) -> Step:
    applied = ruled.applied()
    failed = any(one["failed"] for one in applied)
    # The changed question stands there as it is, so it need not be told in words.
    tells = failed or is_last or KINDS[spec.kind].stage == "after"
    words = in_words(applied[0]) if applied and tells else said
    changed = before != after
    pieces = tuple(_pieces(before, after)) if changed else ()
    return Step(spec, spec.name or str(KINDS[spec.kind].title), changed, pieces, words, failed, is_last)


def _pieces(before: str, after: str) -> list[tuple[Op, str]]:
    """By words; characters of Chinese each count as one."""
    old, new = _TOKENS.findall(before), _TOKENS.findall(after)
    pieces: list[tuple[Op, str]] = []
    rough = max(len(old), len(new)) > _MANY
    for tag, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=rough).get_opcodes():
        if tag == "equal":
            pieces.append(("same", "".join(old[a:b])))
            continue
        parts: tuple[tuple[Op, str], ...] = (("gone", "".join(old[a:b])), ("new", "".join(new[c:d])))
        pieces += [(op, text) for op, text in parts if text]
    return pieces
