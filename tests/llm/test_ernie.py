"""Qianfan v1 against a loopback server that keeps to its documents."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ClassVar

import pytest

from llm.ernie import CHAT_PATH, Ernie
from llm.ernie_door import SiteErnie
from llm.ernie_http import BASE_URL
from llm.errors import (
    AuthRefused,
    BadResponse,
    ContextTooLong,
    LLMError,
    Unavailable,
)
from llm.types import Backend, Message, Options, Request
from tests.llm.backend_contract import KEY, SECRET, BackendContract, asked, text_of
from tests.llm.ernie_calls import assert_breaks_off, backend, options
from tests.llm.ernie_stub import API_KEY, SECRET_KEY, ErnieStub, frame, refused, v1_spoken
from tests.llm.http_stub import Recorded, Reply


def sent(v1: ErnieStub, *messages: Message, model: str = "eb-instant", **changes: Any) -> dict[str, Any]:
    """The body that was accepted for ``messages``."""
    list(backend(v1, model=model).stream(Request(messages=messages, question="Eh?", **changes)))
    return dict(v1.chats[-1].body)


@pytest.fixture
def v1() -> Iterator[ErnieStub]:
    with ErnieStub().serving() as running:
        yield running


class TestContract(BackendContract):
    backend_class: ClassVar[Callable[..., Backend]] = Ernie

    @pytest.fixture
    def peer(self, v1: ErnieStub) -> ErnieStub:
        v1.say("The lighthouse ", "is 42 metres high [1].")
        return v1

    def options(self, peer: ErnieStub) -> Options:
        assert (API_KEY, SECRET_KEY) == (KEY, SECRET)
        return options(peer)

    def speak_slowly(self, peer: ErnieStub) -> None:
        peer.replies = [Reply(pieces=v1_spoken(*["字"] * 300), delay_s=0.05), *peer.replies]

    def is_busy(self, peer: ErnieStub) -> bool:
        return peer.busy > 0

    def refuse(self, peer: ErnieStub) -> bool:
        peer.replies = [refused(336003, f"client {KEY} with {SECRET} sent rubbish")]
        return True


class TestContractAsTheSiteMakesIt(TestContract):
    """Redis is away here: the tokens are kept in memory."""

    backend_class = SiteErnie


def test_the_service_of_baidu_is_the_default() -> None:
    described = Ernie(Options(api_key="a", secret_key="b", model="ERNIE-4.0-8K")).describe()

    assert described.details == {"base_url": BASE_URL, "path": CHAT_PATH + "completions_pro"}


def test_the_request(v1: ErnieStub) -> None:
    body = sent(
        v1,
        Message("system", "Be brief."),
        Message("user", "One"),
        Message("assistant", "1"),
        Message("user", "Two"),
        stop=("END", "x" * 21, "", "a", "b", "c", "d"),
        max_tokens=9000,
        temperature=0.0,
    )

    assert body == {
        "system": "Be brief.",
        "messages": [
            {"role": "user", "content": "One"},
            {"role": "assistant", "content": "1"},
            {"role": "user", "content": "Two"},
        ],
        "stop": ["END", "a", "b", "c"],
        "max_output_tokens": 2048,
        "temperature": 0.01,
        "stream": True,
    }


def test_parameters_are_laid_over_the_request(v1: ErnieStub) -> None:
    extra = {"penalty_score": 1.3, "disable_search": True, "temperature": 0.9}

    list(backend(v1, parameters=extra).stream(asked()))

    assert v1.chats[0].body.items() >= extra.items()


def test_the_form_that_the_service_demands_is_kept(v1: ErnieStub) -> None:
    body = sent(
        v1,
        Message("assistant", "Welcome."),
        Message("user", "One"),
        Message("user", "Two"),
        Message("assistant", "2"),
        Message("user", ""),
        Message("assistant", "still 2"),
        Message("user", "Three"),
        Message("assistant", "cut off"),
    )

    assert [message["content"] for message in body["messages"]] == ["One\n\nTwo", "2\n\nstill 2", "Three"]


def test_without_a_message_the_question_is_asked(v1: ErnieStub) -> None:
    assert sent(v1, Message("system", "Be brief."))["messages"] == [{"role": "user", "content": "Eh?"}]


def test_a_long_system_text_goes_before_the_question(v1: ErnieStub) -> None:
    rules = "Rule. " * 200
    body = sent(
        v1, Message("system", rules), Message("user", "a"), Message("assistant", "b"), Message("user", "c")
    )

    assert "system" not in body
    assert body["messages"][-1]["content"] == f"{rules.strip()}\n\nc"


def test_of_a_long_system_text_the_first_paragraphs_stay_apart(v1: ErnieStub) -> None:
    rules, wishes = "Rule. " * 100, "Wish. " * 100
    body = sent(v1, Message("system", f"Hear:\n\n{rules}\n\n{wishes}"), Message("user", "c"))

    assert body["system"] == f"Hear:\n\n{rules}"
    assert body["messages"][-1]["content"] == f"{wishes.strip()}\n\nc"


@pytest.mark.parametrize(
    ("model", "told"), [("ERNIE-3.5-8K", True), ("completions_pro", True), ("eb-instant", None)]
)
def test_a_service_that_searches_the_web_is_told_not_to(v1: ErnieStub, model: str, told: bool | None) -> None:
    assert sent(v1, Message("user", "One"), model=model).get("disable_search") is told


def test_the_oldest_turns_make_room(v1: ErnieStub) -> None:
    turns = [
        message for n in range(4) for message in (Message("user", f"{n}" * 3000), Message("assistant", "ok"))
    ]

    contents = [message["content"] for message in sent(v1, *turns, Message("user", "now"))["messages"]]

    assert contents == ["1" * 3000, "ok", "2" * 3000, "ok", "3" * 3000, "ok", "now"]


def test_a_question_above_the_limit_names_it(v1: ErnieStub) -> None:
    with pytest.raises(ContextTooLong, match="11200 characters and 7168 tokens"):
        list(backend(v1).stream(asked("字" * 11_201)))
    assert not v1.chats


@pytest.mark.parametrize(
    ("model", "path", "context"),
    [
        ("ERNIE-Bot-turbo", "eb-instant", 7168 + 1024),
        ("ernie-3.5-8k", "completions", 5120 + 1024),
        ("ernie-speed-128k", "ernie-speed-128k", 126_976 + 1024),
        ("my_own-service", "my_own-service", 8192),
        ("../../x?y", "..%2F..%2Fx%3Fy", 8192),
    ],
)
def test_where_a_model_answers_and_what_it_holds(v1: ErnieStub, model: str, path: str, context: int) -> None:
    described = backend(v1, model=model).describe()

    assert described.details["path"] == CHAT_PATH + path
    assert described.context_tokens == context


def test_a_budget_that_somebody_set_stays(v1: ErnieStub) -> None:
    assert backend(v1, context_tokens=4000).describe().context_tokens == 4000


@pytest.mark.parametrize("text", ["plain English words " * 900, "灯塔" * 9000])
def test_what_fits_in_tokens_fits_in_characters(v1: ErnieStub, text: str) -> None:
    chosen = backend(v1)
    while chosen.count_tokens(text) > 7168:
        text = text[:-50]

    assert len(text) <= 11_200


def test_one_token_serves_many_requests(v1: ErnieStub) -> None:
    chosen = backend(v1)
    for _ in range(3):
        list(chosen.stream(asked()))

    assert len(v1.grants) == 1
    assert v1.grants[0].query == {
        "grant_type": "client_credentials",
        "client_id": API_KEY,
        "client_secret": SECRET_KEY,
    }


@pytest.mark.parametrize("form", ["body", "line", "frame"])
def test_a_token_that_ended_is_renewed_once(v1: ErnieStub, form: str) -> None:
    chosen = backend(v1)
    list(chosen.stream(asked()))
    v1.replies = [ended(form), Reply(pieces=v1_spoken("Again."))]

    assert text_of(list(chosen.stream(asked()))) == "Again."
    assert len(v1.grants) == 2


def ended(form: str) -> Reply:
    error = '{"error_code": 111, "error_msg": "Access token expired"}'
    if form == "body":
        return Reply(body=error)
    return Reply(pieces=[f"{'data: ' if form == 'frame' else ''}{error}\n\n"])


def test_a_token_that_is_refused_again_is_an_error(v1: ErnieStub) -> None:
    v1.replies = [refused(110, "Access token invalid or no longer valid")]

    with pytest.raises(AuthRefused, match="110"):
        list(backend(v1).stream(asked()))
    assert (len(v1.grants), len(v1.chats)) == (2, 2)


def test_a_token_is_not_renewed_in_the_middle_of_an_answer(v1: ErnieStub) -> None:
    v1.replies = [Reply(pieces=[frame("Half an"), '{"error_code": 110, "error_msg": "x"}\n\n'])]

    assert_breaks_off(backend(v1), "Half an", AuthRefused)
    assert len(v1.grants) == 1


def test_threads_that_find_the_token_ended_renew_it_once(v1: ErnieStub) -> None:
    chosen = backend(v1)
    list(chosen.stream(asked()))
    v1.revoke()

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: text_of(list(chosen.stream(asked()))), range(8)))

    assert answers == ["Hello."] * 8
    assert len(v1.grants) == 2


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"api_key": "unknown"}, "API key"), ({"secret_key": "wrong"}, "secret key")],
)
def test_which_of_the_keys_is_wrong(v1: ErnieStub, changes: dict[str, str], words: str) -> None:
    with pytest.raises(AuthRefused, match=words):
        list(backend(v1, **changes).stream(asked()))
    assert not v1.chats


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (Reply(status=503, body="busy"), Unavailable),
        (Reply(status=500, body={"error_code": 2, "error_msg": "later"}), Unavailable),
        (Reply(body={"hello": "there"}), BadResponse),
        (Reply(body="<html>"), BadResponse),
        (Reply(hang_up=True), Unavailable),
    ],
)
def test_a_token_service_that_fails(v1: ErnieStub, reply: Reply, expected: type[LLMError]) -> None:
    v1.token_reply = reply

    with pytest.raises(expected):
        list(backend(v1).stream(asked()))


def test_a_hundred_streams_at_once(v1: ErnieStub) -> None:
    together = threading.Barrier(100)

    def answer(_request: Recorded) -> Reply:
        def pieces() -> Iterator[str]:
            yield frame("All ")
            together.wait(60)
            yield from v1_spoken("here.")

        return Reply(pieces=pieces())

    v1.replies = [answer]
    chosen = backend(v1, timeout_s=60, silence_s=60)

    with ThreadPoolExecutor(100) as pool:
        answers = list(pool.map(lambda _: text_of(list(chosen.stream(asked()))), range(100)))

    assert answers == ["All here."] * 100
    assert len(v1.grants) == 1


def test_nobody_listens() -> None:
    lost = Ernie(Options(base_url="http://127.0.0.1:9", api_key="a", secret_key="b", model="eb-instant"))

    with pytest.raises(Unavailable, match="base URL"):
        list(lost.stream(asked()))
