"""A text written from a whole document: at once where it fits, else from notes of its parts."""

from collections.abc import Sequence
from dataclasses import dataclass

from chat.insights import instructions
from chat.insights.asking import Speaker
from chat.insights.parts import Numbered, Room, parts_of, read_share, room_of
from chat.insights.subjects import Subject

POINTS = 8
# A model that notes more than fits is asked to note shorter, so often.
_ROUNDS = 4


@dataclass(frozen=True, slots=True)
class Written:
    """``text`` cites passages by their places from 1; ``given`` of them were shown, from the first on, in so
    many ``parts``, which is so much ``percent`` of the text."""

    text: str
    given: int
    parts: int
    percent: int


def write(speaker: Speaker, subject: Subject, task: str, language: str) -> Written:
    """Raises ``LLMError`` and ``Stopped``."""
    rules = instructions.rules(task, language)
    longest = instructions.note_rules(task, language, 99, 99, POINTS)
    room = room_of(speaker.backend, longest, share=speaker.share)
    parts = parts_of(subject.passages, room, speaker.backend.count_tokens, instructions.shown)
    given = sum(map(len, parts))
    percent = read_share(parts, subject.passages)
    if len(parts) == 1:
        speaker.work.take("writing")
        text = speaker.say(rules, _shown(parts[0]), max_tokens=room.answer, shown=True, is_last=True)
        return Written(text, given, 1, percent)
    notes = _noted(speaker, parts, task, language, room)
    speaker.work.take("writing")
    asked = instructions.note_from_rules(task, language)
    text = speaker.say(
        asked, instructions.gathered("\n\n".join(notes)), max_tokens=room.answer, shown=True, is_last=True
    )
    return Written(text, given, len(parts), percent)


def _noted(
    speaker: Speaker, parts: Sequence[Sequence[Numbered]], task: str, language: str, room: Room
) -> list[str]:
    """Notes of all parts that together fit into one request."""
    notes: list[str] = []
    for number, part in enumerate(parts, 1):
        speaker.work.take("reading", number - 1, len(parts))
        rules = instructions.note_rules(task, language, number, len(parts), POINTS)
        notes.append(speaker.say(rules, _shown(part), max_tokens=room.answer))
    for _round in range(_ROUNDS):
        groups = _groups(notes, room, speaker)
        if len(groups) == 1:
            break
        speaker.work.take("gathering")
        notes = [_shorter(speaker, group, task, language, room) for group in groups]
    return notes


def _shorter(speaker: Speaker, group: Sequence[str], task: str, language: str, room: Room) -> str:
    rules = instructions.note_rules(task, language, 1, 1, POINTS)
    text = instructions.gathered("\n\n".join(group))
    return speaker.say(rules, text, max_tokens=min(room.answer, room.tokens // 3))


def _groups(notes: Sequence[str], room: Room, speaker: Speaker) -> list[list[str]]:
    """Neighbours that fit into one request."""
    groups: list[list[str]] = [[]]
    held = 0
    for note in notes:
        size = speaker.backend.count_tokens(note)
        if groups[-1] and held + size > room.tokens:
            groups.append([])
            held = 0
        groups[-1].append(note)
        held += size
    return groups


def _shown(part: Sequence[Numbered]) -> str:
    return "\n\n".join(instructions.shown(n, passage) for n, passage in part)
