import subprocess
import sys
from pathlib import Path

import pytest

from llm.places import Places

HOLD = """
import sys
from pathlib import Path
from llm.places import Places
places = Places(2, Path(sys.argv[1]), "one")
assert places.take()
print("taken", flush=True)
sys.stdin.read()
"""


def test_places_are_shared_with_another_process_and_freed_by_its_death(tmp_path: Path) -> None:
    other = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert other.stdout is not None
        assert other.stdout.readline() == "taken\n"
        here = Places(2, tmp_path, "one")
        assert here.take()
        assert not here.take()
        assert Places(2, tmp_path, "two").take()
    finally:
        other.kill()
        other.communicate()
    assert here.take()
    assert not here.take()
    here.release()
    assert here.take()


@pytest.mark.parametrize("folder", [None, Path("/proc/nowhere")])
def test_without_a_folder_the_process_counts_alone(folder: Path | None) -> None:
    places = Places(2, folder, "one")
    assert [places.take(), places.take(), places.take()] == [True, True, False]
    places.release()
    assert places.take()
