"""Text put into Markdown files: plain text escaped, and a model's Markdown without what could act."""

import regex
from markdown_it import MarkdownIt

_SPECIAL = regex.compile(r"[\\`*_\[\]<>|~$]|&(?=#?\w+;)")
_LINE_START = regex.compile(r"^(?:([#+\-=])|(\d{1,9})([.)]))")
# What a backslash escapes, code within one line, and what begins HTML, a link, an image or an address. Other
# pieces of code are escaped like text: better a backslash too many than a tag too many.
_PIECE = regex.compile(r"\\[^\n]|(?<!`)(`+)(?!`)[^\n|]*?(?<!`)\1(?!`)|[<\[\]]|\\$", regex.MULTILINE)

_markdown = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])


def escaped(text: str) -> str:
    """Plain text as Markdown that shows exactly its words, line by line."""
    return "\n".join(_escaped_line(line.strip()) for line in text.splitlines())


def _escaped_line(line: str) -> str:
    return str(_LINE_START.sub(_escaped_start, _SPECIAL.sub(r"\\\g<0>", line)))


def _escaped_start(match: "regex.Match[str]") -> str:
    return f"\\{match[1]}" if match[1] else f"{match[2]}\\{match[3]}"


def quotation(text: str) -> str:
    """Plain text as a block quotation that keeps its lines."""
    lines = escaped(text).split("\n")
    return "\n".join(f"> {line}".rstrip() + ("  " if line else "") for line in lines).rstrip()


def link(words: str, address: str) -> str:
    """``address`` has no angle brackets: it is ours, or a canonical one of the web."""
    shown = _SPECIAL.sub(r"\\\g<0>", " ".join(words.split()))
    return f"[{shown}](<{address}>)"


def harmless(markdown: str) -> str:
    """A model's Markdown, complete or not, without HTML, links, images and definitions, in which nothing is
    left open for what comes behind it. Fenced code stays as it is."""
    lines = markdown.split("\n")
    fenced = {
        number
        for token in _markdown.parse(markdown)
        if token.type == "fence" and token.map and not token.level
        for number in range(*token.map)
    }
    safe = "\n".join(line if at in fenced else _PIECE.sub(_safe, line) for at, line in enumerate(lines))
    last = _markdown.parse(f"{safe}\n\nEND")[-1]
    return f"{safe}\n{last.markup}" if last.type == "fence" else safe


def _safe(match: "regex.Match[str]") -> str:
    piece = str(match[0])
    return f"\\{piece}" if len(piece) == 1 else piece
