"""Takes out of vectors what only says in which language a text is.

A multilingual model puts texts of one language near each other whatever they are about, so that in a
collection of several languages a question finds everything in its own language first. Two linear
steps help: subtracting the mean of all languages, and projecting out the directions in which the means
of the languages differ (Libovický et al. 2020; Yang et al. 2021, "LIR"). What is left has cosines on one
scale, whichever the languages of question and passage.

The means come from the texts of ``search/probe.json``. To measure them again:
``store(measure(MultilingualEmbedder(folder)))``.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from search.embedding.multilingual import MultilingualEmbedder

Floats = NDArray[np.float32]

_STORED = Path(__file__).parent / "language_means.npy"


class LanguageNeutral:
    """``means`` has a row for each language: the mean of the unit vectors of its texts."""

    def __init__(self, means: Floats) -> None:
        self._mean = means.mean(axis=0)
        left, _sizes, _right = np.linalg.svd((means - self._mean).T, full_matrices=False)
        # Differences from their own mean span one direction less than there are languages.
        self._directions = left[:, : len(means) - 1]

    def __call__(self, rows: Floats) -> Floats:
        """Unit vectors of shape (texts, dimension), from such."""
        centred = rows - self._mean
        rest = centred - (centred @ self._directions) @ self._directions.T
        lengths = np.linalg.norm(rest, axis=1, keepdims=True)
        return np.asarray(rest / np.maximum(lengths, 1e-12), dtype=np.float32)


def stored() -> tuple[LanguageNeutral, LanguageNeutral]:
    """For questions and for passages of the multilingual model."""
    questions, passages = np.load(_STORED)
    return LanguageNeutral(questions), LanguageNeutral(passages)


def measure(embedder: "MultilingualEmbedder") -> Floats:
    """Means of the model's own vectors, shape (2, languages, dimension): questions, then passages."""
    from search.coverage import probe

    sides: tuple[list[Floats], list[Floats]] = ([], [])
    for pairs in probe().values():
        sides[0].append(embedder.raw([text for text, _ in pairs], question=True).mean(axis=0))
        sides[1].append(embedder.raw([text for _, text in pairs], question=False).mean(axis=0))
    return np.array(sides, dtype=np.float32)


def store(means: Floats) -> None:
    """Keeps them beside this module. The embedder's version has to change with them."""
    np.save(_STORED, means)
