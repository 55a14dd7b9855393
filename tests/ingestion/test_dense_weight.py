"""What meaning counts beside words, where a collection has set it: in searches, runs and on its pages."""

import pytest
from django.urls import reverse

from accounts.models import User
from ingestion import services
from ingestion.finding import FoundPassage, find
from ingestion.golden_config import AUTOMATIC, Config, label_of
from ingestion.golden_running import run_waiting
from ingestion.golden_runs import start_run
from ingestion.golden_sets import BadGoldenSet, Right, add_question, create_set
from ingestion.models import Collection, GoldenSet
from tests.conftest import signed_in
from tests.ingestion.material import ready
from tests.ingestion.test_golden_running import nobody_answers

pytestmark = pytest.mark.django_db
QUESTION = "paid leave"
# By words the passage with both of them is best, by meaning the one that speaks of nothing else than one.
BOTH = "Whoever keeps a boat pays for it. " * 6 + "Paid leave is another matter."
ONE = "Leave, leave, leave, leave and leave."


@pytest.fixture
def library(collection: Collection) -> Collection:
    ready(collection, BOTH, "both.md")
    ready(collection, ONE, "one.md")
    for name in ("north", "south"):
        ready(collection, f"Ships leave the {name} harbour at dawn, and nobody waves.", f"{name}.md")
    return collection


def found(collection: Collection, weight: float | None) -> list[FoundPassage]:
    services.update_collection(collection=collection, dense_weight=weight)
    return find(QUESTION, [collection]).passages


def test_from_words_alone_to_meaning_alone(library: Collection) -> None:
    words, meaning = found(library, 0), found(library, 1)
    assert {hit.dense for hit in words} == {None}, "the vectors are not asked"
    assert [hit.dense_weight for hit in words] == [0] * len(words)
    cosines = [hit.dense or 0 for hit in meaning]
    assert cosines == sorted(cosines, reverse=True)
    assert (words[0].document, meaning[0].document) == ("both", "one")
    assert {hit.dense_weight for hit in found(library, None)} == {None}


def test_each_collection_keeps_its_own_in_one_search(library: Collection) -> None:
    other = services.create_collection(owner=library.owner, name="Other", slug="other")
    ready(other, ONE, "one.md")
    services.update_collection(collection=library, dense_weight=0)
    services.update_collection(collection=other, dense_weight=0.7)
    hits = find(QUESTION, [library, other]).passages
    sides = {(hit.collection_slug, hit.dense is None) for hit in hits}
    assert sides == {(library.slug, True), ("other", False)}


@pytest.fixture
def golden_set(library: Collection) -> GoldenSet:
    made = create_set(collection=library, name="Office")
    right = library.documents.get(name="both.md")
    add_question(golden_set=made, text=QUESTION, rights=[Right(right)])
    return made


def test_a_run_searches_with_another_weight_and_saves_nothing(golden_set: GoldenSet) -> None:
    saved, none, all_of_it, automatic = (
        start_run(golden_set=golden_set, config=Config(dense_weight=weight))
        for weight in (None, 0.0, 1.0, AUTOMATIC)
    )
    services.update_collection(collection=golden_set.collection, dense_weight=1.0)
    assert run_waiting(nobody_answers) == 4
    top = {
        name: [shown["title"] for shown in run.results.get().top]
        for name, run in (("saved", saved), ("none", none), ("all", all_of_it), ("auto", automatic))
    }
    assert top["saved"] == top["all"] != top["none"]
    names = [label_of(Config.of(run.config)) for run in (none, automatic)]
    assert names == [
        "Words and meaning · meaning counts 0",
        "Words and meaning · meaning weighed automatically",
    ]
    golden_set.collection.refresh_from_db()
    assert golden_set.collection.dense_weight == 1.0
    with pytest.raises(BadGoldenSet):
        Config.of({"dense_weight": 1.5})


def test_it_is_tried_before_it_is_saved_and_explained_after(golden_set: GoldenSet, owner: User) -> None:
    client, slug = signed_in(owner), golden_set.collection.slug
    typed = {"name": "Handbook", "visibility": "private", "dense_weight": "0.8"}
    typed["golden_set"] = str(golden_set.pk)
    client.post(reverse("collection-try", args=[slug]), typed, headers={"HX-Request": "true"})
    configs = [run.config["dense_weight"] for run in golden_set.runs.order_by("created_at")]
    assert configs == [None, 0.8]
    golden_set.collection.refresh_from_db()
    assert golden_set.collection.dense_weight is None
    wrong = client.post(reverse("collection-settings", args=[slug]), typed | {"dense_weight": "2"})
    assert wrong.status_code == 422
    client.post(reverse("collection-settings", args=[slug]), typed)
    golden_set.collection.refresh_from_db()
    assert golden_set.collection.dense_weight == 0.8
    settings = client.get(reverse("collection-settings", args=[slug])).content.decode()
    assert 'name="dense_weight" value="0.8"' in settings
    html = client.get("/", {"q": QUESTION}).content.decode()
    assert "Meaning counts, as set" in html
