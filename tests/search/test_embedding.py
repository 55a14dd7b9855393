"""The contract of ``Embedder``, held against every back end, and what only a model's files can get wrong."""

import json
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer

from search.coverage import measure, measure_cosines, probe
from search.embedding.hashed import HashedEmbedder
from search.embedding.model_files import BUNDLED, BUNDLED_SHA256, ModelFiles, locate, locate_multilingual
from search.embedding.multilingual import MultilingualEmbedder
from search.embedding.sentence_transformer import SentenceTransformerEmbedder
from search.errors import ModelUnavailable
from search.protocols import Embedder, Vectors


@pytest.fixture(scope="module")
def bundled() -> SentenceTransformerEmbedder:
    return SentenceTransformerEmbedder()


@pytest.fixture(scope="module")
def multilingual(tmp_path_factory: pytest.TempPathFactory) -> MultilingualEmbedder:
    try:
        locate_multilingual()
    except ModelUnavailable as error:
        pytest.skip(str(error))
    return MultilingualEmbedder(tmp_path_factory.mktemp("models"))


@pytest.fixture(params=["hashed", "bundled", "multilingual"])
def embedder(request: pytest.FixtureRequest) -> Embedder:
    if request.param == "hashed":
        return HashedEmbedder(128)
    made: Embedder = request.getfixturevalue(request.param)
    return made


def test_unit_rows_of_the_stated_shape(embedder: Embedder) -> None:
    vectors = embedder.embed(["Salt from the marshes", "盐沼产的盐 \ud800", "", "x" * 5000])
    assert vectors.shape == (4, embedder.dimension)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(4), abs=1e-4)
    assert embedder.embed([]).shape == embedder.embed_queries([]).shape == (0, embedder.dimension)
    questions = embedder.embed_queries(["Where is salt made?", "哪里产盐？"])
    assert questions.shape == (2, embedder.dimension)
    assert np.linalg.norm(questions, axis=1) == pytest.approx(np.ones(2), abs=1e-4)


def test_alone_or_in_a_batch_makes_no_difference(embedder: Embedder) -> None:
    batch = embedder.embed(["Salt from the marshes", "a much longer text about something else " * 20])
    alone = embedder.embed(["Salt from the marshes"])
    assert float(batch[0] @ alone[0]) > 0.999
    alone[0] = 0
    assert float(batch[0] @ embedder.embed(["Salt from the marshes"])[0]) > 0.999


def test_an_answer_may_be_changed_without_changing_the_next(embedder: Embedder) -> None:
    first = embedder.embed_queries(["Where is salt made?"])
    kept = first.copy()
    first[:] = 0
    again = embedder.embed_queries(["Where is salt made?"])
    assert np.array_equal(again, kept)
    again[:] = 0
    assert np.array_equal(embedder.embed_queries(["Where is salt made?"]), kept)
    assert float(embedder.embed_queries(["Where is salt made?", "Who?"])[0] @ kept[0]) > 0.999


def test_similar_texts_are_near(embedder: Embedder) -> None:
    (question,) = embedder.embed_queries(["How much salt did the merchants ship?"])
    near, far = embedder.embed(["The merchants shipped salt.", "Bees dance on the comb."])
    assert question @ near > question @ far


