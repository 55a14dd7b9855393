from collections.abc import Iterator

import pytest

from tests.llm.openai_stub import OpenAIStub


@pytest.fixture
def stub() -> Iterator[OpenAIStub]:
    with OpenAIStub().serving() as running:
        yield running
