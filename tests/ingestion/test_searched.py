"""What the models of a search say of what was found."""

from dataclasses import replace

import pytest

from ingestion.finding import find
from ingestion.models import Collection
from ingestion.searched import Searched
from ingestion.selectors import active_indexes
from tests.ingestion.material import ENGLISH, ready

pytestmark = pytest.mark.django_db


def test_only_what_no_word_speaks_for_and_no_meaning_much_is_far(collection: Collection) -> None:
    ready(collection, ENGLISH, "holidays.md")
    searched = Searched.of(active_indexes([collection]).values())
    coverage = searched.models[searched.index_ids[0]].coverage
    (hit, *_rest) = find("paid leave", [collection]).passages
    near, far = (replace(hit, lexical=None, dense=coverage.cosine_at(step)) for step in (0.9, 0.3))
    assert searched.is_far([far, far])
    assert not searched.is_far([far, near])
    assert not searched.is_far([far, replace(far, lexical=0.1)])
    assert not searched.is_far([])
