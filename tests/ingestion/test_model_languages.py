"""Administrators see how well the embedding models in use know each language, and may measure it anew."""

import threading
from pathlib import Path

import pytest
from pytest_django import Settings

from accounts.models import User
from ingestion import model_languages
from ingestion.errors import BadCollection
from ingestion.generations import active_generation
from ingestion.models import Collection, Generation
from search import registry
from tests.conftest import signed_in

pytestmark = pytest.mark.django_db
PAGE = "/admin/ingestion/generation/languages/"


def test_a_model_is_told_measured_and_measured_again(
    collection: Collection, admin: User, owner: User, settings: Settings, tmp_path: Path
) -> None:
    settings.DATA_DIR = tmp_path
    settings.EMBEDDING = {"BACKEND": "search.embedding.hashed.HashedEmbedder", "OPTIONS": {"dimension": 40}}
    active_generation(collection)
    (model,) = model_languages.models_in_use()
    assert (model.collections, model.measured, model.is_bundled) == (["Handbook"], None, False)
    client = signed_in(admin)
    assert PAGE in client.get("/admin/ingestion/generation/").content.decode()
    assert "Measure now" in client.get(PAGE).content.decode()
    assert client.post(PAGE, {"fingerprint": model.fingerprint}).status_code == 302
    for thread in threading.enumerate():
        if thread.name == "measure-languages":
            thread.join(60)
    (model,) = model_languages.models_in_use()
    assert model.measured_at is not None
    assert len(model.languages) == 9
    assert {language.says for language in model.languages} == {"searched by words alone"}
    assert registry.coverage().languages() == model.measured.languages  # type: ignore[union-attr]
    html = client.get(PAGE).content.decode()
    assert "Measure again" in html
    assert model.fingerprint in html
    assert signed_in(owner).get(PAGE).status_code == 302, "to the administration's own sign-in"


def test_bundled_and_missing_models(collection: Collection, admin: User) -> None:
    generation = active_generation(collection)
    (model,) = model_languages.models_in_use()
    assert model.is_bundled
    assert "Measure" not in signed_in(admin).get(PAGE).content.decode().replace("Measured", "")
    for fingerprint in (model.fingerprint, "unknown"):
        with pytest.raises(BadCollection):
            model_languages.measure_again(fingerprint=fingerprint)
    Generation.objects.filter(pk=generation.pk).update(
        embedding="gone", embedder={"BACKEND": "no.such.Class"}
    )
    default, lost = model_languages.models_in_use()
    assert (default.collections, lost.collections) == ([], ["Handbook"])
    assert "not on this machine any more" in lost.problem
    assert "not on this machine any more" in signed_in(admin).get(PAGE).content.decode()


def test_what_a_number_means_for_searches() -> None:
    says = model_languages._says
    assert [says(reached) for reached in (0.3, 0.55, 0.7999, 0.82)] == [
        "searched by words alone",
        "vectors count by 50%",
        "vectors count by 99%",
        "vectors count fully",
    ]
