"""What is wrong with a pattern that cannot be compiled, translatable; ``regex`` itself says it in English."""

from django.utils.translation import gettext as _


def fault(pattern: str, said: str, at: int | None) -> str:
    """A sentence with the place; ``said`` and ``at`` are the message and the position of ``regex.error``.
    What is missing at the end has no place."""
    told = {"pattern": pattern, "reason": _reason(said)}
    if at is None or at >= len(pattern):
        return _("The pattern “%(pattern)s” is broken: %(reason)s.") % told
    return _("The pattern “%(pattern)s” is broken at character %(place)d: %(reason)s.") % (
        told | {"place": at + 1}
    )


def _reason(said: str) -> str:
    for beginnings, words in _reasons():
        if said.startswith(beginnings):
            return words
    return _("it cannot be read")


def _reasons() -> list[tuple[tuple[str, ...], str]]:
    return [
        (("missing )",), _("a “(” is not closed")),
        (("unbalanced parenthesis",), _("a “)” closes nothing")),
        (("missing ]", "unterminated character set", "expected character set"), _("a “[” is not closed")),
        (("missing }", "expected }"), _("a “{” is not closed")),
        (("nothing to repeat", "nothing for fuzzy"), _("there is nothing before it that could be repeated")),
        (("multiple repeat",), _("two signs of repetition stand side by side")),
        (("min repeat", "repeat count"), _("the numbers of repeats do not fit")),
        (("bad character range",), _("a range such as a-z runs backwards")),
        (("bad escape (end of pattern)",), _("a single backslash stands at the end")),
        (
            ("bad escape", "incomplete escape", "bad hex escape"),
            _("what follows the backslash means nothing"),
        ),
        (("unknown property", "undefined character"), _("there is no such class of characters")),
        (
            ("invalid group", "unknown group", "cannot refer", "ambiguous group", "missing relative"),
            _("it refers to a group that is not there"),
        ),
        (
            ("unknown extension", "unknown verb", "missing group name", "bad character in", "bad inline"),
            _("what follows “(?” means nothing"),
        ),
    ]
