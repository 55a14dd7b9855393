"""A text in another language, part by part, each part beside the place it is from."""

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from django.utils.translation import gettext as _

from chat.context import words
from chat.insights import instructions
from chat.insights.asking import Speaker, by_line
from chat.insights.made import Made, Task
from chat.insights.parts import Room, room_of
from chat.untrusted import without_addresses
from ingestion.opening import quoted_at, quoted_url

# Of what is longer the rest is left out, and the result says so.
MOST_PARTS = 60
# A translation may have more tokens than its text, above all from English into Chinese or Thai.
_GROWTH = 0.5
_SMALLEST = 150
_PARAGRAPH = re.compile(r"\n[ \t]*\n+")
_LINE = re.compile(r"\n")


@dataclass(frozen=True, slots=True)
class Block:
    """``text[start:end]`` of the whole."""

    start: int
    end: int


def translation(task: Task) -> Made:
    """``data["parts"]`` are the translated parts, each with its place. Raises ``LLMError`` where no model of
    the line did it."""
    target: str = task.wanted.get("target") or task.language[:2]
    told: list[tuple[list[dict[str, Any]], int]] = []

    def do(speaker: Speaker) -> None:
        told.append(_translated(speaker, task, target))

    tried = by_line(task, do)
    if tried.speaker is None:
        assert tried.error is not None
        raise tried.error
    parts, percent = told[-1]
    notes = [
        _("This is a machine translation: where it matters, hold it against the original."),
        *tried.notes,
    ]
    if percent < 100:
        notes.append(_("The text is very long: the first %(percent)d %% of it were translated.")
                     % {"percent": percent})  # fmt: skip
    if tried.speaker.cut:
        notes.append(_("A part was cut because it grew too long for the model."))
    return Made(
        text="\n\n".join(part["text"] for part in parts),
        model=tried.speaker.name,
        notes=tuple(notes),
        data={"parts": parts, "target": target},
        spent=tuple(tried.speaker.spent),
        failures=tried.failures,
    )


def _translated(speaker: Speaker, task: Task, target: str) -> tuple[list[dict[str, Any]], int]:
    rules = instructions.TRANSLATE.format(language=instructions.language_name(target))
    text = task.subject.text
    blocks = blocks_of(text, _room(speaker, rules), speaker)
    parts: list[dict[str, Any]] = []
    for number, block in enumerate(blocks[:MOST_PARTS]):
        source = text[block.start : block.end]
        speaker.work.before = "".join(f"{part['text']}\n\n" for part in parts)
        speaker.work.take("translating", number, min(len(blocks), MOST_PARTS))
        answer = room_of(speaker.backend, rules, share=speaker.share).answer
        said = speaker.say(rules, instructions.quoted(source), max_tokens=answer, shown=True)
        clean = task.rules.clean(without_addresses(_bare(said), [source]))
        parts.append(_part(task, clean, block, source))
    speaker.work.before = ""
    translated = blocks[min(len(blocks), MOST_PARTS) - 1].end if blocks else 0
    percent = 100 if len(blocks) <= MOST_PARTS else min(99, 100 * translated // len(text))
    return parts, percent


def _room(speaker: Speaker, rules: str) -> Room:
    """The translation must fit into the answer."""
    room = room_of(speaker.backend, rules, share=speaker.share)
    tokens = max(_SMALLEST, min(room.tokens, int(room.answer * _GROWTH)))
    return Room(tokens, room.answer, room.words)


def blocks_of(text: str, room: Room, speaker: Speaker) -> list[Block]:
    """Neighbouring paragraphs, as many as have room; a paragraph or table that is too long is cut at line
    ends, a line at last anywhere."""
    blocks: list[Block] = []
    for piece in _pieces(text, Block(0, len(text)), room, speaker, [_PARAGRAPH, _LINE]):
        joined = Block(blocks[-1].start, piece.end) if blocks else piece
        if blocks and _fits(text, joined, room, speaker):
            blocks[-1] = joined
        else:
            blocks.append(piece)
    return blocks


def _pieces(
    text: str, block: Block, room: Room, speaker: Speaker, borders: Sequence["re.Pattern[str]"]
) -> list[Block]:
    """Each fits, and none is only white space."""
    if not text[block.start : block.end].strip():
        return []
    if _fits(text, block, room, speaker) and borders[:1] != [_PARAGRAPH]:
        return [block]
    if not borders:
        middle = (block.start + block.end) // 2
        halves = (Block(block.start, middle), Block(middle, block.end))
        return [piece for half in halves for piece in _pieces(text, half, room, speaker, borders)]
    cuts = [found.end() for found in borders[0].finditer(text, block.start, block.end)]
    edges = [block.start, *cuts, block.end]
    spans = [Block(start, end) for start, end in pairwise(edges) if start < end]
    return [piece for span in spans for piece in _pieces(text, span, room, speaker, borders[1:])]


def _fits(text: str, block: Block, room: Room, speaker: Speaker) -> bool:
    source = text[block.start : block.end]
    if room.words is not None and words(source) > room.words:
        return False
    return speaker.backend.count_tokens(source) <= room.tokens


def _bare(said: str) -> str:
    """Without the marks, should the model repeat them."""
    return re.sub(r"\A\s*<source[^>]*>\s*|\s*</source>\s*\Z", "", said).strip()


def _part(task: Task, said: str, block: Block, source: str) -> dict[str, Any]:
    """With the address of the passage that it begins in."""
    inner = source.strip()
    start = block.start + source.find(inner[:1]) if inner else block.start
    passages = task.subject.passages
    place = max(0, bisect_right([passage.start for passage in passages], start) - 1)
    first = re.split(r"\n", inner, maxsplit=1)[0][:200].rstrip()
    at = quoted_at(start, start + len(first), first)
    return {
        "text": said,
        "start": block.start,
        "end": block.end,
        "page": passages[place].page if passages else None,
        "url": quoted_url(passages[place].url, at) if passages else "",
    }
