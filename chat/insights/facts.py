"""One question to one text: what the chat does with collections, within a document or a material."""

from collections.abc import Callable
from functools import partial

from django.conf import settings
from django.utils.translation import gettext as _

from chat.answering import answer
from chat.connections import release_connections
from chat.events import Answer, Finished, Reset, Sources, Token, shown_passage
from chat.insights.made import Made, Task
from chat.insights.subjects import Subject
from chat.insights.within import find_within
from chat.similarity import by_embedding
from ingestion.finding import Found, find
from ingestion.neighbours import widen

PASSAGES = 8


def fact(task: Task) -> Made:
    """Raises ``QuestionError``, ``LLMError`` and ``SearchError``."""
    task.work.take("searching")
    question: str = task.wanted.get("question", "")
    done: Answer | None = None
    for event in answer(
        question,
        find=_finder(task.subject),
        backends=task.backends,
        language=task.language,
        max_chars=settings.MAX_QUERY_CHARS,
        widen=widen if task.subject.document else None,
        similarity=by_embedding,
        searched=[task.subject.title],
        rules=task.rules,
    ):
        if isinstance(event, Finished):
            done = event.answer
        elif isinstance(event, Token):
            task.work.tick(task.work.text + event.text)
        elif isinstance(event, Reset):
            task.work.text = ""
        elif isinstance(event, Sources):
            task.work.take("writing")
        else:
            task.work.tick()
    assert done is not None
    return _made(done)


def _finder(subject: Subject) -> Callable[[str], Found]:
    if subject.document is None:
        return partial(find_within, subject)

    def found(query: str) -> Found:
        try:
            return find(query, subject.collections, k=PASSAGES, document=subject.document)
        finally:
            release_connections()

    return found


def _made(done: Answer) -> Made:
    """What the chat says of collections where it refuses is said of one text, with the nearest passages."""
    head = _("This text does not hold an answer to this question.") if done.refusal else ""
    nearest = [shown_passage(n, passage) for n, passage in done.unused]
    return Made(
        text=head or done.text,
        model=done.model,
        citations=done.citations,
        sentences=done.sentences,
        notes=(*done.notes, *([done.error.message] if done.error else [])),
        refused=done.refused,
        data={"head": head, "nearest": nearest} if head else {},
        spent=done.spent,
        failures=done.failures,
    )
