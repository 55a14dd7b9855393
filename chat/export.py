"""A conversation as a file: the questions, the answers with their numbers, and what they rest on.

Addresses in a file are whole, so ``absolute`` makes one of a path of this site.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args
from uuid import UUID

import regex
from django.utils import timezone
from django.utils.translation import gettext as _

from chat import freshness, selectors
from chat.cited import linked
from chat.export_markdown import in_markdown
from chat.models import Conversation, Message
from chat.rules.records import in_words
from chat.turns import ShownTurn, turns_of
from chat.verified.marks import mark
from chat.weak_sentences import reason_of, weak_sentences

Format = Literal["md", "json"]
FORMATS: tuple[Format, ...] = get_args(Format)
Absolute = Callable[[str], str]

_TYPES = {"md": "text/markdown; charset=utf-8", "json": "application/json; charset=utf-8"}
_NAME_CHARS = 80
_NOT_IN_NAMES = regex.compile(r'[\p{C}\\/:*?"<>|%\s]+')


@dataclass(frozen=True, slots=True)
class File:
    name: str
    content_type: str
    text: str


def export(conversation: Conversation, form: Format, absolute: Absolute, through: UUID | None = None) -> File:
    """In the active language, as the conversation is now: the branch that holds the message ``through``, else
    the newest."""
    exported = as_object(conversation, absolute, through)
    whole = json.dumps(exported, ensure_ascii=False, indent=2) + "\n"
    text = in_markdown(exported) if form == "md" else whole
    return File(f"{_stem(conversation)}.{form}", _TYPES[form], text)


def as_object(conversation: Conversation, absolute: Absolute, through: UUID | None = None) -> dict[str, Any]:
    """The export as plain JSON; ``left_out`` counts the questions and answers of other versions."""
    turns = turns_of(conversation, through)
    freshness.remember(turn.answer for turn in turns)
    return {
        "title": conversation.title,
        "url": absolute(conversation.get_absolute_url()),
        "started_at": _moment(conversation.created_at),
        "exported_at": _moment(timezone.now()),
        "collections": [collection.name for collection in selectors.searched_collections(conversation)],
        "left_out": conversation.messages.count() - 2 * len(turns),
        "turns": [_turn(turn, absolute) for turn in turns],
    }


def _turn(turn: ShownTurn, absolute: Absolute) -> dict[str, Any]:
    answer = {
        "id": str(turn.answer.pk),
        "version": turn.answer_versions.place,
        "versions": turn.answer_versions.count,
    }
    return {
        "question": turn.question.text,
        "question_id": str(turn.question.pk),
        "question_version": turn.question_versions.place,
        "question_versions": turn.question_versions.count,
        "asked_at": _moment(turn.question.created_at),
        "answer": answer | _answer(turn.answer, absolute),
    }


def _answer(message: Message, absolute: Absolute) -> dict[str, Any]:
    reasons = {place: reason_of(sentence) for place, sentence in weak_sentences(message)}
    return {
        "text": message.text,
        "status": message.status,
        "refused": message.refused,
        "error": message.error,
        "model": message.model,
        "verified": mark(message),
        "prompt_template": message.template_name,
        "searched_for": message.rewritten,
        "notes": message.notes,
        "rules": [applied | {"said": in_words(applied)} for applied in message.applied_rules],
        "sources": [_cited(citation, absolute) for citation in freshness.cited_now(message)],
        "sources_not_used": [_source(source, absolute) for source in message.sources],
        "sentences": [
            {
                "text": sentence["text"],
                "start": sentence["start"],
                "end": sentence["end"],
                "support": sentence["support"],
                "reason": reasons.get(place, ""),
                "sources": [quote["n"] for quote in sentence["quotes"]],
            }
            for place, sentence in enumerate(message.sentences)
        ],
        "usage": message.usage,
        "history": message.history,
    }


def _cited(source: Mapping[str, Any], absolute: Absolute) -> dict[str, Any]:
    """With the live page's address, when its text changed after the answer, and whether the document is gone,
    as far as it is known."""
    changed = source["changed_at"]
    known: dict[str, Any] = {"live_url": source["live"], "gone": source["gone"]}
    known["changed_at"] = _moment(changed) if changed else ""
    plain = {name: value for name, value in source.items() if name not in {"live", "changed_at", "gone"}}
    return _source(plain, absolute) | {name: value for name, value in known.items() if value}


def _source(source: Mapping[str, Any], absolute: Absolute) -> dict[str, Any]:
    return linked(source) | {"url": absolute(linked(source)["url"])}


def _moment(moment: datetime) -> str:
    return timezone.localtime(moment).isoformat(timespec="seconds")


def _stem(conversation: Conversation) -> str:
    """The title as a file's name on every system, and the day."""
    title = _NOT_IN_NAMES.sub(" ", conversation.title).strip(" .")[:_NAME_CHARS].strip(" .")
    title = title or _("Conversation")
    return f"{title} {timezone.localdate():%Y-%m-%d}"
