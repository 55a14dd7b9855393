"""Python programs in forks of this process: they share the memory of what it has imported, and start in
a tenth of the time.

Whoever forks must have no threads and no open connections: neither survives a fork in a usable state. So
libraries with threads of their own (torch, ONNX Runtime, tantivy, the vector server's client, downloads from
a model hub) are loaded in forks only.
"""

import ctypes
import gc
import multiprocessing
import os
import runpy
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Collection, Mapping, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import IO

_PR_SET_PDEATHSIG, _PR_SET_NAME = 1, 15
_ASKED_TO_END = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Forked:
    """As much of ``subprocess.Popen`` as a supervisor needs, for a process that was forked."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Raises ``subprocess.TimeoutExpired`` where it still runs after ``timeout`` seconds."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while (code := self.poll()) is None:
            if timeout is not None and deadline is not None and time.monotonic() > deadline:
                raise subprocess.TimeoutExpired("a forked process", timeout)
            time.sleep(0.01)
        return code

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)


def start_module(
    argv: Sequence[str],
    *,
    title: str,
    output: IO[bytes],
    env: Mapping[str, str],
    niceness: int = 0,
    keeps: Collection[int] = (),
) -> Forked:
    """Runs ``python -m`` with ``argv`` in a fork: a session of its own, nothing to read, ``output`` for what
    it writes, ``title`` in lists of processes; of the open files it ``keeps`` those with these numbers. It
    ends when this process does, however that ends.

    Functions registered with ``atexit`` are not called in it.
    """
    parent = os.getpid()
    sys.stdout.flush()
    sys.stderr.flush()
    gc.freeze()  # collecting garbage would write to, and so copy, every page that could be shared
    signal.pthread_sigmask(signal.SIG_BLOCK, _ASKED_TO_END)
    try:
        pid = os.fork()
        if not pid:
            _end_after(lambda: _become(argv, title, output, env, niceness, parent, keeps))
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _ASKED_TO_END)
    return Forked(pid)


def asked_in_a_fork(question: Callable[[], str]) -> str:
    """What ``question`` returns, without any of the threads or memory that answering it takes."""
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe(duplex=False)

    def answer(pipe: Connection) -> None:
        for number in _ASKED_TO_END:
            signal.signal(number, signal.SIG_DFL)
        pipe.send(question())

    process = context.Process(target=answer, args=(theirs,), daemon=True)
    process.start()
    theirs.close()
    try:
        return str(ours.recv())
    except EOFError:
        process.join()
        return f"a process that was to find out ended with {process.exitcode}"
    finally:
        ours.close()
        process.join()


def die_with_parent(niceness: int) -> None:
    """Linux: the kernel sends SIGTERM when the parent dies, even of SIGKILL (prctl(2))."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    os.nice(niceness)


def _become(
    argv: Sequence[str],
    title: str,
    output: IO[bytes],
    env: Mapping[str, str],
    niceness: int,
    parent: int,
    keeps: Collection[int],
) -> None:
    os.setsid()
    die_with_parent(niceness)
    if os.getppid() != parent:
        return
    _use_only(output.fileno(), keeps)
    for number in _ASKED_TO_END:
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _ASKED_TO_END)
    os.environ.update(env)
    _call_it(title)
    sys.argv = list(argv)
    runpy.run_module(argv[0], run_name="__main__", alter_sys=True)


def _use_only(output: int, keeps: Collection[int]) -> None:
    """Every other file is let go of: among them are locks, which would outlive the parent."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    for number in [int(name) for name in os.listdir("/dev/fd")]:  # noqa: PTH208 - numbers, no paths
        if number > 2 and number not in keeps:
            try:
                os.close(number)
            except OSError:
                continue  # the one that the list was read with
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True)  # type: ignore[union-attr]


def _call_it(title: str) -> None:
    """Linux keeps the command line in the process's own memory; only as much as there is can be written."""
    ctypes.CDLL(None).prctl(_PR_SET_NAME, title.replace(" ", "-").encode()[:15])
    try:
        fields = Path("/proc/self/stat").read_text().rsplit(")", 1)[1].split()
        start, room = int(fields[45]), int(fields[46]) - int(fields[45])
    except (OSError, IndexError, ValueError):
        return
    if start > 0 and room > 1:
        ctypes.memset(start, 0, room)
        ctypes.memmove(start, title.encode()[: room - 1], min(len(title.encode()), room - 1))


def _end_after(work: Callable[[], None]) -> None:
    """Never returns, so nothing that the parent has still to do, or to tidy up, is done twice."""
    code = 1
    try:
        work()
        code = 0
    except SystemExit as exit_:
        code = exit_.code if isinstance(exit_.code, int) else int(exit_.code is not None)
        if isinstance(exit_.code, str):
            sys.stderr.write(f"{exit_.code}\n")
    except BaseException:  # noqa: BLE001 - as the interpreter does with what nobody caught
        traceback.print_exc()
    finally:
        try:
            threading._shutdown()  # type: ignore[attr-defined]  # waits for threads, as at any exit
            sys.stdout.flush()
            sys.stderr.flush()
        finally:
            os._exit(code)
