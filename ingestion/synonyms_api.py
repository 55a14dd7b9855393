"""The API of a collection's synonyms."""

from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import Field

from accounts.roles import Action
from ingestion import access, services
from ingestion.errors import IngestionError
from ingestion.models import Collection
from search.synonyms import BadSynonyms, parse

router = Router(tags=["collections"])


class SynonymsIn(Schema):
    synonyms: str = Field(description="One group a line: `k8s, kubernetes`, one-way `tv => television`.")


@router.get("/collections/{slug}/synonyms")
def get_synonyms(request: HttpRequest, slug: str) -> dict[str, Any]:
    return _out(access.get_collection(request.user, slug))


@router.put("/collections/{slug}/synonyms")
def put_synonyms(request: HttpRequest, slug: str, payload: SynonymsIn) -> dict[str, Any]:
    """Takes the place of the whole list; it counts from the next search on."""
    collection = access.get_collection(request.user, slug, Action.EDIT)
    text = "\n".join(payload.synonyms.splitlines())
    try:
        parse(text)
    except BadSynonyms as error:
        raise IngestionError(str(error), code="bad_synonyms") from error
    return _out(services.update_collection(collection=collection, synonyms=text))


def _out(collection: Collection) -> dict[str, Any]:
    lines = (line.strip() for line in collection.synonyms.splitlines())
    groups = sum(bool(line) and not line.startswith("#") for line in lines)
    return {"synonyms": collection.synonyms, "groups": groups}
