"""Writes: passages that an editor changes, switches off, brings back or adds.

The wish and the passage of the index that is searched change in one transaction; the index worker carries it
out. An index that is being built, and an update that is being read, take the document once more.
"""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from ingestion import fairness, hand_edits, history, wake
from ingestion.chunk_ids import chunk_id
from ingestion.errors import IngestionError
from ingestion.generations import current_split_settings
from ingestion.models import Chunk, Document, DocumentBuild, DocumentText, Generation, PassageEdit, Removal
from ingestion.split_presets import table_above
from ingestion.token_counts import counter_for

Kind, State = PassageEdit.Kind, PassageEdit.State
_HEADING = 300


class BadPassage(IngestionError):
    """A passage that cannot be changed like this."""

    code = "bad_passage"


def edit_passage(*, chunk: Chunk, text: str, by: User | None) -> PassageEdit:
    """The passage is searched and quoted with ``text`` from now on. Raises ``BadPassage``."""
    text = _checked(chunk.generation, text)
    with transaction.atomic():
        document, chunk = _locked(chunk)
        if text == chunk.text:
            raise BadPassage(_("Nothing was changed."), code="unchanged")
        before = chunk.edit
        edit = _wish(before.kind if before else Kind.EDIT, document, chunk, by, text=text)
        if before is not None:
            for name in ("original", "before", "after", "page", "heading"):
                setattr(edit, name, getattr(before, name))
            _end(before, State.REPLACED, by)
        edit.save()
        _drop(chunk)
        _make(document, chunk.generation, edit, chunk)
        _changed(document, by)
    return edit


def disable_passage(*, chunk: Chunk, by: User | None) -> PassageEdit:
    """The passage leaves both indexes; its text stays in the document. Raises ``BadPassage``."""
    with transaction.atomic():
        document, chunk = _locked(chunk)
        if chunk.edit is not None and chunk.edit.kind == Kind.ADD:
            raise BadPassage(_("This passage was added by hand: take it out instead."))
        edit = _wish(Kind.DISABLE, document, chunk, by)
        edit.save()
        _drop(chunk)
        _changed(document, by)
    return edit


def add_passage(
    *,
    document: Document,
    text: str,
    by: User | None,
    after: Chunk | None = None,
    page: int | None = None,
    heading: str = "",
) -> PassageEdit:
    """A passage of its own, which belongs below ``after`` or to the end of the document. ``page`` and
    ``heading`` are those of ``after`` where they are not given. Raises ``BadPassage``."""
    with transaction.atomic():
        document, content = _ready(document)
        generation = Generation.objects.get(collection=document.collection_id, state=Generation.State.ACTIVE)
        text = _checked(generation, text)
        at = after.end if after is not None else len(content.text)
        before, behind = hand_edits.around(content.text, at, at) if after is not None else ("", "")
        edit = PassageEdit.objects.create(
            document=document,
            kind=Kind.ADD,
            start=at,
            end=at,
            original=content.text[after.start : after.end] if after is not None else "",
            before=before,
            after=behind,
            text=text,
            page=page or (after.page if after else None),
            heading=(heading or (after.heading if after else ""))[:_HEADING],
            by=by,
        )
        _make(document, generation, edit, after)
        _changed(document, by)
    return edit


def undo(*, edit: PassageEdit, by: User | None) -> None:
    """Takes the change back: the text of the document is searched again, an addition goes. Raises
    ``BadPassage`` where it is not in force."""
    with transaction.atomic():
        document, content = _ready(edit.document)
        edit = _in_state(edit, State.APPLIED)
        _end(edit, State.UNDONE, by)
        generation = Generation.objects.get(collection=document.collection_id, state=Generation.State.ACTIVE)
        old = Chunk.objects.filter(edit=edit, document=document, generation=generation).first()
        if old is not None:
            _drop(old)
        disabled = document.passage_edits.filter(
            kind=Kind.DISABLE, state=State.APPLIED, start=edit.start, end=edit.end
        )
        if edit.kind != Kind.ADD and not disabled.exists():
            _restore(document, generation, content.text, edit, old)
        _changed(document, by)


def dismiss(*, edit: PassageEdit, by: User | None) -> None:
    """Gives up a change that has no place any more. Raises ``BadPassage``."""
    with transaction.atomic():
        edit = _in_state(edit, State.UNPLACED)
        _end(edit, State.DISMISSED, by)
        _ask_again(edit.document)
        history.record([edit.document_id], history.Kind.EDITED, by=by)


def place(*, edit: PassageEdit, chunk: Chunk, by: User | None) -> PassageEdit:
    """Puts a change that has no place onto ``chunk``, an addition below it. Raises ``BadPassage``."""
    with transaction.atomic():
        edit = _in_state(edit, State.UNPLACED)
        if edit.kind == Kind.ADD:
            made = add_passage(document=edit.document, text=edit.text, by=edit.by, after=chunk)
        elif edit.kind == Kind.DISABLE:
            made = disable_passage(chunk=chunk, by=edit.by)
        else:
            made = edit_passage(chunk=chunk, text=edit.text, by=edit.by)
        _end(edit, State.REPLACED, by)
    return made


