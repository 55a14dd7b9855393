"""Verified answers in the chat."""

from collections.abc import Mapping
from datetime import datetime

from django import template
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from chat.models import Message
from chat.verified import marks, selectors
from chat.verified.models import VerifiedAnswer
from llm import endpoints

register = template.Library()


@register.filter
def may_verify(message: Message) -> bool:
    """As far as ``chat.verified.selectors.remember`` knows it."""
    return selectors.may_verify(message)


@register.filter
def verifier(message: Message) -> str:
    """The name of who verified it."""
    mark = marks.mark(message)
    return str(mark["by"]) if mark else ""


@register.filter
def verifier_name(answer: VerifiedAnswer) -> str:
    return marks.name_of(answer.verified_by)


@register.filter
def moment(text: str) -> datetime | None:
    """What was stored as ISO 8601."""
    return parse_datetime(text)


@register.filter
def in_another_language(verified: Mapping[str, str]) -> str:
    """A sentence for an answer that is not in the language of its question, else ""."""
    if verified.get("language") == verified.get("asked_language"):
        return ""
    return {
        "zh": _("It is in Chinese, word for word as it was verified."),
        "en": _("It is in English, word for word as it was verified."),
    }.get(verified["language"], _("It is in another language, word for word as it was verified."))


@register.filter
def answer_in_own_language(message: Message) -> str:
    """What a button says that has such a question answered by a model; "" where that helps nobody."""
    if not in_another_language(message.verified) or endpoints.default() is None:
        return ""
    return {
        "zh": _("Have a model answer in Chinese"),
        "en": _("Have a model answer in English"),
    }.get(message.verified["asked_language"], _("Have a model answer in the language of the question"))
