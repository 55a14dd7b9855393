"""A chosen template made ready for one answer, and what the finished answer says of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

from django.utils.translation import gettext as _

from chat.events import Answer
from chat.extractive import NAME as EXTRACTIVE
from chat.models import PromptTemplate
from chat.prompt_texts import filled
from llm.tokens import estimate
from llm.types import Description

# A longer template would leave a model too little room for the sources.
MAX_SHARE = 1 / 5


@dataclass(frozen=True, slots=True)
class Wishes:
    """``instructions`` for ``chat.answering.answer``; ``note`` tells why a template was left out.

    ``deaf`` are the models that read no instructions.
    """

    name: str = ""
    instructions: str = ""
    note: str = ""
    deaf: frozenset[str] = frozenset({EXTRACTIVE})

    @classmethod
    def of(cls, template: PromptTemplate | None, models: Sequence[Description], language: str) -> Self:
        """``models`` are those that may answer, ``language`` is the answer's: "en" or "zh".

        A template that takes more than a fifth of the smallest context is left out, by a careful estimate.
        """
        readers = [model for model in models if model.is_model and model.follows_instructions]
        if template is None or not readers:
            return cls()
        text = filled(template.text, language)
        smallest = min(readers, key=lambda model: model.context_tokens)
        if estimate(text) > smallest.context_tokens * MAX_SHARE:
            return cls(note=_left_out(template, smallest))
        deaf = {_model(model) for model in models if not model.follows_instructions}
        return cls(template.name, text, deaf=frozenset({EXTRACTIVE, *deaf}))

    def noted(self, done: Answer) -> Answer:
        """``done`` with the note that a template was left out, where a model wrote it."""
        if not self.note or done.model == EXTRACTIVE or done.verified:
            return done
        return replace(done, notes=(*done.notes, self.note))

    def name_for(self, done: Answer) -> str:
        """The template that ``done`` was written with; "" where nobody read it."""
        is_unread = (
            done.model in self.deaf
            or done.verified is not None
            or (done.refusal is not None and not done.refusal.by_model)
        )
        return "" if is_unread else self.name


def _model(described: Description) -> str:
    return described.model or described.backend


def _left_out(template: PromptTemplate, model: Description) -> str:
    said = _(
        "The instructions “%(name)s” were left out: they are too long for “%(model)s”. Choose shorter ones."
    )
    return said % {"name": template.name, "model": model.name or _model(model)}
