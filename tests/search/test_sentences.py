import pytest

from search.sentences import sentences


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It stands. It is 4.5 m high.", ["It stands.", "It is 4.5 m high."]),
        ("Dr. Holm came at 5 p.m. and left.", ["Dr. Holm came at 5 p.m. and left."]),
        ("灯塔很高。它建于1897年！好吗？", ["灯塔很高。", "它建于1897年！", "好吗？"]),
        ("红的；绿的。", ["红的；", "绿的。"]),
        ("亚马逊雨林（英语：A；荷兰语：B）是森林。", ["亚马逊雨林（英语：A；荷兰语：B）是森林。"]),
        ("1)红的；2)绿的。", ["1)红的；", "2)绿的。"]),
        (
            "They live there.[citation needed] Others left.[12][3] It ended.",
            ["They live there.[citation needed]", "Others left.[12][3]", "It ended."],
        ),
        (
            "They cannot be had by normal ways. But you can try the\nfollowing words for a list.",
            ["They cannot be had by normal ways.", "But you can try the\nfollowing words for a list."],
        ),
        ("**表 2.12. 日志文件**", ["**表 2.12. 日志文件**"]),
        ("3.2.1. Host names", ["3.2.1. Host names"]),
        ("See Table 4.2. Prices rose.", ["See Table 4.2. Prices rose."]),
        ("It came with version 2.12. Prices rose.", ["It came with version 2.12.", "Prices rose."]),
        ("Opening hours\nWe open at nine.", ["Opening hours", "We open at nine."]),
    ],
)
def test_where_sentences_end(text: str, expected: list[str]) -> None:
    assert [text[start:end] for start, end in sentences(text)] == expected


def test_a_bracket_that_never_closes_is_forgotten() -> None:
    text = "他说（" + "很长" * 150 + "；好。"
    assert len(sentences(text)) == 2
