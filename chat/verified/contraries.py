"""Ways in which two questions that look alike ask for different things, in English and Chinese."""

from collections.abc import Set

import regex

from chat import answer_types
from chat.clauses import is_negated
from chat.names import names_in
from chat.opposites import OPPOSITES
from search import figures
from search.folding import fold

_FURTHER = (
    (r"\bimport\w*|导入", r"\bexport\w*|导出"),
    (
        r"\b(?:add|creat|insert|regist)\w*|新增|添加|增加|新建|创建|注册",
        r"\b(?:remov|delet|eras|drop)\w*|删除|移除|注销",
    ),
    (r"\bback(?:ing|ed)?[ -]?ups?\b|备份", r"\brestor\w*|恢复|还原"),
    (r"\benabl\w*|\bactivat\w*|启用|开启|打开", r"\bdisabl\w*|\bdeactivat\w*|停用|禁用|关闭"),
    (r"\binstall\w*|安装", r"\buninstall\w*|卸载"),
    (r"\bmax\w*|\blargest\b|上限|最多|最高|最大", r"\bmin\w*|\bsmallest\b|下限|最少|最低|最小"),
    (r"\bstart\w*|\bbegin\w*|开始|启动", r"\bend(?:s|ed|ing)?\b|\bstop\w*|\bfinish\w*|结束|停止"),
    (r"\bbuy\w*|\bpurchas\w*|购买|买入", r"\bsell\w*|\bsold\b|出售|卖出"),
    (r"\bcancel\w*|取消|退订", r"\brenew\w*|续订|续费"),
    (r"\bsubscrib\w*|订阅", r"\bunsubscrib\w*|退订|取消"),
    (r"\bpaid\b|带薪", r"\bunpaid\b|无薪|停薪"),
    (r"\bsubmit\w*|\bfile[sd]?\b|提交", r"\bapprov\w*|\bgrant\w*|审批|批准"),
    (r"\bsend\w*|\bsent\b|发送|寄出", r"\breceiv\w*|接收|收到"),
    (r"\bfull[ -]time|全职", r"\bpart[ -]time|兼职"),
    (r"\binternal\w*|内部", r"\bexternal\w*|外部"),
    (r"(?<!fe)\bmale\b|\bmen\b|男", r"\bfemale\b|\bwomen\b|女"),
    (r"\bupload\w*|上传", r"\bdownload\w*|下载"),
    (r"\b(?:log|sign)\w*[ -]?in\b|登录|登入", r"\b(?:log|sign)\w*[ -]?out\b|登出|退出"),
)
_PAIRS = (
    *OPPOSITES,
    *(
        (regex.compile(one), regex.compile(other))
        for left, right in _FURTHER
        for one, other in ((left, right), (right, left))
    ),
)
_CODE = regex.compile(r"\b(?=[\w.-]*\d)(?=[\w.-]*[a-z])[a-z\d]+(?:[.-][a-z\d]+)*")
_UN = regex.compile(r"\b(?:un|non-?|in|im|dis)(\p{L}{4,})")
# 要不要 asks, and denies nothing.
_A_NOT_A = regex.compile(r"(\p{Han})[不没]\1")
_WHETHER = regex.compile(
    r"^(?:can|could|may|might|is|are|was|were|do|does|did|will|would|should|shall|must|has|have|had)\b"
    r"|[吗嗎]\W*$|是否|能否|可否|要不要|能不能|可不可以|是不是|有没有|会不会"
)
_WHICH = regex.compile(r"\bwhich\b|哪些|哪个")
_HEADS = {
    "time": regex.compile(r"\bwhat (?:is|was|are|were) the (?:\w+ )?(?:year|day|date|time|deadline)\b"),
    "name": regex.compile(r"\bwhat (?:is|was|are|were) the (?:\w+ )?names?\b|名字|名称"),
    "amount": regex.compile(
        r"\bwhat (?:is|was|are|were) the (?:\w+ )?"
        r"(?:cost|price|height|size|length|number|amount|period|duration|maximum|minimum)\b|价格|高度|长度"
    ),
}
_HOUR = regex.compile("几点")
_EVERY = regex.compile("[每一](?:个?月|[年周天日次])")
_NOW = regex.compile(r"\b(?:do|does|is|are|has|have|can|will)\b")
_THEN = regex.compile(r"\b(?:did|was|were|had)\b")
# What may be asked in either form: "who" is "what was the name of", "how" is "is there a way to".
_ALIKE = (
    frozenset({"person", "name"}),
    frozenset({"means", "whether"}),
    frozenset({"place", "name"}),
    frozenset({"which", "name"}),
    frozenset({"which", "person"}),
    frozenset({"which", "place"}),
)


def contrary(one: str, other: str) -> str:
    """Why ``one`` and ``other`` cannot ask for the same, as a word for the log; "" where nothing speaks
    against it. Figures, codes and the kind of answer are compared across languages too, names within one
    script."""
    a, b = fold(one).text, fold(other).text
    if _codes(a) != _codes(b) or _figures(one) != _figures(other):
        return "figures"
    if _negations(a, b) != _negations(b, a):
        return "negation"
    if any(_only_in(left, a, b) and _only_in(right, b, a) for left, right in _PAIRS):
        return "opposite"
    if _is_foreign(one) == _is_foreign(other) and (_unnamed(one, b) or _unnamed(other, a)):
        return "names"
    if (_is_past(a) and _is_present(b)) or (_is_past(b) and _is_present(a)):
        return "tense"
    return "" if _kinds_agree(_kinds(a), _kinds(b)) else "kind"


def _codes(text: str) -> Set[str]:
    return frozenset(_CODE.findall(text))


def _figures(text: str) -> Set[str]:
    told = figures.claimed(_EVERY.sub(" ", text))
    return frozenset(figure.value for figure in told if not figure.soft)


def _is_past(text: str) -> bool:
    """Of English, which shows it."""
    return _THEN.search(text) is not None and not _is_present(text)


def _is_present(text: str) -> bool:
    return _NOW.search(text) is not None


def _negations(text: str, other: str) -> bool:
    """Odd where the question is negated: by a word, or by a syllable before a word that ``other`` has without
    it."""
    prefixed = sum(
        regex.search(rf"\b{base}", other) is not None and regex.search(rf"\b{base}", text) is None
        for base in _UN.findall(text)
    )
    return (int(is_negated(_A_NOT_A.sub(r"\1", text))) + prefixed) % 2 == 1


def _only_in(pattern: "regex.Pattern[str]", text: str, other: str) -> bool:
    return pattern.search(text) is not None and pattern.search(other) is None


def _is_foreign(text: str) -> bool:
    return regex.search(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}]", text) is not None


def _unnamed(text: str, other: str) -> bool:
    """Whether ``text`` names something that the folded ``other`` does not hold."""
    return any(fold(name).text not in other for name in names_in(text))


def _kinds(text: str) -> Set[str]:
    if _WHETHER.search(text):
        return {"whether"}
    heads = {kind for kind, pattern in _HEADS.items() if pattern.search(text)}
    kinds = heads or set(answer_types.asked(text).kinds)
    if _HOUR.search(text):
        kinds = kinds - {"amount"} | {"time"}
    return kinds or ({"which"} if _WHICH.search(text) else set())


def _kinds_agree(one: Set[str], other: Set[str]) -> bool:
    return not one or not other or bool(one & other) or any(one & alike and other & alike for alike in _ALIKE)
