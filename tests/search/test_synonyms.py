"""Synonyms: how lists are read, and what they add to a question."""

import pytest

from search.synonyms import WEIGHT, BadSynonyms, expand, parse

LIST = """
# abbreviations
k8s, Kubernetes, container orchestration
tv => television
带薪年假，年休假
搜索引擎、search engine
"""


def added(query: str) -> dict[str, tuple[str, ...]]:
    found = expand(query, parse(LIST))
    return dict(found.added) if found else {}


def test_each_of_a_group_finds_the_others_and_an_arrow_goes_one_way() -> None:
    assert added("running K8S here") == {"K8S": ("Kubernetes", "container orchestration")}
    assert added("What is container orchestration?") == {"container orchestration": ("k8s", "Kubernetes")}
    assert added("buy a tv") == {"tv": ("television",)}
    assert added("television") == {}
    assert added("orchestration of a container") == {}


def test_chinese_words_are_found_within_a_run() -> None:
    assert added("带薪年假有几天") == {"带薪年假": ("年休假",)}
    assert added("search engines怎么用") == {"search engines": ("搜索引擎",)}
    assert added("什麼是搜索引擎") == {"搜索引擎": ("search engine",)}


def test_a_synonym_counts_less_and_is_a_choice_beside_the_word() -> None:
    found = expand("k8s pods", parse(LIST))
    assert found is not None
    assert found.wanted.terms == {"pod": 1.0}
    (ways,) = found.wanted.choices
    assert ways[:2] == ({"k8s": 1.0}, {"kubernet": WEIGHT})
    assert set(ways[2]) == {"contain", "orchestr"}
    chinese = expand("带薪年假有几天", parse(LIST))
    assert chinese is not None
    assert "带薪" not in chinese.wanted.terms
    assert "几天" in chinese.wanted.terms


def test_wrong_lines_are_told_by_their_numbers() -> None:
    with pytest.raises(BadSynonyms) as raised:
        parse("k8s, kubernetes\nalone\na => b => c\n => x\n!!, ??\n" + "w" * 90 + ", x")
    told = raised.value.problems
    assert [problem.split(":")[0] for problem in told] == [f"Line {number}" for number in (2, 3, 4, 5, 6)]
    with pytest.raises(BadSynonyms, match="500"):
        parse("\n".join(f"a{n}, b{n}" for n in range(501)))
    assert not parse("\n# nothing\n")
