"""Writes of insights."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from chat.errors import StillWriting, TooBusy
from chat.insights import fetching
from chat.insights.asking import needs_words
from chat.insights.errors import BadText, NeedsModel, NothingToRead, TooManyTexts
from chat.insights.kinds import ABOUT
from chat.insights.models import LIVE, Insight, Material
from chat.insights.progress import Work
from chat.insights.running import Job, makers
from chat.insights.selectors import has_model
from chat.insights.writing import make
from ingestion.models import Document

LONGEST_TEXT = 1_000_000
_TITLE = 80
Status = Insight.Status


def start(
    *,
    owner: User,
    kind: str,
    parameters: Mapping[str, Any],
    document: Document | None = None,
    material: Material | None = None,
    endpoint: str = "",
    wait: bool = False,
) -> Insight:
    """A pending insight, which is made outside of the caller; with ``wait`` it is complete on return. What
    ``owner`` is having made already, with the same choices, is not begun twice.

    The caller has made sure that ``owner`` may read what it is about. Raises ``NeedsModel``,
    ``NothingToRead`` and ``TooBusy``.
    """
    _refuse(kind, document, endpoint)
    own = Insight.objects.filter(owner=owner, document=document, material=material, kind=kind)
    same = own.filter(status__in=LIVE, parameters=dict(parameters), endpoint=endpoint).first()
    if same is not None and not wait:
        return same
    insight = Insight.objects.create(
        owner=owner,
        document=document,
        material=material,
        kind=kind,
        parameters=dict(parameters),
        endpoint=endpoint,
    )
    return _run(insight, wait)


def redo(*, insight: Insight, wait: bool = False) -> Insight:
    """Makes it anew, of the text as it is now. Raises as ``start``, and ``StillWriting``."""
    _refuse(insight.kind, insight.document, insight.endpoint)
    again = Insight.objects.filter(pk=insight.pk).exclude(status__in=LIVE)
    changed = again.update(
        status=Status.PENDING,
        attempt=F("attempt") + 1,
        created_at=timezone.now(),
        heartbeat_at=timezone.now(),
        refused=False,
        done=0,
        total=0,
        usage={},
        data={},
        **dict.fromkeys(("text", "model", "error", "error_code", "digest", "step"), ""),
        **{name: [] for name in ("citations", "sentences", "notes", "failures")},
    )
    if not changed:
        raise StillWriting(_("This is still being written: wait for it, or stop it first."))
    insight.refresh_from_db()
    return _run(insight, wait)


def stop(*, insight: Insight) -> None:
    """Ends it with the part written so far."""
    live = Insight.objects.filter(pk=insight.pk, attempt=insight.attempt, status__in=LIVE)
    live.update(status=Status.STOPPED, step="")


def delete(*, insight: Insight) -> None:
    insight.delete()


def start_of_text(
    *,
    owner: User,
    text: str = "",
    url: str = "",
    title: str = "",
    kind: str,
    parameters: Mapping[str, Any],
    endpoint: str = "",
    wait: bool = False,
) -> Insight:
    """``start`` of a text or a page, which is stored only where something can be made of it. A page that is a
    document here gives an insight of that. Raises as ``start``, and ``BadText`` and ``TooManyTexts``."""
    made: dict[str, Any] = {"kind": kind, "parameters": parameters, "endpoint": endpoint, "wait": wait}
    address = fetching.checked_address(url) if url else ""
    if known := fetching.known_document(owner, address) if address else None:
        return start(owner=owner, document=known, **made)
    clean = "" if address else checked_text(text)
    _refuse(kind, None, endpoint)
    material = _kept(owner, Material(text=clean, title=title, url=address))
    return start(owner=owner, material=material, **made)


def checked_text(text: str) -> str:
    """As it is stored. Raises ``BadText``."""
    clean = text.replace("\x00", "").replace("\r\n", "\n").strip()
    if not any(map(str.isalnum, clean)):
        raise BadText(_("Paste some text first."))
    if len(clean) > LONGEST_TEXT:
        raise BadText(
            _("The text has %(length)d characters; at most %(limit)d are taken. Upload it as a file instead.")
            % {"length": len(clean), "limit": LONGEST_TEXT}
        )
    return clean


def add_text(*, owner: User, text: str, title: str = "") -> Material:
    """Raises ``BadText`` and ``TooManyTexts``."""
    return _kept(owner, Material(text=checked_text(text), title=title))


def add_page(*, owner: User, url: str) -> Material | Document:
    """A page that is still to be fetched; the document that it is already, where ``owner`` may read it.
    Raises ``BadText`` and ``TooManyTexts``."""
    address = fetching.checked_address(url)
    return fetching.known_document(owner, address) or _kept(owner, Material(url=address))


@transaction.atomic
def _kept(owner: User, material: Material) -> Material:
    """Stores it with a title, where ``owner`` may keep one more. Raises ``TooManyTexts``."""
    User.objects.select_for_update().get(pk=owner.pk)
    most = settings.MAX_KEPT_TEXTS
    if Material.objects.filter(owner=owner).count() >= most:
        raise TooManyTexts(
            ngettext(
                "You keep %(most)d text or page, and may keep no more: delete it first.",
                "You keep %(most)d texts and pages, and may keep no more: delete some first.",
                most,
            )
            % {"most": most}
        )
    material.owner = owner
    material.title = (material.title.strip() or _title_of(material.text))[:300]
    material.save()
    return material


def delete_material(*, material: Material) -> None:
    """With everything that was made of it."""
    material.delete()


def _refuse(kind: str, document: Document | None, endpoint: str) -> None:
    of_collection = document.collection.llm if document else ""
    if ABOUT[kind].needs_model and not has_model(of_collection, endpoint):
        raise NeedsModel(needs_words())
    if document is not None and document.status != Document.Status.READY:
        raise NothingToRead(_("This document is not ready yet: wait until it is, then try again."))


def _run(insight: Insight, wait: bool) -> Insight:
    job = Job(insight.pk, insight.attempt, _language())
    if not wait:
        transaction.on_commit(partial(_begin, job))
        return insight
    with makers.holding(job):
        make(Work(job.insight_id, job.attempt), job.language)
    insight.refresh_from_db()
    return insight


def _begin(job: Job) -> None:
    try:
        makers.submit(job)
    except TooBusy as error:
        Insight.objects.filter(pk=job.insight_id).update(
            status=Status.FAILED, error=str(error), error_code=error.code
        )


def _title_of(text: str) -> str:
    """Its first line; that of a page comes with its text."""
    line = next((line for line in text.splitlines() if any(map(str.isalnum, line))), "")
    line = line.strip().lstrip("#>*- ").strip()
    return line if len(line) <= _TITLE else line[: _TITLE - 1].rstrip() + "…"


def _language() -> str:
    return translation.get_language() or settings.LANGUAGE_CODE
