"""How much of a conversation a model reads: the newest turns that have room in its prompt."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from chat.prompts import Turn


@dataclass(frozen=True, slots=True)
class Memory:
    """The model read the turns from the ``since``-th on, 0 for none; ``left_out`` turns before them were not
    shown to it."""

    since: int
    left_out: int


def memory(offered: Sequence[Turn], read: int) -> Memory | None:
    """Of the turns ``offered``, the newest ``read`` had room. ``None`` where there was nothing to read."""
    if not offered:
        return None
    if not read:
        return Memory(0, offered[-1].number)
    first = offered[-read].number
    return Memory(first, first - 1)


def memory_words(kept: Mapping[str, int]) -> str:
    """What a stored ``Memory`` left out, as a sentence; "" where the model read everything."""
    left_out = kept.get("left_out", 0)
    if not left_out:
        return ""
    if not kept["since"]:
        return _("The model read nothing of what was said before: there was no room for it.")
    return ngettext(
        "The model read this conversation from question %(since)d on; the question before it was left out.",
        "The model read this conversation from question %(since)d on; the %(count)d questions before it "
        "were left out.",
        left_out,
    ) % {"since": kept["since"], "count": left_out}
