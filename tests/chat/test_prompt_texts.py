"""The text of a prompt template."""

import pytest

from chat import prompt_texts


def test_the_variables_of_a_text() -> None:
    assert prompt_texts.variables("{a} {{b}} { 资料 } {a} {_c1}") == ["a", "资料", "_c1"]
    assert prompt_texts.unknown(["question", "a", "sources", "language"]) == ["a"]


@pytest.mark.parametrize("text", ["one\n{", "one\n}", "one\n{}", "one\n{1a}", "one\n{a b}", "one\n{{a}"])
def test_a_brace_that_belongs_to_nothing_is_named_with_its_line(text: str) -> None:
    with pytest.raises(prompt_texts.LoneBrace, match="Line 2"):
        prompt_texts.variables(text)


@pytest.mark.parametrize(
    ("text", "language", "filled"),
    [
        (
            "Answer {question} from {sources}.",
            "en",
            "Answer the question below from the numbered sources below.",
        ),
        ("Write { language }!", "zh", "Write Chinese (简体中文)!"),
        ("根据{sources}用{language}回答{question}。", "en", "根据下面编号的来源用英文回答下面的问题。"),
        ('{{"a": {unknown}}}', "en", '{"a": {unknown}}'),
        ("{question.__class__} {0} {", "en", "{question.__class__} {0} {"),
    ],
)
def test_a_text_is_filled_with_references_only(text: str, language: str, filled: str) -> None:
    assert prompt_texts.filled(text, language) == filled


def test_what_is_escaped_is_filled_back() -> None:
    text = '{"a": {x}, "b": "{sources}"} {{'
    assert prompt_texts.variables(prompt_texts.escaped(text)) == ["sources"]
    assert prompt_texts.filled(prompt_texts.escaped(text), "en") == text.replace(
        "{sources}", "the numbered sources below"
    )
