"""A second model beside the site's default."""

from collections.abc import Iterator

import pytest

from llm.models import Endpoint
from llm.services import save_endpoint
from tests.llm.openai_stub import OpenAIStub


@pytest.fixture
def second(model: OpenAIStub) -> Iterator[OpenAIStub]:
    """The endpoint "second", with a price; ``model`` is the site's default, "stub"."""
    with OpenAIStub().serving() as running:
        endpoint = Endpoint(
            name="second",
            title="Second",
            kind="openai",
            base_url=running.base_url,
            model="other",
            timeout_s=5,
            patience_s=0,
            price_prompt="0.2",
            price_completion="0.4",
            currency="CNY",
        )
        save_endpoint(endpoint=endpoint, api_key="k")
        yield running
