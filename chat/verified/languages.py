"""In which language a verified answer stands, beside that of the question that gets it."""

from chat import prompts


def language_of(text: str, *, like: str = "") -> str:
    """ "zh", "en", or "" for another one; a text without letters, such as "42?", is as ``like``."""
    told = prompts.language_of(text, language_of(like) if like else "")
    letters = [character for character in text if character.isalpha()]
    # Letters with accents are rare in English and frequent in its neighbours.
    is_plain = sum(not character.isascii() for character in letters) * 50 <= len(letters)
    return told if told != "en" or is_plain else ""
