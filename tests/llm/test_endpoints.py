"""Endpoints as rows: who answers, in which order, at which price, with keys that nobody sees."""

import logging
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.forms.models import model_to_dict
from pytest_django import DjangoAssertNumQueries, Settings

from llm import endpoints, environment, services
from llm.endpoints import Choice, UnknownEndpoint, line_up
from llm.errors import LLMError
from llm.models import Endpoint
from llm.types import Message, Request, Usage
from llm.vault import KeyLost
from tests.llm.openai_stub import OpenAIStub

pytestmark = pytest.mark.django_db
REQUEST = Request(messages=[Message("user", "hello")], question="hello")
KEY = "sk-very-secret-1234"


@pytest.fixture(autouse=True)
def _fresh() -> Any:
    endpoints.reset()
    yield
    endpoints.reset()


def endpoint(name: str, api_key: str = "", **fields: Any) -> Endpoint:
    given = {"title": name.title(), "kind": "openai", "base_url": "http://127.0.0.1:9/v1"} | fields
    return services.save_endpoint(endpoint=Endpoint(name=name, **given), api_key=api_key)


def names(chosen: str = "") -> list[str]:
    return [backend.describe().name for backend in line_up(chosen)]


def environment_says(settings: Settings, kind: str, **options: Any) -> None:
    settings.LLM = {"BACKEND": kind, "OPTIONS": options}
    endpoints.reset()


def test_without_endpoints_the_documents_are_quoted() -> None:
    assert names() == ["extractive"]
    assert endpoints.choices() == [Choice("extractive", "Quotes only, no language model")]
    assert endpoints.default() is None


def test_the_default_answers_and_fallbacks_follow_in_their_order() -> None:
    for name in ("one", "two", "three", "four"):
        endpoint(name, is_fallback=name != "three", is_enabled=name != "four")
    assert names() == ["one", "two"]
    assert names("two") == ["two", "one"]
    assert names("three") == ["three", "one", "two"]
    assert names("extractive") == ["extractive"]
    services.move(endpoint=Endpoint.objects.get(name="two"), up=True)
    assert names("three") == ["three", "two", "one"]


def test_the_default_can_be_another_or_none() -> None:
    one, two = endpoint("one"), endpoint("two")
    assert services.make_default(endpoint=two)
    assert names() == ["two"]
    assert [choice.name for choice in endpoints.choices()] == ["two", "one", "extractive"]
    services.make_default(endpoint=None)
    assert names() == ["extractive"]
    assert endpoints.choices()[0].name == "extractive"
    one.is_enabled = False
    services.save_endpoint(endpoint=one)
    services.make_default(endpoint=two)
    assert not services.make_default(endpoint=one)
    assert names() == ["two"]


def test_an_endpoint_out_of_use_is_no_default() -> None:
    one = endpoint("one")
    one.is_enabled = False
    services.save_endpoint(endpoint=one)
    assert names() == ["extractive"]
    assert not endpoints.exists("one")


def test_the_database_keeps_to_one_default() -> None:
    endpoint("one")
    two = endpoint("two")
    with pytest.raises(IntegrityError), transaction.atomic():
        Endpoint.objects.filter(pk=two.pk).update(is_default=True)


def test_an_unknown_name_is_a_typed_error_with_the_known_ones() -> None:
    endpoint("one")
    with pytest.raises(UnknownEndpoint, match=r"“gone”.*known: one, extractive") as raised:
        line_up("gone")
    assert isinstance(raised.value, ImproperlyConfigured)
    assert raised.value.permanent
    assert [endpoints.exists(name) for name in ("", "extractive", "one", "gone")] == [True, True, True, False]


