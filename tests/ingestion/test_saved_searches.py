"""Searches that a person saves: from the results, on the empty page, for nobody else."""

import pytest

from accounts.models import User
from ingestion.errors import BadQuery
from ingestion.models import Collection
from ingestion.saved_searches import MOST, save_search, saved_by
from tests.conftest import signed_in
from tests.ingestion.material import ENGLISH, ready

pytestmark = pytest.mark.django_db
SAVE = "/search/saved/"


def test_a_search_is_saved_shown_renamed_and_deleted(
    collection: Collection, owner: User, teammate: User
) -> None:
    ready(collection, ENGLISH, "holidays.md")
    client = signed_in(owner)
    assert (
        'name="query" value="q=paid+leave&amp;c=handbook"'
        in client.get("/?q=paid+leave&c=handbook").content.decode()
    )
    answer = client.post(SAVE, {"name": "  Leave ", "query": "q=paid+leave&c=handbook&page=3&exact=1"})
    assert answer["Location"] == "/?q=paid+leave&c=handbook"
    saved = saved_by(owner).get()
    assert (saved.name, saved.query) == ("Leave", "q=paid+leave&c=handbook")
    assert 'href="/?q=paid+leave&amp;c=handbook"' in client.get("/").content.decode()
    own = f"{SAVE}{saved.pk}/"
    assert signed_in(teammate).post(own, {"name": "Mine"}).status_code == 404
    assert signed_in(None).post(own, {"delete": "1"}).status_code == 302
    assert "Leave" not in signed_in(teammate).get("/").content.decode().split("What you can search")[0]
    client.post(own, {"name": "Holidays"})
    assert [one.name for one in saved_by(owner)] == ["Holidays"]
    client.post(own, {"name": "Holidays", "delete": "1"})
    assert not saved_by(owner).exists()


def test_the_same_name_again_replaces_and_limits_hold(owner: User, teammate: User) -> None:
    save_search(user=owner, name="", query="q=带薪年假")
    save_search(user=owner, name="带薪年假", query="q=年假&mode=lexical")
    save_search(user=teammate, name="带薪年假", query="q=x")
    assert [one.query for one in saved_by(owner)] == ["q=%E5%B9%B4%E5%81%87&mode=lexical"]
    for wrong in ("", "c=handbook", "q=+", "q=" + "a" * 5000):
        with pytest.raises(BadQuery):
            save_search(user=owner, name="x", query=wrong)
    with pytest.raises(BadQuery, match="80"):
        save_search(user=owner, name="n" * 81, query="q=a")
    for number in range(MOST - 1):
        save_search(user=owner, name=f"{number}", query="q=a")
    with pytest.raises(BadQuery, match="50"):
        save_search(user=owner, name="one more", query="q=a")
    save_search(user=owner, name="7", query="q=b")
