"""What kind of thing a question asks for, and whether a sentence offers one that the question lacks.

Questions and sentences are folded text (``search.folding``): lower case, Simplified Chinese.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

KINDS = ("time", "amount", "person", "place", "reason", "name", "means")

_NOUN = r"\b(?:what|which) (?:\w+ )?"
_PLACES = "city|country|state|place|location|region|county|continent|town|province|island|district"
_AMOUNTS = "number|amount|percent|percentage|proportion|population|size|height|age|temperature|price|cost"
_ASKS = {
    "reason": rf"\bwhy\b|{_NOUN}(?:reason|cause|caused|led)\b|为什么|为何|为了什么|原因|因何|何以",
    "time": (
        rf"\bwhen\b|{_NOUN}(?:year|date|day|month|century|decade|time|era|period)\b|"
        r"何时|何年|何日|哪一?[年天日月]|几[年月号日]|什么时[候间]|什么年|哪个?(?:世纪|年代|月|朝)|年份|日期"
    ),
    "amount": (
        r"\bhow (?:many|much|long|old|far|big|large|tall|high|deep|wide|often|fast|heavy)\b|"
        rf"{_NOUN}(?:{_AMOUNTS})\b|"
        r"多少|几|多[大高长久远宽深重快]|百分比|人口|面积|年龄"
    ),
    "person": (
        rf"\bwho(?:m|se)?\b|{_NOUN}(?:person|man|woman|actor|author|king|queen|leader)\b|"
        r"谁|何人|哪一?[位名]|什么人"
    ),
    "place": (
        rf"\bwhere\b|{_NOUN}(?:{_PLACES})\b|哪里|哪儿|何处|何地|在哪|"
        r"哪[一个座]*[国城市省县州地区岛洲镇村港]|什么地[方区]"
    ),
    "name": r"\b(?:called|named?|known as|termed?|nicknames?|titled?)\b|叫|称|名[字称为]|何名|原名|别名",
    "means": r"\bhow\b|如何|怎么|怎样",
}
_MONTHS = "january|february|march|april|june|july|august|september|october|november|december"
_DIGITS = "[一二三四五六七八九十百千万亿两零〇]"
_NUMBERS = (
    "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty|sixty|hundred|"
    "thousand|million|billion|half|twice|third|quarter|dozen"
)
_TITLES = (
    "先生|教授|博士|总统|国王|皇帝|将军|议员|爵士|总理|主席|诗人|作家|导演|歌手|演员|女王|王子|大臣|市长|队长|教练|"
    "公爵|伯爵|教宗|科学家|学者"
)
_OFFERS = {
    "reason": (
        r"\b(?:because|since|due|result(?:s|ed)?|in order|so that|therefore|thus|caus(?:es?|ed|ing)|"
        r"reasons?|led|allow(?:s|ed|ing)?|avoid|prevent)\b|因|由于|为了|以便|导致|所以|使|造成|从而|避免|防止"
    ),
    "time": (
        rf"(?<!\d)1\d{{3}}s?(?!\d)|(?<!\d)20\d\d(?!\d)|\d+年|{_DIGITS}{{2,}}年|\b\d+ ?(?:bc|ad)\b|"
        rf"\b(?:{_MONTHS})\b|\b\w+day\b|\b\w+ centur(?:y|ies)\b|"
        r"[\d一二三四五六七八九十]+月|世纪|年代|时期|[春夏秋冬]季|初年|末年|朝"
    ),
    "amount": (
        rf"(?<![\d.,])(?!(?:1\d|20)\d\d(?!\d|[.,]\d))\d[\d.,]*|\b(?:{_NUMBERS})s?\b|"
        rf"{_DIGITS}+[\u4e00-\u9fff]|数[十百千万]"
    ),
    "person": rf"\w[·‧・•]\w+|{_TITLES}",
    "place": (
        r"[\u4e00-\u9fff][省市县国州区岛镇村河湖山洋洲街城港]|位于|"
        r"\b(?:north|south|east|west|city|county|state|river|island|street|located|capital|coast)\b"
    ),
    "name": (
        r"\b(?:called|known|named|termed|dubbed|nicknamed|titled|means)\b|"
        r"称|叫|名为|命名|即|意为|[“「『《]"
    ),
    "means": r"\bby \w+ing\b|\b(?:by means|through|using|via)\b|通过|利用|使用|方式|借由",
}
_ASKED = [(kind, re.compile(pattern)) for kind, pattern in _ASKS.items()]
_OFFERED = {kind: re.compile(pattern) for kind, pattern in _OFFERS.items()}
_CAPITALISED = re.compile(r"(?<=[\w,;(] )[A-Z][\w'’-]+")

_FUNCTION_WORDS = frozenset(
    "is was were are did do does has have had can could will would should may might be been of in for to on "
    "by at with from that who which what the a an and or".split()
)
_COUNTED = re.compile(r"\bhow (?:many|much) ((?:[a-z-]+ ?){1,3})|(?:多少|几)([\u4e00-\u9fff])")
_HEAD = re.compile(
    r"\b(?:what|which) (?:(?:kind|type|sort|name|form)s? of )?((?:[a-z'-]+ ?){1,4})|"
    r"(?:什么|何种|哪[一]?[个位种座名所项支本家条部些款]?|第?几)(?:样的|类型的|类|种)?([\u4e00-\u9fff]{1,2})"
)
_PLURALS = frozenset(["people", "men", "women", "children"])
_HEAD_ENDS = frozenset("的了是在于与和及为被有由从到将就")


@dataclass(frozen=True, slots=True)
class Asked:
    """``kinds`` are some of ``KINDS``. ``counted`` is the word after "how many", ``head`` the noun after
    "which" or "what"; both empty where there is none. In Chinese they are the characters that follow."""

    text: str
    kinds: Sequence[str]
    counted: str
    head: str


def asked(question: str) -> Asked:
    """Reads a folded question."""
    kinds = [kind for kind, pattern in _ASKED if pattern.search(question)]
    if len(kinds) > 1 and "means" in kinds:
        kinds.remove("means")
    return Asked(question, kinds, _counted(question), _head(question))


def _counted(question: str) -> str:
    match = _COUNTED.search(question)
    if match is None:
        return ""
    words = _before_function_word(match[1] or "")
    plural = [word for word in words if word.endswith("s") or word in _PLURALS]
    return match[2] or next(iter(plural or words[-1:]), "")


def _head(question: str) -> str:
    match = _HEAD.search(question)
    if match is None:
        return ""
    if match[2]:
        stops = [place for place, character in enumerate(match[2]) if character in _HEAD_ENDS]
        return match[2][: stops[0]] if stops else match[2]
    words = _before_function_word(match[1])
    return words[-1] if words else ""


def _before_function_word(text: str) -> list[str]:
    words: list[str] = []
    for word in text.split():
        if word in _FUNCTION_WORDS:
            break
        words.append(word)
    return words


def offers(kind: str, question: str, sentence: str) -> bool:
    """Whether the folded ``sentence`` has something of ``kind`` that the question does not name."""
    return any(found.group() not in question for found in _OFFERED[kind].finditer(sentence))


def new_names(question: str, written: str) -> int:
    """Capitalised words inside ``written``, as it stands in its source, that the question does not have."""
    return sum(word.lower() not in question for word in _CAPITALISED.findall(written))


def counts(unit: str, sentence: str) -> bool:
    """Whether a number stands before ``unit``, with at most two words between."""
    if ord(unit[0]) > 0x2E80:
        return re.search(rf"(?:[\d.,]|{_DIGITS})[多余几]?\s*{re.escape(unit)}", sentence) is not None
    stem = re.escape(unit[: max(3, len(unit) - 2)])
    return re.search(rf"(?:\d|\b(?:{_NUMBERS})s?\b)\W+(?:[\w-]+\W+){{0,2}}{stem}", sentence) is not None


def has_new(head: str, question: str, sentence: str) -> bool:
    """Whether the Chinese noun's last character ends another word than in the question: 縣 in 臺東縣."""
    last = head[-1]
    return any(
        sentence[place - 1 : place + 1] not in question
        for place in range(1, len(sentence))
        if sentence[place] == last
    )
