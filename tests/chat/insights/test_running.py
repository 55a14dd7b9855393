"""Insights made outside of the request: followed by their page, stopped, and found orphaned."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from chat.insights import services
from chat.insights.models import Insight
from chat.insights.progress import Work
from chat.insights.running import makers
from chat.insights.writing import make
from tests.chat.insights.test_services import COAST
from tests.conftest import signed_in


@pytest.mark.django_db(transaction=True)
def test_a_form_starts_it_and_its_page_shows_it_when_it_is_done(owner: User) -> None:
    client = signed_in(owner)
    material = services.add_text(owner=owner, text=COAST)
    begun = client.post(material.get_absolute_url(), {"kind": "summary", "length": "short"})
    makers.wait()
    insight = Insight.objects.get()
    assert begun["Location"] == insight.get_absolute_url()
    answer = client.get(f"/insights/results/{insight.pk}/", headers={"HX-Request": "true"})
    assert insight.status == "done" and "lighthouse" in answer.content.decode()
    assert answer["HX-Retarget"] == f"#i{insight.pk}" and "insight:done" in answer["HX-Trigger-After-Settle"]


@pytest.mark.django_db
def test_what_was_stopped_or_begun_anew_is_not_overwritten(owner: User) -> None:
    material = services.add_text(owner=owner, text=COAST)
    insight = Insight.objects.create(owner=owner, material=material, kind="summary", text="A part")
    services.stop(insight=insight)
    make(Work(insight.pk, insight.attempt), "en")
    insight.refresh_from_db()
    assert (insight.status, insight.text) == ("stopped", "A part")
    again = services.redo(insight=insight, wait=True)
    make(Work(insight.pk, 1), "en")
    assert (again.status, again.attempt) == ("done", 2)
    page = signed_in(owner).get(material.get_absolute_url()).content.decode()
    assert "Make again" in page


@pytest.mark.django_db
def test_one_whose_maker_died_is_told_and_can_be_made_again(owner: User) -> None:
    material = services.add_text(owner=owner, text=COAST)
    insight = Insight.objects.create(
        owner=owner,
        material=material,
        kind="summary",
        status="working",
        heartbeat_at=timezone.now() - timedelta(minutes=2),
    )
    page = signed_in(owner).get(material.get_absolute_url()).content.decode()
    assert "The site was restarted while this was being written" in page and "Try again" in page
    insight.refresh_from_db()
    assert insight.status == "interrupted"
