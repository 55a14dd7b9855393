"""Answers as visitors see them: with the quoted words, and links to documents only where those are public."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from chat.cited import url
from chat.models import Message
from chat.rendering import answer_html
from chat.turns import ShownTurn
from chat.widget.models import Widget
from chat.widget.selectors import links_documents
from ingestion.templatetags.passages import below_title, plain


def turns(widget: Widget, shown: Iterable[ShownTurn]) -> list[str]:
    """Each question with its answer, as HTML."""
    return [turn(widget, one.question.text, one.answer) for one in shown]


def turn(widget: Widget, question: str, answer: Message) -> str:
    context = {"question": question, **_context(widget, answer)}
    return render_to_string("chat/widget/_turn.html", context)


def answer(widget: Widget, message: Message) -> str:
    return render_to_string("chat/widget/_answer.html", _context(widget, message))


def _context(widget: Widget, message: Message) -> dict[str, Any]:
    is_public = links_documents(widget)
    shown = not message.is_live and not message.refused and message.text
    return {
        "widget": widget,
        "message": message,
        "thumb": message.feedback.filter(by=widget.account_id).values_list("thumb", flat=True).first(),
        "html": answer_html(message, cited) if shown else "",
        "sources": [_source(citation, is_public) for citation in message.citations],
    }


def _source(citation: Mapping[str, Any], is_public: bool) -> dict[str, Any]:
    return {
        "n": citation["n"],
        "document": citation["document"],
        "place": _place(citation),
        "quote": plain(citation["quote"]),
        "url": url(citation) if is_public else "",
    }


def _place(citation: Mapping[str, Any]) -> str:
    page = _("page %(page)s") % {"page": citation["page"]} if citation["page"] else ""
    return " · ".join(filter(None, [below_title(citation.get("heading", ""), citation["document"]), page]))


def cited(citation: Mapping[str, Any], *, added: bool) -> SafeString:
    """A button that shows the quoted words below the answer; it leads nowhere else."""
    label = _("Source %(n)s: %(document)s") % {"n": citation["n"], "document": citation["document"]}
    return format_html(
        '\u2060<button type="button" class="{}" data-n="{}" data-quote="{}" aria-label="{}">{}</button>',
        "cite added" if added else "cite",
        citation["n"],
        plain(citation["quote"]),
        label,
        citation["n"],
    )
