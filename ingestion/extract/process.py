"""Runs extraction in a child process with limits of time and memory, and ends it when it must."""

import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from ingestion.crawl.web_page import WebPage
from ingestion.extract import messages
from ingestion.extract.types import Extracted, ExtractionError, Limits, Page

_ROOT = Path(__file__).resolve().parents[2]
_POLL_S = 0.5
_LIMITS = Limits()
_PAGE_LIMITS = Limits(timeout_s=60, memory_mb=1536)
_FILES_PER_CHILD = 200
_RSS_LIMIT_MB = 400
_KEPT_ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "TMPDIR", "HOME", "LD_LIBRARY_PATH", "TZ")


def child_environment() -> dict[str, str]:
    """The few variables that a process which opens hostile files sees; no secrets among them."""
    kept = {key: os.environ[key] for key in _KEPT_ENVIRONMENT if key in os.environ}
    return kept | {"PYTHONPATH": str(_ROOT), "MALLOC_ARENA_MAX": "2", "PYTHONIOENCODING": "utf-8"}


def _cpu_s(timeout_s: float) -> int:
    """Processor time to allow where ``timeout_s`` is what people wait: libraries use several cores."""
    return int(4 * timeout_s) + 10


class ExtractionProcess:
    """One child process, started when first needed and kept warm. Not for several threads at once."""

    def __init__(self) -> None:
        self._child: _Child | None = None

    @property
    def pid(self) -> int | None:
        """Process id of the child, ``None`` while there is none."""
        return self._child.process.pid if self._child is not None else None

    def extract(
        self,
        path: Path,
        name: str,
        limits: Limits = _LIMITS,
        on_wait: Callable[[], None] | None = None,
        on_pages: Callable[[int, int], None] | None = None,
    ) -> Extracted:
        """The text of ``path``, which people call ``name``.

        ``on_wait`` is called twice a second or more; what it raises ends the child and is passed on.
        ``on_pages`` is called with the pages read so far and those in all, where the format tells.
        Raises ``ExtractionError``.
        """
        request = {"name": name, "ocr": limits.ocr, "page_cpu_s": _cpu_s(limits.page_s)}
        found = self._run(path, request, limits, on_wait, on_pages)
        text, starts = found["text"], tuple(found["starts"])
        pages = tuple(
            Page(number, text[start : start + length], label, ocr)
            for start, (number, length, label, ocr) in zip(starts, found["pages"], strict=True)
        )
        return Extracted(found["mime"], found["title"], found["language"], pages, text, starts, found["meta"])

    def read_page(
        self,
        path: Path,
        *,
        url: str,
        charset: str = "",
        selector: str = "",
        limits: Limits = _PAGE_LIMITS,
        on_wait: Callable[[], None] | None = None,
    ) -> WebPage:
        """What the page in the file ``path``, fetched from ``url``, says: ``ingestion.crawl.page.read_page``
        in the child, and within its limits. ``on_wait`` as for ``extract``. Raises ``ExtractionError``.
        """
        request = {"url": url, "charset": charset, "selector": selector}
        found = self._run(path, request, limits, on_wait)
        return WebPage(**found | {"links": tuple(found["links"])})

    def _run(
        self,
        path: Path,
        request: Mapping[str, Any],
        limits: Limits,
        on_wait: Callable[[], None] | None,
        on_pages: Callable[[int, int], None] | None = None,
    ) -> dict[str, Any]:
        """What the child found. It is ended where it did not finish, and where it is worn out."""
        child = self._ready()
        finished = False
        try:
            reply = child.ask(path, request, limits, on_wait, on_pages)
            finished = True
        finally:
            if not finished:
                self.close()
        result = child.result() if reply["ok"] else None
        if child.worn_out(reply):
            self.close()
        if result is None:
            raise ExtractionError(reply["code"], reply["message"], permanent=reply["permanent"])
        return result

    def close(self) -> None:
        """Ends the child, at once."""
        child, self._child = self._child, None
        if child is not None:
            child.close()

    def __enter__(self) -> "ExtractionProcess":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _ready(self) -> "_Child":
        if self._child is not None and self._child.process.poll() is not None:
            self.close()
        if self._child is None:
            self._child = _Child()
        return self._child


