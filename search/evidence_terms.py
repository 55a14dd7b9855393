"""What a question asks for: its terms, and how much each one's presence in a passage says.

Question words go first. What remains are words, and for scripts without spaces pairs and single
characters, as in the index. A term that only says which kind of answer is wanted ("which *year*", "什么
*类型*") often stands in no answering passage, a name or a number nearly always does.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import regex

from search import analysis, stopwords
from search.analysis import Token
from search.folding import fold

# Learned together with the model in ``search.evidence`` (docs/decisions/007).
SINGLE = 0.6
HALF_GRAMMAR = 0.5
ANSWER_KIND = 0.3
AFTER_QUESTION_WORD = 0.4
NAME_AMONG_DENSE = 2.0

_ENGLISH_KINDS = frozenset(
    """
    kind type sort name term number amount percentag part member group date year day time place area locat
    way reason caus exampl form main call known consid refer describ use happen often much many long old larg
    begin becom believ mean person peopl one two
    """.split()
)
_CHINESE_KINDS = frozenset(
    """
    名字 名称 类型 种类 数量 比例 百分 分比 时间 时候 地方 地点 位置 原因 理由 方式 方法 因素 例子 年份 日期
    部分 方面 著名 主要 通常 包含 包括 属于 称为 称作 被称 叫做 认为 发生 导致 使用 需要 进行 出现 具有 之间
    一年 一位 一种 一条 一项
    """.split()
)
_ENGLISH_QUESTION_WORDS = frozenset(("what", "which", "whose", "how"))
_CHINESE_QUESTION_WORDS = regex.compile(
    r"""
    [于在是有为由到从对被与和叫]?
    (?: 何[年时地处人种者物月] | 哪[一两几些]?[个位种年条项所座家支只部本场次类天篇处里儿边]? | 多少
      | 多长时间 | 多[长久大高远] | 几[个年次位种月日岁名] | [什甚]么(?:时候|样)? | 谁 | 为[何什]么?
      | 如何 | 怎么?样? | 是否 | 请问 )
    """,
    regex.X,
)


# Characters that write the sounds of foreign names; three in a row are nearly always one.
_SOUNDS = frozenset(
    "阿埃艾奥巴贝彼伯博布查达戴丹德迪杜厄恩尔法菲费弗佛夫盖戈格哈赫亨霍基吉贾杰卡凯科克肯库奎拉莱兰朗劳勒雷黎利莉"
    "琳伦罗洛鲁玛迈麦曼梅蒙米莫默姆穆纳娜奈尼涅宁纽努诺欧帕佩皮普奇乔切萨塞桑瑟莎舍史斯丝苏索塔泰坦汤特廷托瓦韦维威"
    "沃乌希谢辛雅亚扬耶伊尤泽扎詹兹佐"
)
_FOREIGN_NAME = regex.compile(f"[{''.join(sorted(_SOUNDS))}]{{3,}}")
_QUOTED = regex.compile(r"[《「『“]([^》」』”]+)[》」』”]")
# Light words that say nothing about a subject, beside the stop words of search.
_GRAMMAR = stopwords.CHINESE_CHARACTERS | frozenset("能做会可用有各请我你您要想应该让给里没不由并还")
# Those that a noun follows: 哪个部门, 什么标准, but not 何时, 谁; after 哪些 comes the subject itself.
_DETERMINER = regex.compile(
    r"(?:[什甚]么|哪[一两几]?[个位种条项所座家支只部本场次类天篇]?|多少|几[个次位种名]|何种)\Z"
)


@dataclass(frozen=True, slots=True)
class Term:
    """``text`` as in the index; ``weight`` what it counts before its rarity; ``name`` for (part of) a name,
    number or quotation."""

    text: str
    weight: float
    name: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """``terms`` in order, each once; ``runs`` the folded pieces of scripts without spaces."""

    terms: tuple[Term, ...]
    runs: tuple[str, ...]


def read(question: str) -> Question:
    """The terms of ``question``; those of ``analysis.weighted_terms`` where nothing else is left."""
    asking = _asking(question)
    tokens = [
        token
        for token in analysis.spans(question)
        if not any(start < token.end and token.start < end for start, end in asking)
    ]
    folded = fold(question)
    named = [
        folded.original(*match.span())
        for pattern in (_FOREIGN_NAME, _QUOTED)
        for match in pattern.finditer(folded.text)
    ]
    ends = {end for start, end in asking if _DETERMINER.search(fold(question[start:end]).text)}
    terms: dict[str, Term] = {}
    for term in (*_words(question, tokens), *_dense(tokens, ends, named)):
        known = terms.get(term.text)
        if known is None or known.weight < term.weight:
            terms[term.text] = term
    if not terms:
        weighted = analysis.weighted_terms(question)
        return Question(tuple(Term(text, weight) for text, weight in weighted.items()), ())
    return Question(tuple(terms.values())[: analysis.MAX_QUERY_TERMS], _runs(tokens))


def _asking(question: str) -> list[tuple[int, int]]:
    """Where Chinese question words stand in ``question``."""
    folded = fold(question)
    return [folded.original(*match.span()) for match in _CHINESE_QUESTION_WORDS.finditer(folded.text)]


def _words(question: str, tokens: Sequence[Token]) -> Iterator[Term]:
    among_dense = any(analysis.is_dense(token.term) for token in tokens)
    before = ""
    for place, token in enumerate(token for token in tokens if not analysis.is_dense(token.term)):
        written = question[token.start : token.end]
        word = written.lower()
        last, before = before, word
        if word in stopwords.ENGLISH:
            continue
        if any(map(str.isdigit, word)) or any(map(str.isupper, written if place else written[1:])):
            yield Term(token.term, NAME_AMONG_DENSE if among_dense else 1.0, name=True)
        elif among_dense:
            yield Term(token.term, NAME_AMONG_DENSE)
        elif token.term in _ENGLISH_KINDS:
            yield Term(token.term, ANSWER_KIND)
        else:
            yield Term(token.term, AFTER_QUESTION_WORD if last in _ENGLISH_QUESTION_WORDS else 1.0)


def _dense(
    tokens: Sequence[Token], after_question_word: Collection[int], named: Sequence[tuple[int, int]]
) -> Iterator[Term]:
    singles = {token.start for token in tokens if analysis.is_single(token.term)}
    edges = {token.end for token in tokens if analysis.is_single(token.term)}
    for token in tokens:
        text = token.term
        if not analysis.is_dense(text):
            continue
        if len(text) == 1:
            alone = token.end not in singles and token.start not in edges
            if text not in _GRAMMAR:
                yield Term(text, 1.0 if alone else SINGLE)
            continue
        grammar = sum(character in _GRAMMAR for character in text)
        if grammar == 2 or text in stopwords.CHINESE_PAIRS:
            continue
        weight = HALF_GRAMMAR if grammar else 1.0
        weight *= ANSWER_KIND if text in _CHINESE_KINDS else 1.0
        weight *= AFTER_QUESTION_WORD if token.start in after_question_word else 1.0
        name = any(start <= token.start and token.end <= end for start, end in named)
        yield Term(text, weight, name=name)


def _runs(tokens: Sequence[Token]) -> tuple[str, ...]:
    """The characters of scripts without spaces, grammar apart, joined where they touch."""
    runs: list[str] = []
    last = -1
    for token in tokens:
        if analysis.is_single(token.term) and token.term not in _GRAMMAR:
            if token.start == last:
                runs[-1] += token.term
            else:
                runs.append(token.term)
            last = token.end
    return tuple(runs)
