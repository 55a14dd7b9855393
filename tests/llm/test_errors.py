import pytest

from llm.errors import redacted


@pytest.mark.parametrize(
    "text",
    [
        "Incorrect API key provided: sk-abcd1234efgh",
        "bad bce-v3/ALTAK-abcd1234efgh/0123",
        "Authorization: Bearer abcd1234efgh",
        "the key abcd1234efgh is unknown",
    ],
)
def test_keys_are_cut_out(text: str) -> None:
    assert "abcd1234efgh" not in redacted(text, "abcd1234efgh")
    assert "abcd1234efgh" not in redacted(text) or "the key" in text


def test_one_line_of_bounded_length() -> None:
    assert redacted("a\n b\t c") == "a b c"
    assert len(redacted("x" * 1000)) == 300
