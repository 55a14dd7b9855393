"""The files in ``deploy/`` against the code: there is no engine here to run them with."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings
from django.core.management import get_commands

ROOT = Path(settings.BASE_DIR)
DEPLOY = ROOT / "deploy"
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
MANIFESTS = [
    document
    for path in sorted((DEPLOY / "kubernetes").glob("*.yaml"))
    for document in yaml.safe_load_all(path.read_text(encoding="utf-8"))
]
IMAGE = "youju:0.1.0"
QUEUES = {route["queue"] for route in settings.CELERY_TASK_ROUTES.values()}
_READS = re.compile(r"(?:env_\w+|secret)\(\s*\"([A-Z_]+)\"")
# Read by libraries, not by the settings.
LIBRARIES = {"OMP_WAIT_POLICY"}


def variables() -> set[str]:
    """Every environment variable that the settings read."""
    files = [ROOT / "kb_site" / name for name in ("settings.py", "crawl_settings.py", "embedding_models.py")]
    found = {name for path in files for name in _READS.findall(path.read_text(encoding="utf-8"))}
    return found | {f"LLM_{name}" for name in ("BASE_URL", "MODEL", "API_KEY", "SECRET_KEY")}


def dockerfile(instruction: str) -> Iterator[str]:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    for line in text.splitlines():
        name, _space, rest = line.partition(" ")
        if name == instruction:
            yield rest


def pods() -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Name, template of the pod and its one container, of everything that runs."""
    for manifest in MANIFESTS:
        if manifest["kind"] in {"Deployment", "StatefulSet", "Job"}:
            pod = manifest["spec"]["template"]["spec"]
            (container,) = pod["containers"]
            yield manifest["metadata"]["name"].removeprefix("youju-"), pod, container


def commands() -> dict[str, list[str]]:
    ours = {f"compose {name}": part for name, part in COMPOSE["services"].items() if part["image"] == IMAGE}
    found = {name: part["command"] for name, part in ours.items() if "command" in part}
    found["image"] = yaml.safe_load(next(dockerfile("CMD")))
    return found | {f"kubernetes {name}": container["command"] for name, _pod, container in pods()}


def test_every_variable_is_one_that_the_settings_read_and_the_documents_explain() -> None:
    (kube,) = [each["data"] for each in MANIFESTS if each["kind"] == "ConfigMap"]
    (sealed,) = [each["stringData"] for each in MANIFESTS if each["kind"] == "Secret"]
    example = (DEPLOY / "youju.env.example").read_text(encoding="utf-8")
    named = set(COMPOSE["x-youju"]["environment"]) | set(kube) | set(sealed)
    named |= set(re.findall(r"^([A-Z_]+)=", example, re.MULTILINE))
    named |= {pair.split("=")[0] for line in dockerfile("ENV") for pair in shlex.split(line)}
    named = {name for name in named if not name.startswith(("PYTHON", "PIP_"))} - LIBRARIES
    assert named <= variables()
    for name in ("README.md", "README.zh-CN.md", "docs/deployment.md", "docs/deployment.zh-CN.md"):
        path = ROOT / name
        explained = set(re.findall(r"`([A-Z_]{4,})`", path.read_text(encoding="utf-8")))
        if path.parent == ROOT:
            assert named <= explained, name
        else:
            assert explained & named >= {"VECTOR_INDEX", "LEXICAL_INDEX", "MILVUS_URI", "EXTERNAL_WORKERS"}


@pytest.mark.parametrize("where", sorted(commands()))
def test_every_command_exists(where: str) -> None:
    command = [str(part) for part in commands()[where]]
    if command[:2] == ["python", "manage.py"]:
        assert command[2] in get_commands()
    elif command[0] == "celery":
        assert command[1:3] == ["-A", "kb_site"]
        if "worker" in command:
            assert command[command.index("-Q") + 1] in QUEUES
            assert "%h" in command[command.index("-n") + 1]  # names must differ between machines
    else:
        assert command[:2] == ["uvicorn", "kb_site.asgi:application"]


def test_every_queue_is_served_and_indexes_have_one_writer() -> None:
    for kind in ("compose", "kubernetes"):
        served = {
            command[command.index("-Q") + 1]
            for where, command in commands().items()
            if where.startswith(kind) and "-Q" in command
        }
        assert served == QUEUES
        assert any("beat" in command for where, command in commands().items() if where.startswith(kind))
    (index,) = [each for each in MANIFESTS if each["metadata"]["name"] == "youju-index"]
    assert (index["kind"], index["spec"]["replicas"]) == ("StatefulSet", 1)
    assert "deploy" not in COMPOSE["services"]["index"]


def test_volumes_settings_and_labels_fit_together() -> None:
    names = {(each["kind"].lower(), each["metadata"]["name"]) for each in MANIFESTS}
    for _name, pod, container in pods():
        for source in container["envFrom"]:
            ((kind, reference),) = source.items()
            assert (kind.lower().removesuffix("ref"), reference["name"]) in names
        given = {volume["name"] for volume in pod["volumes"]}
        if container["command"][0] == "celery" and "index" in container["command"]:
            given.add("data")
        assert {mount["name"] for mount in container["volumeMounts"]} <= given
        assert container["image"] == IMAGE
    for each in MANIFESTS:
        assert each["kind"] == "Namespace" or each["metadata"]["namespace"] == "youju"
        if "selector" in each.get("spec", {}) and each["kind"] != "Service":
            labels = each["spec"]["template"]["metadata"]["labels"]
            assert each["spec"]["selector"]["matchLabels"] == labels
    declared = set(COMPOSE["volumes"])
    for service in COMPOSE["services"].values():
        assert {mount.split(":")[0] for mount in service.get("volumes", [])} <= declared
        assert set(service.get("depends_on", [])) <= set(COMPOSE["services"])


def test_the_image_gets_every_room_and_nothing_that_is_not_there() -> None:
    copied = [part for line in dockerfile("COPY") for part in line.split()[:-1]]
    assert all((ROOT / part).exists() for part in copied)
    rooms = {path.parent.name for path in ROOT.glob("*/apps.py")} | {"kb_site", "templates", "static"}
    assert rooms <= set(copied)
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert all(any(Path(part).match(pattern) for pattern in allowed) for part in copied)
