"""A collection that lives as long as one evaluation."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from accounts.services import command_line_user
from ingestion import indexing, services, wake
from ingestion.intake import take
from ingestion.models import Collection, Run
from kb_site.commands import DataCommand, finish
from kb_site.services import Running


@contextmanager
def scratch_collection(corpus: Path, running: Running, command: DataCommand) -> Iterator[Collection]:
    """The corpus, ingested as any other; removed from the database and the indexes at the end."""
    by = command_line_user()
    slug = services.free_slug(f"evaluation-{corpus.parent.name}".lower())
    collection = services.create_collection(
        owner=by, name=f"Evaluation of {corpus.parent.name}", slug=slug, is_scratch=True
    )
    try:
        run = services.start_run(collection=collection, kind=Run.Kind.COMMAND, by=by)
        taken = list(take([corpus], collection=collection, by=by, run=run))
        wake.parser()
        finish([item.added.document.pk for item in taken if item.added], running, command)
        yield collection
    finally:
        services.delete_collection(collection=collection)
        if not running.workers:
            indexing.index_all()