class _Child:
    """A running child with its pipes."""

    def __init__(self) -> None:
        self._result: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as the child
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115
        lifeline, self._lifeline = os.pipe()
        try:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "ingestion.extract.child", str(self._result.fileno()), str(lifeline)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                pass_fds=(self._result.fileno(), lifeline),
                start_new_session=True,
                cwd=_ROOT,
                env=child_environment(),
            )
        finally:
            os.close(lifeline)
        self._files = 0
        self._received = b""

    def ask(
        self,
        path: Path,
        request: Mapping[str, Any],
        limits: Limits,
        on_wait: Callable[[], None] | None,
        on_pages: Callable[[int, int], None] | None,
    ) -> dict[str, Any]:
        """The child's reply. Raises ``ExtractionError``: ``timeout``, ``crashed``, ``memory``."""
        self._files += 1
        common = {
            "path": str(path.resolve()),
            "memory_mb": limits.memory_mb,
            "cpu_s": _cpu_s(limits.timeout_s),
        }
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(json.dumps(common | dict(request)).encode() + b"\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            raise self._death() from None
        deadline = time.monotonic() + limits.timeout_s
        while "ok" not in (reply := self._await(deadline, on_wait)):
            if "recognising" in reply:
                deadline = max(deadline, time.monotonic() + limits.page_s)
            elif on_pages is not None:
                on_pages(reply["pages_read"], reply["of"])
            if on_wait is not None:
                on_wait()
        return reply

    def _await(self, deadline: float, on_wait: Callable[[], None] | None) -> dict[str, Any]:
        """The next message; several may arrive at once."""
        assert self.process.stdout is not None
        replies = self.process.stdout
        while b"\n" not in self._received:
            left = deadline - time.monotonic()
            if left <= 0:
                raise ExtractionError("timeout", messages.TIMEOUT)
            if not select.select([replies], [], [], min(_POLL_S, left))[0]:
                if on_wait is not None:
                    on_wait()
                continue
            data = os.read(replies.fileno(), 65536)
            if not data:
                raise self._death()
            self._received += data
        line, _, self._received = self._received.partition(b"\n")
        reply: dict[str, Any] = json.loads(line)
        return reply

    def _death(self) -> ExtractionError:
        """Why the child ended by itself, from its exit status and its last words."""
        self.process.wait(timeout=10)
        said = self._last_words()
        if "memory allocation" in said or "MemoryError" in said or "Cannot allocate memory" in said:
            return ExtractionError("memory", messages.MEMORY)
        if self.process.returncode == -signal.SIGXCPU:
            return ExtractionError("timeout", messages.TIMEOUT)
        return ExtractionError("crashed", messages.CRASHED, permanent=False)

    def _last_words(self) -> str:
        end = os.fstat(self._errors.fileno()).st_size
        return os.pread(self._errors.fileno(), 4096, max(0, end - 4096)).decode("utf-8", "replace")

    def result(self) -> dict[str, Any]:
        size = os.fstat(self._result.fileno()).st_size
        found: dict[str, Any] = json.loads(os.pread(self._result.fileno(), size, 0))
        return found

    def worn_out(self, reply: dict[str, Any]) -> bool:
        """Whether to start afresh: after many files, or where memory has grown or run out."""
        grown = reply["rss_mb"] > _RSS_LIMIT_MB or reply.get("code") in {"memory", "crashed"}
        return grown or self._files >= _FILES_PER_CHILD

    def stop(self) -> None:
        """Ends the process and all it started. Any thread may call it."""
        if self.process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)

    def close(self) -> None:
        """Ends the process and lets go of its pipes. Only for the thread that asks."""
        if self.process.poll() is None:
            self.stop()
            self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout, self._result, self._errors):
            if pipe is not None:
                with suppress(BrokenPipeError):
                    pipe.close()
        os.close(self._lifeline)
