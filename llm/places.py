"""How many may ask an endpoint at once, counted over all processes of a machine."""

import fcntl
import logging
from pathlib import Path
from threading import BoundedSemaphore, Lock
from typing import IO

log = logging.getLogger(__name__)


class Places:
    """``count`` places; those who give the same ``folder`` and ``name`` share them, in whichever process.

    Each place is a file that is locked as long as it is taken. The kernel lets go of it when its process
    dies, however that happens. Without a folder, or where it cannot be written, the process counts alone.
    """

    def __init__(self, count: int, folder: Path | None = None, name: str = "") -> None:
        self._files = [folder / f"{name}-{number}.place" for number in range(count)] if folder else []
        self._own = BoundedSemaphore(count)
        self._taken: list[IO[bytes]] = []
        self._lock = Lock()

    def take(self) -> bool:
        """Whether there was a free one, which is the caller's until ``release``."""
        if not self._own.acquire(blocking=False):
            return False
        try:
            file = self._locked() if self._files else None
        except OSError as error:
            log.warning("requests to an endpoint are counted by each process alone: %s", error)
            return True
        if file is None and self._files:
            self._own.release()
            return False
        if file is not None:
            with self._lock:
                self._taken.append(file)
        return True

    def release(self) -> None:
        with self._lock:
            file = self._taken.pop() if self._taken else None
        if file is not None:
            file.close()
        self._own.release()

    def _locked(self) -> IO[bytes] | None:
        self._files[0].parent.mkdir(parents=True, exist_ok=True)
        for path in self._files:
            file = path.open("ab")
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.close()
            else:
                return file
        return None
