"""Limits that Django itself holds, as people and programs read of them."""

import pytest
from django.test import Client, override_settings

from accounts.models import User
from tests.conftest import signed_in

pytestmark = pytest.mark.django_db


@override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=2**20, DATA_UPLOAD_MAX_NUMBER_FIELDS=20)
def test_what_is_beyond_a_limit_of_django_has_its_own_page_and_problem(owner: User) -> None:
    client, much = signed_in(owner), "x" * (2**20 + 1)
    page = client.post("/insights/", {"text": much}, headers={"Accept": "text/html"})
    assert page.status_code == 413 and "may have 1 MB" in page.content.decode()
    fields = {f"d{n}": "1" for n in range(30)}
    many = client.post("/insights/", fields, headers={"Accept": "text/html"})
    assert many.status_code == 413 and "At most 20 entries" in many.content.decode()
    answer = Client().post("/api/v1/search", {"query": much}, content_type="application/json")
    assert (answer.status_code, answer["Content-Type"]) == (413, "application/problem+json")
    assert "may have 1 MB" in answer.json()["detail"]
