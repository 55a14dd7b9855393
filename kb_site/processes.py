"""One child process of the supervisor: started apart from the terminal, logged to a file, and never
outliving its parent."""

import os
import resource
import signal
import subprocess
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO

from kb_site import forking

_LOG_LIMIT = 10 * 1024 * 1024


@dataclass(slots=True)
class Child:
    """``ready`` says whether it serves; ``None`` where nobody waits for it. ``niceness`` 0 to 19 lets
    others go first: people who search do not wait for documents that are being read. With a ``title``,
    ``argv`` is a Python module with its arguments, run in a fork of this process (``kb_site.forking``), which
    has the open files with the numbers that it ``keeps``."""

    name: str
    argv: Sequence[str]
    log: Path
    env: Mapping[str, str] = field(default_factory=dict)
    ready: Callable[[], bool] | None = None
    niceness: int = 0
    title: str = ""
    keeps: tuple[int, ...] = ()
    process: subprocess.Popen[bytes] | forking.Forked | None = None
    starts: deque[float] = field(default_factory=lambda: deque(maxlen=6))

    def start(self) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > _LOG_LIMIT:
            self.log.replace(self.log.with_suffix(".log.1"))
        self.starts.append(time.monotonic())
        with open(self.log, "ab") as output:
            self.process = self._forked(output) if self.title else self._executed(output)

    def _forked(self, output: IO[bytes]) -> forking.Forked:
        return forking.start_module(
            self.argv,
            title=self.title,
            output=output,
            env=self.env,
            niceness=self.niceness,
            keeps=self.keeps,
        )

    def _executed(self, output: IO[bytes]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            self.argv,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **self.env},
            start_new_session=True,
            preexec_fn=partial(forking.die_with_parent, self.niceness),
        )

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def keeps_dying(self) -> bool:
        """Whether it was started six times within a minute."""
        return len(self.starts) == self.starts.maxlen and self.starts[-1] - self.starts[0] < 60

    def last_words(self, lines: int = 15) -> str:
        try:
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])
        except OSError:
            return ""


def allow_files(count: int) -> None:
    """This process and those that it starts may open so many files, as far as the system lets them."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = count if hard == resource.RLIM_INFINITY else min(count, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def stop(children: Sequence[Child], grace_s: float) -> None:
    """Asks all of them to end, and ends by force, with everything they started, those that do not
    within ``grace_s`` seconds."""
    for child in children:
        _signal_group(child, signal.SIGTERM, only_leader=True)
    deadline = time.monotonic() + grace_s
    while any(child.alive for child in children) and time.monotonic() < deadline:
        time.sleep(0.05)
    for child in children:
        _signal_group(child, signal.SIGKILL)
        if child.process is not None:
            child.process.wait()


def _signal_group(child: Child, number: signal.Signals, *, only_leader: bool = False) -> None:
    if child.process is None:
        return
    try:
        if only_leader:
            child.process.send_signal(number)
        else:
            os.killpg(child.process.pid, number)
    except ProcessLookupError:
        pass
