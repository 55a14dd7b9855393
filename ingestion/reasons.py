"""Reasons of failures: a sentence that is known in every language, and what the machine said, below it."""

from django.utils.translation import gettext


def with_detail(sentence: str, detail: str) -> str:
    """As it is stored: the English sentence, then the detail on lines of its own."""
    return f"{sentence}\n{detail}" if detail else sentence


def shown(reason: str) -> str:
    """A stored reason in the reader's language; the detail stays as it is."""
    sentence, _newline, detail = reason.partition("\n")
    return f"{gettext(sentence)} {detail}".strip() if sentence else ""
