"""Names of hosts in one spelling, as the WHATWG URL standard reads them, and as people may see them."""

import ipaddress
import re
import unicodedata
from urllib.parse import unquote

import idna

_PLAIN = re.compile(r"[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*")
_LONGEST = 253
_NUMBER = re.compile(r"(?:\d+|0x[0-9a-f]*)")
# Scripts that are written together with Latin letters in one word.
_EAST_ASIAN = frozenset({"CJK", "HIRAGANA", "KATAKANA", "BOPOMOFO", "HANGUL", "LATIN"})
# Letters of other scripts that look like Latin ones: a name of these alone may pretend to be another.
_LOOK_LATIN = frozenset("асԁеһіјӏорԛѕԝхуүѵԍкмнтвгпьᴦαεικνορτυχωγβμήόίύ")


def host(name: str) -> str | None:
    """``name`` in lower case, as A-labels, numbers as an address with dots; ``None`` where it names no host.
    IPv6 comes and goes in brackets."""
    if name.startswith("["):
        return _ipv6(name)
    name = unquote(name)
    if not name.isascii() or "xn--" in name.lower():
        try:
            name = idna.encode(name, uts46=True, transitional=False).decode()
        except (idna.IDNAError, UnicodeError):
            return None
    name = name.lower().removesuffix(".")
    if len(name) > _LONGEST or not _PLAIN.fullmatch(name):
        return None
    return _ipv4(name) if _NUMBER.fullmatch(name.rpartition(".")[2]) else name


def human(name: str) -> str:
    """A host's A-labels in their own letters, where none of them can be taken for another name."""
    return ".".join(_label(label) for label in name.split("."))


def _ipv6(name: str) -> str | None:
    if not name.endswith("]") or "%" in name:
        return None
    try:
        return f"[{ipaddress.IPv6Address(name[1:-1]).compressed}]"
    except ValueError:
        return None


def _ipv4(name: str) -> str | None:
    """Decimal, octal and hexadecimal numbers, of which the last may stand for several bytes."""
    numbers = []
    for part in name.split("."):
        if not _NUMBER.fullmatch(part):
            return None
        octal = len(part) > 1 and part.startswith("0") and not part.startswith("0x")
        try:
            numbers.append(
                int(part[2:] or "0", 16) if part.startswith("0x") else int(part, 8 if octal else 10)
            )
        except ValueError:
            return None
    *front, last = numbers
    if len(numbers) > 4 or any(number > 255 for number in front) or last >= 256 ** (5 - len(numbers)):
        return None
    for place, number in enumerate(front):
        last += number << (8 * (3 - place))
    return str(ipaddress.IPv4Address(last))


def _label(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    try:
        shown = idna.decode(label)
    except (idna.IDNAError, UnicodeError):
        return label
    letters = [letter for letter in shown if letter.isalpha()]
    scripts = {unicodedata.name(letter, "?").split()[0] for letter in letters}
    together = len(scripts) == 1 or scripts <= _EAST_ASIAN
    return shown if together and not all(letter in _LOOK_LATIN for letter in letters) else label
