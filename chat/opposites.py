"""Pairs of words that say the opposite of each other, in English and Chinese."""

import regex

_PAIRS = (
    (r"\bbefore\b|之前|以前", r"\bafter\b|之后|以后"),
    (
        r"\bmore than\b|\bover\b|\babove\b|超过|多于|高于|以上",
        r"\b(?:less|fewer) than\b|\bunder\b|\bbelow\b|少于|低于|不足|以下",
    ),
    (r"\bat least\b|至少|最少", r"\bat most\b|最多|至多"),
    (
        r"\bincreas\w+|\braise\w*|\brises?\b|\brose\b|\bgrew\b|增加|上升|提高|增长",
        r"\bdecreas\w+|\breduc\w+|\blower\w+|\bfalls?\b|\bfell\b|\bshrank\b|减少|下降|降低",
    ),
    (r"\bopens?\b|\bopened\b|开放|开门|打开", r"\bcloses?\b|\bclosed\b|关闭|关门"),
    (
        r"\b(?:largest|biggest|longest|highest|tallest)\b|最[大长高]",
        r"\b(?:smallest|shortest|lowest)\b|最[小短低矮]",
    ),
    (r"\boldest\b|\bfirst\b|最早|第一", r"\bnewest\b|\blast\b|最晚|最后"),
    (r"\bnorth\w*|北", r"\bsouth\w*|南"),
    (r"\beast\w*|东", r"\bwest\w*|西"),
    (r"\ballow\w*|\bpermit\w*|允许|准许", r"\bforbid\w*|\bprohibit\w*|禁止|严禁"),
    (r"\benabled?\b|\bturn(?:ed)? on\b|启用|开启", r"\bdisabled?\b|\bturn(?:ed)? off\b|禁用|停用"),
    (r"\boptional\b|可选", r"\bmandatory\b|\brequired\b|\bmust\b|必须|必填"),
    (r"\bwin\w*|\bwon\b|获胜|赢", r"\blos(?:e|es|t)\b|失败|输"),
    (r"\barriv\w+|到达|抵达", r"\bdepart\w*|\bleav\w+|\bleft\b|出发|离开"),
)

# Both ways round.
OPPOSITES = tuple(
    (regex.compile(one), regex.compile(other))
    for left, right in _PAIRS
    for one, other in ((left, right), (right, left))
)
