import pytest

from chat.answer_types import asked, counts, has_new, new_names, offers


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("who built the lighthouse?", "person"),
        ("in what year was it built?", "time"),
        ("how high is the lighthouse?", "amount"),
        ("in which country does it stand?", "place"),
        ("why was it closed?", "reason"),
        ("what is the hill called?", "name"),
        ("how is the light made?", "means"),
        ("灯塔是谁建的?", "person"),
        ("灯塔哪一年建成?", "time"),
        ("灯塔高多少米?", "amount"),
        ("灯塔在哪里?", "place"),
        ("为什么关闭灯塔?", "reason"),
        ("这座山叫什么?", "name"),
        ("如何点亮灯塔?", "means"),
    ],
)
def test_the_kind_that_is_asked_for(question: str, kind: str) -> None:
    assert kind in asked(question).kinds


def test_how_many_asks_for_an_amount_not_for_means() -> None:
    assert asked("how many boats need a pilot?").kinds == ["amount"]


def test_the_counted_thing_and_the_head() -> None:
    assert asked("how many boats need a pilot?").counted == "boats"
    assert asked("how many different species are there?").counted == "species"
    assert asked("灯塔有多少层?").counted == "层"
    assert asked("which kind of boat is it?").head == "boat"
    assert asked("灯塔在哪一个县?").head == "县"
    assert asked("who was the keeper?").head == ""


def test_a_year_is_a_time_and_no_amount() -> None:
    assert offers("time", "when was it built?", "it was built in 1897.")
    assert not offers("amount", "how high is it?", "it was built in 1897.")
    assert offers("amount", "how high is it?", "it is 42 metres high.")


def test_what_the_question_itself_names_is_not_offered() -> None:
    assert not offers("time", "what happened in 1897?", "the lighthouse of 1897 stands.")


def test_numbers_before_the_counted_thing() -> None:
    assert counts("boats", "some 20 small boats came.")
    assert not counts("boats", "20 people came to see the boats.")
    assert counts("层", "灯塔有十二层。")
    assert not counts("层", "灯塔有层层楼梯。")


def test_new_names_are_capitalised_inside_the_sentence() -> None:
    assert new_names("who was the keeper?", "The keeper was Ada Holm.") == 2
    assert new_names("who was ada holm?", "The keeper was Ada Holm.") == 0


def test_the_head_in_another_word() -> None:
    assert has_new("县", "绿岛属于哪一个县?", "绿岛属台东县。")
    assert not has_new("县", "勐遮县在哪?", "勐遮县很大。")
