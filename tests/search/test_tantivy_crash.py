import shutil
from pathlib import Path

from search.index.tantivy import TantivyIndex
from search.types import Chunk


def test_what_a_killed_writer_left_of_its_deletions_does_not_stop_the_next(tmp_path: Path) -> None:
    """The list of deletions is written before the commit that names it; a kill in between leaves it."""
    TantivyIndex(tmp_path / "killed").upsert("x", [Chunk(str(n), str(n), f"heron {n}") for n in range(5)])
    shutil.copytree(tmp_path / "killed", tmp_path / "went on")
    TantivyIndex(tmp_path / "went on").delete("x", ["2"])
    (left,) = (tmp_path / "went on" / "x").glob("*.del")
    shutil.copy(left, tmp_path / "killed" / "x")

    index = TantivyIndex(tmp_path / "killed")
    index.delete("x", ["2"])
    assert sorted(index.ids("x")) == ["0", "1", "3", "4"]
    index.delete("x", ["3"])
    assert sorted(index.ids("x")) == ["0", "1", "4"]
