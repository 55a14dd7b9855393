"""Templates of Qianfan, brought over by an administrator."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from chat import prompt_texts
from chat.models import PromptTemplate
from llm import endpoints
from llm import services as llm_services
from llm.models import Endpoint
from tests.conftest import signed_in
from tests.llm.ernie_stub import API_KEY, SECRET_KEY, TEMPLATE_PATH, ErnieStub, refused
from tests.llm.http_stub import Recorded, Reply

NEW = "/settings/prompts/new/"
IMPORT = "/settings/prompts/import/"


@pytest.fixture
def chief(admin: User) -> Client:
    return signed_in(admin)


@pytest.fixture
def qianfan(db: None) -> Iterator[ErnieStub]:
    """Qianfan v1 behind an endpoint that is not in use for answers."""
    with ErnieStub().serving() as running:
        endpoint = Endpoint(
            name="ernie", title="ERNIE", kind="ernie", base_url=running.address, is_enabled=False, timeout_s=5
        )
        llm_services.save_endpoint(endpoint=endpoint, api_key=API_KEY, secret_key=SECRET_KEY)
        yield running
    endpoints.reset()


def html(client: Client, address: str) -> str:
    page = client.get(address)
    assert page.status_code == 200
    return page.content.decode()


def given(**changes: Any) -> dict[str, Any]:
    return {"endpoint": "ernie", "template_id": "6610", "variables": "target={sources}"} | changes


@pytest.mark.django_db
def test_without_an_endpoint_the_import_says_where_to_add_one(chief: Client) -> None:
    page = html(chief, IMPORT)
    assert "No endpoint of Qianfan v1 yet" in page
    assert 'href="/settings/models/new/ernie/"' in page
    assert "Fetch and review" not in page


@pytest.mark.django_db
def test_an_import_is_reviewed_before_it_is_saved(chief: Client, qianfan: ErnieStub) -> None:
    qianfan.templates["6610"] = ("展览", "根据{context}写{length}字，格式{form}，回答{query}")
    values = '\n context = {sources} \r\nlength=100\n\nquery={question}\nform={"a=b": {x}}'

    page = chief.post(IMPORT, given(variables=values))

    shown = page.content.decode()
    assert page.status_code == 200
    assert "Review the template" in shown and 'value="展览"' in shown and 'value="qianfan:6610"' in shown
    assert not PromptTemplate.objects.exists()
    sent = next(request for request in qianfan.requests if request.path == TEMPLATE_PATH)
    assert (sent.query["context"], sent.query["length"]) == ("{sources}", "100")

    text = page.context["form"]["text"].value()
    assert prompt_texts.variables(text) == ["sources", "question"]
    saved = chief.post(NEW, {"name": "展览", "text": text, "origin": "qianfan:6610"})
    assert saved.status_code == 302
    made = PromptTemplate.objects.get()
    assert made.origin == "qianfan:6610"
    read = '根据下面编号的来源写100字，格式{"a=b": {x}}，回答下面的问题'
    assert prompt_texts.filled(made.text, "zh") == read
    assert "qianfan:6610" in html(chief, "/prompts/?kind=answers")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"template_id": "7"}, "no prompt template 7"),
        ({"template_id": "x"}, "Enter a whole number."),
        ({"template_id": "0"}, "greater than or equal to 1"),
        ({"variables": ""}, "also has: target. Give each a value, for example target=…."),
        ({"variables": "target"}, "“target” is not of the form name=value."),
        ({"variables": "a b=1"}, "“a b=1” is not of the form name=value."),
        ({"variables": "target=1\ntarget=2"}, "“target” has two values."),
        ({"variables": "access_token=1"}, "uses the name “access_token” itself"),
        ({"endpoint": "gone"}, "Select a valid choice."),
    ],
)
def test_an_import_that_fails_says_why_and_keeps_what_was_typed(
    chief: Client, qianfan: ErnieStub, changes: dict[str, str], said: str
) -> None:
    page = chief.post(IMPORT, given(**changes))
    shown = page.content.decode()
    typed = given(**changes)
    assert page.status_code == 422
    assert said in shown
    assert f'value="{typed["template_id"]}"' in shown
    assert typed["variables"] in shown
    assert not PromptTemplate.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (refused(17, "Open api daily request limit reached"), "used up"),
        (Reply(body="<html>"), "does not answer like Qianfan v1"),
        (Reply(status=500, body="<html>"), "is not ready"),
        (Reply(hang_up=True), "cannot be reached"),
    ],
)
def test_trouble_with_qianfan_is_told(
    chief: Client, qianfan: ErnieStub, reply: Reply, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = qianfan.answer

    def answer(request: Recorded) -> Reply:
        return reply if request.path == TEMPLATE_PATH else usual(request)

    monkeypatch.setattr(qianfan, "answer", answer)
    page = chief.post(IMPORT, given())
    shown = page.content.decode()
    assert page.status_code == 422
    assert 'class="notice error"' in shown and said in shown
    assert "target={sources}" in shown


@pytest.mark.django_db
def test_keys_that_are_wrong_or_lost_are_told(chief: Client, qianfan: ErnieStub) -> None:
    endpoint = Endpoint.objects.get()
    llm_services.save_endpoint(endpoint=endpoint, secret_key="wrong-wrong-wrong")
    shown = chief.post(IMPORT, given()).content.decode()
    assert "secret key" in shown and "wrong-wrong" not in shown

    llm_services.save_endpoint(endpoint=endpoint, secret_key="")
    assert "secret key" in chief.post(IMPORT, given()).content.decode()

    Endpoint.objects.update(secret_key_sealed="not sealed by us")
    assert "cannot be read" in chief.post(IMPORT, given()).content.decode()
