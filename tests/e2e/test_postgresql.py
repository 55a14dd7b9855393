"""The same commands over PostgreSQL, with a server that the test starts and stops."""

import json
import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import fixtures
from tests.e2e.site import Site, free_port


def _as_postgres(*argv: str) -> None:
    """PostgreSQL refuses to run as root."""
    before = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    subprocess.run([*before, *argv], check=True, capture_output=True, timeout=60)


@pytest.fixture
def database_url(tmp_path: Path) -> Iterator[str]:
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not programs or (os.geteuid() == 0 and not shutil.which("runuser")):
        pytest.skip("PostgreSQL is not installed; `make tools` installs it")
    folder, port = Path("/tmp") / f"youju-pg-{os.getpid()}", free_port()
    folder.mkdir(mode=0o700)
    if os.geteuid() == 0:
        account = pwd.getpwnam("postgres")
        os.chown(folder, account.pw_uid, account.pw_gid)
    data, server = str(folder / "data"), str(programs[-1] / "pg_ctl")
    _as_postgres(str(programs[-1] / "initdb"), "-D", data, "-A", "trust", "-U", "youju", "-E", "UTF8")
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
    _as_postgres(server, "-D", data, "-o", options, "-l", str(folder / "log"), "-w", "start")
    try:
        yield f"postgres://youju@127.0.0.1:{port}/postgres"
    finally:
        _as_postgres(server, "-D", data, "-m", "immediate", "-w", "stop")
        shutil.rmtree(folder)


def test_ingest_search_ask_and_verify_over_postgresql(
    own_site: Site, database_url: str, tmp_path: Path
) -> None:
    own_site.extra["DATABASE_URL"] = database_url
    folder = tmp_path / "papers"
    folder.mkdir()
    (folder / "slides.pptx").write_bytes(fixtures.pptx())
    (folder / "leave.md").write_text("# 年假\n\n每位员工每年有二十五天带薪年假。\n")
    done = json.loads(own_site.manage("ingest", str(folder), "--collection", "team", "--json").stdout)
    assert {row["name"]: row["status"] for row in done["documents"]} == {
        "slides.pptx": "ready",
        "leave.md": "ready",
    }
    found = json.loads(own_site.manage("search", "带薪年假", "--collection", "team", "--json").stdout)
    assert found["hits"][0]["document"] == "年假"
    answer = json.loads(
        own_site.manage("ask", "每年有几天带薪年假？", "--collection", "team", "--json").stdout
    )
    assert "二十五天" in answer["answer"]
    assert answer["citations"][0]["n"] == 1
    report = json.loads(own_site.manage("verify", "--json").stdout)
    assert (report["documents"], report["missing_in_index"], report["orphans_in_index"]) == (2, 0, 0)
