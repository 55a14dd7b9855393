"""Models of collections are loaded before somebody searches with them."""

from typing import Any

import pytest
from django.test import override_settings

from accounts.models import User
from ingestion.generations import models_in_use
from ingestion.models import Collection, Generation
from ingestion.searched import load_missing
from search import registry
from search.embedding.hashed import HashedEmbedder
from search.protocols import Vectors

pytestmark = pytest.mark.django_db


class Lazy(HashedEmbedder):
    """Loads at its first text."""

    loaded = False

    def embed(self, texts: Any) -> Vectors:
        self.loaded = True
        return super().embed(texts)


LAZY = {"BACKEND": f"{__name__}.Lazy", "OPTIONS": {"dimension": 32}}
GONE = {"BACKEND": f"{__name__}.Gone", "OPTIONS": {}}


def made(collection: Collection, state: str, embedding: str, embedder: dict[str, Any]) -> None:
    Generation.objects.create(
        collection=collection, embedding=embedding, embedder=embedder, splitter="x", state=state
    )


@override_settings(EMBEDDINGS={"lazy": LAZY})
def test_what_is_searched_or_built_is_loaded_and_the_rest_is_not(collection: Collection, owner: User) -> None:
    other_collection = Collection.objects.create(name="Other", slug="other", owner=owner)
    model = registry.embedder(LAZY)
    made(collection, "retired", model.fingerprint, LAZY)
    load_missing(models_in_use())
    assert not registry.embedder_is_loaded(model)
    made(collection, "building", model.fingerprint, LAZY)
    made(other_collection, "active", model.fingerprint, LAZY)
    made(other_collection, "building", "gone-1", GONE)
    named = [one.embedding for one in models_in_use()]
    assert {model.fingerprint, "gone-1"} < set(named)
    assert len(set(named)) == len(named)
    load_missing(models_in_use())
    assert registry.embedder_is_loaded(model)
