"""A real Chroma server, a real Milvus Lite, and passages to index."""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from search.errors import IndexUnavailable
from search.index.chroma import ChromaIndex
from search.types import Chunk


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """A server on a loopback port, which can be stopped and started again on the same data."""

    stops_on = signal.SIGTERM

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def command(self) -> list[str | Path]:
        raise NotImplementedError

    def answers(self) -> bool:
        raise NotImplementedError

    def start(self) -> None:
        self._process = subprocess.Popen(
            self.command(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=self.folder
        )
        deadline = time.monotonic() + 60
        while not self.answers():
            assert time.monotonic() < deadline, "the server does not answer"
            assert self._process.poll() is None, "the server ended"
            time.sleep(0.1)

    def stop(self) -> None:
        if self._process is not None:
            self._process.send_signal(self.stops_on)
            try:
                self._process.wait(timeout=20)
            except subprocess.TimeoutExpired:  # tests that run behind nohup have it ignore SIGINT
                self._process.kill()
                self._process.wait()
            self._process = None


class ChromaServer(Server):
    def command(self) -> list[str | Path]:
        program = Path(sys.executable).parent / "chroma"
        return [program, "run", "--path", self.folder, "--host", "127.0.0.1", "--port", str(self.port)]

    def answers(self) -> bool:
        try:
            ChromaIndex(self.url).ping()
        except IndexUnavailable:
            return False
        return True


@pytest.fixture(scope="session")
def chroma_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChromaServer]:
    server = ChromaServer(tmp_path_factory.mktemp("chroma"))
    server.start()
    yield server
    server.stop()


class MilvusServer(Server):
    """Milvus Lite as a server."""

    stops_on = signal.SIGINT

    @property
    def uri(self) -> str:
        return self.url

    def command(self) -> list[str | Path]:
        program = Path(sys.executable).parent / "milvus-lite"
        return [program, "server", "--data-dir", self.folder, "--host", "127.0.0.1", "--port", str(self.port)]

    def answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return True
        except OSError:
            return False


@pytest.fixture(scope="session")
def milvus_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MilvusServer]:
    if find_spec("pymilvus") is None or find_spec("milvus_lite") is None:
        pytest.skip("pymilvus and milvus-lite are not installed")
    server = MilvusServer(tmp_path_factory.mktemp("milvus"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def chunk() -> Callable[..., Chunk]:
    def make(key: str, text: str, title: str = "", heading: str = "", document: str = "") -> Chunk:
        return Chunk(key, document or f"doc-{key}", text, title, heading)

    return make
