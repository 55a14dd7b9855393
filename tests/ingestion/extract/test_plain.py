import pytest

from ingestion.extract.decoding import decode
from ingestion.extract.plain import markdown_table
from ingestion.extract.types import ExtractionError
from tests import fixtures
from tests.ingestion.extract.conftest import Read

JAPANESE = "これは日本語の文章です。名前と年齢、住所を入力してください。"
RUSSIAN = "Москва является столицей России, это важный центр."
FRENCH = "Le café de l’hôtel était très bien situé à côté de la forêt."
KOREAN = "한국어 문서입니다. 이 문서는 시험을 위한 것입니다."


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (fixtures.CHINESE, "utf-8"),
        (fixtures.CHINESE, "utf-8-sig"),
        (fixtures.CHINESE, "utf-16"),
        ("Plain English with a line.\n", "utf-16-le"),
        ("Plain English with a line.\n", "utf-16-be"),
        (fixtures.CHINESE, "utf-16-le"),
        (fixtures.CHINESE, "utf-16-be"),
        (fixtures.CHINESE, "gb18030"),
        (fixtures.TRADITIONAL, "big5"),
        (JAPANESE, "shift_jis"),
        (JAPANESE, "euc_jp"),
        (KOREAN, "euc_kr"),
        (RUSSIAN, "cp1251"),
        (FRENCH, "cp1252"),
    ],
)
def test_decodes(text: str, encoding: str) -> None:
    assert decode(text.encode(encoding)) == text


def test_a_broken_byte_in_utf8_is_replaced_and_the_rest_kept() -> None:
    data = fixtures.CHINESE.encode() + b"\xff" + fixtures.CHINESE.encode()
    assert decode(data) == fixtures.CHINESE + "\N{REPLACEMENT CHARACTER}" + fixtures.CHINESE


def test_markdown_stays_as_it_is_and_gives_the_title(read: Read) -> None:
    found = read("rules.md", fixtures.MARKDOWN.replace("\n", "\r\n"))
    assert found.text == fixtures.MARKDOWN
    assert found.title == "Harbour rules"


def test_plain_text_is_called_by_its_file(read: Read) -> None:
    found = read("folder\\note 7.txt", fixtures.CHINESE.encode("gb18030"))
    assert (found.text, found.title, found.language) == (fixtures.CHINESE, "note 7", "zh")


def test_control_characters_go(read: Read) -> None:
    content = "tide \x07gauge \ufeffx" + "y" * 9000
    assert read("a.txt", content + "\x00z").text == "tide gauge x" + "y" * 9000 + "z"


def test_csv_becomes_a_table(read: Read) -> None:
    assert read("crew.csv", fixtures.CSV).text == (
        "| Boat | Captain | Crew |\n| --- | --- | --- |\n| Aurora | Berg, Anna | 4 |\n| Mistral | Sund | 12 |"
    )


def test_table_cells_cannot_break_the_table() -> None:
    assert markdown_table([["a|b", "c\nd"], ["e"]]) == "| a\\|b | c d |\n| --- | --- |\n| e |  |"


def test_code_and_json_stand_in_fences(read: Read) -> None:
    assert read("a.py", "# note\nprint('```')\n").text == "````python\n# note\nprint('```')\n````"
    assert read("a.json", '{"name": "\\u6f6e", "n": [1]}').text == (
        '```json\n{\n "name": "潮",\n "n": [\n  1\n ]\n}\n```'
    )


def test_a_passage_keeps_title_and_text_to_the_letter(read: Read) -> None:
    found = read("42.json", '{"_id": "42", "title": "Tides", "text": "High  water\\n at 7. "}')
    assert (found.mime, found.title, found.text) == (
        "application/vnd.youju.passage+json",
        "Tides",
        "High  water\n at 7. ",
    )


def test_signs_without_words_are_no_text(read: Read) -> None:
    with pytest.raises(ExtractionError) as caught:
        read("a.txt", "--- ... !!!")
    assert caught.value.code == "no_text"
