import pytest
from django.test import Client

from tests.conftest import signed_in

pytestmark = pytest.mark.django_db


def test_alive_without_any_service(client: Client) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"ok\n")


def test_not_ready_names_each_missing_component() -> None:
    answer = signed_in(None).get("/readyz")
    assert answer.status_code == 503
    lines = dict(line.split(": ", 1) for line in answer.content.decode().splitlines())
    assert set(lines) == {"database", "broker", "vector index", "lexical index", "embedding model", "workers"}
    assert lines["database"] == lines["vector index"] == lines["lexical index"] == "ok"
    assert lines["broker"].startswith("does not answer")
    assert lines["workers"].startswith("cannot be asked")
