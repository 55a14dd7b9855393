"""The product's own guide as a collection, for a first look."""

from pathlib import Path

from django.utils.translation import gettext as _

from accounts.models import User
from accounts.roles import Visibility
from ingestion import services
from ingestion.models import Collection, Run

_SAMPLE = Path(__file__).parent / "sample"


def load_sample(*, owner: User) -> Collection:
    """The product's own guide in both languages, as a collection for everybody signed in; made once."""
    existing = Collection.objects.filter(is_sample=True).first()
    if existing is not None:
        return existing
    collection = services.create_collection(
        owner=owner,
        name=_("Youju guide"),
        slug=services.free_slug("youju-guide"),
        description=_("How this site works, in English and Chinese. Search it, ask it, delete it any time."),
        visibility=Visibility.SIGNED_IN,
        is_sample=True,
    )
    run = services.start_run(collection=collection, kind=Run.Kind.SAMPLE, by=owner)
    for path in sorted(_SAMPLE.glob("guide-*/*.md")):
        with path.open("rb") as file:
            services.add_file(collection=collection, file=file, name=path.name, by=owner, run=run)
    return collection
