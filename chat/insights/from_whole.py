"""What a model writes from the whole of a text, cited."""

import re
from collections.abc import Callable

from django.utils.translation import gettext as _

from chat.insights import condensing, instructions
from chat.insights.asking import Speaker, Tried, by_line
from chat.insights.citing import cited
from chat.insights.condensing import Written
from chat.insights.made import Made, Task
from chat.prompts import language_of

_LABEL = re.compile(
    r"\b(positive|negative|mixed|neutral)\b|(积极|正面|消极|负面|混合|中性|中立)", re.IGNORECASE
)
_CHINESE = {
    "积极": "positive",
    "正面": "positive",
    "消极": "negative",
    "负面": "negative",
    "混合": "mixed",
    "中性": "neutral",
    "中立": "neutral",
}
_LABEL_LINE = 60
LABELS = ("positive", "negative", "mixed", "neutral")


def told_by(task: Task, asked: str, *, wish: str = "") -> tuple[Made | None, Tried]:
    """What the first model of the line that can makes of ``asked``; ``None`` where all failed. Raises
    ``NeedsModel`` and ``Stopped``."""
    written: list[Written] = []

    def do(speaker: Speaker) -> None:
        written.append(condensing.write(speaker, task.subject, asked, output_language(task)))

    tried = by_line(task, do)
    if tried.speaker is None:
        return None, tried
    task.work.take("checking", text=written[-1].text)
    return _made(task, written[-1], tried, tried.speaker, wish), tried


def output_language(task: Task) -> str:
    """What was chosen; "" is the language of the text."""
    chosen: str = task.wanted.get("language") or ""
    if chosen:
        return chosen
    return task.subject.language or language_of(task.subject.text[:5000], task.language)


def _made(task: Task, written: Written, tried: Tried, speaker: Speaker, wish: str) -> Made:
    told = cited(written.text, task.subject.passages[: written.given], task.rules.clean, wish=wish)
    notes = [*tried.notes, *told.notes]
    if written.percent < 100:
        notes.insert(0, _share_words(written.percent))
    elif written.parts > 1:
        notes.append(_("The text was read in %(parts)d parts, and this was written from notes of them.")
                     % {"parts": written.parts})  # fmt: skip
    if speaker.cut:
        notes.append(_("It was cut because it grew too long."))
    return Made(
        told.text,
        speaker.name,
        told.citations,
        told.sentences,
        tuple(notes),
        spent=tuple(speaker.spent),
        failures=tried.failures,
    )


def _share_words(percent: int) -> str:
    return _("The text is too long for this model: only the first %(percent)d %% of it were read.") % {
        "percent": percent
    }


def required(asked: Callable[[Task], str]) -> Callable[[Task], Made]:
    """A maker for what only a model can write."""

    def maker(task: Task) -> Made:
        made, tried = told_by(task, asked(task), wish=task.wanted.get("wish", ""))
        if made is None:
            assert tried.error is not None
            raise tried.error
        return made

    return maker


def questions(task: Task) -> Made:
    return required(lambda task: instructions.QUESTIONS.format(count=task.wanted.get("count") or 5))(task)


def generated(task: Task) -> Made:
    def asked(task: Task) -> str:
        return instructions.generated_task(task.wanted.get("shape", ""), task.wanted.get("wish", ""))

    return required(asked)(task)


def sentiment(task: Task) -> Made:
    """``data["label"]`` is one of ``LABELS``, or "" where the model named none."""
    written: list[Written] = []
    label: list[str] = []

    def do(speaker: Speaker) -> None:
        said = condensing.write(speaker, task.subject, instructions.SENTIMENT, output_language(task))
        found, reason = label_of(said.text)
        label.append(found)
        written.append(Written(reason, said.given, said.parts, said.percent))

    tried = by_line(task, do)
    if tried.speaker is None:
        assert tried.error is not None
        raise tried.error
    task.work.take("checking", text=written[-1].text)
    made = _made(task, written[-1], tried, tried.speaker, "")
    made.data["label"] = label[-1]
    return made


def label_of(said: str) -> tuple[str, str]:
    """The label in the first line, and the reason behind it."""
    first, _newline, rest = said.strip().partition("\n")
    found = _LABEL.search(first)
    if found is None:
        return "", said
    label = (found[1] or _CHINESE[found[2]]).lower()
    if len(first) > _LABEL_LINE or not rest.strip():  # a sentence that goes on with the reason
        return label, said if len(first) > _LABEL_LINE else rest or first
    return label, rest.strip()
