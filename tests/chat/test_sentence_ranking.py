import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pytest

from chat.gold_answers import holds_gold
from chat.sentence_ranking import best_sentences
from llm.types import Source
from tests.chat.passages import HARBOUR, LIGHTHOUSE

SOURCES = [Source(1, LIGHTHOUSE), Source(2, HARBOUR)]


def texts(question: str, sources: list[Source], limit: int = 3) -> list[str]:
    return [quoted.text for quoted in best_sentences(question, sources, limit=limit)]


def test_the_sentence_that_answers_comes_first() -> None:
    assert texts("How high is the lighthouse?", SOURCES)[0] == "It is 42 metres high."
    assert texts("Who was the keeper?", SOURCES)[0] == "Its keeper was Ada Holm."
    assert (
        texts("灯塔高多少米?", [Source(1, "渔民常来这里。灯塔高四十二米。阿达是看守人。")])[0]
        == "灯塔高四十二米。"
    )


def test_every_quote_is_word_for_word_from_its_source() -> None:
    by_number = {source.n: source.text for source in SOURCES}
    for quoted in best_sentences("Which boats need a pilot?", SOURCES, limit=3):
        assert quoted.text in by_number[quoted.n]


def test_never_more_than_the_limit() -> None:
    assert len(texts("lighthouse harbour boats keeper", SOURCES, limit=2)) <= 2


def test_overlapping_passages_do_not_repeat_a_sentence() -> None:
    quotes = texts("How high is the lighthouse?", [Source(1, LIGHTHOUSE), Source(2, LIGHTHOUSE)])
    assert len(quotes) == len(set(quotes))


def test_headings_and_bullets_are_not_quoted() -> None:
    quotes = texts(
        "How high is the tower?", [Source(1, "# How high is the tower\n\n- The tower is 9 m high.")]
    )
    assert quotes == ["The tower is 9 m high."]


def test_table_rows_are_quoted_only_where_a_passage_has_no_sentence() -> None:
    table = "| visibility | who |\n|---|---|\n| Only members | people with a role |"
    mixed = f"## Roles\n\nMembers have roles.\n\n{table}"
    assert texts("Which roles do members have?", [Source(1, mixed)]) == ["Members have roles."]
    assert (
        texts("Which people have a role?", [Source(1, table)])[0] == "| Only members | people with a role |"
    )
    assert texts("Which roles?", [Source(1, "## Roles")]) == ["Roles"]


def test_words_that_lead_on_to_a_list_are_quoted_only_where_there_is_nothing_else() -> None:
    lead = "There are three roles:"
    quotes = texts("Which roles are there?", [Source(1, f"{lead}\n\n- Editor\n- Viewer")])
    assert sorted(quotes) == ["Editor", "Viewer"]
    assert texts("Which roles are there?", [Source(1, lead)]) == [lead]


STASH = (
    "## SYNOPSIS\n\n```\ngit stash pop [--index] [-q | --quiet] [<stash>]\n```\n\n## COMMANDS\n\n"
    "git stash pop removes a single stashed state from the stash list and applies it on top of the current "
    "working tree state. Applying the state can fail with conflicts. You can try the following:\n\n"
    "```\n$ git stash pop\n\n$ git stash pop --index\n```\n"
)


def test_code_rides_along_and_does_not_change_the_order() -> None:
    quotes = best_sentences("What does git stash pop do?", [Source(1, STASH)], limit=3)
    assert quotes[0].text.startswith("git stash pop removes a single stashed state")
    assert not any(quote.code or "$" in quote.text for quote in quotes)
    synopsis, commands = STASH.split("## COMMANDS")
    apart = [Source(1, synopsis), Source(2, commands)]
    assert {quote.n for quote in best_sentences("What does git stash pop do?", apart, limit=3)} == {2}
    assert texts("What does git stash pop do?", apart[:1]) == [
        "git stash pop [--index] [-q | --quiet] [<stash>]"
    ]
    (quote,) = best_sentences("What can I try?", [Source(1, STASH)], limit=1)
    assert (quote.text, quote.code) == (
        "You can try the following:",
        "$ git stash pop\n\n$ git stash pop --index",
    )
    zone = "下面是重新配置 Debian 系统使用的时区。"
    (quote,) = best_sentences("怎样更改系统时区", [Source(1, f"{zone}\n\n```\n# tzconfig\n```")], limit=1)
    assert (quote.text, quote.code) == (zone, "# tzconfig")


def test_code_that_an_overlapping_passage_has_cut_off_is_quoted_from_the_other_one() -> None:
    zone = "The time zone of Debian is configured again like this."
    sources = [Source(1, f"Debian asks for the time zone. {zone}"), Source(2, f"{zone}\n```\n# tz\n```")]
    quotes = best_sentences("How is the time zone of Debian configured?", sources, limit=3)
    assert [(quote.n, quote.code) for quote in quotes if quote.text == zone] == [(2, "# tz")]


