"""Names in a text, as far as their writing shows them."""

import regex

_QUOTED = regex.compile(r"《([^》\n]{2,40})》|「([^」\n]{2,30})」")
_DOTTED = regex.compile(r"\p{Han}{1,8}(?:[·•‧]\p{Han}{1,8})+")
_CAPITALISED = regex.compile(
    r"(?<![\p{L}\p{N}'’.-])\p{Lu}[\p{L}\p{N}'’.+#-]*(?:\s+\p{Lu}[\p{L}\p{N}'’+#-]*)*"
)
_LATIN = regex.compile(r"(?<![A-Za-z])[A-Za-z][A-Za-z.+#-]+(?:\s+[A-Z][A-Za-z.+#-]+)*")
_HAN = regex.compile(r"\p{Han}")
_STARTS = regex.compile(r"(?:^|[.!?:]\s+|\n)[\s*_#>\-\d.)\"“(]*\Z")
# Capitals that name nobody, or that are figures already.
_NO_NAMES = frozenset(
    """
    i monday tuesday wednesday thursday friday saturday sunday january february march april may june july
    august september october november december no yes ok however according both the a an it in on at
    """.split()
)


def names_in(text: str) -> list[str]:
    """Capitalised words of English, Latin words inside Chinese, and what stands in title marks.

    A lone capitalised word at the start of a sentence is not one, since every word is capitalised there.
    """
    found = [match[1] or match[2] for match in _QUOTED.finditer(text)]
    found += [match[0] for match in _DOTTED.finditer(text)]
    if len(_HAN.findall(text)) >= 4:
        found += [match[0].rstrip(".-") for match in _LATIN.finditer(text)]
        return [name for name in dict.fromkeys(found) if len(name) > 1]
    for match in _CAPITALISED.finditer(text):
        name = _without_common(match[0], starts=bool(_STARTS.search(text[: match.start()])))
        if name:
            found.append(name)
    return list(dict.fromkeys(found))


def _without_common(name: str, *, starts: bool) -> str:
    words = [word.strip(".'’-") for word in name.split()]
    if starts and words and not (words[0].isupper() and len(words[0]) > 1):
        # "Its Keeper" and "The Harbour" begin with a common word; "Ada Holm" keeps only "Holm".
        words = words[1:]
    return " ".join(word for word in words if word.lower() not in _NO_NAMES and len(word) > 1)


def first_capital(text: str) -> str:
    """The capitalised word that ``text`` begins with; empty where it begins otherwise."""
    match = _CAPITALISED.match(text.lstrip(' *_"“('))
    return str(match[0]).split()[0] if match else ""
