"""The index of a collection on its settings page, and the line about it on its own page."""

import pytest
from django.test import override_settings

from accounts.models import User
from ingestion import indexing, reembedding, services
from ingestion.models import Collection, Generation
from search import registry
from search.errors import ModelUnavailable
from tests.conftest import signed_in
from tests.ingestion.material import ENGLISH, extract_all, ready

pytestmark = pytest.mark.django_db
OTHER_MODEL = {"BACKEND": "search.embedding.hashed.HashedEmbedder", "OPTIONS": {"dimension": 64}}
SETTINGS, PAGE, BUILD = (
    "/collections/handbook/settings/",
    "/collections/handbook/",
    "/collections/handbook/index/",
)
BUTTON = f'action="{BUILD}"'


def shown(user: User, address: str) -> str:
    return signed_in(user).get(address).content.decode()


def test_an_index_that_fits_is_described_and_offers_nothing(collection: Collection, owner: User) -> None:
    ready(collection, ENGLISH)
    html = shown(owner, SETTINGS)
    assert "It fits what is set now." in html
    assert "up to 200 tokens, 30 of them shared" in html
    assert "word counts, no model" in html
    assert BUTTON not in html
    assert "made with other settings" not in shown(owner, PAGE)


def test_another_splitter_leads_to_a_new_index(collection: Collection, owner: User, teammate: User) -> None:
    ready(collection, ENGLISH)
    services.update_collection(collection=collection, chunk_tokens=60, chunk_overlap=10)
    html = shown(owner, SETTINGS)
    assert "Passages are cut differently now." in html
    assert "up to 200 tokens" in html
    assert "made with other settings" in shown(owner, PAGE)
    assert "made with other settings" not in shown(teammate, PAGE)
    answer = signed_in(owner).post(BUILD, follow=True)
    html = answer.content.decode()
    assert answer.redirect_chain[-1][0] == f"{SETTINGS}#index"
    run = collection.runs.get(kind="reembed")
    assert run.started_by == owner
    assert f"/runs/#run-{run.pk}" in html
    assert BUTTON not in html
    assert "A new index is being built." in shown(owner, PAGE)
    extract_all()
    indexing.index_all()
    html = shown(owner, SETTINGS)
    assert "It fits what is set now." in html
    assert "up to 60 tokens, 10 of them shared" in html


def test_a_second_new_index_is_refused_with_a_reason(collection: Collection, owner: User) -> None:
    client = signed_in(owner)
    client.post(BUILD)
    assert "is being built already" in client.post(BUILD, follow=True).content.decode()
    assert collection.runs.filter(kind="reembed").count() == 1


def test_another_model_is_named(collection: Collection, owner: User) -> None:
    ready(collection, ENGLISH)
    with override_settings(EMBEDDING=OTHER_MODEL):
        registry.reset()
        html = shown(owner, SETTINGS)
        assert "another version of word counts, no model" in html
        assert "goes on with the old one" in html
        assert BUTTON in html
    Generation.objects.update(embedding="e5-0123456789ab", embedder={})
    registry.reset()
    html = shown(owner, SETTINGS)
    assert "<dd>multilingual-e5-small</dd>" in html
    assert "searched by words alone" in html


def test_sizes_that_nobody_remembers_are_not_made_up(collection: Collection, owner: User) -> None:
    ready(collection, ENGLISH)
    Generation.objects.update(splitter="of an older version", split_options={})
    assert "set differently from now" in shown(owner, SETTINGS)


def test_a_failed_attempt_tells_its_reason_and_can_be_repeated(collection: Collection, owner: User) -> None:
    ready(collection, ENGLISH)
    services.update_collection(collection=collection, chunk_tokens=60, chunk_overlap=10)
    run = reembedding.start_reembedding(collection, owner)
    reembedding.fail_build(Generation.objects.get(run=run), "The disk <is> full.")
    html = shown(owner, SETTINGS)
    assert "The disk &lt;is&gt; full." in html
    assert BUTTON in html


def test_the_pages_open_where_the_model_is_missing(
    collection: Collection, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(*_arguments: object) -> None:
        raise ModelUnavailable("The model's file is missing. Install it.")

    monkeypatch.setattr(registry, "embedder", missing)
    assert "Install it." in shown(owner, SETTINGS)
    assert signed_in(owner).get(PAGE).status_code == 200
