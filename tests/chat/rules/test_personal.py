import pytest

from chat.rules.personal import FINDERS, found, is_bank_card, is_id_card


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("电话13800138000。", ["PHONE 13800138000"]),
        ("打138-0013-8000或+86 138 0013 8000", ["PHONE 138-0013-8000", "PHONE +86 138 0013 8000"]),
        ("座机010-62345678转801，（0755）8234 5678", ["PHONE 010-62345678", "PHONE （0755）8234 5678"]),
        ("手机１３８００１３８０００", ["PHONE １３８００１３８０００"]),
        ("+1 (415) 555-2671, 415-555-2671", ["PHONE +1 (415) 555-2671", "PHONE 415-555-2671"]),
        ("+44 20 7946 0958 or 400-820-8820", ["PHONE +44 20 7946 0958", "PHONE 400-820-8820"]),
        ("写给zhang.san+a@example.com.cn。", ["EMAIL zhang.san+a@example.com.cn"]),
        ("身份证11010519491231002X", ["ID_CARD 11010519491231002X"]),
        ("身份证号：１１０１０５１９４９１２３１００２Ｘ", ["ID_CARD １１０１０５１９４９１２３１００２Ｘ"]),
        ("卡 4111 1111 1111 1111", ["BANK_CARD 4111 1111 1111 1111"]),
        # What only looks like it.
        ("2026-11-27 14:30, 1,234,567.89, 192.168.1.100, v1.2.3.4", []),
        ("ISBN 978-7-111-12345-6, 订单 13800138000123, 1990-2000, 2020 2021 2022", []),
        ("110105194912310021 is no card, nor is 4111 1111 1111 1112", []),
    ],
)
def test_what_is_found(text: str, expected: list[str]) -> None:
    assert [f"{one.kind} {text[one.start : one.end]}" for one in found(text, list(FINDERS))] == expected


def test_check_characters() -> None:
    assert is_id_card("34052419800101001X") and not is_id_card("340524198001010010")
    assert not is_id_card("34052419801301001X"), "no month 13"
    assert is_bank_card("4539 1488 0343 6467") and not is_bank_card("0000 0000 0000 0000")
