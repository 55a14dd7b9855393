"""Starting and stopping as a person does, and the one sentence where it cannot work."""

import json
import shutil
import socket
import stat
import subprocess
import sys
from pathlib import Path

import psutil

from tests.e2e.site import ROOT, WITHOUT_MODEL, Site


def refused(site: Site, **extra: str) -> str:
    """What ``up`` prints before it ends with a status other than 0."""
    done = subprocess.run(
        [sys.executable, "manage.py", "up"],
        cwd=ROOT,
        env={**site.env, **extra},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
    )
    assert done.returncode != 0
    assert "Traceback" not in done.stdout
    return done.stdout


def test_start_stop_and_start_again_but_not_twice_at_once(own_site: Site) -> None:
    own_site.start()
    assert own_site.get("/healthz").status_code == 200
    ready = own_site.get("/readyz")
    assert ready.status_code == 200
    assert "workers: ok" in ready.text
    assert own_site.process is not None
    # Workers are forked from it, now and after a fault, which threads of the libraries in it would spoil.
    assert psutil.Process(own_site.process.pid).num_threads() == 1
    assert own_site.stop() == 0
    assert own_site.processes() == []
    first_link = own_site.welcome_path()
    own_site.lines.clear()
    own_site.start()
    assert own_site.welcome_path() != first_link
    assert "already running on the data folder" in refused(own_site, PORT="8999")
    assert own_site.stop() == 0
    assert own_site.processes() == []


def test_a_port_in_use_is_one_sentence(own_site: Site) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", own_site.port))
        taken.listen()
        assert f"Port {own_site.port} on 127.0.0.1 cannot be used" in refused(own_site)


def test_a_data_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("not a folder")
    assert "cannot be written" in refused(Site(in_the_way / "data"))


def test_a_broken_setting_is_one_sentence(own_site: Site) -> None:
    assert "PORT='eighty' is not a whole number" in refused(own_site, PORT="eighty")
    assert "DATABASE_URL starts with 'mysql'" in refused(own_site, DATABASE_URL="mysql://localhost/x")


def test_commands_work_on_a_fresh_install_without_the_site(own_site: Site, tmp_path: Path) -> None:
    own_site.extra |= WITHOUT_MODEL
    note = tmp_path / "note.md"
    note.write_text("# Leave\n\nEvery employee has twenty-five days of paid leave.\n")
    done = json.loads(own_site.manage("ingest", str(note), "--collection", "team", "--json").stdout)
    assert [row["status"] for row in done["documents"]] == ["ready"]
    secret = own_site.folder / "secrets" / "secret_key"
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600, "secrets are for the owner only"
    again = json.loads(own_site.manage("ingest", str(note), "--collection", "team", "--json").stdout)
    assert again["documents"][0]["duplicate_of"] == done["documents"][0]["id"]
    found = json.loads(own_site.manage("search", "paid leave", "--collection", "team", "--json").stdout)
    assert found["hits"][0]["document"] == "Leave"
    report = json.loads(own_site.manage("verify", "--json").stdout)
    assert (report["documents"], report["missing_in_index"], report["orphans_in_index"]) == (1, 0, 0)
    answer = json.loads(
        own_site.manage("ask", "How much paid leave is there?", "--collection", "team", "--json").stdout
    )
    assert "twenty-five days" in answer["answer"]
    assert answer["citations"][0]["document"] == "Leave"
    shutil.rmtree(own_site.folder / "lexical")
    broken = own_site.manage("verify", "--json", check=False)
    assert (broken.returncode, json.loads(broken.stdout)["missing_in_index"]) == (1, 1)
    assert json.loads(own_site.manage("verify", "--repair", "--json").stdout)["repaired"] == 1
    assert json.loads(own_site.manage("verify", "--json").stdout)["missing_in_index"] == 0
    missing = own_site.manage("search", "x", "--collection", "nowhere", "--json", check=False)
    assert missing.returncode == 1
    assert "There is no collection" in missing.stderr
    assert own_site.processes() == []
