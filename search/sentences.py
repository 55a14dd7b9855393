"""Where sentences begin and end, in Chinese, English and what is written like them."""

import regex

# After these a full stop ends no sentence.
_ABBREVIATIONS = frozenset(
    """
    mr mrs ms dr prof st jr sr vs etc eg ie cf al fig figs eq no nos vol pp ed eds inc ltd co corp dept est
    approx jan feb mar apr jun jul aug sep sept oct nov dec gen col capt lt sgt rev hon
    u.s u.k e.g i.e a.m p.m
    """.split()
)
_CLOSING = "\"'”’»)\\]】」』）》〉*_`"
_MARKS = regex.compile(r"(\*+|_+|`+)\Z")
_BREAK = regex.compile(
    rf"""
      (?P<cjk>[。！？；…]+[{_CLOSING}]*)            # ends a sentence wherever it stands
    | (?P<latin>[.!?]+[{_CLOSING}]*(?:\[[^\]\n]{{1,20}}\])*)(?=\s|$)  # ends one before white space
    | (?P<glued>[!?]+[{_CLOSING}]*)(?=\p{{Han}})    # half-width mark inside Chinese
    | (?P<line>\n+)
    """,
    regex.X,
)
_LONGEST_ASIDE = 200
_LAST_WORD = regex.compile(r"[\p{L}\p{N}.]+\Z")
_LOWER_NEXT = regex.compile(r"\s+\p{Ll}")
_NUMBER_ONLY = regex.compile(r"(?:^|\n)\s*(?:\d+|\p{L})\Z")
# Of a figure, a table or a section, which has its name behind it; or at the beginning of a line.
_NUMBERING = regex.compile(
    r"(?:(?:[表图圖第例]|\b(?:table|figure|fig|example|section|chapter|appendix))\s*|"
    r"(?:^|\n)[\s*_#\[“「\"]*)\d+(?:[.–-]\d+)+\Z",
    regex.IGNORECASE,
)
# A line that goes on in the next one: hard-wrapped text, not a heading, a list item or a table row.
_BLOCK_START = regex.compile(r"\s*(?:[#>|*+-]|\d+[.)]\s|```|~~~|$)")


def sentences(text: str) -> list[tuple[int, int]]:
    """The sentences of ``text`` as character offsets, in order, without the white space around them.

    A blank line, a Markdown heading, list item or table row ends a sentence; a line break inside a
    paragraph does not. Abbreviations, initials, decimals and the numbers of a list do not either.
    """
    result: list[tuple[int, int]] = []
    start = 0
    for match in _BREAK.finditer(text):
        if _ends(text, start, match):
            end = _without_opening(text, start, match)
            _append(result, text, start, end)
            start = end
    _append(result, text, start, len(text))
    return result


def _without_opening(text: str, start: int, match: "regex.Match[str]") -> int:
    """Where the sentence ends: a mark of Markdown behind it belongs to it only if it closes one in it."""
    marks = _MARKS.search(match.group())
    if marks is None or text.count(marks.group(), start, match.start()) % 2:
        return int(match.end())
    return int(match.start() + marks.start())


def _ends(text: str, start: int, match: "regex.Match[str]") -> bool:
    kind = match.lastgroup
    if kind == "line":
        return len(match.group()) > 1 or _line_stands_alone(text, match)
    if match.group().startswith("；") and _is_inside_brackets(text[start : match.start()]):
        return False
    if kind != "latin" or not match.group().startswith(".") or match.group().startswith(".."):
        return True
    before = text[max(start, match.start() - 24) : match.start()]
    if _NUMBER_ONLY.search(text[start : match.start()][-12:]) and match.start() - start < 12:
        return False
    if _NUMBERING.search(before):
        return False
    word = _LAST_WORD.search(before)
    last = word.group() if word else ""
    if last.lower().rstrip(".") in _ABBREVIATIONS or (len(last) == 1 and last.isupper()):
        return bool(match.end() >= len(text))
    return not _LOWER_NEXT.match(text, match.end())


def _is_inside_brackets(begun: str) -> bool:
    """Whether a bracket is open at the end of a sentence begun; one that never closes is soon forgotten."""
    last = begun[-_LONGEST_ASIDE:]
    return max(map(last.rfind, "（(")) > max(map(last.rfind, "）)"))


def _line_stands_alone(text: str, match: "regex.Match[str]") -> bool:
    line = text[text.rfind("\n", 0, match.start()) + 1 : match.start()]
    end = text.find("\n", match.end())
    following = text[match.end() : end if end >= 0 else len(text)]
    # A short line is a title or a cell rather than wrapped prose.
    return _is_heading_or_row(line) or bool(_BLOCK_START.match(following)) or len(line) < 30


def _is_heading_or_row(line: str) -> bool:
    return line.lstrip().startswith(("#", "|", "```", "~~~"))


def _append(result: list[tuple[int, int]], text: str, start: int, end: int) -> None:
    piece = text[start:end]
    stripped = piece.strip()
    if stripped:
        begin = start + len(piece) - len(piece.lstrip())
        result.append((begin, begin + len(stripped)))
