"""Feedback below an answer."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import template
from django.utils.safestring import SafeString

from chat.feedback import forms, reasons, selectors
from chat.feedback.forms import DetailsForm
from chat.feedback.snapshots import as_message
from chat.models import Message
from chat.rendering import answer_html

register = template.Library()


@register.inclusion_tag("chat/feedback/_block.html", takes_context=True)
def feedback_on(context: template.Context, message: Message) -> dict[str, Any]:
    """The thumbs, and what was said already as far as ``chat.feedback.selectors.remember`` knows it."""
    given = selectors.given_on(message)
    form = DetailsForm(feedback=given) if given else None
    return {"message": message, "given": given, "form": form, "csrf_token": context.get("csrf_token", "")}


@register.filter
def reason_names(codes: Iterable[str]) -> list[str]:
    return reasons.names_of(codes)


@register.filter
def kept_answer(shown: dict[str, Any]) -> Message:
    """The answer of a snapshot."""
    return as_message(shown)


@register.filter
def kept_html(shown: dict[str, Any]) -> SafeString:
    """The answer of a snapshot as the chat showed it."""
    return answer_html(as_message(shown))


@register.filter
def thumb_icon(thumb: str) -> str:
    return f"thumb-{thumb}"


@register.filter
def model_name(model: str) -> str:
    """Of what wrote an answer, as people read it."""
    return forms.model_name(model)


@register.filter
def mean(value: float | None) -> str:
    """Of scores from 1 to 5; "–" where there are none."""
    return "–" if value is None else f"{value:.1f}"


@register.filter
def up_share(summary: Mapping[str, int]) -> str:
    return f"{summary['up'] / summary['total']:.0%}" if summary["total"] else "–"
