from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from search import registry
from search.coverage import PROBE_VERSION
from search.embedding.hashed import HashedEmbedder
from search.embedding.sentence_transformer import SentenceTransformerEmbedder
from search.index.tantivy import TantivyIndex

HASHED = "search.embedding.hashed.HashedEmbedder"


@pytest.fixture(autouse=True)
def _fresh() -> None:
    registry.reset()


def test_back_ends_come_from_the_settings(settings: Settings, tmp_path: Path) -> None:
    settings.EMBEDDING = {"BACKEND": HASHED, "OPTIONS": {"dimension": 32}}
    settings.LEXICAL_INDEX = {
        "BACKEND": "search.index.tantivy.TantivyIndex",
        "OPTIONS": {"folder": tmp_path},
    }
    settings.VECTOR_INDEX = {"BACKEND": "search.index.chroma.ChromaIndex", "OPTIONS": {"url": ""}}
    assert registry.embedder().dimension == 32
    assert isinstance(registry.lexical_index(), TantivyIndex)
    assert registry.vector_index() is registry.vector_index()


def test_one_instance_for_all_threads(settings: Settings) -> None:
    settings.EMBEDDING = {"BACKEND": HASHED, "OPTIONS": {}}
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _number: registry.embedder(), range(32)))
    assert len({id(one) for one in made}) == 1


def test_a_specification_of_its_own(settings: Settings) -> None:
    settings.EMBEDDING = {"BACKEND": HASHED, "OPTIONS": {"dimension": 32}}
    other = registry.embedder({"BACKEND": HASHED, "OPTIONS": {"dimension": 64}})
    assert (registry.embedder().dimension, other.dimension) == (32, 64)


def test_reset_takes_changed_settings(settings: Settings) -> None:
    settings.EMBEDDING = {"BACKEND": HASHED, "OPTIONS": {"dimension": 32}}
    first = registry.embedder()
    registry.reset()
    assert registry.embedder() is not first


@pytest.mark.parametrize("path", ["search.embedding.hashed.Nothing", "no.such.module.Thing", "plain", ""])
def test_a_wrong_path_names_the_known_ones(settings: Settings, path: str) -> None:
    settings.EMBEDDING = {"BACKEND": path, "OPTIONS": {}}
    with pytest.raises(ImproperlyConfigured, match="EMBEDDING") as caught:
        registry.embedder()
    assert all(known in str(caught.value) for known in registry.KNOWN["EMBEDDING"])


def test_wrong_options_are_said(settings: Settings) -> None:
    settings.EMBEDDING = {"BACKEND": HASHED, "OPTIONS": {"size": 3}}
    with pytest.raises(ImproperlyConfigured, match="OPTIONS"):
        registry.embedder()


def test_every_known_back_end_can_be_imported() -> None:
    from django.utils.module_loading import import_string

    for paths in registry.KNOWN.values():
        for path in paths:
            assert callable(import_string(path))


def test_tokenizer_and_readiness(settings: Settings) -> None:
    settings.EMBEDDING = {"BACKEND": HASHED, "OPTIONS": {}}
    assert isinstance(registry.embedder(), HashedEmbedder)
    assert registry.tokenizer_path() == ""
    assert registry.embedder_is_loaded()
    registry.reset()
    settings.EMBEDDING = {
        "BACKEND": "search.embedding.sentence_transformer.SentenceTransformerEmbedder",
        "OPTIONS": {},
    }
    assert isinstance(registry.embedder(), SentenceTransformerEmbedder)
    assert Path(registry.tokenizer_path()).name == "tokenizer.json"
    assert not registry.embedder_is_loaded()


def test_coverage_is_kept_in_the_data_folder(settings: Settings, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path
    settings.EMBEDDING = {"BACKEND": HASHED, "OPTIONS": {"dimension": 48}}
    assert registry.coverage() is registry.coverage()
    assert registry.coverage().dense_weight("Where is the harbour?") == 0.0
    assert [path.name for path in (tmp_path / "models").iterdir()] == [
        f"coverage-{PROBE_VERSION}-hashed-48-v1.json"
    ]


def test_a_worker_lets_go_of_the_reranker_and_other_processes_keep_it(settings: Settings) -> None:
    endpoint = "search.reranking.endpoint.EndpointReranker"
    settings.RERANKER = {"BACKEND": endpoint, "OPTIONS": {"url": "http://127.0.0.1:9/rerank"}}
    first = registry.reranker()
    registry.keep_only(())
    assert registry.reranker() is first is not None
    registry.keep_only((), own=False)
    assert registry.reranker() is not first
