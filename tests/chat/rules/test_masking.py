from collections.abc import Sequence

import pytest

from chat.rules.applying import Ruled, Spec
from chat.rules.masking import NotMasked
from llm.types import Message, Request, Source
from tests.chat.models import Puppet

LINE = "Call 13800138000 or ada@example.org; [PHONE_1] stands in the form. Staff E123456."
MASK = Spec(1, "mask", options={"kinds": ["PHONE", "EMAIL"], "own": r"STAFF = E\d{6}"})


def request(text: str) -> Request:
    message = Message("user", f"{text}\nWhose is 13800138000?")
    return Request((message,), "Whose is 13800138000?", [Source(1, text, "ada@example.org")])


def said(puppet: Puppet, ruled: Ruled, text: str = LINE) -> str:
    (backend,) = ruled.outgoing([puppet])
    return "".join(delta.text for delta in backend.stream(request(text)))


@pytest.mark.parametrize("size", [1, 2, 3, 7, 200])
def test_a_model_reads_placeholders_and_the_reader_the_values(size: int) -> None:
    answer = "Call [PHONE_1], 【EMAIL_1】 or \\[STAFF\\_1\\]; [TEXT_1] is not [PHONE_9]. A phone 1 [1]."
    puppet = Puppet([answer[at : at + size] for at in range(0, len(answer), size)])
    ruled = Ruled([MASK])
    assert said(puppet, ruled) == (
        "Call 13800138000, ada@example.org or E123456; [PHONE_1] is not [PHONE_9]. A phone 1 [1]."
    )
    (sent,) = puppet.requests
    assert sent.messages[0].content == (
        "Call [PHONE_1] or [EMAIL_1]; [TEXT_1] stands in the form. Staff [STAFF_1].\nWhose is [PHONE_1]?"
    )
    assert (sent.question, sent.sources[0].title) == ("Whose is [PHONE_1]?", "[EMAIL_1]")
    (applied,) = ruled.applied()
    assert applied["details"] == {"PHONE": 1, "EMAIL": 1, "STAFF": 1, "sent_to": "puppet"}
    assert not any(value in str(applied) for value in ("13800138000", "ada@"))


def test_one_value_in_several_spellings_has_one_placeholder_and_comes_back_as_its_source_writes_it() -> None:
    puppet = Puppet("[PHONE_1] or [EMAIL_1], not [PHONE_2].")
    ruled = Ruled([Spec(1, "mask", options={"kinds": ["PHONE", "EMAIL", "BANK_CARD"]})])
    (backend,) = ruled.outgoing([puppet])
    question = (
        "Is 138 0013 8000 or +8613800138000 or １３８００１３８０００ of Ada@Example.org, or 010-62345678?"
    )
    source = Source(1, "Ada: 138-0013-8000, ada@example.org, +86 10 6234 5678.", "")
    asked = Request((Message("user", question),), question, [source])
    assert "".join(delta.text for delta in backend.stream(asked)) == (
        "138-0013-8000 or ada@example.org, not +86 10 6234 5678."
    )
    (sent,) = puppet.requests
    assert sent.question == "Is [PHONE_1] or [PHONE_1] or [PHONE_1] of [EMAIL_1], or [PHONE_2]?"
    assert ruled.applied()[0]["details"] == {"PHONE": 2, "EMAIL": 1, "sent_to": "puppet"}


@pytest.mark.parametrize(
    ("address", "options", "is_masked"),
    [
        ("https://api.example.invalid/v1", {}, True),
        ("http://127.0.0.1:11434/v1", {}, False),
        ("http://192.168.1.4:8000/v1", {}, False),
        ("http://[fd00::1]:8000/v1", {}, False),
        ("http://198.18.0.7/v1", {}, True),
        ("http://127.0.0.1:11434/v1", {"near": True}, True),
    ],
)
def test_models_on_private_addresses_read_everything(
    address: str, options: dict[str, bool], is_masked: bool
) -> None:
    puppet = Puppet("Fine.", details={"base_url": address})
    spec = Spec(1, "mask", options={"kinds": ["PHONE"], **options})
    said(puppet, Ruled([spec]))
    assert ("13800138000" not in puppet.requests[0].question) is is_masked


def test_a_model_in_this_process_is_not_remote() -> None:
    puppet = Puppet("Fine.", backend="llama_cpp")
    said(puppet, Ruled([MASK]))
    assert "13800138000" in puppet.requests[0].question


def test_nothing_is_sent_where_a_pattern_is_too_slow() -> None:
    slow: list[tuple[int, str]] = []
    specs: Sequence[Spec] = [
        Spec(1, "mask", options={"own": "SLOW = (a|aa)+$"}),
        Spec(2, "mask", options={"kinds": ["PHONE"]}),
    ]
    puppet = Puppet("Fine.")
    ruled = Ruled(specs, report=lambda rule, pattern: slow.append((rule, pattern)))
    for _time in range(2):
        with pytest.raises(NotMasked, match="nothing was sent"):
            said(puppet, ruled, "13800138000 " + "a" * 80 + "!")
    assert puppet.requests == []
    assert slow == [(1, "(a|aa)+$")]
    assert [one["rule"] for one in ruled.applied() if one["failed"]] == [1]
