"""Whether a question asks the same as one that has a verified answer. Strict: a wrong verified answer does
more harm than none (docs/decisions/029).

In one language both must be made of the same words, save those that only give a question its form; across
languages only the meaning can be compared. In both, nothing may speak against it (``contraries``).
"""

from collections.abc import Set

import regex

from chat.verified.contraries import contrary
from search import analysis, stopwords
from search.folding import fold

# Cosines of two questions from which on they mean the same, measured with the multilingual model.
SAME_LANGUAGE = 0.85
ACROSS = 0.72
# What another form of asking for the same adds or leaves out: stems in English, stretches in Chinese.
_FORM = frozenset(
    analysis.tokens(
        "year day date time name person people number amount price cost height high size large big long "
        "period length duration way step make made need find get allow allowed possible mean meaning take "
        "show tell explain describe please give know want like use used able happen many much "
        "exactly currently there anyone someone something anything say said called call"
    )
) - {""}
_FORM_HAN = regex.compile(
    "哪一?[年天日月个位种些家座只条项]|什么时[候间]|何[时地处人年]|几[点年月号天日个]|多少[钱天年人个]?|"
    "多[长久高大远重](?:时间)?|为什么|什么|怎么样?|怎样才?|如何|哪里|哪儿|谁|"
    "价格|高度|大小|长度|时间|地方|位置|步骤|方法|办法|方式|名字|叫做?|意思|含义|表示|意味着|"
    "是否|能否|可否|可以|能够|能不能|可不可以|允许|需要|要不要|应该|应当|必须|请问|告诉我|有没有|有关|关于|"
    "负责|进行|取得|这个|那个|我们?|你们?|[的了吗嗎呢是在有要能会给把被对将由于才做用个和与跟请从到就还也都年于]"
)
_HAN = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}]")


def is_same(one: str, other: str, cosine: float | None) -> bool:
    """``cosine`` of both, read as passages; ``None`` where the model does not know the language of one of
    them: then the words must also stand in the same order."""
    if contrary(one, other):
        return False
    if _is_han(one) != _is_han(other):
        return cosine is not None and cosine >= ACROSS
    a, b = content(one), content(other)
    if not a or set(a) != set(b):
        return False
    if cosine is None:
        return a == b
    return cosine >= SAME_LANGUAGE and not (len(a) > 2 and a == b[::-1])


def content(question: str) -> tuple[str, ...]:
    """What it is about, in order: stems of words, and characters of scripts without spaces; without the words
    that only give it its form."""
    folded = fold(question).text
    if _is_han(folded):
        folded = _FORM_HAN.sub(" ", folded)
    return tuple(unit for unit in analysis.units(folded) if unit and unit not in _LEFT_OUT)


def _is_han(text: str) -> bool:
    """Whether it holds a script without spaces; names in another one stand within it."""
    return _HAN.search(text) is not None


def _without_form() -> Set[str]:
    stops = frozenset(analysis.tokens(" ".join(stopwords.ENGLISH))) | stopwords.ENGLISH
    return _FORM | stops


_LEFT_OUT = _without_form()
