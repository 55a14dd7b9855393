"""What a text is about, in words that people recognise."""

from collections import Counter
from types import SimpleNamespace
from typing import Any

from chat.insights.telling_terms import words_of
from ingestion.telling_terms import topical
from tests.chat.insights.test_services import COAST

CHINESE = (
    "斯卡恩的海岸由一座建于1897年的灯塔守护。灯塔高四十二米。\n\n"
    "斯卡恩港早上六点开放。长于二十米的船需要港口的引航员。引航员住在港口，灯塔旁边。"
)


def words(text: str) -> list[str]:
    subject: Any = SimpleNamespace(passages=[SimpleNamespace(text=text)])
    return words_of(subject, {term: float(count) for term, count in Counter(topical(text)).items()})


def test_chinese_words_are_those_that_come_back() -> None:
    assert set(words(CHINESE)) == {"灯塔", "斯卡恩", "港口", "引航员"}


def test_what_stands_once_is_shown_where_nothing_comes_back() -> None:
    assert "引航员" in "".join(words("引航员住在高山。"))
    assert {"lighthouse", "harbour"} <= {word.lower() for word in words(COAST)}
