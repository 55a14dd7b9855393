"""An emptied broker, a locked database and a full disk cost only a delay."""

import errno
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from tests.e2e.fault_material import (
    DOCUMENTS,
    READS,
    begin,
    expect_everything_exactly_once,
    material,
    upload,
    wait_for_web,
    wait_until_done,
    wait_until_in_work,
)
from tests.e2e.site import Site

pytestmark = pytest.mark.timeout(900)


def test_an_emptied_broker_and_a_locked_database_cost_only_a_delay(own_site: Site) -> None:
    api = begin(own_site)
    client = redis.Redis(unix_socket_path=str(own_site.folder / "run" / "redis.sock"))
    client.flushall()
    for batch in ("first", "second"):
        api.upload("faults", material(batch))
        client.flushall()
    assert wait_until_done(api) == {"ready": 2 * DOCUMENTS}

    # Locked for longer than anybody waits for it (30 s).
    upload(api, "locked", DOCUMENTS)
    wait_until_in_work(api)
    database = sqlite3.connect(own_site.folder / "youju.sqlite3", isolation_level=None, timeout=30)
    database.execute("BEGIN IMMEDIATE")
    time.sleep(40)
    database.execute("ROLLBACK")
    database.close()
    expect_everything_exactly_once(own_site, api, 3 * DOCUMENTS)
    assert own_site.stop() == 0


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 96 MB of its own, in memory."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=96m", "tmpfs", str(folder)], capture_output=True, text=True
    )
    if mounted.returncode:
        pytest.skip(f"a small file system needs the right to mount one: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """Takes what is left of the disk."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(65536))
        except OSError as error:
            assert error.errno == errno.ENOSPC
    return ballast


def test_a_full_disk_costs_only_a_delay(small_disk: Path, own_site: Site) -> None:
    own_site.folder = small_disk / "data"
    api = begin(own_site)
    upload(api, "before", DOCUMENTS)
    assert wait_until_done(api) == {"ready": DOCUMENTS}
    upload(api, "full", DOCUMENTS)
    wait_until_in_work(api)
    ballast = fill(small_disk)
    refused = api.call(
        "POST", "/collections/faults/documents", files=[("file", ("more.md", b"# More\n" * 40_000))]
    )
    assert refused.status_code >= 400
    own_site.child(READS).kill()
    time.sleep(15)
    ballast.unlink()
    wait_for_web(own_site)
    expect_everything_exactly_once(own_site, api, 2 * DOCUMENTS)
    assert own_site.stop() == 0
