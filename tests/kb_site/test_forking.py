"""What a forked program may count on, and what its parent may."""

import fcntl
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

_PARENT = """
import fcntl, os, random, signal, sys, threading
from pathlib import Path
from kb_site.processes import Child
folder = Path(sys.argv[1])
sys.path.insert(0, str(folder))
lock = open(folder / "lock", "w")
fcntl.flock(lock, fcntl.LOCK_EX)
signal.signal(signal.SIGTERM, lambda *_: print("the parent's own", flush=True))
random.seed(7)
def start(name, *arguments):
    child = Child(name, [name, *arguments], folder / f"{name}.log", {"ADDED": "value"}, title=f"youju {name}")
    child.start()
    return child
"""


def run(folder: Path, code: str, **programs: str) -> subprocess.Popen[str]:
    """A parent that runs ``code``, and may start each of ``programs`` by its name."""
    for name, source in programs.items():
        (folder / f"{name}.py").write_text(source)
    argv = [sys.executable, "-c", _PARENT + code, str(folder), "room for the title of a child"]
    return subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, env=dict(os.environ))


def output(parent: subprocess.Popen[str]) -> str:
    found, _nothing = parent.communicate(timeout=60)
    assert parent.returncode == 0, found
    return found


def is_running(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def wait_until_over(pid: int) -> None:
    deadline = time.monotonic() + 20
    while is_running(pid):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_program_sees_a_process_of_its_own(tmp_path: Path) -> None:
    program = (
        "import os, random, signal, sys\n"
        "print(__name__, sys.argv[1:], os.environ['ADDED'], 'kb_site.processes' in sys.modules)\n"
        "print(os.getsid(0) == os.getpid(), os.read(0, 1), signal.getsignal(signal.SIGTERM).name)\n"
        "print('random', random.random())\n"
        "files = [name for name in os.listdir('/dev/fd') if os.path.exists('/dev/fd/' + name)]\n"
        "print('files', [name for name in files if int(name) > 2])\n"
        "sys.exit('a reason')\n"
    )
    code = (
        "one, other = start('program', 'a', 'b'), start('program', 'a', 'b')\n"
        "print(one.process.wait(), other.process.wait(), one.alive, random.random())"
    )
    told = output(run(tmp_path, code, program=program)).split()
    assert told[:3] == ["1", "1", "False"]
    lines = (tmp_path / "program.log").read_text().splitlines()
    assert lines.count("__main__ ['a', 'b'] value True") == 2
    assert lines.count("True b'' SIG_DFL") == 2
    assert lines.count("a reason") == 2
    assert lines.count("files []") == 2
    drawn = [line.split()[1] for line in lines if line.startswith("random")]
    assert len({*drawn, told[3]}) == 3, "they draw the same random numbers"


def test_an_error_is_told_in_the_log_and_nothing_of_the_parent_is_done_twice(tmp_path: Path) -> None:
    code = (
        "try:\n    child = start('broken')\n    print(child.process.wait())\nfinally:\n    print('tidied up')"
    )
    assert output(run(tmp_path, code, broken="raise ValueError('why')")).split("\n") == ["1", "tidied up", ""]
    log = (tmp_path / "broken.log").read_text()
    assert "ValueError: why" in log
    assert "tidied up" not in log


def test_threads_are_waited_for_at_the_end(tmp_path: Path) -> None:
    program = (
        "import threading, time\n"
        "threading.Thread(target=lambda: (time.sleep(0.3), print('written'))).start()\n"
    )
    output(run(tmp_path, "start('slow').process.wait()", slow=program))
    assert (tmp_path / "slow.log").read_text() == "written\n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_it_can_be_ended_and_leaves_no_zombie(tmp_path: Path, number: signal.Signals) -> None:
    code = (
        "child = start('sleeper')\n"
        f"child.process.send_signal({int(number)})\n"
        "print(child.process.wait(), os.path.exists(f'/proc/{child.process.pid}'))"
    )
    found = output(run(tmp_path, code, sleeper="import time\ntime.sleep(600)"))
    assert found.split() == [str(-int(number)), "False"]


def test_it_ends_with_a_killed_parent_and_holds_none_of_its_locks(tmp_path: Path) -> None:
    """One that does not end when it is asked to holds no lock either."""
    stubborn = (
        "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('up')\ntime.sleep(600)"
    )
    code = (
        "import time\n"
        "children = [start('sleeper'), start('stubborn')]\n"
        "while not (folder / 'stubborn.log').read_text(): time.sleep(0.01)\n"
        "print(*[child.process.pid for child in children], flush=True)\n"
        "time.sleep(600)"
    )
    parent = run(tmp_path, code, sleeper="import time\ntime.sleep(600)", stubborn=stubborn)
    assert parent.stdout is not None
    sleeper, ignorant = map(int, parent.stdout.readline().split())
    try:
        assert psutil.Process(ignorant).cmdline()[0] == "youju stubborn"
        parent.kill()
        parent.wait()
        wait_until_over(sleeper)
        assert is_running(ignorant)
        with open(tmp_path / "lock") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    finally:
        os.kill(ignorant, signal.SIGKILL)


def test_what_is_asked_in_a_fork_leaves_nothing_behind(tmp_path: Path) -> None:
    code = (
        "from kb_site.forking import asked_in_a_fork\n"
        "def question():\n"
        "    import sqlite3, threading\n"
        "    threading.Thread(target=lambda: None).start()\n"
        "    return f'answer {os.getpid() != parent}'\n"
        "parent = os.getpid()\n"
        "print(asked_in_a_fork(question))\n"
        "print('sqlite3' in sys.modules)\n"
        "print(asked_in_a_fork(lambda: os._exit(3)))"
    )
    assert output(run(tmp_path, code)).splitlines() == [
        "answer True",
        "False",
        "a process that was to find out ended with 3",
    ]