def test_several_threads_get_their_own_answers(embedder: Embedder) -> None:
    texts = [f"text number {number}" for number in range(6)]
    answers: dict[str, Vectors] = {}

    def work(text: str) -> None:
        answers[text] = embedder.embed([text])

    threads = [threading.Thread(target=work, args=(text,)) for text in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    together = embedder.embed(texts)
    assert all(float(answers[text][0] @ together[place]) > 0.999 for place, text in enumerate(texts))


def test_bundled_model_states_what_it_is(bundled: SentenceTransformerEmbedder) -> None:
    assert (bundled.dimension, bundled.max_tokens) == (384, 256)
    assert bundled.fingerprint == SentenceTransformerEmbedder(BUNDLED).fingerprint
    assert bundled.fingerprint != HashedEmbedder().fingerprint
    tokenizer = Tokenizer.from_file(str(bundled.tokenizer_path()))
    assert len(tokenizer.encode("Salt from the marshes").ids) >= 4


def test_loaded_says_whether_it_can_answer_at_once() -> None:
    assert SentenceTransformerEmbedder().loaded is False


def test_stored_coverage_is_what_is_measured(embedder: Embedder) -> None:
    if isinstance(embedder, HashedEmbedder):
        embedder = HashedEmbedder()
    path = Path(__file__).parents[2] / "search" / "measured_coverage.json"
    stored = json.loads(path.read_text(encoding="utf-8"))[embedder.fingerprint]
    measured = measure(embedder)
    assert measured == pytest.approx(stored["languages"], abs=0.05)
    assert set(measured) == set(probe())
    noise, signal = measure_cosines(embedder, measured)
    assert noise == pytest.approx(stored["noise"], abs=0.05)
    assert signal == pytest.approx(stored["signal"], abs=0.05)


def test_a_changed_file_is_refused(tmp_path: Path) -> None:
    files = locate(BUNDLED)
    folder = tmp_path / "model"
    shutil.copytree(files.folder, folder)
    ModelFiles(folder, tuple(BUNDLED_SHA256.items())).verify()

    with (folder / "model.safetensors").open("r+b") as weights:
        weights.seek(50_000_000)
        byte = weights.read(1)
        weights.seek(50_000_000)
        weights.write(bytes([byte[0] ^ 1]))
    changed = shutil.move(folder, tmp_path / "changed")
    with pytest.raises(ModelUnavailable, match="not the file") as caught:
        ModelFiles(Path(changed), tuple(BUNDLED_SHA256.items())).verify()
    assert caught.value.permanent


def test_a_broken_model_folder_is_said_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"hidden_size": 8, "model_type": "bert"}')
    embedder = SentenceTransformerEmbedder(str(tmp_path))
    assert embedder.dimension == 8
    with pytest.raises(ModelUnavailable, match="cannot be loaded"):
        embedder.embed(["a", "b"])
    with pytest.raises(ModelUnavailable, match="cannot be loaded"):
        _ = embedder.loaded
    with pytest.raises(ModelUnavailable, match="no model folder"):
        _ = SentenceTransformerEmbedder(str(tmp_path / "absent")).dimension
    with pytest.raises(ModelUnavailable, match="does not state"):
        _ = ModelFiles(tmp_path / "absent").dimension


def test_the_fingerprint_follows_the_content(tmp_path: Path) -> None:
    for name, vocabulary in (("one", "a"), ("two", "a"), ("three", "b")):
        folder = tmp_path / name
        (folder / "1_Pooling").mkdir(parents=True)
        (folder / "config.json").write_text('{"hidden_size": 8}')
        (folder / "vocab.txt").write_text(vocabulary)
        (folder / "1_Pooling" / "config.json").write_text("{}")
    one, two, three = (ModelFiles(tmp_path / name).fingerprint for name in ("one", "two", "three"))
    assert one == two != three
    (tmp_path / "two" / "config_sentence_transformers.json").write_text('{"prompts": {"query": "q: "}}')
    assert ModelFiles(tmp_path / "two").fingerprint.endswith("-prompts")


def test_hashed_needs_two_dimensions() -> None:
    with pytest.raises(ValueError, match="at least 2"):
        HashedEmbedder(1)


QUIET = """
import importlib, sys, django
from django.conf import settings
settings.configure(USE_I18N=True)
for name in sys.argv[1].split():
    importlib.import_module(name)
from search.embedding.sentence_transformer import SentenceTransformerEmbedder
embedder = SentenceTransformerEmbedder()
assert embedder.dimension == 384 and embedder.fingerprint
assert embedder.max_tokens and embedder.tokenizer_path()
heavy = {"torch", "transformers", "sentence_transformers", "chromadb", "onnx", "onnxruntime"}
print(",".join(sorted(heavy & set(sys.modules))))
"""


def test_importing_and_asking_for_the_size_brings_in_neither_torch_nor_chroma() -> None:
    modules = (
        "search.registry search.retrieval search.evidence search.snippets search.coverage "
        "search.index.chroma search.index.tantivy search.index.memory "
        "search.embedding.hashed search.embedding.model_files search.embedding.sentence_transformer "
        "search.embedding.multilingual"
    )
    done = subprocess.run(
        [sys.executable, "-c", QUIET, modules], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == ""
