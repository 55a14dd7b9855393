import pytest
from django.core.exceptions import ImproperlyConfigured

from chat.extractive import Extractive
from llm import registry
from llm.openai import OpenAICompatible
from llm.types import Options


def test_options_reach_the_back_end() -> None:
    made = registry.make("openai", Options(base_url="http://127.0.0.1:9/v1", context_tokens=4096))

    assert isinstance(made, OpenAICompatible)
    assert made.describe().context_tokens == 4096


def test_the_one_without_a_model_needs_nothing() -> None:
    assert isinstance(registry.make("extractive", Options()), Extractive)


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(ImproperlyConfigured, match=r"extractive, .*openai"):
        registry.make("oracle", Options())


@pytest.mark.parametrize("name", registry.names())
def test_every_kind_says_what_it_needs(name: str) -> None:
    kind = registry.kind(name)
    assert kind.title
    assert not kind.required & kind.optional


def test_a_secret_is_not_in_the_repr_of_options() -> None:
    assert "s3cret" not in repr(Options(api_key="s3cret-1", secret_key="s3cret-2"))