def test_rows_are_read_each_time_and_objects_kept_while_the_row_stays(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    one = endpoint("one", model="small")
    (before,) = line_up()
    with django_assert_num_queries(1):
        (again,) = line_up()
    assert again is before
    services.try_endpoint(endpoint=one)
    services.move(endpoint=one, up=True)
    assert line_up()[0] is before
    one.model = "large"
    services.save_endpoint(endpoint=one)
    assert line_up()[0].describe().model == "large"


def test_a_named_endpoint_answers_with_its_key_and_parameters(stub: OpenAIStub) -> None:
    endpoint("one", KEY, base_url=stub.base_url, model="m1")
    (backend,) = line_up("one")
    assert "".join(delta.text for delta in backend.stream(REQUEST)) == "Hello."
    assert stub.chats[0].headers["authorization"] == f"Bearer {KEY}"
    assert stub.chats[0].body["model"] == "m1"


def test_a_key_is_nowhere_to_be_read(stub: OpenAIStub, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    stub.fail(401, {"message": f"wrong key {KEY}"})
    one = endpoint("one", KEY, base_url=stub.base_url, model="m")
    one.refresh_from_db()
    assert one.shown_keys == ["…1234"]
    trial = services.try_endpoint(endpoint=one)
    assert not trial.ok
    (backend,) = line_up()
    with pytest.raises(LLMError) as raised:
        list(backend.stream(REQUEST))
    places = [repr(one), str(vars(one)), str(model_to_dict(one)), repr(backend.describe()), trial.message]
    for place in [*places, str(raised.value), caplog.text, one.test_message]:
        assert "very-secret" not in place


def test_of_a_short_key_nothing_is_shown() -> None:
    assert endpoint("one", "tiny-key").shown_keys == ["…"]


def test_a_lost_secret_is_told_in_the_answer_and_the_next_one_steps_in(settings: Settings) -> None:
    endpoint("one", KEY)
    endpoint("two", is_fallback=True)
    settings.ENCRYPTION_KEYS = "another-secret-" + "x" * 32
    endpoints.reset()
    first, second = line_up("one")
    assert (first.describe().name, second.describe().name) == ("one", "two")
    with pytest.raises(KeyLost, match="Type the key again"):
        list(first.stream(REQUEST))
    trial = services.try_endpoint(endpoint=Endpoint.objects.get(name="one"))
    assert not trial.ok
    assert "Type the key again" in trial.message


def test_a_new_secret_seals_anew_at_the_next_migrate(settings: Settings) -> None:
    sealed = endpoint("one", KEY).api_key_sealed
    old, new = str(settings.ENCRYPTION_KEYS), "new-secret-" + "x" * 32
    settings.ENCRYPTION_KEYS = f"{new},{old}"
    call_command("migrate", "llm", verbosity=0)
    settings.ENCRYPTION_KEYS = new
    one = Endpoint.objects.get(name="one")
    assert one.api_key_sealed != sealed
    endpoints.reset()
    assert not isinstance(_error_of("one"), KeyLost)
    assert services.reseal() == 0


def _error_of(name: str) -> Exception:
    with pytest.raises(LLMError) as raised:
        list(endpoints.unguarded(Endpoint.objects.get(name=name)).stream(REQUEST))
    return raised.value


def test_an_endpoint_of_an_unknown_kind_says_so_when_it_is_asked() -> None:
    endpoint("one", kind="no-such-kind", model="m")
    (backend,) = line_up()
    assert backend.describe().model == "m"
    with pytest.raises(LLMError, match="no-such-kind"):
        list(backend.stream(REQUEST))


def test_a_short_name_comes_from_the_title() -> None:
    made = [services.save_endpoint(endpoint=Endpoint(title=title, kind="openai")) for title in
            ("Qwen 3 (local)", "Qwen 3 local", "备用", "New")]  # fmt: skip
    assert [row.name for row in made] == ["qwen-3-local", "qwen-3-local-2", "openai", "new-2"]
    assert [row.position for row in made] == [0, 1, 2, 3]


def test_what_an_answer_costs() -> None:
    endpoint("one", price_prompt=Decimal("0.5"), price_completion=Decimal("1.25"), currency="CNY")
    endpoint("free")
    assert endpoints.cost("one", Usage(2000, 400)) == Decimal("1.5")
    assert endpoints.currency("one") == "CNY"
    assert endpoints.cost("free", Usage(1, 1)) is None
    assert endpoints.cost("gone", Usage(1, 1)) is None


def test_environment_variables_make_the_first_endpoint(settings: Settings, stub: OpenAIStub) -> None:
    environment_says(settings, "openai", base_url=stub.base_url, api_key=KEY, model="m", context_tokens=4096)
    (backend,) = line_up()
    described = backend.describe()
    assert (described.name, described.model, described.context_tokens) == ("environment", "m", 4096)
    assert list(backend.stream(REQUEST))
    assert stub.chats[0].headers["authorization"] == f"Bearer {KEY}"
    row = Endpoint.objects.get()
    assert (row.is_default, row.title, row.shown_keys) == (True, "m", ["…1234"])


def test_the_row_follows_changed_variables_and_keeps_what_they_do_not_say(settings: Settings) -> None:
    environment_says(settings, "openai", base_url="http://127.0.0.1:9/v1", model="m")
    line_up()
    Endpoint.objects.update(max_tokens=99, title="Ours")
    environment_says(settings, "openai", base_url="http://127.0.0.1:9/v1", model="n", api_key=KEY)
    assert line_up()[0].describe().model == "n"
    row = Endpoint.objects.get()
    assert (row.max_tokens, row.title, row.shown_keys) == (99, "Ours", ["…1234"])
    unchanged = row.updated_at
    environment.follow()
    assert Endpoint.objects.get().updated_at == unchanged


def test_removed_variables_take_it_out_of_use_and_back(settings: Settings) -> None:
    variables = {"base_url": "http://127.0.0.1:9/v1", "model": "m"}
    environment_says(settings, "openai", **variables)
    assert names() == ["environment"]
    environment_says(settings, "")
    assert names() == ["extractive"]
    assert not Endpoint.objects.get().is_enabled
    environment_says(settings, "openai", **variables)
    assert names() == ["environment"]


def test_it_does_not_take_the_default_from_another(settings: Settings) -> None:
    endpoint("one")
    environment_says(settings, "openai", base_url="http://127.0.0.1:9/v1")
    assert names() == ["one"]
    assert [choice.name for choice in endpoints.choices()] == ["one", "environment", "extractive"]


def test_extractive_forces_quotes_whatever_is_set_up(settings: Settings) -> None:
    endpoint("one")
    environment_says(settings, "extractive")
    assert names() == names("one") == names("gone") == ["extractive"]
    assert [choice.name for choice in endpoints.choices()] == ["extractive"]


def test_a_kind_that_does_not_exist_in_the_environment_is_told_in_the_answer(settings: Settings) -> None:
    environment_says(settings, "opnai", base_url="http://127.0.0.1:9/v1")
    with pytest.raises(LLMError, match=r"'opnai'.*known"):
        list(line_up()[0].stream(REQUEST))


def test_the_environments_endpoint_is_as_patient_as_its_kind(settings: Settings) -> None:
    environment_says(settings, "bloom", base_url="http://127.0.0.1:9")
    assert names() == ["environment"]
    assert Endpoint.objects.get(name="environment").patience_s == 180
