"""Documents close to what a person opened and searched for lately.

What was opened is compared by the vectors that its passages were indexed with, and where the model does not
know the language, or keeps no vectors, by its most telling words; a search by its own vector and words. Each
of them ranks documents, and the ranks are added up (Cormack et al., "Reciprocal Rank Fusion", 2009), the
latest weighing most.
"""

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.core.cache import cache

from accounts.models import User
from ingestion.access import collections_for
from ingestion.models import Collection, Document, ReadDocument, ReadSearch
from ingestion.recommend import selectors
from ingestion.recommend.nearness import Seed, document_seeds, near, search_seeds
from ingestion.searched import Searched
from ingestion.selectors import active_indexes
from search.errors import SearchError

log = logging.getLogger(__name__)

SHOWN = 6
_DOCUMENTS, _SEARCHES = 6, 3
_INDEXES = 12
# Small, so that what is nearest to one thing comes before what is half near to all.
_RANK = 4
_OF_EACH = 10
_FADES = 0.85
_SEARCH_WEIGHT = 0.5
_KEPT_S = 600
_KEPT_DOCUMENTS = 3 * SHOWN


@dataclass(frozen=True, slots=True)
class Suggestion:
    """``read`` is the title of what was opened that it is close to, ``words`` what was searched for."""

    document: Document
    read: str = ""
    words: str = ""


_Why = tuple[str, str]


def related(user: User, *, besides: Sequence[Document] = ()) -> list[Suggestion]:
    """Best first, without those that are shown ``besides``; none for whom nothing is noted. Computed anew
    when something was read, at most every few minutes otherwise; who may read what is asked each time."""
    documents = list(selectors.read_documents(user)[:_DOCUMENTS])
    searches = list(selectors.read_searches(user)[:_SEARCHES])
    if not documents and not searches:
        return []
    noted = [*(one.noted_at for one in documents[:1]), *(one.noted_at for one in searches[:1])]
    key = f"related:{user.pk}:{max(noted).timestamp()}:{len(documents)}:{len(searches)}"
    ranked: list[tuple[str, _Why]] | None = cache.get(key)
    if ranked is None:
        ranked = _ranked(user, documents, searches)
        cache.set(key, ranked, _KEPT_S)
    shown = {str(document.pk) for document in besides}
    return _shown(user, [one for one in ranked if one[0] not in shown])


def _ranked(
    user: User, documents: Sequence[ReadDocument], searches: Sequence[ReadSearch]
) -> list[tuple[str, _Why]]:
    """Ids of documents with why, best first."""
    generations = active_indexes(_asked(user, documents))
    groups = Searched.of(generations.values()).groups
    seeds = [
        *_faded(document_seeds([one.document for one in documents]), 1.0),
        *_faded(search_seeds([one.words for one in searches]), _SEARCH_WEIGHT),
    ]
    scores: dict[str, float] = {}
    why: dict[str, tuple[float, _Why]] = {}
    for seed, weight in seeds:
        try:
            found = near(seed, groups)
        except SearchError as error:
            log.warning("nothing is suggested by %r this time: %s", seed.name, error)
            continue
        for rank, document_id in enumerate(found[:_OF_EACH]):
            gain = weight / (_RANK + rank)
            scores[document_id] = scores.get(document_id, 0.0) + gain
            because = ("words" if seed.is_search else "read", seed.name)
            why[document_id] = max(why.get(document_id, (0.0, because)), (gain, because))
    best = sorted(scores, key=lambda pk: -scores[pk])
    return [(pk, why[pk][1]) for pk in _unread(user, best)[:_KEPT_DOCUMENTS]]


def _faded(seeds: Iterable[Seed], weight: float) -> Iterator[tuple[Seed, float]]:
    for age, seed in enumerate(seeds):
        yield seed, weight * _FADES**age


def _asked(user: User, documents: Sequence[ReadDocument]) -> list[Collection]:
    """Where somebody reads comes first, then what they subscribed to, then the rest; a dozen at most."""
    own = [one.document.collection for one in documents]
    rest = collections_for(user).order_by("-updated_at")[:_INDEXES]
    every = {item.pk: item for item in (*own, *selectors.subscribed(user), *rest)}
    return list(every.values())[:_INDEXES]


def _unread(user: User, ids: Sequence[str]) -> list[str]:
    read = {str(pk) for pk in ReadDocument.objects.filter(user=user).values_list("document", flat=True)}
    return [pk for pk in ids if pk not in read]


def _shown(user: User, ranked: Sequence[tuple[str, _Why]]) -> list[Suggestion]:
    ids = _unread(user, [pk for pk, _why in ranked])
    readable = Document.objects.filter(
        pk__in=[UUID(pk) for pk in ids],
        status=Document.Status.READY,
        replaces__isnull=True,
        collection__in=collections_for(user),
    )
    there = {str(item.pk): item for item in readable.select_related("collection")}
    shown: list[Suggestion] = []
    titles: set[str] = set()
    for pk, (kind, name) in ranked:
        document = there.get(pk)
        if document is None or pk not in ids or document.shown_title in titles:
            continue
        titles.add(document.shown_title)
        shown.append(Suggestion(document, **{kind: name}))
    return shown[:SHOWN]
