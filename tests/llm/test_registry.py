from collections.abc import Iterator

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from chat.extractive import Extractive
from llm import registry
from llm.openai import OpenAICompatible


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    registry.reset()
    yield
    registry.reset()


def configure(settings: Settings, default: str, base_url: str) -> None:
    options = {"base_url": base_url, "api_key": "", "model": "m", "timeout_s": 5, "context_tokens": 4096}
    settings.LLM = {"BACKEND": default, "OPTIONS": options}


def test_the_default_needs_nothing() -> None:
    assert isinstance(registry.backend(), Extractive)
    assert isinstance(registry.backend(""), Extractive)


def test_options_reach_the_back_end(settings: Settings) -> None:
    configure(settings, "openai", "http://127.0.0.1:9/v1")

    chosen = registry.backend()

    assert isinstance(chosen, OpenAICompatible)
    assert chosen.describe().context_tokens == 4096


def test_one_object_per_process_until_reset() -> None:
    first = registry.backend("extractive")
    assert registry.backend("extractive") is first
    registry.reset()
    assert registry.backend("extractive") is not first


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(ImproperlyConfigured, match="extractive, openai"):
        registry.backend("oracle")


def test_names_begin_with_the_default(settings: Settings) -> None:
    configure(settings, "openai", "http://127.0.0.1:9/v1")
    assert registry.names() == ["openai", "extractive"]


def test_a_back_end_without_its_address_is_not_usable(settings: Settings) -> None:
    configure(settings, "extractive", "")
    assert [name for name in registry.names() if registry.is_usable(name)] == ["extractive"]