def _checked(generation: Generation, text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\0", "").strip()
    if not text:
        raise BadPassage(_("The passage is empty. Write some words, or switch it off."), code="empty")
    chosen = current_split_settings(generation)
    most, count = chosen.tokens, counter_for(chosen.tokenizer).counts([text])[0]
    if count > most:
        raise BadPassage(
            _(
                "This passage has %(count)d tokens; passages of this collection have %(most)d at most. "
                "Shorten it, or make two of it."
            )
            % {"count": count, "most": most},
            code="too_long",
        )
    return text


def _ready(document: Document) -> tuple[Document, DocumentText]:
    """The document's row, held, with its text."""
    held = Document.objects.select_for_update().filter(pk=document.pk, status=Document.Status.READY).first()
    content = DocumentText.objects.filter(document=document).first()
    if held is None or content is None:
        raise BadPassage(_("The document is not ready. Wait until it is, then try again."), code="not_ready")
    return held, content


def _locked(chunk: Chunk) -> tuple[Document, Chunk]:
    document, _content = _ready(chunk.document)
    found = (
        Chunk.objects.filter(pk=chunk.pk, document=document, generation__state=Generation.State.ACTIVE)
        .select_related("edit", "generation")
        .first()
    )
    if found is None:
        raise BadPassage(
            _("This passage was changed by somebody else, or cut anew, meanwhile. Look again."), code="gone"
        )
    return document, found


def _in_state(edit: PassageEdit, state: str) -> PassageEdit:
    found = PassageEdit.objects.select_for_update().filter(pk=edit.pk, state=state).first()
    if found is None:
        raise BadPassage(_("Somebody else did that already. Look again."), code="gone")
    return found


def _wish(kind: str, document: Document, chunk: Chunk, by: User | None, text: str = "") -> PassageEdit:
    content = DocumentText.objects.get(document=document).text
    before, after = hand_edits.around(content, chunk.start, chunk.end)
    return PassageEdit(
        document=document,
        kind=kind,
        start=chunk.start,
        end=chunk.end,
        original=content[chunk.start : chunk.end],
        before=before,
        after=after,
        text=text,
        page=chunk.page,
        heading=chunk.heading,
        by=by,
    )


def _end(edit: PassageEdit, state: str, by: User | None) -> None:
    edit.state, edit.ended_by, edit.ended_at = state, by, timezone.now()
    edit.save(update_fields=["state", "ended_by", "ended_at"])


def _drop(chunk: Chunk) -> None:
    Removal.objects.create(index_id=chunk.generation.index_id, ids=[chunk.pk])
    Chunk.objects.filter(pk=chunk.pk).delete()


def _make(document: Document, generation: Generation, edit: PassageEdit, model: Chunk | None) -> None:
    """The chunk of an edit, in the place of ``model`` or, for an addition, below it."""
    last = Chunk.objects.filter(document=document, generation=generation).order_by("-ordinal").first()
    ordinal = model.ordinal if model else last.ordinal if last else 0
    table = model.table if model and edit.kind == Kind.EDIT else ""
    _write(document, generation, ordinal, edit, edit.text, table, edit)


def _restore(
    document: Document, generation: Generation, content: str, edit: PassageEdit, old: Chunk | None
) -> None:
    """The passage as it was before: that of an earlier edit of the same range, else of the document."""
    earlier = document.passage_edits.filter(
        kind=Kind.EDIT, state=State.APPLIED, start=edit.start, end=edit.end
    ).last()
    text = earlier.text if earlier else content[edit.start : edit.end]
    above = (
        Chunk.objects.filter(document=document, generation=generation, start__lt=edit.start)
        .order_by("-ordinal")
        .first()
    )
    ordinal = old.ordinal if old else above.ordinal + 1 if above else 0
    table = table_above(content, edit.start)
    _write(document, generation, ordinal, edit, text, table, earlier)


def _write(
    document: Document,
    generation: Generation,
    ordinal: int,
    where: PassageEdit,
    text: str,
    table: str,
    edit: PassageEdit | None,
) -> None:
    identity = chunk_id(generation.pk, document.pk, where.start, text)
    if Chunk.objects.filter(pk=identity).exists():
        raise BadPassage(_("There is a passage with these very words at this place already."), code="double")
    Chunk.objects.create(
        id=identity,
        document=document,
        generation=generation,
        ordinal=ordinal,
        start=where.start,
        end=where.end,
        page=where.page,
        heading=where.heading,
        text=text,
        table=table,
        edit=edit,
        turn=fairness.clock(fairness.INDEXING),
    )


def _changed(document: Document, by: User | None) -> None:
    active = Chunk.objects.filter(document=document, generation__state=Generation.State.ACTIVE)
    count = active.count()
    Document.objects.filter(pk=document.pk).update(
        chunk_count=count, indexed_count=count, updated_at=timezone.now()
    )
    _ask_again(document)
    history.record([document.pk], history.Kind.EDITED, by=by)
    transaction.on_commit(wake.indexer)


def _ask_again(document: Document) -> None:
    """What is being made of the document beside the index that is searched was made without the wish."""
    DocumentBuild.objects.filter(document=document, generation__state=Generation.State.BUILDING).update(
        step=DocumentBuild.Step.SPLIT, attempts=0, claim=None, lease_until=None
    )
    Document.objects.filter(
        replaces=document, status__in=[Document.Status.QUEUED, Document.Status.PROCESSING]
    ).update(
        status=Document.Status.QUEUED,
        step=Document.Step.EXTRACT,
        attempts=0,
        claim=None,
        lease_until=None,
    )
    transaction.on_commit(wake.parser)
