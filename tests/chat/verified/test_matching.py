"""A question against many wordings: by meaning where the model knows the language, by words elsewhere."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from chat.models import VerifiedAnswer, VerifiedQuestion
from chat.verified import matching, vectors
from ingestion.models import Collection
from search import registry
from search.coverage import PROBE_VERSION

pytestmark = pytest.mark.django_db


@pytest.fixture
def english_only(settings: Settings, tmp_path: Path) -> str:
    """An embedder that was measured to know English and no other language; its fingerprint."""
    settings.DATA_DIR = tmp_path
    settings.EMBEDDING = {"BACKEND": settings.EMBEDDING["BACKEND"], "OPTIONS": {"dimension": 64}}
    registry.reset()
    fingerprint = registry.embedder().fingerprint
    (tmp_path / "models").mkdir()
    kept = tmp_path / "models" / f"coverage-{PROBE_VERSION}-{fingerprint}.json"
    measured = {"languages": {"en": 0.9, "zh": 0.1}, "noise": 0.3, "signal": 0.6, "weight": 0.4}
    kept.write_text(json.dumps(measured))
    return fingerprint


def pinned(owner: User, collection: Collection, *wordings: str) -> VerifiedAnswer:
    signed: dict[str, Any] = {"verified_by": owner, "verified_at": timezone.now()}
    verified = VerifiedAnswer.objects.create(text="It is so.", **signed)
    verified.collections.add(collection)
    for place, text in enumerate(wordings):
        VerifiedQuestion.objects.create(verified=verified, place=place, text=text)
    return verified


def met(question: str, collection: Collection) -> str:
    found = matching.match(question, [collection], lambda _answer: True)
    return found[1] if found else ""


def test_a_wording_is_met_by_meaning_or_by_its_words(
    owner: User, collection: Collection, english_only: str
) -> None:
    assert not matching.any_in([collection])
    error = "What does the error code E42 mean?"
    pinned(owner, collection, error, "怎么重置密码？")
    for n in range(30):
        pinned(owner, collection, f"Where is room {n} of the annex?")
    assert matching.any_in([collection])
    same = "what does error code E42 mean"
    assert met(same, collection) == error
    vector = VerifiedQuestion.objects.get(text=error)
    assert vector.fingerprint == english_only
    assert np.frombuffer(bytes(vector.vector), dtype=np.float32) @ registry.embedder().embed([same])[0] > 0.8
    assert met("What does the error code E43 mean?", collection) == ""
    assert met("Where is the room 17 of the annex", collection) == "Where is room 17 of the annex?"
    assert met("如何重置密码", collection) == "怎么重置密码？", (
        "by its words: the model does not know Chinese"
    )
    assert VerifiedQuestion.objects.get(text="怎么重置密码？").fingerprint == ""


def test_what_is_kept_in_memory_follows_the_database(
    owner: User, collection: Collection, english_only: str, django_assert_num_queries: Any
) -> None:
    first = pinned(owner, collection, "Where is the key?")
    assert met("Where is the key", collection)
    with django_assert_num_queries(1):
        assert met("Where is the lock", collection) == ""
    pinned(owner, collection, "Where is the lock?")
    assert met("Where is the lock", collection)
    first.delete()
    assert met("Where is the key", collection) == ""


def test_many_that_are_not_embedded_yet_are_so_part_by_part(
    owner: User, collection: Collection, english_only: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vectors, "_MOST_AT_ONCE", 2)
    monkeypatch.setattr(vectors, "_AT_ONCE", 2)
    pinned(owner, collection, *(f"Where is room {n}?" for n in range(5)))
    left = []
    for _each in range(3):
        met("Who has the key of the house?", collection)
        left.append(VerifiedQuestion.objects.filter(fingerprint="").count())
    assert left == [3, 1, 0]
