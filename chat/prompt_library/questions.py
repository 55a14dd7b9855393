"""A filled prompt as the question of a conversation: what it searches for is carried beside its text."""

import hashlib

from chat.prompt_library.filling import Filled


def carried(filled: Filled) -> str:
    """What the composer sends along: "" where the question itself is searched for."""
    return f"{_digest(filled.text)}:{filled.query}" if filled.query else ""


def search_for(given: str, question: str) -> str:
    """The words to search for, where ``question`` still is the filled prompt that they belong to; else ""."""
    digest, _colon, query = given.partition(":")
    return query if query and digest == _digest(question) else ""


def _digest(text: str) -> str:
    """A browser sends other line breaks than it got."""
    return hashlib.blake2b(" ".join(text.split()).encode(), digest_size=8).hexdigest()
