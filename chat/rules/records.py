"""What rules did to one answer, as it is stored with the message and told to people."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

KEPT_CHARS = 500


@dataclass(frozen=True, slots=True)
class Applied:
    """``count`` is how often the rule did something. ``details`` hold ``before`` and ``after`` for a changed
    question, how many values of each kind were masked, and ``sent_to`` for the model they were kept from;
    never a banned word or a value. ``failed`` where a pattern was too slow: the rule was left out, or nothing
    was sent to the model that it keeps personal data from."""

    rule: int
    kind: str
    name: str = ""
    count: int = 1
    details: Mapping[str, Any] = field(default_factory=dict)
    failed: bool = False

    def as_dict(self) -> dict[str, Any]:
        return {
            "rule": self.rule,
            "kind": self.kind,
            "name": self.name,
            "count": self.count,
            "details": dict(self.details),
            "failed": self.failed,
        }


def of_question(before: str, after: str) -> dict[str, str]:
    return {"before": before[:KEPT_CHARS], "after": after[:KEPT_CHARS]}


def is_blocked(applied: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the answer is the fixed reply to a blocked topic."""
    return any(one["kind"] == "blocked" and not one["failed"] for one in applied)


def in_words(applied: Mapping[str, Any]) -> str:
    """One sentence in the active language for a stored record."""
    if applied["failed"] and applied["kind"] == "mask":
        return _("Its pattern took too long, so nothing was sent to the model.")
    if applied["failed"]:
        return _("Left out: its pattern took too long, so it was switched off.")
    return _SAID[applied["kind"]](applied) if applied["kind"] in _SAID else ""


def _changed(applied: Mapping[str, Any]) -> str:
    details = applied["details"]
    said = _("The question became “%(after)s”.")
    return said % {"after": details.get("after", "")}


def _blocked(applied: Mapping[str, Any]) -> str:
    return _("The question touches a blocked topic, so the fixed reply was given.")


def _masked(applied: Mapping[str, Any]) -> str:
    details = dict(applied["details"])
    sent_to = details.pop("sent_to", "")
    listed = _(", ").join(counted(name, count) for name, count in details.items())
    said = _("Kept from “%(model)s”, and put back in the answer: %(listed)s.")
    return said % {"model": sent_to, "listed": listed}


def counted(name: str, count: int) -> str:
    """ "2 phone numbers" for PHONE, 2."""
    texts = {
        "PHONE": ngettext("%(count)d phone number", "%(count)d phone numbers", count),
        "EMAIL": ngettext("%(count)d e-mail address", "%(count)d e-mail addresses", count),
        "ID_CARD": ngettext("%(count)d identity card number", "%(count)d identity card numbers", count),
        "BANK_CARD": ngettext("%(count)d bank card number", "%(count)d bank card numbers", count),
    }
    return texts.get(name, f"%(count)d × {name.replace('%', '%%')}") % {"count": count}


def _banned(applied: Mapping[str, Any]) -> str:
    count = applied["count"]
    if applied["details"].get("withheld"):
        return _("Nothing of the answer was left without banned words.")
    if applied["details"].get("sentences"):
        said = ngettext(
            "%(count)d sentence with a banned word was left out.",
            "%(count)d sentences with banned words were left out.",
            count,
        )
    else:
        said = ngettext("%(count)d banned word was replaced.", "%(count)d banned words were replaced.", count)
    return said % {"count": count}


def _repeats(applied: Mapping[str, Any]) -> str:
    count = applied["count"]
    return ngettext(
        "%(count)d repeated sentence was left out.", "%(count)d repeated sentences were left out.", count
    ) % {"count": count}


def _length(applied: Mapping[str, Any]) -> str:
    return _("The answer was ended where it reached the limit.")


def _disclaimer(applied: Mapping[str, Any]) -> str:
    return _("The required notice was added.")


_SAID = {
    "trim": _changed,
    "spelling": _changed,
    "synonyms": _changed,
    "blocked": _blocked,
    "mask": _masked,
    "banned": _banned,
    "repeats": _repeats,
    "length": _length,
    "disclaimer": _disclaimer,
}
