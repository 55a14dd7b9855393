import io
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from chat.evaluating import judge
from ingestion.golden_running import run_waiting
from ingestion.models import Collection
from tests.conftest import signed_in
from tests.ingestion.material import ENGLISH, ready
from tests.ingestion.test_api import post

pytestmark = pytest.mark.django_db


def get(client: Client, path: str) -> Any:
    answer = client.get(f"/api/v1{path}")
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_a_set_is_made_imported_run_and_compared(collection: Collection, owner: User) -> None:
    ready(collection, ENGLISH, "holidays.md")
    client = signed_in(owner)
    made = post(client, "/collections/handbook/golden-sets", {"name": "Office"})
    assert made.status_code == 201
    path = f"/golden-sets/{made.json()['id']}"
    file = io.BytesIO(b"question,document\nHow many days of leave?,holidays.md\nAnd pensions?,pensions.md\n")
    file.name = "q.csv"
    report = client.post(f"/api/v1{path}/import", {"file": file}).json()
    assert (report["added"], report["unmatched"]) == (2, 1)
    assert report["problems"][0]["document"] == "pensions.md"
    judged = [{"passage": "Unused days expire in March."}]
    added = post(client, f"{path}/questions", {"question": "When do days expire?", "judgements": judged})
    assert added.status_code == 201 and added.json()["judgements"][0]["document"] == "holidays.md"
    assert get(client, f"{path}/questions")["count"] == 3
    told = get(client, "/collections/handbook/golden-sets")["results"][0]
    assert (told["questions"], told["open"]) == (3, 1)
    runs = [post(client, f"{path}/runs", {"mode": mode}).json() for mode in ("hybrid", "lexical")]
    assert [run["state"] for run in runs] == ["queued", "queued"]
    run_waiting(judge)
    before, after = (get(client, f"/golden-runs/{run['id']}") for run in runs)
    assert before["state"] == "done" and before["figures"]["ndcg@10"] == 1.0
    found = get(client, f"/golden-runs/{after['id']}/compare?baseline={before['id']}")
    assert (found["questions"], found["differences"][0]["verdict"]) == (2, "noise")
    results = get(client, f"/golden-runs/{after['id']}/results")
    assert results["count"] == 3 and results["results"][0]["rank"] == 1
    assert len(get(client, f"{path}/runs")["results"]) == 2


def test_readers_look_and_strangers_find_nothing(
    collection: Collection, owner: User, teammate: User, stranger: User
) -> None:
    ready(collection, ENGLISH, "holidays.md")
    made = post(signed_in(owner), "/collections/handbook/golden-sets", {"name": "Office"}).json()
    path = f"/golden-sets/{made['id']}"
    assert get(signed_in(teammate), path)["name"] == "Office"
    assert post(signed_in(teammate), f"{path}/runs", {}).status_code == 403
    assert post(signed_in(stranger), f"{path}/runs", {}).status_code == 404
    empty = post(signed_in(owner), f"{path}/runs", {})
    assert empty.status_code == 422 and "no questions" in empty.json()["detail"]
    assert post(signed_in(owner), f"{path}/runs", {"modus": "x"}).status_code == 422
    assert signed_in(owner).delete(f"/api/v1{path}").status_code == 204
    assert signed_in(owner).get(f"/api/v1{path}").status_code == 404
