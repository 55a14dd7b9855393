"""How many tokens a text has, for models whose tokenizer is not at hand."""

import re

DENSE = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]")

# Tokens for one character. Vocabularies are made of mostly English text: what is rare in them is cut small,
# a letter of Thai or a symbol often into its bytes.
ASCII = 0.3
_RATES = (
    (re.compile(r"[\u0080-\u058f\u10a0-\u10ff\u1c80-\u1fff]"), 0.6),  # other Latin, Greek, Cyrillic, …
    (re.compile(r"[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]"), 0.8),  # Hebrew, Arabic, …
    (DENSE, 1.0),
)
OTHER = 1.0


def estimate(text: str) -> int:
    """A careful estimate: one token for each Chinese, Japanese or Korean character, 0.3 for ASCII.

    Letters of other alphabets count 0.6, those written from right to left 0.8, everything else (Thai,
    Devanagari, symbols) 1.
    """
    foreign = len(text) - len(re.sub(r"[^\x00-\x7f]+", "", text)) if not text.isascii() else 0
    tokens = (len(text) - foreign) * ASCII
    if foreign:
        for letters, rate in _RATES:
            found = len(letters.findall(text))
            tokens += found * rate
            foreign -= found
    return int(tokens + foreign * OTHER) + 1
