"""How the tests of Qianfan v1 ask, and what they look at."""

from typing import Any

import pytest

from llm.ernie import Ernie
from llm.errors import LLMError
from llm.types import Delta, Options
from tests.llm.backend_contract import asked, text_of
from tests.llm.ernie_stub import API_KEY, SECRET_KEY, ErnieStub


def options(v1: ErnieStub, **changes: Any) -> Options:
    values: dict[str, Any] = {
        "base_url": v1.address,
        "api_key": API_KEY,
        "secret_key": SECRET_KEY,
        "model": "eb-instant",
        "timeout_s": 5,
    }
    return Options(**values | changes)


def backend(v1: ErnieStub, **changes: Any) -> Ernie:
    return Ernie(options(v1, **changes))


def assert_breaks_off(chosen: Ernie, part: str, expected: type[LLMError]) -> None:
    received: list[Delta] = []
    with pytest.raises(LLMError) as caught:
        for delta in chosen.stream(asked()):
            received.append(delta)
    assert isinstance(caught.value, expected)
    assert text_of(received) == part
