"""A model's text held against the passages it was written from; citations are numbered as they come."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from chat.attribution import attributed
from chat.citation_marks import Mark, canonical, take_out, understood
from chat.events import Citation
from chat.finishing import citations_of
from chat.grounding import ground
from chat.judging import Sentence
from chat.similarity import by_embedding
from chat.untrusted import without_addresses
from chat.writing import title_of
from ingestion.finding import FoundPassage


@dataclass(frozen=True, slots=True)
class Cited:
    """``text`` with its marks as ``[n]``, numbered from 1 in the order in which they come."""

    text: str
    citations: tuple[Citation, ...]
    sentences: tuple[Sentence, ...]
    notes: tuple[str, ...]


def cited(
    said: str, passages: Sequence[FoundPassage], clean: Callable[[str], str], *, wish: str = ""
) -> Cited:
    """``said`` cites ``passages`` by their places from 1. A text that cites nothing gets the citations that
    its words bear out. Addresses are left only where the passages or the ``wish`` hold them; ``clean`` takes
    out what the rules of the site ban, should it come of that."""
    texts = {n: passage.text for n, passage in enumerate(passages, 1)}
    text = clean(understood(without_addresses(said, [*texts.values(), wish]), texts))
    marks = take_out(text)[1]
    invented = any(mark.n not in texts for mark in marks)
    added: list[Mark] = []
    if not any(mark.n in texts for mark in marks):
        titles = {n: title_of(passage) for n, passage in enumerate(passages, 1)}
        text, added = attributed(text, texts, titles)
    bare, marks = take_out(text)
    marks = [mark for mark in marks if mark.n in texts]
    order = {n: place for place, n in enumerate(dict.fromkeys(mark.n for mark in marks), 1)}
    used = [passages[n - 1] for n in order]
    grounded = ground(
        canonical(bare, [Mark(order[mark.n], mark.at) for mark in marks]),
        {n: passage.text for n, passage in enumerate(used, 1)},
        titles={n: title_of(passage) for n, passage in enumerate(used, 1)},
        similarity=by_embedding,
        added=[Mark(order[mark.n], mark.at) for mark in added],
    )
    return Cited(
        grounded.text.strip(),
        tuple(citations_of(grounded, used)),
        grounded.sentences,
        tuple(_notes(bool(added), invented, is_bare=not order)),
    )


def quoted(
    quotes: Sequence[tuple[str, int]], passages: Sequence[FoundPassage], screened: Callable[[str], str]
) -> Cited:
    """Sentences that are quoted word for word, each with the place (from 0) of its passage; ``screened`` is
    what the rules of the site leave of a text."""
    order = {place: n for n, place in enumerate(dict.fromkeys(place for _text, place in quotes), 1)}
    text = "\n\n".join(f"{sentence} [{order[place]}]" for sentence, place in quotes)
    used = [passages[place] for place in order]
    grounded = ground(screened(text), {n: passage.text for n, passage in enumerate(used, 1)})
    return Cited(grounded.text.strip(), tuple(citations_of(grounded, used)), grounded.sentences, ())


def _notes(added: bool, invented: bool, *, is_bare: bool) -> list[str]:
    notes = []
    if is_bare:
        notes.append(
            _("No sentence of this could be tied to the text: do not rely on it, or choose another model.")
        )
    if added:
        notes.append(_("This model does not cite: the sources of its sentences were found by Youju."))
    if invented:
        notes.append(_("The model cited sources that it was not given; those marks were removed."))
    return notes
