"""Origins as people write them and as browsers send them."""

import pytest
from django.core.exceptions import ValidationError

from chat.widget.loading import luminance, on_colour
from chat.widget.origins import read_origin, read_origins


@pytest.mark.parametrize(
    ("typed", "origin"),
    [
        ("https://www.example.org", "https://www.example.org"),
        ("https://Example.org/help/?q=1#top", "https://example.org"),
        ("example.org", "https://example.org"),
        ("https://example.org:443/", "https://example.org"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://[0:0:0:0:0:0:0:1]:81", "http://[::1]:81"),
        ("https://例子.测试/", "https://xn--fsqu00a.xn--0zwm56d"),
    ],
)
def test_an_address_becomes_the_origin_that_browsers_send(typed: str, origin: str) -> None:
    assert read_origin(typed) == origin


@pytest.mark.parametrize(
    "typed",
    [
        "https://*.example.org",
        "*",
        "ftp://example.org",
        "javascript:alert(1)",
        "https://a.org; script-src *",
        "https://a.org 'self'",
        "https://user@a.org",
        "https://a.org:99999",
        "https://",
        "https://-a.org",
    ],
)
def test_what_would_widen_the_policy_is_no_origin(typed: str) -> None:
    with pytest.raises(ValidationError):
        read_origin(typed)


def test_all_wrong_lines_are_named_at_once() -> None:
    with pytest.raises(ValidationError) as refused:
        read_origins("https://a.org\nftp://b.org\n\n*.c.org")
    assert [("b.org" in text, "c.org" in text) for text in refused.value.messages] == [
        (True, False),
        (False, True),
    ]
    assert read_origins("a.org\nhttps://a.org/x\n\n b.org ") == ["https://a.org", "https://b.org"]


@pytest.mark.parametrize(
    "colour", ["#000000", "#ffffff", "#14597a", "#757575", "#777777", "#ffd400", "#e00000"]
)
def test_letters_on_any_colour_can_be_read(colour: str) -> None:
    light, letters = luminance(colour), luminance(on_colour(colour))
    assert (max(light, letters) + 0.05) / (min(light, letters) + 0.05) >= 4.5
