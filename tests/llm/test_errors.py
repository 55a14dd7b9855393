import pytest

from llm.errors import redacted


@pytest.mark.parametrize(
    "text",
    [
        "Incorrect API key provided: sk-abcd1234efgh",
        "bad bce-v3/ALTAK-abcd1234efgh/0123",
        "Authorization: Bearer abcd1234efgh",
    ],
)
def test_keys_are_cut_out(text: str) -> None:
    assert "abcd1234efgh" not in redacted(text)


def test_a_known_key_is_cut_out_whatever_its_shape() -> None:
    assert "plain0secret" not in redacted("the key plain0secret is unknown", "plain0secret")


def test_one_line_of_bounded_length() -> None:
    assert redacted("a\n b\t c") == "a b c"
    assert len(redacted("x" * 1000)) == 300
