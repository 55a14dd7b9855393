"""Passages as running text: Markdown's signs go, words and marks stay in their places."""

import pytest
from django.utils import translation

from accounts.templatetags.shown import listed
from ingestion.templatetags.passages import below_title, gist, marked, plain


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("## Limits\n\nText", "Limits Text"),
        ("- **Viewer**: *reads* `files`\n> ~~old~~", "Viewer: reads files old"),
        ("[a (b)](https://x.example/(y)_z) and ![picture](p.png)", "a (b) and picture"),
        ("| name | value |\n|---|---:|\n| PORT | 8000 |\n\nText", "name · value; PORT · 8000 Text"),
        ("```bash\nls | wc\n```", "ls | wc"),
        ("5 * 3, snake_case, a || b, __init__, <think>", "5 * 3, snake_case, a || b, __init__, <think>"),
        ("<u>noisy</u><br>line", "noisyline"),
        (
            '<div class="tip">\n\n:::tip Note\nSee [the demo](https://e.example/#eN' + "p1Uk9" * 20,
            "Note See the demo",
        ),
        ("p1Uk9=" * 8 + ") and then a = (b + c)", "and then a = (b + c)"),
        ("`<div>` and " + "Ab3/" * 20 + " end", "<div> and … end"),
        ("", ""),
    ],
)
def test_signs_go_and_words_stay(source: str, shown: str) -> None:
    assert plain(source) == shown


def test_marks_stay_on_their_words_whatever_goes_around_them() -> None:
    text = "| `MAX_MB` | <x> 100 |\n| b | c |"
    code = (text.index("`"), text.index("`") + 8)
    assert marked(text, 0, len(text), [code]) == "<mark>MAX_MB</mark> · &lt;x&gt; 100; b · c"
    assert marked(text, 0, text.index("\n"), [code]) == "<mark>MAX_MB</mark> · &lt;x&gt; 100"
    link = "[file](https://x.example/file.html) is large"
    places = [(1, 5), (link.index("file.html"), link.index(".html")), (link.index("large"), len(link))]
    assert marked(link, 0, len(link), places) == "<mark>file</mark> is <mark>large</mark>"
    assert marked(link, 5, len(link), []) == "is large"


def test_the_gist_leaves_headings_out_unless_there_is_nothing_else() -> None:
    assert gist("## Roles\n\nThree of them.") == "Three of them."
    assert gist("## Roles") == "Roles"


def test_the_title_is_not_repeated_in_the_path_of_headings() -> None:
    assert below_title("Guide › Roles", "Guide") == "Roles"
    assert below_title("Guide › Roles", "Other") == "Guide › Roles"
    assert below_title("Guide", "Guide") == ""


def test_names_in_a_row_have_the_comma_of_the_language() -> None:
    assert listed(["a", "b"]) == "a, b"
    with translation.override("zh-hans"):
        assert listed(["a", "b"]) == "a、b"
