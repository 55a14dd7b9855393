import pytest

from chat.names import first_capital, names_in


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("The keeper was Ada Holm.", ["Ada Holm"]),
        ("Its keeper was there in May.", []),
        ("The NATO summit", ["NATO"]),
        ("- **Docker** runs on Linux.", ["Linux"]),
        ("灯塔使用 Docker 和 Linux 部署", ["Docker", "Linux"]),
        ("他写了《海的故事》这本书", ["海的故事"]),
        ("nothing here", []),
    ],
)
def test_names(text: str, names: list[str]) -> None:
    assert names_in(text) == names


def test_a_transliterated_name_holds_its_dot() -> None:
    assert names_in("守塔人阿达·霍尔姆")[0].startswith("守塔人阿达·霍尔姆")


def test_the_first_word() -> None:
    assert first_capital("**Colombia** produced coffee.") == "Colombia"
    assert first_capital("it rains") == ""
