from typing import Any

import pytest

from bench.history import Record, change, direction, flat, previous, table, worse

MACHINE = {"cores": 2, "memory_gb": 8, "processor": "one"}


def run(figures: dict[str, Any], **other: Any) -> Record:
    return {
        "when": "2026-11-27T16:00:00+00:00",
        "commit": "abc",
        "machine": MACHINE,
        "load_before": 0.1,
        "seed": 7,
        "settings": {"passages": 10},
        "figures": figures,
    } | other


@pytest.mark.parametrize(
    ("path", "better"),
    [
        ("search.8_clients.per_s", 1),
        ("search.8_clients.p95_ms", -1),
        ("first_byte_after_first_word_ms.p95", -1),
        ("corpora.scifact.ratio_to_encoder", 1),
        ("corpora.scifact.reingestion_ratio", -1),
        ("memory_mb.sum", -1),
        ("at_rest.uvicorn", -1),
        ("p95_times_slower", -1),
        ("ingestion.times_the_tutorial", 1),
        ("english.ndcg.xquad-en", 1),
        ("english.ndcg_loss.xquad-en", 0),
        ("ingestion.chunks", 0),
        ("100_readers.complete", 0),
    ],
)
def test_it_is_known_from_its_name_whether_more_of_a_figure_is_better(path: str, better: int) -> None:
    assert direction(path) == better


def test_figures_are_named_by_the_way_to_them_and_what_is_no_number_is_left_out() -> None:
    assert dict(flat({"a": {"b_ms": 1, "said": "x", "is": True}, "c": [2.5]})) == {"a.b_ms": 1, "c.0": 2.5}


def test_a_change_counts_in_the_direction_of_the_figure() -> None:
    assert change("per_s", 10, 8) == pytest.approx(0.2)
    assert change("p50_ms", 10, 8) == pytest.approx(-0.2)
    assert change("failed", 0, 1) == float("inf")
    assert change("chunks", 10, 1) == 0


def test_what_got_worse_by_more_than_a_tenth_is_marked_against_the_last_comparable_run() -> None:
    runs = [
        run({"p50_ms": 10, "p95_ms": 20, "per_s": 100}),
        run({"p50_ms": 1, "p95_ms": 1, "per_s": 999}, settings={"passages": 20}),
        run({"p50_ms": 1, "p95_ms": 1, "per_s": 999}, machine=MACHINE | {"processor": "another"}),
        run({"p50_ms": 10.9, "p95_ms": 23, "per_s": 80, "new_ms": 5}),
    ]

    assert previous(runs) is runs[0]
    assert worse(runs) == {"p95_ms": pytest.approx(0.15), "per_s": pytest.approx(0.2)}
    shown = table("search", runs, last=5, everything=False).splitlines()
    marked = {line.split()[0]: "WORSE" in line for line in shown if line.startswith(("p", "n"))}
    assert marked == {"p50_ms": False, "p95_ms": True, "per_s": True, "new_ms": False}
    assert not any("999" in line for line in shown)


def test_a_first_run_is_worse_than_nothing() -> None:
    runs = [run({"p50_ms": 10}), run({"p50_ms": 99}, settings={"passages": 20})]

    assert worse(runs) == {}
    assert "nothing to compare" in table("search", runs, last=5, everything=False)
