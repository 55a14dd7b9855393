"""What was measured before: ``python -m bench.history [NAME…]`` prints the last runs of each benchmark.

Each run appends a line to ``bench/history/<name>.jsonl``, which belongs to the repository. A figure of the
last run that got worse by more than a tenth is marked, against the last run before it on the same kind of
machine with the same settings; a figure of which it is not known whether more is better is only shown with
``--all``.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.machine import LOAD_BEFORE, ROOT, commit, machine, versions

FOLDER = ROOT / "bench" / "history"
OUT = ROOT / "bench" / "out"
WORSE = 0.10
# Names and ends of names of figures. The first that fits counts, so longer ends come before shorter ones.
_MORE_IS_BETTER = ("per_s", "ratio_to_encoder", "times_the_tutorial", "times_the_first", "ndcg")
_LESS_IS_BETTER = ("_ms", "_s", "seconds", "_mb", "failed", "reingestion_ratio", "ratio_to_parts", "slower",
                   "to_crawl", "to_first", "growth")  # fmt: skip
_OF_MEMORY = ("at_rest", "after_work", "memory_mb", "peak_memory_mb")

Record = dict[str, Any]


def add_option(parser: argparse.ArgumentParser) -> None:
    """``--no-history``, for runs that only try something out."""
    parser.add_argument("--no-history", action="store_true", help="do not append this run to bench/history")


def report(
    name: str,
    figures: Mapping[str, Any],
    *,
    settings: Mapping[str, Any],
    seed: int | Sequence[int] | None = None,
    keep: bool = True,
) -> None:
    """Prints the run as JSON, writes it to ``bench/out``, and appends it to the history if ``keep``.

    Runs are compared with those of equal ``settings``.
    """
    now = datetime.now(UTC)
    record = {
        "when": now.isoformat(timespec="seconds"),
        "commit": commit(),
        "machine": machine(),
        "load_before": LOAD_BEFORE,
        "versions": versions(),
        "seed": seed,
        "settings": dict(settings),
        "figures": figures,
    }
    print(json.dumps(record, indent=2, ensure_ascii=False))
    OUT.mkdir(parents=True, exist_ok=True)
    file = OUT / f"{name}-{now:%Y%m%dT%H%M%SZ}.json"
    file.write_text(json.dumps(record, indent=2, ensure_ascii=False), encoding="utf-8")
    print(f"written to {file.relative_to(ROOT)}", file=sys.stderr)
    if keep:
        FOLDER.mkdir(exist_ok=True)
        with (FOLDER / f"{name}.jsonl").open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(record, ensure_ascii=False) + "\n")


def read(file: Path) -> list[Record]:
    """The oldest first."""
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]


def flat(figures: object, path: str = "") -> Iterator[tuple[str, float]]:
    """Each number with the names that lead to it, joined by dots; of lists, their places from 0."""
    if isinstance(figures, Mapping):
        rows = [(str(key), value) for key, value in figures.items()]
    elif isinstance(figures, list):
        rows = [(str(place), value) for place, value in enumerate(figures)]
    else:
        if isinstance(figures, int | float) and not isinstance(figures, bool):
            yield path, float(figures)
        return
    for key, value in rows:
        yield from flat(value, f"{path}.{key}" if path else key)


def direction(path: str) -> int:
    """1 where more is better, -1 where less is, 0 where nobody can tell."""
    names = path.split(".")
    if any(name in _OF_MEMORY for name in names):
        return -1
    # What was measured may be named after the way: "ndcg.xquad-en", "first_byte_ms.p95".
    for name in reversed(names):
        if name.endswith(_MORE_IS_BETTER):
            return 1
        if name.endswith(_LESS_IS_BETTER):
            return -1
    return 0


def change(path: str, before: float, now: float) -> float:
    """By which share a figure got worse; negative where it got better, 0 where that cannot be said."""
    if before == now or not direction(path):
        return 0.0
    if before == 0:
        return float("inf") if now * direction(path) < 0 else float("-inf")
    return -direction(path) * (now - before) / abs(before)


def comparable(run: Record, other: Record) -> bool:
    return all(run.get(key) == other.get(key) for key in ("machine", "settings", "seed"))


def previous(runs: Sequence[Record]) -> Record | None:
    """The one that the last run is compared with."""
    return next((run for run in reversed(runs[:-1]) if comparable(run, runs[-1])), None)


def worse(runs: Sequence[Record]) -> dict[str, float]:
    """The figures of the last run that got worse by more than a tenth, and by how much."""
    before = previous(runs)
    if before is None:
        return {}
    old = dict(flat(before["figures"]))
    changes = {path: change(path, old[path], now) for path, now in flat(runs[-1]["figures"]) if path in old}
    return {path: by for path, by in changes.items() if by > WORSE}


def table(name: str, runs: Sequence[Record], last: int, *, everything: bool) -> str:
    """The last runs side by side, with a mark behind what got worse."""
    marked, before = worse(runs), previous(runs)
    shown = [run for run in runs if comparable(run, runs[-1])][-last:]
    columns = [dict(flat(run["figures"])) for run in shown]
    heads = [
        (run["when"][5:16].replace("T", " "), run["commit"], f"load {run['load_before']}") for run in shown
    ]
    rows = [path for path in columns[-1] if everything or direction(path)]
    width = max(map(len, rows), default=0)
    lines = [f"{name}: {len(runs)} runs, {len(shown)} shown of those comparable with the last"]
    lines.append("  " + json.dumps({"settings": runs[-1]["settings"], "seed": runs[-1]["seed"]}))
    lines += ["  ".join([" " * width, *(f"{head[part]:>12}" for head in heads)]) for part in range(3)]
    for path in rows:
        cells = [f"{column[path]:12g}" if path in column else " " * 12 for column in columns]
        mark = f"  WORSE by {marked[path]:.0%}" if path in marked else ""
        lines.append("  ".join([f"{path:{width}}", *cells]) + mark)
    if before is None:
        lines.append("  nothing to compare the last run with")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.history", description=__doc__)
    parser.add_argument("names", nargs="*", help="of benchmarks; all by default")
    parser.add_argument("--last", type=int, default=5, help="how many runs of each")
    parser.add_argument("--all", action="store_true", help="also counts and other figures that are neither")
    options = parser.parse_args()
    files = {file.stem: file for file in sorted(FOLDER.glob("*.jsonl"))}
    unknown = sorted(set(options.names) - set(files))
    if unknown:
        raise SystemExit(f"No run of {', '.join(unknown)} is kept. There are: {', '.join(files) or 'none'}.")
    if not files:
        print(f"No run is kept in {FOLDER.relative_to(ROOT)} yet.")
    for name in options.names or files:
        runs = read(files[name])
        if runs:
            print(table(name, runs, options.last, everything=options.all), end="\n\n")


if __name__ == "__main__":
    main()
