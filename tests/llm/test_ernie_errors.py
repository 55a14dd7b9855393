import pytest

from llm import ernie_models
from llm.ernie_errors import TokenRefused, from_body, from_oauth, from_status
from llm.errors import (
    AuthRefused,
    BadResponse,
    Blocked,
    ContextTooLong,
    LLMError,
    QuotaUsedUp,
    RateLimited,
    Unavailable,
    UnknownModel,
)
from llm.server_errors import Place

PLACE = Place("https://aip.example", "eb-instant", "key-of-api-01", "secret-of-api-02")


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (1, Unavailable),
        (2, Unavailable),
        (3, UnknownModel),
        (4, RateLimited),
        (6, AuthRefused),
        (13, AuthRefused),
        (14, AuthRefused),
        (15, Unavailable),
        (17, QuotaUsedUp),
        (18, RateLimited),
        (19, QuotaUsedUp),
        (100, BadResponse),
        (110, TokenRefused),
        (111, TokenRefused),
        (336000, Unavailable),
        (336001, BadResponse),
        (336002, BadResponse),
        (336003, BadResponse),
        (336004, AuthRefused),
        (336005, UnknownModel),
        (336100, RateLimited),
        (336101, BadResponse),
        (336103, ContextTooLong),
        (336104, BadResponse),
        (336105, BadResponse),
        (336501, RateLimited),
        (336502, RateLimited),
        (999999, BadResponse),
        ("17", QuotaUsedUp),
        ("odd", BadResponse),
    ],
)
def test_codes(code: object, expected: type[LLMError]) -> None:
    error = from_body({"error_code": code, "error_msg": "said"}, PLACE)

    assert type(error) is expected


@pytest.mark.parametrize(
    ("code", "header", "wait"), [(336501, None, 60), (336502, 7.0, 7), (18, None, 1), (4, 0.0, 0)]
)
def test_how_long_to_wait(code: int, header: float | None, wait: float) -> None:
    assert from_body({"error_code": code}, PLACE, None, header).retry_after == wait


@pytest.mark.parametrize("said", ["the max length of current question is 2000", "Prompt tokens too long"])
def test_a_prompt_that_is_too_long_names_the_limits(said: str) -> None:
    body = {"error_code": 336003, "error_msg": said}

    known = from_body(body, PLACE, ernie_models.service("completions"))
    assert isinstance(known, ContextTooLong)
    assert "20000 characters" in str(known) and "5120 tokens" in str(known)
    assert isinstance(from_body(body, PLACE, None), ContextTooLong)


def test_words_about_safety() -> None:
    assert isinstance(from_body({"error_code": 336003, "error_msg": "输入内容敏感"}, PLACE), Blocked)


def test_keys_are_cut_out_of_what_was_said() -> None:
    said = "key-of-api-01 and secret-of-api-02 are wrong"
    for error in (
        from_body({"error_code": 336003, "error_msg": said}, PLACE),
        from_oauth({"error": "e", "error_description": said}, PLACE),
    ):
        assert "of-api" not in str(error)
        assert "are wrong" in str(error)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (401, AuthRefused),
        (403, AuthRefused),
        (404, UnknownModel),
        (413, ContextTooLong),
        (429, RateLimited),
        (408, Unavailable),
        (502, Unavailable),
        (400, BadResponse),
    ],
)
def test_a_status_without_words(status: int, expected: type[LLMError]) -> None:
    assert type(from_status(status, PLACE, None)) is expected
