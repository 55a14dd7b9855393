"""From values to the text that a model reads."""

import pytest

from chat.prompt_library import filling
from chat.prompt_library.filling import filled
from chat.prompt_library.presets import presets
from chat.prompt_library.prompt import Input, Prompt, inputs_of

PROMPT = Prompt(
    "x",
    "X",
    "Write {{as JSON}} on {topic}, {length}, from {sources}.\nMind: {wishes}\nNever mind {topic}.",
    inputs=(
        Input("topic"),
        Input("length", kind="choice", choices=("briefly", "at length")),
        Input("wishes", optional=True),
    ),
    query="{topic} {wishes}",
)


def test_values_references_and_braces_stand_in_the_text() -> None:
    made = filled(PROMPT, {"topic": " tides ", "wishes": "dates"})
    assert made.text == (
        "Write {as JSON} on tides, briefly, from the numbered sources.\nMind: dates\nNever mind tides."
    )
    assert (made.query, made.wants_sources) == ("tides dates", True)


def test_a_line_of_empty_variables_is_left_out_and_values_are_not_read_as_templates() -> None:
    made = filled(PROMPT, {"topic": "{length}", "length": "at length"})
    assert made.text.splitlines()[1:] == ["Never mind {length}."]
    assert made.query == "{length}"


@pytest.mark.parametrize(
    ("values", "error", "names", "said"),
    [
        (
            {"topic": "x", "tone": "y"},
            filling.UnknownVariables,
            ["tone"],
            "no variable {tone}; it has: {topic}",
        ),
        ({"wishes": "x"}, filling.MissingValues, ["topic"], "no value: {topic}"),
        ({"topic": "x", "length": "forever"}, filling.NotAmongChoices, ["length"], "briefly, at length"),
        ({"topic": "x" * 40_001}, filling.TooLong, ["topic"], "40000"),
        ({"topic": "x", "sources": "mine"}, filling.UnknownVariables, ["sources"], "{sources}"),
    ],
)
def test_values_that_do_not_fit_are_named(
    values: dict[str, str], error: type[filling.BadValues], names: list[str], said: str
) -> None:
    with pytest.raises(error) as raised:
        filled(PROMPT, values)
    assert raised.value.names == names
    assert said in str(raised.value)


def test_every_preset_is_there_in_both_languages_and_can_be_filled() -> None:
    keys = {prompt.key for prompt in presets()}
    kinds = {key.removesuffix("-en") for key in keys if key.endswith("-en")}
    assert len(kinds) == 9
    assert keys == {f"{kind}-{language}" for kind in kinds for language in ("en", "zh")}
    for prompt in presets():
        used = {one.name for one in inputs_of(prompt.text, prompt.query, {})}
        assert {one.name for one in prompt.inputs} == used, prompt.key
        made = filled(prompt, {one.name: "" if one.choices else "值 value" for one in prompt.inputs})
        assert "{" not in made.text, prompt.key
        assert bool(made.query) == prompt.wants_sources, prompt.key
