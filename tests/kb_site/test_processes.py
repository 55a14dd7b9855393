import os
import subprocess
import sys
import time
from pathlib import Path

import psutil

from kb_site import processes
from kb_site.processes import Child


def python(name: str, folder: Path, code: str) -> Child:
    return Child(name, [sys.executable, "-c", code], folder / f"{name}.log")


def wait_for(text: str, child: Child) -> None:
    deadline = time.monotonic() + 20
    while text not in child.last_words():
        assert time.monotonic() < deadline, child.last_words()
        time.sleep(0.02)


def _is_running(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_output_goes_to_the_log(tmp_path: Path) -> None:
    child = python("talker", tmp_path, "print('hello')")
    child.start()
    assert child.process is not None
    child.process.wait(timeout=20)
    assert child.last_words() == "hello"
    assert not child.alive


def test_a_child_that_ignores_the_request_is_ended_with_all_it_started(tmp_path: Path) -> None:
    code = (
        "import signal, subprocess, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        "p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']);"
        "print('pid', p.pid, flush=True); time.sleep(600)"
    )
    child = python("stubborn", tmp_path, code)
    child.start()
    wait_for("pid", child)
    grandchild = int(child.last_words().split()[1])
    processes.stop([child], grace_s=0.3)
    assert not child.alive
    deadline = time.monotonic() + 20
    while _is_running(grandchild):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_children_die_with_a_killed_parent(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from kb_site.processes import Child;"
        "argv = [sys.executable, '-c', 'import time; time.sleep(600)'];"
        f"c = Child('sleeper', argv, Path({str(tmp_path)!r}) / 'x.log');"
        "c.start(); print(c.process.pid, flush=True); time.sleep(600)"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=dict(os.environ)
    )
    assert parent.stdout is not None
    orphan = psutil.Process(int(parent.stdout.readline()))
    parent.kill()
    parent.wait()
    deadline = time.monotonic() + 10
    while orphan.is_running() and orphan.status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_child_that_keeps_dying_is_noticed(tmp_path: Path) -> None:
    child = python("dying", tmp_path, "raise SystemExit(3)")
    for start in range(6):
        assert not child.keeps_dying(), start
        child.start()
        assert child.process is not None
        child.process.wait(timeout=20)
    assert child.keeps_dying()
