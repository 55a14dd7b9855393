"""The extraction process: reads one file at a time for its parent, and never outlives it.

Protocol: one JSON object a line on stdin, ``{"path", "memory_mb", "cpu_s"}`` with either ``{"name", "ocr",
"page_cpu_s"}`` for a file or ``{"url", "charset", "selector"}`` for a page of a site; one on stdout,
``{"ok": true}`` or ``{"ok": false, "code", "message", "permanent"}``, each with ``"rss_mb"``, after any
number of ``{"recognising": page}``, each of which asks for more time, and of ``{"pages_read": n, "of": m}``.
What was found goes, as JSON, into the file whose descriptor is the first argument. The second argument is the
reading end of a pipe that the parent holds open and never writes to: when the parent dies, however it dies,
the kernel signals its closing and that signal ends this process, even within a library's C code.
"""

import fcntl
import itertools
import json
import os
import resource
import select
import signal
import sys
import traceback
from dataclasses import asdict
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from ingestion.extract import messages
from ingestion.extract.types import ExtractionError

if TYPE_CHECKING:
    from ingestion.extract.ocr import Ocr


def main() -> None:
    result_fd, lifeline_fd = int(sys.argv[1]), int(sys.argv[2])
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _die_with(lifeline_fd)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(2, 1)  # what libraries print must not mix with the replies
    for line in sys.stdin:
        reply = _answer(json.loads(line), result_fd, replies)
        _send(replies, reply)


def _send(replies: IO[str], message: dict[str, Any]) -> None:
    replies.write(json.dumps(message) + "\n")
    replies.flush()


def _die_with(lifeline_fd: int) -> None:
    """SIGIO's default action ends the process; the poll covers a parent that died before this."""
    if sys.platform == "linux":
        fcntl.fcntl(lifeline_fd, fcntl.F_SETOWN, os.getpid())
        flags = fcntl.fcntl(lifeline_fd, fcntl.F_GETFL)
        fcntl.fcntl(lifeline_fd, fcntl.F_SETFL, flags | os.O_ASYNC)
    poll = select.poll()
    poll.register(lifeline_fd, select.POLLIN)
    if poll.poll(0):
        os._exit(1)


def _ocr(request: dict[str, Any], replies: IO[str]) -> "Ocr | None":
    """Text recognition that says before each page that this file needs more time."""
    from ingestion.extract.ocr import Ocr

    pages = itertools.count(1)

    def on_page() -> None:
        now, _ = resource.getrlimit(resource.RLIMIT_CPU)
        _limit_cpu(int(request["page_cpu_s"]), at_least=now)
        _send(replies, {"recognising": next(pages)})

    return Ocr(on_page) if request["ocr"] else None


def _answer(request: dict[str, Any], result_fd: int, replies: IO[str]) -> dict[str, Any]:
    _limit(int(request["memory_mb"]), int(request["cpu_s"]))
    try:
        _write(_page(request) if "url" in request else _document(request, replies), result_fd)
        reply: dict[str, Any] = {"ok": True}
    except ExtractionError as error:
        reply = _failure(error.code, str(error), permanent=error.permanent)
    except MemoryError:
        reply = _failure("memory", messages.MEMORY)
    except RecursionError:
        reply = _failure("damaged", messages.DAMAGED)
    except ImportError as error:  # a library found no room, or the installation is broken
        traceback.print_exc()
        no_room = "map segment" in str(error) or "allocate" in str(error)
        reply = _failure("memory", messages.MEMORY) if no_room else _crash()
    except OSError as error:
        traceback.print_exc()
        reply = _failure("crashed", messages.UNREADABLE, permanent=isinstance(error, FileNotFoundError))
    except BaseException as error:  # noqa: BLE001 - a library's panic must not end the process
        traceback.print_exc()
        out_of_memory = "memory" in f"{type(error).__name__} {error}".lower()
        reply = (
            _failure("memory", messages.MEMORY) if out_of_memory else _failure("damaged", messages.DAMAGED)
        )
    return reply | {"rss_mb": _rss_mb()}


def _crash() -> dict[str, Any]:
    return _failure("crashed", messages.CRASHED, permanent=False)


def _failure(code: str, message: str, *, permanent: bool = True) -> dict[str, Any]:
    return {"ok": False, "code": code, "message": message, "permanent": permanent}


def _limit(memory_mb: int, cpu_s: int) -> None:
    """Address space, and processor time from now on; the kernel ends a process above the latter."""
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (memory_mb * 1024 * 1024, hard))
    _limit_cpu(cpu_s)


def _limit_cpu(seconds: int, *, at_least: int = 0) -> None:
    """Lets the process run for so long from now on, or up to the total ``at_least``. The limit is set once:
    were it low for a moment only, the kernel could end the process then."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    total = max(int(used.ru_utime + used.ru_stime) + seconds, at_least)
    resource.setrlimit(resource.RLIMIT_CPU, (total, hard))


def _rss_mb() -> int:
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except (OSError, ValueError, IndexError):
        return 0
    return pages * resource.getpagesize() // (1024 * 1024)


def _document(request: dict[str, Any], replies: IO[str]) -> dict[str, Any]:
    from ingestion.extract.registry import extract
    from ingestion.extract.reporting import listening

    with listening(lambda done, total: _send(replies, {"pages_read": done, "of": total})):
        found = extract(Path(request["path"]), request["name"], _ocr(request, replies))
    pages = [[page.number, len(page.text), page.label, page.ocr] for page in found.pages]
    head = {"mime": found.mime, "title": found.title, "language": found.language, "meta": dict(found.meta)}
    return head | {"pages": pages, "starts": found.starts, "text": found.text}


def _page(request: dict[str, Any]) -> dict[str, Any]:
    from ingestion.crawl.page import read_page

    given = {name: str(request[name]) for name in ("url", "charset", "selector")}
    return asdict(read_page(Path(request["path"]).read_bytes(), **given))


def _write(found: dict[str, Any], result_fd: int) -> None:
    data = memoryview(json.dumps(found, ensure_ascii=False).encode())
    os.ftruncate(result_fd, 0)
    at = 0
    while at < len(data):
        at += os.pwrite(result_fd, data[at : at + (1 << 24)], at)


if __name__ == "__main__":
    main()
