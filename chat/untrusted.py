"""Texts that others wrote, made fit to stand in a prompt, and a model's answer made fit to be shown.

A document may try to end its own quotation, to speak as the system, or to have the model write an address
that carries the conversation away. What a reader sees of it stays readable; only what a program would
take as a mark is changed.
"""

import re
import unicodedata
from collections.abc import Iterable

import regex

# Characters that show nothing: they would hide a mark from us that a model still reads.
_UNSEEN = regex.compile(r"[\p{Cf}\p{Co}\p{Cn}--[\u200c\u200d]]|[\p{Cc}--[\t\n]]", regex.V1)
_JOINERS = regex.compile(r"(?<=[\p{Latin}<＜/\s])[\u200c\u200d]+|[\u200c\u200d]+(?=[\p{Latin}>＞/\s])")
_OPEN = r"[<＜〈‹﹤⟨≺˂ᐸ]"
# Cyrillic, Greek and full-width letters that look like those of our marks.
_LOOKALIKES = str.maketrans("ѕоυսгсеаорηпνіιԁуτԍԛ", "souurceaopnnviidytgq")
_TAG = regex.compile(rf"{_OPEN}(\s*[/／⁄∕\\]?\s*)(\p{{L}}[\p{{L}}\s]{{3,20}})")
_OURS = frozenset(
    {"source", "sources", "conversation", "question", "instructions", "system", "assistant", "rules"}
)
# What chat templates of common models are made of; some servers read it inside of texts too.
_CONTROL = regex.compile(
    r"<(?=[|｜])|(?<=[|｜])>|<(?=/?s>)|<(?=/?(?:start|end)_of_turn)|<(?=(?:bos|eos|pad|unk)>)|<<(?=/?SYS)"
    r"|\[(?=/?INST\])"
)
_CITES = re.compile(
    r"(?<![\w\])])\[(\^?\d{1,3}(?:\s*[,，、–-]\s*\^?\d{1,3})*)\](?!\()|【(\d{1,3})(?:†[^】]*)?】"
)
_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`", re.DOTALL)
_IMAGE = re.compile(r"!\[([^\]\n]*)\](?:\([^)\n]*\)?|\[[^\]\n]*\])")
_LINK = re.compile(r"(?<!!)\[([^\]\n]*)\]\(\s*<?([^)\s>]*)>?[^)\n]*\)")
_DEFINITION = re.compile(r"^[ \t]*\[(?!\^?\d{1,3}\])[^\]\n]+\]:[ \t]*\S+.*$", re.MULTILINE)
_ADDRESS = re.compile(
    r"(?:https?|ftp)://[^\s<>()`\[\]{}\"'“”，。；、）】》]+|//[\w-]+(?:\.[\w-]+)+/[^\s<>()`]*", re.IGNORECASE
)
_HTML = re.compile(r"</?[a-zA-Z][^<>\n]*>")


def without_marks(text: str) -> str:
    """``text`` without anything that ends its quotation, opens another one or speaks a model's control
    language."""
    text = _JOINERS.sub("", _UNSEEN.sub("", text))
    text = _TAG.sub(_without_mark, text)
    clean: str = _CONTROL.sub(
        lambda match: "›" if match[0] == ">" else "‹" if match[0][0] == "<" else "(", text
    )
    return clean


def harmless(text: str) -> str:
    """``without_marks``; its own numbers in brackets become round ones, so that they are not taken for
    citations."""
    return _CITES.sub(lambda match: f"({match[1] or match[2]})", without_marks(text))


def one_line(text: str) -> str:
    """A title for an attribute: ``harmless``, without line breaks, quotation marks and angle brackets."""
    flat = " ".join(harmless(text).split())
    return flat.replace('"', "'").replace("<", "‹").replace(">", "›")


def _without_mark(match: "regex.Match[str]") -> str:
    """A tag that only looks like one of ours counts as one."""
    letters = "".join(_plain(match[2]).split())
    if any(letters.startswith(name) for name in _OURS):
        return f"‹{match[1]}{match[2]}"
    return str(match[0])


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).lower().translate(_LOOKALIKES)


def without_addresses(answer: str, sources: Iterable[str]) -> str:
    """A model's answer without images, and with only such addresses as its sources hold.

    An address of the model's own making could carry what it read to somebody else, wherever the answer is
    shown. A link keeps its text. Code stays as it is, unless an address in it is foreign.
    """
    known = "\n".join(sources)

    def link(match: re.Match[str]) -> str:
        shown, address = match.groups()
        return match[0] if address in known and _ADDRESS.match(address) else shown

    def bare(match: re.Match[str]) -> str:
        return match[0] if match[0].rstrip(".,;:!?") in known else "(…)"

    def outside_code(text: str) -> str:
        return _DEFINITION.sub("", _LINK.sub(link, _IMAGE.sub(r"\1", _HTML.sub(_tag_without_address, text))))

    parts: list[str] = []
    begin = 0
    for code in _CODE.finditer(answer):
        parts += [outside_code(answer[begin : code.start()]), code[0]]
        begin = code.end()
    return _ADDRESS.sub(bare, "".join([*parts, outside_code(answer[begin:])]))


def _tag_without_address(match: re.Match[str]) -> str:
    return (
        ""
        if re.match(r"</?(?:img|a|iframe|script|link|object|embed|video|audio|source|form)\b", match[0], re.I)
        else match[0]
    )
