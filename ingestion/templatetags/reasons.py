"""Why a passage stands where it stands, in words that a reader knows."""

from django import template
from django.utils.translation import gettext as _

from ingestion.finding import FoundPassage

register = template.Library()

_TERMS_SHOWN = 8
# Less than this is shown as nothing.
_SOME = 0.005


@register.filter
def reasons(passage: FoundPassage) -> list[tuple[str, str]]:
    """What its text says of the question, as names with shares of 0 to 1; nothing where the text was not
    looked at."""
    found = passage.signals
    if found is None:
        return []
    rows = [
        (_("Words of the question"), found.covered),
        (_("In one place"), found.place),
        (_("Two side by side"), found.pairs),
        (_("Three in a row"), found.triples),
        (_("Parts of its words"), found.parts),
    ]
    if found.alone >= _SOME:
        rows.append((_("Meaning in place of words"), found.alone))
    return [(name, f"{share:.2f}") for name, share in rows]


@register.filter
def terms_held(passage: FoundPassage) -> list[str]:
    """The different words marked in the passage, as they stand there, the first few."""
    found: dict[str, str] = {}
    for start, end in passage.highlights:
        word = " ".join(passage.text[start:end].split())
        found.setdefault(word.casefold(), word)
        if len(found) == _TERMS_SHOWN:
            break
    return list(found.values())
