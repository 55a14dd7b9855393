"""The kinds of insight: what each is called, what it needs, and what can be chosen for it."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop


class Kind(models.TextChoices):
    SUMMARY = "summary", _("Summaries")
    FACT = "fact", _("Find a fact")
    QUESTIONS = "questions", _("Questions and answers")
    SENTIMENT = "sentiment", _("Sentiment")
    TRANSLATION = "translation", _("Translation")
    RELATED = "related", _("Related documents")
    GENERATED = "generated", _("Write from it")


@dataclass(frozen=True, slots=True)
class About:
    """``needs_model``: there is no way without a language model. ``uses_model``: one is asked where there is
    one. ``is_shared``: what it says is the same for all who may read the document, so they share it.
    ``options`` are the fields of its form. ``lead`` and ``action`` are English, translated where shown."""

    icon: str
    lead: str
    action: str
    options: tuple[str, ...] = ()
    needs_model: bool = False
    uses_model: bool = True
    is_shared: bool = False


ABOUT: Mapping[str, About] = {
    Kind.SUMMARY: About(
        "list",
        gettext_noop("What the text says, in short; every sentence names the passage that it rests on."),
        gettext_noop("Write a summary"),
        ("length", "language"),
        is_shared=True,
    ),
    Kind.FACT: About(
        "target",
        gettext_noop("Asks this text alone, and quotes the words that answer."),
        gettext_noop("Find it"),
        ("question",),
    ),
    Kind.QUESTIONS: About(
        "chat",
        gettext_noop("Questions that the text answers, each with its answer and source."),
        gettext_noop("Write questions and answers"),
        ("count", "language"),
        needs_model=True,
        is_shared=True,
    ),
    Kind.SENTIMENT: About(
        "star",
        gettext_noop(
            "Whether the text is positive, negative, mixed or neutral, with the sentences that show it."
        ),
        gettext_noop("Judge the sentiment"),
        ("language",),
        needs_model=True,
        is_shared=True,
    ),
    Kind.TRANSLATION: About(
        "globe",
        gettext_noop("The whole text in another language, part by part; headings and tables stay."),
        gettext_noop("Translate"),
        ("target",),
        needs_model=True,
        is_shared=True,
    ),
    Kind.RELATED: About(
        "collections",
        gettext_noop(
            "Documents on the same subject in the collections that you may read, by meaning and by words."
        ),
        gettext_noop("Find related documents"),
        uses_model=False,
    ),
    Kind.GENERATED: About(
        "edit",
        gettext_noop("A new text made from this one alone: say what you need."),
        gettext_noop("Write it"),
        ("wish", "language"),
        needs_model=True,
    ),
}

SHARED = tuple(kind for kind, about in ABOUT.items() if about.is_shared)
