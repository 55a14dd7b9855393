from collections.abc import Iterator
from dataclasses import replace

import pytest
from django.core.exceptions import ImproperlyConfigured

from llm.ernie_templates import HostedTemplate, fetch_template
from llm.ernie_token import MemoryTokens
from llm.errors import AuthRefused, BadResponse, LLMError, UnknownModel
from llm.types import Options
from tests.llm.ernie_stub import API_KEY, SECRET_KEY, TEMPLATE_PATH, ErnieStub
from tests.llm.http_stub import Recorded, Reply


@pytest.fixture
def v1() -> Iterator[ErnieStub]:
    with ErnieStub().serving() as running:
        yield running


@pytest.fixture
def options(v1: ErnieStub) -> Options:
    return Options(base_url=v1.address, api_key=API_KEY, secret_key=SECRET_KEY, timeout_s=5)


def test_a_template_is_filled_in(v1: ErnieStub, options: Options) -> None:
    assert fetch_template(options, 6610, {"target": "营收 & 50%=?"}, tokens=MemoryTokens()) == HostedTemplate(
        id=6610,
        name="展览",
        content="提高营收 & 50%=?",
        template="提高{target}",
        variables=("target",),
    )


def test_variables_cannot_take_the_place_of_the_id_or_the_token(v1: ErnieStub, options: Options) -> None:
    tricky = {"id": "1", "access_token": "x", "target": "y"}

    assert fetch_template(options, 6610, tricky, tokens=MemoryTokens()).content == "提高y"


def test_a_template_that_is_not_there(options: Options) -> None:
    with pytest.raises(UnknownModel, match="template 7"):
        fetch_template(options, 7, {}, tokens=MemoryTokens())


def test_the_sites_store_is_used_and_an_ended_token_renewed(v1: ErnieStub, options: Options) -> None:
    fetch_template(options, 6610)
    fetch_template(options, 6610)
    assert len(v1.grants) == 1

    v1.revoke()
    assert fetch_template(options, 6610).name == "展览"
    assert len(v1.grants) == 2


def test_a_wrong_key(options: Options) -> None:
    with pytest.raises(AuthRefused, match="secret key"):
        fetch_template(replace(options, secret_key="wrong"), 6610, tokens=MemoryTokens())
    with pytest.raises(ImproperlyConfigured, match="secret key"):
        fetch_template(replace(options, secret_key=""), 6610)


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (Reply(body={"result": {"templateName": "no content"}}), BadResponse),
        (Reply(body={"result": ["?"]}), BadResponse),
        (Reply(status=404, body="<html>"), UnknownModel),
        (Reply(body="{"), BadResponse),
    ],
)
def test_answers_that_are_none(
    v1: ErnieStub, options: Options, reply: Reply, expected: type[LLMError], monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = v1.answer

    def answer(request: Recorded) -> Reply:
        return reply if request.path == TEMPLATE_PATH else usual(request)

    monkeypatch.setattr(v1, "answer", answer)

    with pytest.raises(expected):
        fetch_template(options, 6610, tokens=MemoryTokens())
