"""What a question says beside what it asks: "How high is it? Write to ada@example.org. Thanks in advance."

The passages that answer it need not hold that, so it is left out where the whole finds no answer. Personal
data within what is asked stays: "Whose number is 13800138000?" is about nothing else.
"""

import regex

from chat.rewriting import points_back
from chat.rules import personal
from search.sentences import sentences

_KINDS = tuple(personal.FINDERS)
_ASKS = regex.compile(r"[?？][\"'”’»)\]】」』）》]*\s*\Z")
_THANKS = regex.compile(
    r"(?:(?:many|much|a lot of)\s)?thanks?\b|thx\b|cheers\b|(?:best|kind|warm)\s(?:regards|wishes)"
    r"|(?:非常|十分|先|提前)?(?:谢谢|感谢|多谢|谢过|謝謝|感謝|多謝)|辛苦|祝[你您好各大]",
    regex.IGNORECASE,
)


def without_asides(question: str) -> str:
    """The question without sentences that ask nothing and hold personal data, and without thanks behind what
    is asked; "" where there are none, where nothing else asks, or where what is asked may lean on them."""
    parts = [question[start:end].strip() for start, end in sentences(question)]
    last = max((place for place, part in enumerate(parts) if _ASKS.search(part)), default=-1)
    asides = [place for place, part in enumerate(parts) if _is_aside(part, behind=place > last)]
    if last < 0 or not asides:
        return ""
    left = " ".join(part for place, part in enumerate(parts) if place not in asides)
    return "" if asides[0] < last and points_back(left) else left


def _is_aside(sentence: str, *, behind: bool) -> bool:
    if _ASKS.search(sentence):
        return False
    return bool(behind and _THANKS.match(sentence)) or bool(personal.found(sentence, _KINDS))
