"""Long Markdown tables as several of a passage's size, each under the header row."""

import re

from ingestion.whole_blocks import Block, whole_blocks

# With the usual passages of 200 tokens this leaves room for a heading above.
_TOKENS = 160
_PARTS = re.compile("[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]|[^\\W\\d_]+|\\d+|[^\\w\\s]|_")


def with_repeated_headers(text: str) -> str:
    """The text with each table that is too long for a passage cut between rows, an empty line and the
    header row at every cut. So a passage of a long table says what its columns are, and is still a part
    of the stored text."""
    parts: list[str] = []
    at = 0
    for block in whole_blocks(text):
        if block.body >= 0 and block.end > block.body:
            parts += [text[at : block.start], _cut(text, block)]
            at = block.end
    return "".join([*parts, text[at:]]) if parts else text


def _cut(text: str, block: Block) -> str:
    header = text[block.start : block.body].rstrip("\n")
    above = tokens = _tokens(header)
    if above > _TOKENS // 2:
        return text[block.start : block.end]
    lines = [header]
    for row in text[block.body : block.end].split("\n"):
        size = _tokens(row)
        if tokens + size > _TOKENS and tokens > above:
            lines += ["", header]
            tokens = above
        lines.append(row)
        tokens += size
    return "\n".join(lines)


def _tokens(line: str) -> int:
    """A cautious estimate for tokenizers that cut words, and figures even more, into pieces."""
    return sum(
        -(-len(part) // 2) if part[0].isdigit() else -(-len(part) // 6) for part in _PARTS.findall(line)
    )
