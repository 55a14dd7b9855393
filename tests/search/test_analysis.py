import pytest

from search import analysis
from search.folding import fold


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("在2015年由Vue团队", ["在", "2015", "年", "由", "年由", "vue", "团", "队", "团队"]),
        ("Running shoes, RUNS", ["run", "shoe", "run"]),
        ("ＡＢＣ１２３", ["abc123"]),
        ("臺灣", ["台", "湾", "台湾"]),
        ("Café Zürich", ["cafe", "zurich"]),
        ("Cafe\u0301", ["cafe"]),
        ("inter\u00adnational", ["internat"]),
        ("v3.14 don't", ["v3", "14", "don", "t"]),
        ("カタカナー", ["カ", "タ", "カ", "ナ", "ー", "カタ", "タカ", "カナ", "ナー"]),
        ("서울에서", ["서", "울", "에", "서", "서울", "울에", "에서"]),
        ("Москва", ["москва"]),
        ("snake_case", ["snake", "case"]),
        ("ﬁnance", ["financ"]),
        ("", []),
        ("！？ \x00 …", []),
    ],
)
def test_tokens(text: str, expected: list[str]) -> None:
    assert analysis.tokens(text) == expected


def test_lone_surrogates_and_endless_words_are_survived() -> None:
    assert analysis.tokens("\ud800abc") == ["abc"]
    (term,) = analysis.tokens("9" * 100_000)
    assert len(term) == analysis.MAX_TERM_CHARS


def test_traditional_and_simplified_meet() -> None:
    assert sorted(analysis.tokens("議會修法限制了普選權")) == sorted(analysis.tokens("议会修法限制了普选权"))


@pytest.mark.parametrize(
    "text",
    [
        "在2015年由Vue团队發布",
        "ﬁne café… ㎡ ＡＢＣ 臺灣",
        "e\u0301te\u0301 und Straße ½ Ⅷ",
        "混\u00ad合 inter\u00adnational",
    ],
)
def test_spans_and_tokens_agree_and_spans_point_into_the_original(text: str) -> None:
    found = analysis.spans(text)
    assert sorted(token.term for token in found) == sorted(analysis.tokens(text))
    for token in found:
        assert 0 <= token.start < token.end <= len(text)
        assert token.term in analysis.tokens(text[token.start : token.end])


def test_spans_after_a_character_that_grew() -> None:
    text = "㍿有限 ﬃ 团队"
    places = {token.term: text[token.start : token.end] for token in analysis.spans(text)}
    assert places["株式"] == "㍿"
    assert places["ffi"] == "ﬃ"
    assert places["团队"] == "团队"


def test_folding_maps_back() -> None:
    folded = fold("A㎡Z")
    assert folded.text == "am2z"
    assert folded.original(1, 3) == (1, 2)
    assert folded.original(3, 4) == (2, 3)
    assert fold("Plain").original(1, 3) == (1, 3)


def test_questions_lose_their_function_words_but_not_everything() -> None:
    assert analysis.query_terms("What is the defense of the Panthers?") == ["defens", "panther"]
    assert analysis.query_terms("the who") == ["the", "who"]
    terms = analysis.query_terms("什么是响应式？")
    assert "响应" in terms
    assert not {"什么", "么是", "的", "什"} & set(terms)
    assert "什么" in analysis.query_terms("什么")


def test_single_characters_weigh_less_unless_alone() -> None:
    weights = analysis.weighted_terms("团队")
    assert weights["团队"] == 1.0
    assert weights["团"] == analysis.SINGLE_WEIGHT
    assert analysis.weighted_terms("茶")["茶"] == 1.0


def test_a_long_question_is_bounded() -> None:
    text = " ".join(f"word{number}" for number in range(3000))
    assert len(analysis.weighted_terms(text)) == analysis.MAX_QUERY_TERMS
