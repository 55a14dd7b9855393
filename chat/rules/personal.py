"""Finds personal data in texts: e-mail addresses, phone numbers, Chinese identity cards, bank cards.

Identity cards by GB 11643-1999: region, date of birth, and the check character of ISO 7064 MOD 11-2. Bank
cards by ISO/IEC 7812: 13 to 19 digits with Luhn's check digit.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import regex

Span = tuple[int, int]

# Full-width digits, signs and letters as they are typed on a keyboard, one for one.
_PLAIN = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20, 0x2010: 0x2D, 0x2011: 0x2D}
_PLAIN |= {0x2012: 0x2D, 0x2013: 0x2D, 0x2014: 0x2D, 0x2212: 0x2D, 0x00A0: 0x20, 0x202F: 0x20}

_EMAIL = regex.compile(
    r"(?<![\w.+-])[a-z0-9](?:[\w.+%'-]{0,62}[\w])?@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,24}(?![\w-])",
    regex.IGNORECASE | regex.ASCII,
)
# Behind Chinese words a number begins at once: 电话13800138000.
_LEFT = r"(?<![0-9_.+]|[0-9][-/])"
_RIGHT = r"(?![A-Za-z0-9_@]|[-.][0-9])"
_CARD = regex.compile(rf"{_LEFT}\d{{6}}[ -]?\d{{8}}[ -]?\d{{3}}[\dXx]{_RIGHT}")
_OLD_CARD = regex.compile(rf"{_LEFT}\d{{15}}{_RIGHT}")
_BANK = regex.compile(rf"{_LEFT}\d(?:[ -]?\d){{12,18}}{_RIGHT}")
# Where groups of digits stand between spaces, others beside them make something else of them.
_ALONE = r"(?<![0-9][ -])"
_PHONES = regex.compile(
    rf"""{_LEFT}(?:
      (?:(?:\+|00)?86[ -]?)?1[3-9]\d[ -]?\d{{4}}[ -]?\d{{4}}  # Chinese mobile
    | (?:(?:\+|00)86[ -]?)\(?0?[1-9]\d{{1,2}}\)?[ -]?\d{{3,4}}[ -]?\d{{4}}(?:-\d{{1,5}})?  # with +86
    | {_ALONE}(?:\(0\d{{2,3}}\)[ ]?|0\d{{2,3}}-)\d{{3,4}}[ -]?\d{{4}}(?:-\d{{1,5}})?  # landline
    | 0[1-9]\d{{1,2}}[2-8]\d{{6,7}}  # in one
    | [48]00-\d{{3,4}}-\d{{3,4}}|[48]00[ ]\d{{3}}[ ]\d{{4}}|400\d{{7}}  # service numbers
    | (?:\([2-9]\d{{2}}\)[ ]?|[2-9]\d{{2}}[-.])[2-9]\d{{2}}[-.]\d{{4}}  # North America
    | {_ALONE}0\d{{2,5}}[ ]\d{{3,8}}(?:[ ]\d{{3,4}})?(?![ -]\d)  # trunk prefix
    ){_RIGHT}"""
    rf"|(?<![\w+.])(?:\+|00(?=[1-9]))[ ]?[1-9](?:[ .()/-]{{0,3}}\d){{6,14}}{_RIGHT}",  # international
    regex.VERBOSE,
)
_MOBILE = regex.compile(r"1[3-9]\d{9}")
_REGIONS = frozenset(
    [*range(11, 16), *range(21, 24), *range(31, 38), *range(41, 47), *range(50, 55), *range(61, 66), 71]
).union((81, 82, 83))
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
_OLDEST = 1850


@dataclass(frozen=True, slots=True)
class Found:
    """``kind`` is the name that stands in its place: EMAIL, ID_CARD, BANK_CARD, PHONE or an own one."""

    kind: str
    start: int
    end: int


def plain(text: str) -> str:
    """``text`` with half-width signs and digits, of the same length."""
    return text.translate(_PLAIN)


def emails(text: str) -> Iterator[Span]:
    return (match.span() for match in _EMAIL.finditer(text))


def id_cards(text: str) -> Iterator[Span]:
    for match in _CARD.finditer(text):
        if is_id_card(match[0]):
            yield match.span()
    for match in _OLD_CARD.finditer(text):
        if int(match[0][:2]) in _REGIONS and _is_day(f"19{match[0][6:12]}"):
            yield match.span()


def bank_cards(text: str) -> Iterator[Span]:
    return (match.span() for match in _BANK.finditer(text) if is_bank_card(match[0]))


def phones(text: str) -> Iterator[Span]:
    return (match.span() for match in _PHONES.finditer(text))


# In the order in which they are looked for: what is found first is not looked at again.
FINDERS: dict[str, Callable[[str], Iterator[Span]]] = {
    "EMAIL": emails,
    "ID_CARD": id_cards,
    "BANK_CARD": bank_cards,
    "PHONE": phones,
}


def found(text: str, kinds: Sequence[str]) -> list[Found]:
    """What of ``kinds`` stands in ``text``, in order, without overlaps."""
    simple = plain(text)
    listed: list[Found] = []
    for kind in FINDERS:
        if kind in kinds:
            listed = with_new(listed, kind, FINDERS[kind](simple))
    return sorted(listed, key=lambda item: item.start)


def canonical(kind: str, value: str) -> str:
    """What all spellings of one value have in common: digits for numbers, lower case for addresses."""
    simple = plain(value)
    if kind == "EMAIL":
        return simple.casefold()
    if kind == "PHONE":
        return _dialled(simple)
    return regex.sub("[ -]", "", simple).upper() if kind in FINDERS else value


def _dialled(phone: str) -> str:
    """The digits with the country before them. What begins with one 0, or is a Chinese mobile number, is a
    number of China."""
    digits = "".join(filter(str.isdigit, phone.replace("(0)", "")))
    if phone.lstrip().startswith("+"):
        number = digits
    elif digits.startswith("00"):
        number = digits[2:]
    elif digits.startswith("0"):
        number = "86" + digits[1:]
    else:
        number = "86" + digits if _MOBILE.fullmatch(digits) else digits
    return number[:2] + number[3:] if number.startswith("860") else number


def with_new(listed: Sequence[Found], kind: str, spans: Iterator[Span]) -> list[Found]:
    new = [
        Found(kind, start, end)
        for start, end in spans
        if not any(start < other.end and other.start < end for other in listed)
    ]
    return [*listed, *new]


def is_id_card(written: str) -> bool:
    """GB 11643-1999: 18 characters, spaces and hyphens apart."""
    number = written.replace(" ", "").replace("-", "").upper()
    if not regex.fullmatch(r"[0-9]{17}[0-9X]", number):
        return False
    total = sum(int(digit) * weight for digit, weight in zip(number, _WEIGHTS, strict=False))
    known = int(number[:2]) in _REGIONS and _is_day(number[6:14])
    return known and _CHECKS[total % 11] == number[17]


def _is_day(digits: str) -> bool:
    try:
        born = date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    except ValueError:
        return False
    return born.year >= _OLDEST and born <= date.today()


def is_bank_card(written: str) -> bool:
    """Luhn's check; a card begins with 2 to 6 (or 9), and its digits differ."""
    digits = [int(sign) for sign in written if sign.isdigit()]
    if not 13 <= len(digits) <= 19 or digits[0] not in {2, 3, 4, 5, 6, 9} or len(set(digits)) == 1:
        return False
    doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[-2::-2]]
    return (sum(doubled) + sum(digits[-1::-2])) % 10 == 0
