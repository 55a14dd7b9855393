"""The rules of one answer at work: the door of this package for the answer engine.

Holds no rows and asks no database: ``Spec`` values come in, records go out.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from chat.events import Answer
from chat.prompts import language_of
from chat.refusing import site_language
from chat.rules import questions
from chat.rules.chain import Chain
from chat.rules.masking import Masker, outgoing
from chat.rules.patterns import Timed, TooSlow
from chat.rules.records import Applied, of_question
from chat.rules.screens import Screen
from chat.rules.specs import Spec as Spec
from chat.rules.specs import banned_of, own_patterns, screens_of
from chat.rules.wordlists import parse
from llm.remoteness import is_remote
from llm.types import Backend, Description

Report = Callable[[int, str], None]


@dataclass(frozen=True, slots=True)
class Question:
    """``text`` is what is understood and searched; with a ``reply`` nothing more is done."""

    text: str
    reply: str = ""


class Ruled:
    """What the rules do to one answer, and what they did.

    ``respell`` mends slips in a question. ``report`` hears of a rule with a pattern that took too long; the
    answer goes on without it, but nothing is sent to a model where it was to mask personal data.
    """

    def __init__(
        self,
        specs: Sequence[Spec] = (),
        *,
        language: str = "en",
        respell: Callable[[str], str] | None = None,
        report: Report | None = None,
    ) -> None:
        self._specs, self.language, self._respell = specs, language, respell
        self._report = report or (lambda _rule, _pattern: None)
        self._asked: list[Applied] = []
        self._failed: dict[int, Applied] = {}
        self._chain: Chain | None = None
        self._chains: list[Chain] = []
        self._maskers: list[tuple[Masker, list[Spec]]] = []
        self._sent_to = ""
        self._noticed: list[Applied] = []

    # --- before ---

    def question(self, asked: str, *, max_chars: int = 2000) -> Question:
        """The question through the rules that stand before a model, in their order. Blocked topics are
        looked for at their place, and once more in what became of the question."""
        self.language = language_of(asked, self.language)
        text = asked
        for spec in self._specs:
            if reply := self._refusal(spec, text):
                return Question(text, reply)
            changed = self._changed(spec, text)
            if changed.strip() and changed != text and len(changed) <= max_chars:
                self._asked.append(Applied(spec.id, spec.kind, spec.name, 1, of_question(text, changed)))
                text = changed
        return Question(text, self._first_refusal(text) if text != asked else "")

    def refusal(self, text: str) -> str:
        """The fixed reply where a long text, which stays as it is, touches a blocked topic, also by what its
        words mean; else ""."""
        self.language = language_of(text, self.language)
        meant = text
        for spec in (spec for spec in self._specs if spec.kind == "synonyms"):
            meant = self._changed(spec, meant)
        return self._first_refusal(text) or (self._first_refusal(meant) if meant != text else "")

    def _first_refusal(self, text: str) -> str:
        return next((reply for spec in self._specs if (reply := self._refusal(spec, text))), "")

    def _refusal(self, spec: Spec, text: str) -> str:
        if spec.kind != "blocked" or spec.id in self._failed or not self._touches(spec, text):
            return ""
        self._asked.append(Applied(spec.id, spec.kind, spec.name))
        return _reply(spec.options, self.language)

    def _touches(self, spec: Spec, text: str) -> bool:
        try:
            return questions.touched(text, parse(spec.options.get("words", "")))
        except TooSlow as error:
            self._too_slow(spec.id, error.pattern)
            return False

    def _changed(self, spec: Spec, text: str) -> str:
        options = spec.options
        if spec.kind == "trim":
            return questions.trimmed(text, options.get("phrases", ""))
        if spec.kind == "synonyms":
            known = questions.meanings(options["meanings"])
            return questions.explained(text, known, replaces=bool(options.get("replaces")))
        if spec.kind == "spelling":
            changed = questions.normalised(
                text, width=bool(options.get("width")), script=options.get("script", "")
            )
            mended = self._respell(changed) if options.get("slips") and self._respell else ""
            return mended or changed
        return text

    def outgoing(self, backends: Sequence[Backend]) -> list[Backend]:
        """The models, those behind a masker from which personal data is to be kept."""
        masks = [spec for spec in self._specs if spec.kind == "mask"]
        if not masks:
            return list(backends)
        everywhere = [spec for spec in masks if spec.options.get("near")]
        guarded = list(backends)
        for specs, is_masked in ((everywhere, _is_near), (masks, is_remote)):
            if specs:
                masker = self.masker(specs)
                self._maskers.append((masker, specs))
                guarded = outgoing(guarded, masker, is_masked, self._used)
        return guarded

    def masker(self, specs: Sequence[Spec]) -> Masker:
        """One for all ``specs``, which are of the kind "mask"."""
        kinds = {kind for spec in specs for kind in spec.options.get("kinds", ())}
        own = {name: (spec.id, pattern) for spec in specs for name, pattern in own_patterns(spec.options)}

        def too_slow(pattern: str) -> None:
            for rule in {rule for rule, other in own.values() if other == pattern}:
                self._too_slow(rule, pattern)

        timed = {name: Timed(pattern) for name, (_rule, pattern) in own.items()}
        return Masker(tuple(sorted(kinds)), timed, too_slow)

    def _used(self, described: Description) -> None:
        self._sent_to = described.name or described.model or described.backend

    # --- after ---

    def begin_anew(self) -> None:
        """What was written so far is void, and so is what rules did to it."""
        self._chain, self._chains = None, []

    def screen(self) -> Chain | None:
        """For a text that a model begins; ``None`` where no rule looks at it."""
        self._chain = self._kept(screens_of(self._specs))
        return self._chain

    def thoughts(self) -> Chain | None:
        """The same for a model's reasoning, or a part of a text: only words are looked for."""
        return self._kept([(spec.id, banned_of(spec)) for spec in self._specs if spec.kind == "banned"])

    def _kept(self, made: Sequence[tuple[int, Screen]]) -> Chain | None:
        if not made:
            return None
        self._chains.append(Chain(made, self._too_slow))
        return self._chains[-1]

    def clean(self, text: str) -> str:
        """A whole text whose marks were set right, so that no banned word comes of that."""
        chain = self.thoughts()
        return chain.feed(text) + chain.rest() if chain is not None else text

    def screened(self, text: str) -> str:
        """A whole text, in place of what was written so far, through the rules after the model, the notices
        apart."""
        self.begin_anew()
        chain = self.screen()
        return chain.feed(text) + chain.rest() if chain is not None else text

    def leaves(self, text: str) -> bool:
        """Whether a text that is given word for word or not at all stays as it is, the notices apart."""
        chain = Chain(screens_of(self._specs), self._too_slow)
        chain.feed(text)
        chain.rest()
        return not any(screen.count for _rule, screen in chain.screens)

    def finished(self, answer: Answer) -> Answer:
        """The answer as it is stored: with the notices that are required, and a sentence where nothing of it
        was left."""
        if answer.refused:
            return answer
        if self._is_withheld and not answer.text.strip():
            with translation.override(site_language(self.language)):
                withheld = _("This answer was withheld by a rule of this site.")
            answer = replace(answer, text=withheld, citations=(), sentences=())
        return replace(answer, text=self.part(answer.text))

    def part(self, text: str) -> str:
        """A text that is shown, also of an answer that ended early, with the notices that are required."""
        self._noticed.clear()
        for spec in self._specs:
            notice = _in_language(spec.options, "text", self.language) if spec.kind == "disclaimer" else ""
            if notice and text.strip() and notice not in text:
                text = f"{text}\n\n{notice}"
                self._noticed.append(Applied(spec.id, spec.kind, spec.name))
        return text

    @property
    def _is_withheld(self) -> bool:
        return self._chain is not None and self._chain.is_empty

    # --- records ---

    def applied(self) -> list[dict[str, Any]]:
        """What was done, in the order of the rules, for the message."""
        done = [*self._asked, *self._masked(), *self._screened(), *self._noticed, *self._failed.values()]
        places = {spec.id: place for place, spec in enumerate(self._specs)}
        return [one.as_dict() for one in sorted(done, key=lambda one: places.get(one.rule, 0))]

    def _masked(self) -> list[Applied]:
        listed: list[Applied] = []
        for masker, specs in self._maskers:
            for spec in specs:
                names = {*spec.options.get("kinds", ()), *(name for name, _p in own_patterns(spec.options))}
                counts = {name: count for name, count in masker.counts.items() if name in names}
                if counts:
                    details = {**counts, "sent_to": self._sent_to}
                    listed.append(Applied(spec.id, spec.kind, spec.name, sum(counts.values()), details))
        return listed

    def _screened(self) -> list[Applied]:
        """What all texts of the answer went through: its reasoning, its parts, what was set right."""
        counts: Counter[int] = Counter()
        for chain in self._chains:
            counts.update({rule: screen.count for rule, screen in chain.screens})
        listed: list[Applied] = []
        for spec in (spec for spec in self._specs if counts[spec.id]):
            details = {"sentences": True} if spec.options.get("sentences") is True else {}
            listed.append(Applied(spec.id, spec.kind, spec.name, counts[spec.id], details))
        return listed

    def _too_slow(self, rule: int, pattern: str) -> None:
        if rule in self._failed:
            return
        spec = next(one for one in self._specs if one.id == rule)
        self._failed[rule] = Applied(rule, spec.kind, spec.name, 0, failed=True)
        self._report(rule, pattern)


def _is_near(described: Description) -> bool:
    return not is_remote(described)


def _reply(options: Mapping[str, Any], language: str) -> str:
    given = _in_language(options, "reply", language)
    with translation.override(site_language(language)):
        return given or _("This site does not answer questions on this topic.")


def _in_language(options: Mapping[str, Any], name: str, language: str) -> str:
    """The text in the language, or else in the other one."""
    first, second = ("zh", "en") if language.startswith("zh") else ("en", "zh")
    return str(options.get(f"{name}_{first}") or options.get(f"{name}_{second}") or "")
