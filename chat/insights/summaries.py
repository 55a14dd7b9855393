"""Summaries: by a model, or the central sentences of the text where there is none."""

from dataclasses import replace

from django.utils.translation import gettext as _

from chat.extractive import NAME as EXTRACTIVE
from chat.insights import instructions
from chat.insights.asking import Tried, able, withheld_words
from chat.insights.central import SENTENCES, central_sentences
from chat.insights.citing import quoted
from chat.insights.errors import BlockedTopic, NothingToRead
from chat.insights.from_whole import told_by
from chat.insights.made import Made, Task


def summary(task: Task) -> Made:
    length = task.wanted.get("length") or "medium"
    if not able(task.backends):
        return _by_words(task, length, (_no_model(),))
    made, tried = told_by(task, instructions.SUMMARY[length])
    return made or _instead(task, length, tried)


def _instead(task: Task, length: str, tried: Tried) -> Made:
    notes = (*tried.notes, _("So the central sentences of the text stand here instead."))
    return replace(_by_words(task, length, notes), failures=tried.failures)


def _by_words(task: Task, length: str, notes: tuple[str, ...]) -> Made:
    task.work.take("reading")
    passages = task.subject.passages
    chosen = central_sentences(
        [passage.text for passage in passages],
        [passage.heading for passage in passages],
        task.subject.title,
        SENTENCES[length],
    )
    if not chosen.sentences:
        raise NothingToRead(_("The text holds no whole sentence that could be quoted."))
    told = quoted([(one.text, one.place) for one in chosen.sentences], passages, task.rules.screened)
    if not told.text:
        raise BlockedTopic(withheld_words())
    if chosen.step > 1:
        said = _("The text is long: one passage in %(step)d was weighed.")
        notes = (*notes, said % {"step": chosen.step})
    return Made(told.text, EXTRACTIVE, told.citations, told.sentences, notes)


def _no_model() -> str:
    return _(
        "No language model is used: these are the sentences that stand for the text best, word for word."
    )
