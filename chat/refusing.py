"""What is said where the documents do not hold the answer: what was searched, and what may help."""

from collections.abc import Sequence

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from chat.events import Refusal
from chat.phrases import phrases
from ingestion.finding import FoundPassage
from search import analysis, stopwords

NEAREST_SHOWN = 3
MISSING_SHOWN = 4
COLLECTIONS_SHOWN = 5


def refusal(
    question: str,
    passages: Sequence[FoundPassage],
    *,
    searched: Sequence[str],
    language: str,
    said: str = "",
    asked: str = "",
) -> Refusal:
    """``question`` is what was searched for, ``asked`` what the person typed, where that is something else;
    ``searched`` are the collections' names, where they are known.

    ``said`` is a model's own word for it. Texts are in ``language``.
    """
    names = tuple(dict.fromkeys(searched)) or tuple(dict.fromkeys(item.collection for item in passages))
    documents = len({item.document_id for item in passages})
    with translation.override(site_language(language)):
        text = _("The documents searched do not hold an answer to “%(question)s”.")
        head = said or text % {"question": asked or question}
        return Refusal(
            question=asked or question,
            head=head,
            scope=_scope(names, len(passages), documents),
            advice=tuple(_advice(question, passages)),
            collections=names,
            passages=len(passages),
            documents=documents,
            by_model=bool(said),
        )


def in_text(refused: Refusal, language: str) -> str:
    """As one text: what was asked and searched, then what may help; no space between Chinese sentences."""
    return "\n\n".join(
        joined(part, language) for part in ([refused.head, refused.scope], list(refused.advice)) if any(part)
    )


def joined(sentences: Sequence[str], language: str) -> str:
    return ("" if language.startswith("zh") else " ").join(filter(None, sentences))


def site_language(language: str) -> str:
    return "zh-hans" if language.startswith("zh") else language


def _scope(names: Sequence[str], passages: int, documents: int) -> str:
    if not passages:
        if not names:
            return _("Nothing came near it.")
        return _("Nothing in %(collections)s came near it.") % {"collections": _listed(names)}
    return ngettext(
        "The nearest passage of %(documents)s in %(collections)s was looked at.",
        "The %(count)d nearest passages of %(documents)s in %(collections)s were looked at.",
        passages,
    ) % {
        "count": passages,
        "documents": ngettext("%(count)d document", "%(count)d documents", documents) % {"count": documents},
        "collections": _listed(names),
    }


def _listed(names: Sequence[str]) -> str:
    shown = [_("“%(name)s”") % {"name": name} for name in names[:COLLECTIONS_SHOWN]]
    rest = len(names) - len(shown)
    if rest:
        shown.append(ngettext("%(count)d more", "%(count)d more", rest) % {"count": rest})
    return _(", ").join(shown)


def _advice(question: str, passages: Sequence[FoundPassage]) -> list[str]:
    held = {
        term for item in passages for term in analysis.tokens(f"{item.document}\n{item.heading}\n{item.text}")
    }
    missing = [*dict.fromkeys(phrases(question, held | stopwords.ENGLISH))][:MISSING_SHOWN]
    advice = []
    if passages and missing:
        words = _(", ").join(_("“%(name)s”") % {"name": word} for word in missing)
        advice.append(_("None of them holds %(words)s: try another word for it.") % {"words": words})
        advice.append(
            _("The nearest passages are listed below; a wider choice of collections may find more.")
        )
    elif passages:
        advice.append(
            _(
                "The nearest passages are listed below; other words, or a wider choice of collections, may "
                "find more."
            )
        )
    else:
        advice.append(_("Try other words, or choose more collections."))
    return advice
