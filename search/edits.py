"""Words that are a slip of the keyboard apart: a letter too many, too few, another one, or two turned round
(Damerau 1964)."""

from collections.abc import Iterator

LETTERS = "abcdefghijklmnopqrstuvwxyz"
_VOWELS = "aeiou"
_ENDINGS = (
    *("ing", "ed", "s", "ly", "ion", "ment", "er", "or", "al", "ity", "ness", "ive", "ous", "able", "ible"),
    *("ance", "ence", "ful", "less", "ist", "ism", "ise", "ize", "y"),
)


def near(word: str) -> set[str]:
    """Everything that one slip makes of ``word``: about 54 for each letter."""
    found = set(slips(word))
    for at in range(len(word) + 1):
        head, tail, rest = word[:at], word[at:], word[at + 1 :]
        found.update(head + letter + tail for letter in LETTERS)
        if tail:
            found.update(head + letter + rest for letter in LETTERS)
    found.discard(word)
    return found


def slips(word: str) -> Iterator[str]:
    """``word`` with a letter left out, or two turned round."""
    for at in range(len(word)):
        yield word[:at] + word[at + 1 :]
        if at + 1 < len(word):
            yield word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def nearer_endings(word: str) -> set[str]:
    """What one slip makes of ``word`` where the stem of the result is not one slip from that of ``word``:
    letters left out or turned round, and endings that only now are ones."""
    found = set(slips(word))
    tail = min(len(word), 5)
    start, end = word[:-tail], word[-tail:]
    for changed in near(end):
        if changed.endswith(_ENDINGS) and not _same_ending(changed, end):
            found.add(start + changed)
    return found


def _same_ending(one: str, other: str) -> bool:
    return any(one.endswith(ending) and other.endswith(ending) for ending in _ENDINGS)


def twice_near(word: str) -> set[str]:
    """What two of the commonest slips make of ``word``: a letter too many, doubled or turned round with the
    next, a vowel forgotten or another one."""
    return {each for once in _common(word) for each in _common(once)} - {word}


def _common(word: str) -> set[str]:
    found = set(slips(word))
    for at in range(len(word) + 1):
        head, tail = word[:at], word[at:]
        found.update(head + vowel + tail for vowel in _VOWELS)
        if tail:
            found.add(head + tail[0] + tail)
        if tail and tail[0] in _VOWELS:
            found.update(head + vowel + tail[1:] for vowel in _VOWELS)
    found.discard(word)
    return found


def distance(one: str, other: str) -> int:
    """How many slips lie between two words (optimal string alignment)."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for at, letter in enumerate(one, 1):
        last, row = row, [at]
        for place, against in enumerate(other, 1):
            cost = min(last[place] + 1, row[-1] + 1, last[place - 1] + (letter != against))
            if at > 1 < place and letter == other[place - 2] and one[at - 2] == against:
                cost = min(cost, before[place - 2] + 1)
            row.append(cost)
        before = last
    return row[-1]
