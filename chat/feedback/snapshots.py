"""An answer as feedback keeps it: the question, the text, what it rests on, and how it was made."""

from typing import Any

from chat import selectors
from chat.models import Message

_KEPT = (
    "refused", "citations", "sources", "sentences", "notes", "refusal", "rewritten", "model", "parameters",
    "template_name", "usage", "attempt",
)  # fmt: skip


def snapshot(answer: Message) -> dict[str, Any]:
    """Plain JSON with the fields of the answer's row, ``question`` as it was asked, ``answer`` its text, and
    the names of the ``collections`` that its conversation searches."""
    kept = {name: getattr(answer, name) for name in _KEPT}
    names = [each.name for each in selectors.searched_collections(answer.conversation)]
    return kept | {
        "message_id": str(answer.pk),
        "question": selectors.question_of(answer).text,
        "answer": answer.text,
        "collections": names,
        "answered_at": answer.heartbeat_at.isoformat(),
    }


def as_message(shown: dict[str, Any]) -> Message:
    """An answer that is in no table, to be shown as the one that the snapshot was taken of."""
    known = {name: shown[name] for name in _KEPT if name in shown}
    return Message(role=Message.Role.ASSISTANT, text=shown.get("answer", ""), **known)


def asked(shown: dict[str, Any]) -> str:
    """The question so that it stands alone."""
    return str(shown.get("rewritten") or shown.get("question", ""))
