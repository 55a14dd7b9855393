"""What a collection's index was made with, whether it fits the settings, and building it anew."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.roles import Action
from ingestion import access
from ingestion.errors import BadCollection
from ingestion.forms import signed_in
from ingestion.generations import active_generation, embedder_of, fingerprints, split_settings
from ingestion.model_choices import title_of
from ingestion.models import Collection, Generation, Run
from ingestion.progress import RunProgress, run_progress
from ingestion.reasons import shown as reason_shown
from ingestion.reembedding import needs_reembedding, start_reembedding
from ingestion.splitting import SplitSettings
from search.errors import SearchError

State = Generation.State


@dataclass(frozen=True, slots=True)
class IndexCard:
    """``tokens`` and ``overlap`` are what the index was split with, ``None`` where that is not known any
    more. ``lost_model`` is whether its embedding model is gone; ``other_model`` and ``other_splitter`` say
    what differs from the settings. ``error`` is why the last attempt to build it anew failed, ``trouble``
    why nothing is known now."""

    model: str = ""
    tokens: int | None = None
    overlap: int | None = None
    made_at: datetime | None = None
    other_model: bool = False
    lost_model: bool = False
    other_splitter: bool = False
    building: Run | None = None
    progress: RunProgress | None = None
    error: str = ""
    trouble: str = ""

    @property
    def is_outdated(self) -> bool:
        return self.other_model or self.other_splitter


def index_card(collection: Collection) -> IndexCard:
    """The card of the settings page; never raises because of the embedding model."""
    try:
        active, now = active_generation(collection), fingerprints(collection)
        sizes = _sizes(active, collection)
    except SearchError as error:
        return IndexCard(trouble=str(error))
    latest = collection.generations.select_related("run").order_by("-created_at").first()
    building = latest.run if latest and latest.state == State.BUILDING else None
    return IndexCard(
        model=_model_name(active, now["embedding"]),
        tokens=sizes[0] if sizes else None,
        overlap=sizes[1] if sizes else None,
        made_at=active.created_at,
        other_model=active.embedding != now["embedding"],
        lost_model=_is_lost(active),
        other_splitter=active.splitter != now["splitter"],
        building=building,
        progress=run_progress([building])[building.pk] if building else None,
        error=reason_shown(latest.error) if latest and latest.state == State.FAILED else "",
    )


def index_notice(collection: Collection) -> str:
    """``building``, ``outdated`` or nothing; for a line on the collection's own page."""
    if collection.generations.filter(state=State.BUILDING).exists():
        return "building"
    try:
        return "outdated" if needs_reembedding(collection) else ""
    except SearchError:
        return ""


def _model_name(made: Generation, now: str) -> str:
    """A name people know for the model of a generation."""
    family = made.embedding.partition("-")[0]
    names = {"e5": "multilingual-e5-small", "hashed": _("word counts, no model")}
    if made.embedding != now and family == now.partition("-")[0] and family in names:
        return _("another version of %(name)s") % {"name": names[family]}
    if made.embedder and not _is_lost(made) and (title := title_of(made.embedder)):
        return title
    return names.get(family) or _("another model (%(code)s)") % {"code": made.embedding[:11]}


def _is_lost(generation: Generation) -> bool:
    try:
        embedder_of(generation)
    except SearchError:
        return True
    return False


def _sizes(active: Generation, collection: Collection) -> tuple[int, int] | None:
    """Tokens and overlap of the splitter that ``active`` was made with: as kept with it, or else of the
    settings known now that have its fingerprint."""
    if active.split_options:
        return active.split_options["tokens"], active.split_options["overlap"]
    own = split_settings(collection)
    site = SplitSettings(settings.CHUNK_TOKENS, settings.CHUNK_OVERLAP_TOKENS, own.tokenizer)
    known = [each for each in (own, site) if each.fingerprint == active.splitter]
    return (known[0].tokens, known[0].overlap) if known else None


@login_required
@require_POST
def build(request: HttpRequest, slug: str) -> HttpResponse:
    """Begins a new index with what is set now."""
    collection = access.get_collection(request.user, slug, Action.MANAGE)
    try:
        start_reembedding(collection, signed_in(request.user))
    except (BadCollection, SearchError) as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("The new index is being built. Search goes on meanwhile."))
    return redirect(reverse("collection-settings", args=[slug]) + "#index")
