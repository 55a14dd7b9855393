import pytest

from chat.rules.applying import Ruled, Spec
from chat.rules.questions import explained, meanings, normalised, trimmed
from chat.rules.wordlists import BadList


@pytest.mark.parametrize(
    ("question", "phrases", "expected"),
    [
        ("  How   high\u200b is it ???  ", "", "How high is it ?"),
        ("你好，请问年假有几天？？？谢谢！", "你好\n请问\n谢谢", "年假有几天？"),
        (
            "Hello, please tell me: how high is it? Thanks!",
            "hello\nplease tell me\nthanks",
            "how high is it?",
        ),
        ("Thanksgiving is when?", "thanks", "Thanksgiving is when?"),
        ("谢谢！", "谢谢", "谢谢！"),
        ("Line one\r\n\n\n\nline two", "", "Line one\n\nline two"),
    ],
)
def test_trimmed(question: str, phrases: str, expected: str) -> None:
    assert trimmed(question, phrases) == expected


def test_normalised() -> None:
    assert normalised("ＡＢＣ１２３％，第２条（甲）？ m² ½", width=True) == "ABC123%，第2条（甲）？ m² ½"
    assert normalised("臺灣的圖書館", width=False, script="simplified") == "台湾的图书馆"
    assert normalised("图书馆", width=False, script="traditional") == "圖書館"
    assert normalised("圖書館１", width=False) == "圖書館１"


def test_words_are_replaced_or_explained() -> None:
    known = meanings("PTO, time off => annual leave\n年休 => 年假\n# a remark")
    assert explained("How much pto? Optout?", known, replaces=True) == "How much annual leave? Optout?"
    assert explained("How much Time  Off?", known, replaces=False) == "How much Time  Off (annual leave)?"
    assert explained("年休几天", known, replaces=False) == "年休（年假）几天"
    assert explained("PTO or annual leave?", known, replaces=False) == "PTO or annual leave?"
    for broken in ("pto", "=> leave", "pto =>", "", "!!! => leave"):
        with pytest.raises(BadList):
            meanings(broken)


def test_rules_act_in_their_order_and_tell() -> None:
    specs = [
        Spec(3, "trim", options={"phrases": "please"}),
        Spec(1, "spelling", options={"width": True}),
        Spec(2, "synonyms", "House words", {"meanings": "k8s => kubernetes", "replaces": True}),
        Spec(4, "trim"),
    ]
    ruled = Ruled(specs)
    assert ruled.question("Please:  what is ｋ８ｓ？").text == "what is kubernetes？"
    told = [(one["rule"], one["details"]["after"]) for one in ruled.applied()]
    assert told == [(3, "what is ｋ８ｓ？"), (1, "what is k8s？"), (2, "what is kubernetes？")]


def test_slips_are_mended_only_where_the_rule_wants_it() -> None:
    def respell(question: str) -> str:
        return question.replace("lighthose", "lighthouse") if "lighthose" in question else ""

    for slips, expected in ((True, "the lighthouse"), (False, "the lighthose")):
        ruled = Ruled([Spec(1, "spelling", options={"slips": slips})], respell=respell)
        assert ruled.question("the lighthose").text == expected
