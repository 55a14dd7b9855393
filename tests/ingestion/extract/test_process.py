import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ingestion.extract.process import ExtractionProcess
from ingestion.extract.types import ExtractionError, Limits
from tests import fixtures
from tests.ingestion.extract.conftest import Write

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def stuck(tmp_path: Path) -> Path:
    """A file that never delivers: opening a pipe without a writer waits for one."""
    path = tmp_path / "pipe.txt"
    os.mkfifo(path)
    return path


def is_running(pid: int) -> bool:
    """Whether the process exists and has not ended (a zombie has)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + 20
    while is_running(pid):
        assert time.monotonic() < deadline, f"process {pid} is still there"
        time.sleep(0.05)


def test_the_text_comes_back_whole_and_the_child_stays(write: Write) -> None:
    with ExtractionProcess() as process:
        first = process.extract(write("a.pdf", fixtures.pdf()), "a.pdf")
        pid = process.pid
        second = process.extract(write("x.xlsx", fixtures.xlsx()), "x.xlsx")
        assert process.pid == pid
    assert [page.number for page in first.pages] == [1, 2, 3]
    assert [page.label for page in second.pages] == ["Fees", "船员名单"]
    for found in (first, second):
        for page, start in zip(found.pages, found.starts, strict=True):
            assert found.text[start:].startswith(page.text)
    assert pid is not None and not is_running(pid)


def test_an_error_comes_back_with_its_code_and_the_child_goes_on(write: Write) -> None:
    with ExtractionProcess() as process:
        with pytest.raises(ExtractionError, match="password") as caught:
            process.extract(write("a.pdf", fixtures.encrypted_pdf()), "a.pdf")
        assert caught.value.code == "encrypted"
        assert "tide gauge" in process.extract(write("b.pdf", fixtures.pdf()), "b.pdf").text


def test_a_file_that_takes_too_long_is_stopped(stuck: Path, write: Write) -> None:
    with ExtractionProcess() as process:
        with pytest.raises(ExtractionError, match="too long") as caught:
            process.extract(stuck, "pipe.txt", Limits(timeout_s=0.7))
        assert caught.value.code == "timeout" and process.pid is None
        assert process.extract(write("a.txt", "after that"), "a.txt").text == "after that"


def test_a_file_that_needs_too_much_memory_is_stopped(write: Write) -> None:
    with ExtractionProcess() as process:
        with pytest.raises(ExtractionError, match="more memory") as caught:
            process.extract(write("a.txt", b"word and " * 6_000_000), "a.txt", Limits(memory_mb=120))
        assert caught.value.code == "memory"
        assert process.extract(write("a.txt", "after that"), "a.txt").text == "after that"


def test_a_child_that_is_killed_in_the_middle_is_a_crash_worth_another_try(stuck: Path, write: Write) -> None:
    with ExtractionProcess() as process:

        def kill() -> None:
            assert process.pid is not None
            os.kill(process.pid, signal.SIGKILL)

        with pytest.raises(ExtractionError) as caught:
            process.extract(stuck, "pipe.txt", on_wait=kill)
        assert (caught.value.code, caught.value.permanent) == ("crashed", False)
        assert process.extract(write("a.txt", "after that"), "a.txt").text == "after that"


def test_a_child_that_died_between_files_is_replaced(write: Write) -> None:
    with ExtractionProcess() as process:
        process.extract(write("a.txt", "one"), "a.txt")
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        wait_until_gone(process.pid)
        assert process.extract(write("a.txt", "two"), "a.txt").text == "two"


class Cancelled(Exception):
    pass


def test_what_the_waiting_raises_ends_the_child(stuck: Path) -> None:
    pids: list[int] = []
    with ExtractionProcess() as process:

        def cancel() -> None:
            assert process.pid is not None
            pids.append(process.pid)
            raise Cancelled

        with pytest.raises(Cancelled):
            process.extract(stuck, "pipe.txt", on_wait=cancel)
        assert process.pid is None
    assert len(pids) == 1 and not is_running(pids[0])


PARENT = """
import sys, threading
from pathlib import Path
from ingestion.extract.process import ExtractionProcess
process = ExtractionProcess()
process.extract(Path(sys.argv[1]), "a.pdf")
print(process.pid, flush=True)
if sys.argv[2]:
    process.extract(Path(sys.argv[2]), "pipe.txt", on_wait=lambda: print("waiting", flush=True))
sys.stdin.read()
"""


@pytest.mark.parametrize("busy", [False, True])
def test_the_child_does_not_outlive_a_killed_parent(write: Write, stuck: Path, busy: bool) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(write("a.pdf", fixtures.pdf())), str(stuck) if busy else ""],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
        text=True,
    )
    with parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        if busy:
            assert parent.stdout.readline() == "waiting\n"
        assert is_running(child)
        parent.kill()
    wait_until_gone(child)


def test_parsing_never_imports_torch_or_django_models() -> None:
    program = (
        "import sys, ingestion.extract.registry, ingestion.extract.process, ingestion.splitting\n"
        "from ingestion.extract.html import page\n"
        "from ingestion.splitting import SplitSettings, split\n"
        "text = page('<p>some words here</p>', 'x').text\n"
        "split(text, [(None, 0)], SplitSettings())\n"
        "banned = {'torch', 'sentence_transformers', 'django.db', 'django.conf'} & set(sys.modules)\n"
        "sys.exit(', '.join(sorted(banned)) or None)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
