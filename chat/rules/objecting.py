"""What the rules after the model say against a text that is given word for word or not at all."""

from collections.abc import Sequence
from functools import lru_cache

from django.utils.translation import gettext as _

from chat.rules.kinds import KINDS
from chat.rules.patterns import TooSlow
from chat.rules.specs import Spec, screen_of
from chat.rules.spotting import Spotter
from chat.rules.wordlists import parse

_REMEMBERED = 8192


def objections(text: str, specs: Sequence[Spec]) -> list[str]:
    """A sentence for each rule that would change ``text``; it names what stands in the way."""
    return [said for spec in specs if (said := _objection(text, spec))]


@lru_cache(maxsize=_REMEMBERED)
def _banned(text: str, words: str) -> str:
    """The first thing in ``text`` that the list bans; a list of an editor's answers asks for each of them
    again and again."""
    try:
        return next((text[start:end] for start, end in Spotter(parse(words)).spans(text)), "")
    except TooSlow:
        return ""  # such a rule is left out of answers too


def _objection(text: str, spec: Spec) -> str:
    told = {"rule": spec.name or str(KINDS[spec.kind].title), "words": "", "limit": ""}
    if spec.kind == "banned":
        told["words"] = _banned(text, spec.options.get("words", ""))
        said = _("The rule “%(rule)s” of this site bans “%(words)s”: say it in other words.")
        return said % told if told["words"] else ""
    screen = screen_of(spec)
    if screen is None:
        return ""
    screen.feed(text)
    screen.rest()
    if not screen.count:
        return ""
    if spec.kind == "length":
        told["limit"] = KINDS[spec.kind].summary(spec.options)
        return _("The rule “%(rule)s” of this site limits an answer (%(limit)s): shorten it.") % told
    return _("The rule “%(rule)s” of this site allows no sentence twice: leave the second one out.") % told
