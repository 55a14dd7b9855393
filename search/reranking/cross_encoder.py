"""Reranking by a cross-encoder of sentence-transformers in this process."""

import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from search.errors import RerankerUnavailable

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder

# Few, since what is not ready in time is lost: a small model takes some 0.1 s for each on two cores.
_BATCH = 4
# Longer pairs are cut; a model that reads less cuts them sooner.
_MOST_TOKENS = 512


class CrossEncoderReranker:
    """A ``Reranker``. ``model`` is a folder, or a name on the model hub, which ``load`` downloads.

    Nothing is loaded before ``load``; torch is imported only then. One thread at a time computes.
    """

    at_once = 1
    at_a_time = _BATCH

    def __init__(self, model: str, device: str = "") -> None:
        if not model:
            raise ValueError("model is empty; name a cross-encoder")
        self._name = model
        self._device = device or None
        self._model: CrossEncoder | None = None
        self._lock = threading.Lock()

    @property
    def loaded(self) -> bool:
        return self._model is not None

    def load(self) -> None:
        with self._lock:
            if self._model is None:
                model = self._read()
                # The first computation is slow.
                self._computed(model, "warm-up", ["warm-up"])
                self._model = model

    def scores(self, query: str, texts: Sequence[str]) -> list[float]:
        if not texts:
            return []
        self.load()
        with self._lock:
            assert self._model is not None
            return self._computed(self._model, query, texts)

    def _computed(self, model: "CrossEncoder", query: str, texts: Sequence[str]) -> list[float]:
        import torch

        # This thread's own number; embedding a lone question may have set another one.
        torch.set_num_threads(len(os.sched_getaffinity(0)))
        pairs = [(_readable(query), _readable(text)) for text in texts]
        try:
            found = model.predict(
                pairs, batch_size=_BATCH, show_progress_bar=False, activation_fn=torch.nn.Identity()
            )
        except (RuntimeError, ValueError, IndexError) as error:
            raise RerankerUnavailable(
                _("The reranker %(name)s does not work: %(error)s") % {"name": self._name, "error": error}
            ) from error
        return [float(score) for score in found]

    def _read(self) -> "CrossEncoder":
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
        try:
            from sentence_transformers import CrossEncoder
            from transformers.utils import logging as transformers_logging

            transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
            model: CrossEncoder = CrossEncoder(str(Path(self._name).expanduser()), device=self._device)
            model.max_length = min(model.max_length or _MOST_TOKENS, _MOST_TOKENS)
            if model.num_labels != 1:
                raise ValueError(f"it has {model.num_labels} outputs and not one")
            return model
        except (ImportError, OSError, ValueError, RuntimeError, KeyError, TypeError) as error:
            raise RerankerUnavailable(
                _("The reranker %(name)s cannot be loaded: %(error)s. Correct RERANKER_MODEL.")
                % {"name": self._name, "error": str(error).rstrip(".")}
            ) from error


def _readable(text: str) -> str:
    """Without lone surrogates, which tokenizers refuse."""
    return text.encode("utf-8", "replace").decode()
