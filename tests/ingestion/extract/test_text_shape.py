"""The kind of a text whose name says nothing, and prose that must stay prose."""

import json
from pathlib import Path

import pytest

from ingestion.extract import kinds
from ingestion.extract.sniff import sniff
from tests import fixtures
from tests.ingestion.extract.conftest import Read, Write

TABLE = [
    ("Boat", "Captain", "Crew"),
    ("Aurora", "Berg", "4"),
    ("Mistral", "Sund", "12"),
    ("海鸥", "王海", "3"),
]
PYTHON = 'import os\n\n\ndef moor(boat: str) -> str:\n    """Moors it."""\n    return os.fspath(boat)\n'
RST = "Moorings\n========\n\n.. note::\n\n   Ask the office first.\n\nSee :ref:`fees`.\n"
MARKDOWN = "# 泊位\n\n泊位按月出租。\n\n- 小艇：四十克朗\n- 拖网船：另议\n\n见[收费表](fees.md)。\n"


def _table(delimiter: str) -> str:
    return "".join(delimiter.join(row) + "\n" for row in TABLE)


@pytest.mark.parametrize("name", ["noname", "export.txt"])
@pytest.mark.parametrize(
    ("content", "mime"),
    [
        (_table(","), kinds.CSV),
        (_table(";"), kinds.CSV),
        (_table("\t"), kinds.TSV),
        ('name,note\n"Berg, Anna",3\n"Sund, Ola",14\n', kinds.CSV),
        ("日期\t金额\n2025-01-02\t30\n2025-01-03\t45\n", kinds.TSV),
        (_table(",").encode("gb18030"), kinds.CSV),
        (MARKDOWN, kinds.MARKDOWN),
        (fixtures.MARKDOWN, kinds.MARKDOWN),
        (json.dumps([{"boat": "Aurora"}, {"boat": "Mistral"}]), kinds.JSON),
        ('{"boat": {"name": "Aurora"},\n "crew": 4}', kinds.JSON),
        ('{"a": 1}\n{"a": 2}\n', kinds.JSONL),
        (PYTHON, kinds.CODE),
        (RST, kinds.RST),
    ],
)
def test_the_shape_tells(write: Write, name: str, content: str | bytes, mime: str) -> None:
    assert sniff(write(name, content), name) == mime


@pytest.mark.parametrize(
    "text",
    [
        "Dear Anna,\nthank you for the letter, it arrived today.\nYours, Ola\n",
        "Roses are red, violets are blue.\nSugar is sweet, honey is too.\nBoats are slow, trains are fast.\n",
        "红豆生南国,春来发几枝\n愿君多采撷,此物最相思\n床前明月光,疑是地上霜\n举头望明月,低头思故乡\n",
        "潮位站由港务局修复，至今仍在使用；数据每天发布。\n灯塔看守人记录风暴，用一本绿色笔记本。\n",
        "[1] The harbour office, annual report.\n[2] The tide gauge, a history.\n[3] Ferries, a guide.\n",
        "# a setting\nport = 8000\nhost = 127.0.0.1\n# another\nworkers = 2\n",
        "- host: a\n  port: 80\n# two\n- host: b\n  port: 81\n",
        "Shopping:\n- bread\n- milk\n- two pounds of apples\n",
        "\tIndented prose begins here,\n\tand goes on like this,\n\tuntil it ends.\n",
        "Meeting notes; Monday; present: Anna, Ola.\nWe spoke of fees; nothing was decided.\nNext: May.\n",
        "From here the road leads to the harbour.\nimport duties are paid there.\nclass trips are free.\n",
        "12:30 lunch\n13:00 walk, harbour\n14:15 back, tired\n",
        "C# is a language. #1 priority: moorings.\nSee issue #4, then #5.\nBye.\n",
    ],
)
def test_prose_stays_prose(write: Write, text: str) -> None:
    assert sniff(write("noname", text), "noname") == kinds.PLAIN


def test_the_prose_of_the_test_data_stays_prose(write: Write, youju_data: Path) -> None:
    mistaken: list[tuple[str, str]] = []
    total = 0
    for corpus in sorted(youju_data.glob("**/corpus.jsonl")):
        with corpus.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines):
                if number % 40 == 0:
                    text = json.loads(line)["text"]
                    total += 1
                    kind = sniff(write("noname", text), "noname")
                    mistaken += [(text[:80], kind)] if kind != kinds.PLAIN else []
    assert total > 50
    assert mistaken == []


def test_a_name_still_decides_where_it_says_something(write: Write) -> None:
    assert sniff(write("a.yaml", MARKDOWN), "a.yaml") == kinds.CODE
    assert sniff(write("a.md", _table(",")), "a.md") == kinds.MARKDOWN


def test_they_are_read_as_what_they_are(read: Read) -> None:
    assert "| Aurora | Berg | 4 |" in read("export.txt", _table("\t")).text
    assert "| 海鸥 | 王海 | 3 |" in read("export", _table(",").encode("gb18030")).text
    assert read("noname", PYTHON).text.startswith("```python\n")
    assert read("noname", MARKDOWN).title == "泊位"
