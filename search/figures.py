"""Numbers, dates and times in a text as plain values, however they are written.

``42``, ``forty-two`` and ``四十二`` are one value; so are ``1,500,000``, ``1.5 million`` and ``150万``, and
``5 March 2024``, ``2024-03-05`` and ``2024年3月5日``.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import lru_cache

import regex

from search.folding import fold

_UNITS = dict(
    zip(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
        "sixteen seventeen eighteen nineteen".split(),
        range(20),
        strict=True,
    )
)
_TENS = dict(
    zip("twenty thirty forty fifty sixty seventy eighty ninety".split(), range(20, 100, 10), strict=True)
)
_SCALES = {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_ORDINALS = dict(
    zip("first second third fourth fifth sixth seventh eighth ninth tenth".split(), range(1, 11), strict=True)
)
_MONTHS = {
    name: place
    for place, names in enumerate(
        "january jan|february feb|march mar|april apr|may|june jun|july jul|august aug|september sep sept|"
        "october oct|november nov|december dec".split("|"),
        1,
    )
    for name in names.split()
}
_HAN_DIGITS = {character: value for value, character in enumerate("零一二三四五六七八九")} | {
    "〇": 0,
    "两": 2,
}
_HAN_SCALES = {"十": 10, "百": 100, "千": 1000, "万": 10**4, "亿": 10**8}
_HAN_SINGLE_UNITS = "年月日号天点时秒个米吨元岁人次倍章条页名位家种级层楼台艘份周季届小分钟公"
_NO_NUMBERS = frozenset({"万一", "千万", "一一", "三三两两", "亿万", "百万", "千百", "一十"})

_WORD = "|".join([*_UNITS, *_TENS, *_SCALES])
_DATE = regex.compile(r"(?<!\d)(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)")
_MONTH = regex.compile(
    rf"(?<=\d(?:st|nd|rd|th)?,?\s(?:of\s)?)({'|'.join(_MONTHS)})\b|\b({'|'.join(_MONTHS)})\.?(?=\s\d)"
    rf"|\b({'|'.join(name for name in _MONTHS if len(name) > 3 and name != 'march')})\b|(\d{{1,2}})月"
)
_FULL_HOUR = regex.compile(r"(?<=\d)[:：]00\b")
_DIGITS = regex.compile(r"\d+(?:\.\d+){2,}|\d{1,3}(?:,\d{3})+(?:\.\d+)?(?!\d)|\d+(?:\.\d+)?")
_SCALE_BEHIND = regex.compile(r"\s?(hundred|thousand|million|billion|trillion)\b|([百千万亿]+)(?![米克瓦])")
_YEAR_BEHIND = regex.compile(r"年|\s*(?:[.,;:!?)。，；：！？）]|$)")
_YEAR_BEFORE = regex.compile(r"(?:\b(?:in|since|until|during|year)\s|[于在自从]|\d,?\s)\Z")
_AFTERNOON = regex.compile(r"(?<!:\d\d)(?::\d\d)?\s?p\.?m\b")
_HAN_AFTERNOON = regex.compile(r"(?:下午|晚上|傍晚)\Z")
_WORDS = regex.compile(rf"\b(?:{_WORD})(?:(?:[\s-]|\sand\s)(?:{_WORD}))*\b")
_HAN = regex.compile(r"(?<!第)[零〇一二三四五六七八九两十百千万亿]+")
_ORDINAL = regex.compile(rf"\b({'|'.join(_ORDINALS)})\b|第([零〇一二三四五六七八九十百]+)")


_WEEKDAYS = "monday tuesday wednesday thursday friday saturday sunday".split()
_WEEKDAY = regex.compile(rf"\b({'|'.join(_WEEKDAYS)})s?\b|(?:周|星期|礼拜)([一二三四五六日天])")
_OFTEN = {
    "every day": regex.compile(r"\b(?:daily|nightly|(?:every|each|per) (?:day|night))\b|每[天日晚夜]"),
    "every week": regex.compile(
        r"\b(?:weekly|(?:every|each|per) week)\b|每(?:周|星期|个?礼拜)(?![一二三四五六日末])"
    ),
    "every month": regex.compile(r"\b(?:monthly|(?:every|each|per) month)\b|每个?月"),
    "every year": regex.compile(r"\b(?:yearly|annual(?:ly)?|(?:every|each|per) year)\b|每年"),
}
# What a source may also mean by "a month".
_OFTEN_HELD = {name: regex.compile(rf"\ban? {name.split()[1]}\b") for name in _OFTEN}


@dataclass(frozen=True, slots=True)
class Figure:
    """``value`` compares, ``shown`` is how it was written. A small number in words is ``soft``: it may
    count what a text lists without saying how many there are."""

    value: str
    shown: str
    soft: bool = False

    year: bool = False

    @property
    def kind(self) -> str:
        """Figures of different kinds do not stand for each other."""
        if self.year:
            return "year"
        first = self.value.split()[0]
        return first if first in {"month", "weekday", "every"} else "number"


def claimed(text: str) -> list[Figure]:
    """The figures of a statement that its source must hold too, in no special order."""
    return list(dict.fromkeys(_figures(fold(text).text, strict=True)))


@lru_cache(maxsize=1024)
def held(text: str) -> frozenset[str]:
    """Every value that ``text`` may be read to hold."""
    folded = fold(text).text
    values = {figure.value for figure in _figures(folded, strict=False)}
    for match in _ORDINAL.finditer(folded):
        values.add(str(_ORDINALS[match[1]] if match[1] else _han_value(match[2])))
    return frozenset(values)


def blanked(text: str) -> str:
    """``text`` folded and without its figures, for comparing words alone."""
    folded = fold(text).text
    for pattern in (_DATE, _MONTH, _DIGITS, _WORDS):
        folded = pattern.sub(" ", folded)
    return str(_HAN.sub(lambda match: match[0] if match[0] in _NO_NUMBERS else " ", folded))


def _figures(text: str, *, strict: bool) -> Iterator[Figure]:
    text = _FULL_HOUR.sub("", text)
    yield from _times(text, strict)
    for match in _DATE.finditer(text):
        yield Figure(f"month {int(match[2])}", match[0])
        yield from (Figure(_normal(number), match[0]) for number in (match[1], match[3]))
    if strict:
        text = _DATE.sub(" ", text)
    for match in _MONTH.finditer(text):
        name = match[1] or match[2] or match[3]
        yield Figure(f"month {_MONTHS[name] if name else int(match[4])}", match[0])
    yield from _digits(text, strict)
    for match in _WORDS.finditer(text):
        value = _word_value(match[0])
        if not (strict and match[0] == "one") and match[0] not in _SCALES:
            yield Figure(str(value), match[0], soft=value <= 10)
    yield from _han(text, strict)


def _times(text: str, strict: bool) -> Iterator[Figure]:
    for match in _WEEKDAY.finditer(text):
        day = _WEEKDAYS.index(match[1]) if match[1] else "一二三四五六日天".index(match[2])
        yield Figure(f"weekday {min(day, 6)}", match[0])
    for name, pattern in _OFTEN.items():
        found = pattern.search(text) or (None if strict else _OFTEN_HELD[name].search(text))
        if found:
            yield Figure(name, found[0])


def _digits(text: str, strict: bool) -> Iterator[Figure]:
    for match in _DIGITS.finditer(text):
        plain = match[0].replace(",", "")
        behind = _SCALE_BEHIND.match(text, match.end())
        later = plain.isdigit() and int(plain) < 12 and _is_afternoon(text, match)
        if later:
            yield Figure(str(int(plain) + 12), match[0])
        replaced = behind is not None or later or text[match.end() : match.end() + 1] == "月"
        if not (strict and replaced):
            yield Figure(_normal(plain), match[0], year=_is_year(text, match))
        if behind is not None and plain.count(".") < 2:
            scale = _SCALES[behind[1]] if behind[1] else _han_scale(behind[2])
            yield Figure(_normal(str(Decimal(plain) * scale)), match[0] + behind[0])


def _han(text: str, strict: bool) -> Iterator[Figure]:
    for match in _HAN.finditer(text):
        run, behind = match[0], text[match.end() : match.end() + 1]
        if match.start() and text[match.start() - 1].isdigit():
            continue
        single = len(run) == 1
        if strict and (
            run in _NO_NUMBERS or (single and (run in "一零百千万亿" or behind not in _HAN_SINGLE_UNITS))
        ):
            continue
        if strict and run == "十" and behind == "分":
            continue
        value = _han_value(run)
        later = value < 12 and behind == "点" and _is_afternoon(text, match)
        if later:
            yield Figure(str(value + 12), run, soft=single)
        if behind == "月":
            yield Figure(f"month {value}", run + behind)
        if not (strict and (later or behind == "月")):
            yield Figure(str(value), run, soft=single, year=behind == "年" and len(run) == 4)


def _is_year(text: str, match: "regex.Match[str]") -> bool:
    """Four digits that stand like a year: 1,500 crowns and 1500元 do not."""
    plausible = len(match[0]) == 4 and match[0].isdigit() and "1000" <= match[0] <= "2199"
    return plausible and bool(
        _YEAR_BEHIND.match(text, match.end()) or _YEAR_BEFORE.search(text[: match.start()])
    )


def _is_afternoon(text: str, match: "regex.Match[str]") -> bool:
    return bool(_AFTERNOON.match(text, match.end()) or _HAN_AFTERNOON.search(text[: match.start()]))


def _normal(number: str) -> str:
    try:
        value = Decimal(number)
    except InvalidOperation:
        return number
    return str(int(value)) if value == value.to_integral_value() else str(value.normalize())


def _word_value(words: str) -> int:
    total = part = 0
    for word in regex.findall(r"[a-z]+", words):
        if word == "and":
            continue
        if word in _SCALES:
            part = max(part, 1) * _SCALES[word]
            if word != "hundred":
                total, part = total + part, 0
        else:
            part += _UNITS.get(word, 0) + _TENS.get(word, 0)
    return total + part


def _han_scale(characters: str) -> int:
    scale = 1
    for character in characters:
        scale *= _HAN_SCALES[character]
    return scale


def _han_value(run: str) -> int:
    """Digit by digit as in years, or with tens and hundreds."""
    if not any(character in _HAN_SCALES for character in run):
        return int("".join(str(_HAN_DIGITS[character]) for character in run))
    total = section = digit = 0
    for character in run:
        if character in _HAN_DIGITS:
            digit = _HAN_DIGITS[character]
        elif (scale := _HAN_SCALES[character]) < 10**4:
            section, digit = section + (digit or 1) * scale, 0
        else:
            total, section, digit = (total + section + digit or 1) * scale, 0, 0
    return total + section + digit