def test_numbers_in_brackets_of_the_text_itself_do_not_cite() -> None:
    assert texts("How high is it?", [Source(1, "It is 9 m high.[2]")]) == ["It is 9 m high."]


def test_a_question_for_a_quantity_prefers_figures() -> None:
    source = Source(1, "Leave is paid to all employees. Employees take 25 days of it. Employees like it.")
    assert texts("How many days do employees take?", [source], limit=1) == ["Employees take 25 days of it."]


def test_without_a_common_word_the_best_passage_speaks() -> None:
    assert texts("Zzz?", SOURCES)[0] in LIGHTHOUSE


def test_no_sources_no_quotes() -> None:
    assert texts("How high?", []) == []
    assert texts("How high?", [Source(1, " \n ")]) == []


def test_chances_are_a_share_of_one_and_the_best_stands_first() -> None:
    quotes = best_sentences("How high is the lighthouse?", SOURCES, limit=3)
    assert quotes[0].score == max(quote.score for quote in quotes)
    assert 0 < sum(quote.score for quote in quotes) <= 1


def test_nothing_is_added_to_a_clear_answer() -> None:
    source = Source(1, "Visitors come in summer. Employees take 25 days of leave a year. There is a cafe.")
    question = "How many days of leave do employees take a year?"
    assert texts(question, [source]) == ["Employees take 25 days of leave a year."]


def test_the_rest_of_a_passage_is_in_reading_order() -> None:
    quotes = texts("How high is the lighthouse and who was its keeper?", SOURCES)
    in_first = [LIGHTHOUSE.index(quote) for quote in quotes[1:] if quote in LIGHTHOUSE]
    assert in_first == sorted(in_first)


def test_a_noun_behind_how_many_finds_its_number() -> None:
    source = Source(
        1, "Ctenophores are animals. Only 150 species have been validated. Most species are small."
    )
    assert texts("How many species of ctenophores are there?", [source])[0].startswith("Only 150")


def test_meaning_decides_where_words_do_not() -> None:
    source = Source(1, "The club met on Monday. The fee is due in May. The hall was painted.")

    def likes(word: str, _question: str, texts: Sequence[str]) -> list[float]:
        return [0.9 if text.endswith(f"{word}.") else 0.1 for text in texts]

    for word in ("May", "painted"):
        quotes = best_sentences("Zzz?", [source], limit=1, likeness=partial(likes, word))
        assert quotes[0].text.endswith(f"{word}.")


def test_a_model_that_does_not_know_the_language_changes_nothing() -> None:
    def unknown(_question: str, _texts: Sequence[str]) -> None:
        return None

    question = "Zzz?"
    assert best_sentences(question, SOURCES, limit=3, likeness=unknown) == best_sentences(
        question, SOURCES, limit=3
    )


def test_meaning_is_not_asked_where_words_are_sure() -> None:
    asked: list[str] = []

    def counted(question: str, texts: Sequence[str]) -> list[float]:
        asked.append(question)
        return [0.5] * len(texts)

    source = Source(1, "Visitors come in summer. Employees take 25 days of leave a year. There is a cafe.")
    for question in ("How many days of leave do employees take a year?", "Zzz?"):
        best_sentences(question, [source], limit=3, likeness=counted)
    assert asked == ["Zzz?"]


@pytest.mark.parametrize(("name", "least"), [("xquad-en", 0.94), ("xquad-zh", 0.94)])
def test_gold_answers_are_in_three_sentences(youju_data: Path, name: str, least: float) -> None:
    """From the right paragraph and its neighbours of the same article, every seventh question."""
    folder = youju_data / name
    corpus = [json.loads(line) for line in (folder / "corpus.jsonl").read_text(encoding="utf-8").splitlines()]
    place = {row["_id"]: index for index, row in enumerate(corpus)}
    rows = (folder / "qrels" / "test.tsv").read_text(encoding="utf-8").splitlines()[1:]
    relevant = dict(row.split("\t")[:2] for row in rows)
    lines = (folder / "queries.jsonl").read_text(encoding="utf-8").splitlines()
    queries = [json.loads(line) for line in lines[::7]]
    hits = 0
    for query in queries:
        at = place[relevant[query["_id"]]]
        paragraphs = [corpus[at], *corpus[at + 1 : at + 4]]
        sources = [Source(n, row["text"]) for n, row in enumerate(paragraphs, 1)]
        answers = tuple(query["metadata"]["answers"])
        hits += holds_gold([" ".join(texts(query["text"], sources))], answers)
    assert hits / len(queries) >= least
