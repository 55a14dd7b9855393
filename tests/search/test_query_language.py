"""What is written into the search box: operators where they are meant, and text everywhere else."""

from datetime import date

import pytest

from search.filters import Filters, read_filters
from search.matching import belongs, lone_terms, occurrences, phrase_terms
from search.query_language import Asked, parse

TODAY = date(2024, 5, 31)


def asked(text: str) -> Asked:
    return parse(text, today=TODAY)


@pytest.mark.parametrize(
    "text",
    [
        "What is -5 + 3?",
        "C++ -5",
        "state-of-the-art  covid-19 models",
        "a - b",
        "see https://example.org/a?site:b and http://x/-y",
        "Title: the history of salt",
        "ratio 3:1, key:value, type : pdf",
        'a 6" pipe and 5\'10" people',
        "--verbose",
        "x -after:2024",
        "-only",
        "“",
        "时间：今天",
        "",
    ],
)
def test_text_stays_text_to_the_letter(text: str) -> None:
    assert asked(text) == Asked.plain(text)


def test_phrases_and_exclusions() -> None:
    found = asked('leave "paid  holidays" -unpaid -"sick leave" days?')
    assert found.text == "leave paid holidays days?"
    assert found.loose == "leave days?"
    assert found.phrases == ("paid holidays",)
    assert found.excluded == ("unpaid", "sick leave")
    assert asked('"a b"').text == "a b"
    assert asked('"!!!" leave').phrases == ()


def test_chinese_signs() -> None:
    found = asked("员工“带薪年假”规定 －加班 类型：pdf 标签：「港口 费用」 起：2024年3月")
    assert found.phrases == ("带薪年假",)
    assert found.text == "员工 带薪年假 规定"
    assert found.excluded == ("加班",)
    assert found.filters == Filters(types=("pdf",), tags=("港口 费用",), after=date(2024, 3, 1))
    assert asked("「年假」").phrases == ("年假",)


def test_filters() -> None:
    found = asked(
        "fees Site:https://www.Example.org/Docs/ type:docx,幻灯片 tag:a tag:b after:2023 before:2024-05?"
    )
    assert found.text == "fees"
    assert found.filters == Filters(
        ("example.org/docs",), ("word", "slides"), ("a", "b"), date(2023, 1, 1), date(2024, 5, 1)
    )
    assert not found.problems


def test_filters_with_a_minus_are_what_documents_must_not_be() -> None:
    found = asked("fees -site:www.example.org/old -type:pdf,幻灯片 －标签：「港口 费用」 type:word -ships")
    assert found.text == "fees"
    assert found.filters == Filters(
        types=("word",),
        not_sites=("example.org/old",),
        not_types=("pdf", "slides"),
        not_tags=("港口 费用",),
    )
    assert [key for key, *_rest in found.written] == ["-site", "-type", "-tag", "type"]
    assert found.excluded == ("ships",)
    assert asked("-type:pdf").filters.not_types == ("pdf",)
    unknown = asked("fees -type:song")
    assert (unknown.text, len(unknown.problems)) == ("fees", 1)


def test_what_is_no_word_to_look_for_stands_apart() -> None:
    text = 'fees -"sick leave" -ships tag:"port fees" "own words" after:2024'
    assert [text[a:b] for a, b in asked(text).apart] == [
        '-"sick leave"',
        "-ships",
        'tag:"port fees"',
        "after:2024",
    ]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("7d", date(2024, 5, 24)),
        ("3m", date(2024, 2, 29)),
        ("1y", date(2023, 5, 31)),
        ("2周", date(2024, 5, 17)),
        ("2024/5/2", date(2024, 5, 2)),
        ("yesterday", date(2024, 5, 30)),
    ],
)
def test_days(text: str, day: date) -> None:
    assert asked(f"x after:{text}").filters.after == day


@pytest.mark.parametrize("text", ["after:2024-13", "before:9999y", "type:safety", "site:a!b", "before:soon"])
def test_what_means_nothing_is_told_and_stays_text(text: str) -> None:
    found = asked(f"fees {text}")
    assert not found.filters
    assert len(found.problems) == 1
    assert found.text == f"fees {text.partition(':')[2]}"


def test_dates_without_a_day_between_are_told() -> None:
    filters, problems = read_filters([("after", "2024"), ("before", "2023")], today=TODAY)
    assert filters.after
    assert len(problems) == 1


def test_two_sets_of_filters_narrow_each_other() -> None:
    both = Filters(("a.org",), after=date(2024, 1, 1)).and_those(Filters(tags=("x",), after=date(2024, 2, 1)))
    assert both == Filters(("a.org",), tags=("x",), after=date(2024, 2, 1))


def test_phrases_follow_the_analyser() -> None:
    text = "Paid holidays: the holiday was PAID. 員工的帶薪年假，假期。"
    assert [text[a:b] for a, b in occurrences(text, "paid holiday")] == ["Paid holidays"]
    assert [text[a:b] for a, b in occurrences(text, "holidays the holidays")] == ["holidays: the holiday"]
    assert [text[a:b] for a, b in occurrences(text, "员工的带薪")] == ["員工的帶薪"]
    assert occurrences(text, "年假假期") == [], "a sign between characters parts them"
    assert len(occurrences(text, "年假 假期")) == 1
    assert occurrences(text, "holiday paid") == []
    mixed = "该框架在2015年由Vue团队发布"
    assert [mixed[a:b] for a, b in occurrences(mixed, "2015年由vue")] == ["2015年由Vue"]


def test_terms_for_an_index() -> None:
    assert set(phrase_terms(["paid holidays", "年假"])) == {"paid", "holiday", "年", "假", "年假"}
    assert lone_terms(["holidays", "年假", "假", "带薪年假", "sick leave"]) == ("holiday", "年假", "假")


def test_what_belongs() -> None:
    parts = ["Every employee has paid leave.", "Holidays"]
    assert belongs(parts, ["paid leave", "holiday"], ["overtime"])
    assert not belongs(parts, ["paid leave"], ["holiday"])
    assert not belongs(parts, ["leave paid"], [])
    assert not belongs(parts, ["leave holiday"], []), "a phrase does not reach from one part into the next"
