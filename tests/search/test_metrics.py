"""Numbers worked out by hand."""

import math

import pytest

from search.metrics import mrr, ndcg, recall


def test_ndcg_of_one_relevant_document() -> None:
    assert ndcg(["a", "b"], {"a": 1}, 10) == 1.0
    assert ndcg(["b", "a"], {"a": 1}, 10) == pytest.approx(1 / math.log2(3))
    assert ndcg(["x"] + [f"n{i}" for i in range(9)] + ["a"], {"a": 1}, 10) == 0.0


def test_ndcg_with_linear_gains() -> None:
    # DCG = 1/1 + 2/log2(3) + 0 + 3/log2(5); ideal = 3/1 + 2/log2(3) + 1/2
    found = 1 + 2 / math.log2(3) + 3 / math.log2(5)
    ideal = 3 + 2 / math.log2(3) + 0.5
    assert ndcg(["c", "b", "x", "a"], {"a": 3, "b": 2, "c": 1}, 10) == pytest.approx(found / ideal)


def test_ndcg_ideal_is_cut_at_k_too() -> None:
    relevant = {f"d{i}": 1.0 for i in range(20)}
    assert ndcg([f"d{i}" for i in range(5)], relevant, 5) == 1.0


def test_a_document_counts_once_at_its_best_rank() -> None:
    assert ndcg(["a", "a", "b"], {"a": 1, "b": 1}, 2) == 1.0
    assert recall(["x", "x", "x", "a"], {"a": 1}, 2) == 1.0
    assert mrr(["x", "x", "x", "a"], {"a": 1}, 10) == 0.5


def test_recall_and_mrr() -> None:
    ranked = ["x", "a", "b"]
    relevant = {"a": 1.0, "b": 2.0, "c": 1.0, "x": 0.0}
    assert recall(ranked, relevant, 1) == 0.0
    assert recall(ranked, relevant, 3) == pytest.approx(2 / 3)
    assert mrr(ranked, relevant, 10) == 0.5
    assert mrr(ranked, relevant, 1) == 0.0


def test_nothing_relevant_and_nothing_found() -> None:
    assert ndcg(["a"], {}, 10) == recall(["a"], {}, 10) == mrr(["a"], {}, 10) == 0.0
    assert ndcg([], {"a": 1}, 10) == recall([], {"a": 1}, 10) == mrr([], {"a": 1}, 10) == 0.0
    assert ndcg(["a"], {"a": -1}, 10) == 0.0
