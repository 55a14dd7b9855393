"""The pages of insights: who sees and does what."""

import re
import uuid

import pytest
from django.test import Client

from accounts.models import User
from chat.insights import services
from chat.insights.models import Insight, Material
from ingestion.models import Collection, Document
from tests.chat.insights.test_services import COAST
from tests.conftest import signed_in
from tests.ingestion.material import ready
from tests.llm.openai_stub import OpenAIStub

pytestmark = pytest.mark.django_db


@pytest.fixture
def document(collection: Collection) -> Document:
    return ready(collection, COAST, "coast.md")


def summary_of(document: Document, owner: User) -> Insight:
    return services.start(
        owner=owner, kind="summary", parameters={"length": "short"}, document=document, wait=True
    )


def test_the_document_page_leads_to_its_insights_and_shows_them(document: Document, owner: User) -> None:
    client = signed_in(owner)
    address = f"/documents/{document.pk}/insights/"
    assert address in client.get(document.get_absolute_url()).content.decode()
    empty = client.get(address).content.decode()
    assert "Write a summary" in empty and "No language model is set up" in empty
    summary_of(document, owner)
    shown = client.get(address).content.decode()
    assert 'class="cite"' in shown and "lighthouse" in shown
    file = client.get(f"/insights/results/{Insight.objects.get().pk}/file")
    assert (
        file["Content-Type"].startswith("text/markdown")
        and "**[1]** [The coast of Skarn]" in file.content.decode()
    )
    lacking = client.get(address, {"kind": "translation"}).content.decode()
    assert "needs a language model that follows instructions" in lacking
    assert "Add a language model" not in lacking, "who is no administrator cannot add one"


def test_readers_share_summaries_and_keep_their_questions_to_themselves(
    document: Document, owner: User, teammate: User, stranger: User, admin: User
) -> None:
    summary = summary_of(document, owner)
    fact = services.start(
        owner=owner, kind="fact", parameters={"question": "How high?"}, document=document, wait=True
    )
    page = signed_in(teammate).get(f"/documents/{document.pk}/insights/").content.decode()
    assert f"i{summary.pk}" in page and "owner" in page
    assert f"/results/{summary.pk}/delete/" not in page, "a viewer does not delete what others made"
    mine = signed_in(teammate).get(f"/documents/{document.pk}/insights/?kind=fact").content.decode()
    assert f"i{fact.pk}" not in mine
    for person, insight, status in (
        (teammate, fact, 404),
        (stranger, summary, 404),
        (teammate, summary, 200),
    ):
        for address in (f"/insights/results/{insight.pk}/", f"/insights/results/{insight.pk}/file"):
            assert signed_in(person).get(address).status_code == status
    for action in ("redo", "stop", "delete"):
        signed_in(teammate).post(f"/insights/results/{summary.pk}/{action}/")
        assert signed_in(stranger).post(f"/insights/results/{summary.pk}/{action}/").status_code == 404
    summary.refresh_from_db()
    assert (summary.attempt, summary.status) == (1, "done")
    assert signed_in(stranger).get(f"/documents/{document.pk}/insights/").status_code == 404
    signed_in(admin).post(f"/insights/results/{summary.pk}/delete/")
    assert not Insight.objects.filter(pk=summary.pk).exists()


def test_a_form_that_is_not_filled_says_so_beside_its_field(
    document: Document, owner: User, model: OpenAIStub
) -> None:
    client, address = signed_in(owner), f"/documents/{document.pk}/insights/"
    for kind, said in (("fact", "Type a question first."), ("generated", "Say what is to be written")):
        answer = client.post(address, {"kind": kind})
        assert answer.status_code == 422 and said in answer.content.decode()
    assert not Insight.objects.exists()


def test_a_pasted_text_is_its_owners_alone_and_quotes_lead_into_it(owner: User, stranger: User) -> None:
    client = signed_in(owner)
    assert client.post("/insights/", {"text": " "}).status_code == 422
    added = client.post("/insights/", {"text": COAST})
    material = Material.objects.get()
    assert added["Location"] == material.get_absolute_url()
    assert material.title == "The coast of Skarn"
    services.start(owner=owner, kind="summary", parameters={"length": "short"}, material=material, wait=True)
    page = client.get(material.get_absolute_url()).content.decode()
    link = re.search(r'class="cite" href="([^"]+)"', page)
    assert link is not None
    marked = client.get(link[1].replace("&amp;", "&")).content.decode()
    assert '<mark class="word"' in marked
    moved = client.get(f"{material.get_absolute_url()}?show=text&at=1-5-00000000").content.decode()
    assert "words that this address names are not in the text" in moved
    for address in (material.get_absolute_url(), f"{material.get_absolute_url()}?show=text"):
        assert signed_in(stranger).get(address).status_code == 404
    assert signed_in(stranger).post(f"{material.get_absolute_url()}delete/").status_code == 404
    assert "Skarn" not in signed_in(stranger).get("/insights/").content.decode()
    client.post(f"{material.get_absolute_url()}delete/")
    assert not Insight.objects.exists()


def test_addresses_that_lead_inside_are_refused_and_visitors_sign_in(owner: User) -> None:
    answer = signed_in(owner).post("/insights/", {"url": "http://169.254.169.254/latest/meta-data"})
    assert answer.status_code == 422 and "not public" in answer.content.decode()
    unclear = signed_in(owner).post("/insights/", {"url": "nonsense"})
    assert unclear.status_code == 422 and "“nonsense” is not the address" in unclear.content.decode()
    assert not Material.objects.exists()
    for address in ("/insights/", f"/insights/{uuid.uuid4()}/", f"/documents/{uuid.uuid4()}/insights/"):
        assert "login" in Client().get(address)["Location"]


def test_the_number_of_queries_does_not_grow_with_the_results(
    document: Document, owner: User, teammate: User, django_assert_max_num_queries: object
) -> None:
    made = summary_of(document, owner)
    Insight.objects.bulk_create(
        Insight(owner=owner, document=document, kind="summary", status="done", text=made.text)
        for _ in range(12)
    )
    Material.objects.bulk_create(Material(owner=teammate, text="a", title="a") for _ in range(12))
    client = signed_in(teammate)
    for address, most in ((f"/documents/{document.pk}/insights/", 24), ("/insights/", 6)):
        client.get(address)
        with django_assert_max_num_queries(most):  # type: ignore[operator]
            client.get(address)
