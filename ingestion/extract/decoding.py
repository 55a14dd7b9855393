"""Finds the encoding of a text: by its mark, as UTF-8, or as the likeliest of the older ones."""

import re

_SAMPLE = 100_000
_BOMS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_HIGH_RUNS = re.compile(rb"[\x80-\xff]+")
_HAN = re.compile("[\u4e00-\u9fff]")
_KANA = re.compile("[\u3040-\u30ff]")
_HANGUL = re.compile("[\uac00-\ud7a3]")
_CYRILLIC_WORD = re.compile("[А-ЯЁ]?[а-яё]+|[А-ЯЁ]+")
_USUAL = re.compile("[\t\r\n -~\xa0-\xff\u2010-\u2030\u3000-\u30ff\u4e00-\u9fff\uac00-\ud7a3\uff00-\uffef]")
_PUNCTUATION = re.compile("[，。、；：？！“”‘’（）《》「」『』…—\u3000]")
# The characters that make up about half of running Chinese text, simplified and traditional.
_FREQUENT = re.compile(
    "[的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作"
    "里用道行所然家种事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从"
    "想实日军者意无力它与长把机十民第公此已工使情明性知全三又关点正业外将两高间由问很最重并物手应战向头"
    "文体政美相见被利什二等产或新己制身果加西斯月话合回特代内信表化老给世位次度门任常先海通教儿原东声提"
    "這個們來為國說時會對後於著過發裡種經麼學現當動還進樣開從實軍無與長機關點業將兩間問並應戰頭體見產話"
    "給門東聲兒員書電車氣測試簡繁檔案資料数据测试内容文件名称编号价格数量]"
)


def decode(data: bytes) -> str:
    """Text of ``data``; never fails: bytes that fit nothing become U+FFFD."""
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    if utf16 := looks_like_utf16(data[:4096]):
        return data.decode(utf16, "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        if _mostly_utf8(data, error.start):
            return data.decode("utf-8", "replace")
    return data.decode(_legacy_encoding(data[:_SAMPLE]), "replace")


def likely_encoding(data: bytes) -> str:
    """The encoding of bytes without a mark: UTF-8 where they are that, else the likeliest older one."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return _legacy_encoding(data[:_SAMPLE])
    return "utf-8"


def looks_like_utf16(head: bytes) -> str:
    """ "utf-16-le" or "utf-16-be" where every second byte is often NUL and the others never are; in
    Chinese, where only spaces, figures and some characters hold NULs, nearly all must be usual ones."""
    even, odd = head[0::2].count(0), head[1::2].count(0)
    ascii_share = sum(32 <= byte < 127 for byte in head) / max(1, len(head))
    if not (even or odd) or ascii_share > 0.85:
        return ""
    if not (even and odd) and max(even, odd) > 0.15 * len(head):
        return "utf-16-le" if odd else "utf-16-be"
    for encoding in ("utf-16-le", "utf-16-be") if odd >= even else ("utf-16-be", "utf-16-le"):
        text = head[: len(head) // 2 * 2].decode(encoding, "replace")
        if len(_USUAL.findall(text)) > 0.98 * len(text):
            return encoding
    return ""


def _mostly_utf8(data: bytes, at: int) -> bool:
    """A few broken bytes in what is otherwise UTF-8."""
    sample = data[max(0, at - _SAMPLE) : at + _SAMPLE].decode("utf-8", "replace")
    broken = sample.count("\N{REPLACEMENT CHARACTER}")
    good = sum(character > "\x7f" for character in sample) - broken
    return good > 10 * broken


def _legacy_encoding(sample: bytes) -> str:
    runs = _HIGH_RUNS.findall(sample)
    latin = "".join(run.decode("cp1252", "replace") for run in runs if len(run) == 1)
    if sum(character.isalpha() for character in latin) > 0.6 * len(runs):
        return "cp1252"
    scores = {
        "gb18030": _chinese(sample, "gb18030"),
        "big5": _chinese(sample, "big5"),
        "cp932": _japanese(sample, "cp932"),
        "euc_jp": _japanese(sample, "euc_jp"),
        "euc_kr": _korean(sample),
        "cp1251": _cyrillic(sample),
    }
    best = max(scores, key=lambda encoding: scores[encoding])
    return best if scores[best] > 0.1 else _guess(sample)


def _guess(sample: bytes) -> str:
    from charset_normalizer import from_bytes

    found = from_bytes(sample).best()
    return found.encoding if found is not None else "cp1252"


def _strange(sample: bytes, encoding: str) -> tuple[str, float]:
    """The characters beyond ASCII, and the penalty for bytes that the encoding does not know."""
    text = sample.decode(encoding, "replace")
    strange = "".join(character for character in text if character > "\x7f")
    lost = strange.count("\N{REPLACEMENT CHARACTER}") - 1  # the sample may end within a character
    return strange, 5 * max(0, lost) / max(1, len(strange))


def _chinese(sample: bytes, encoding: str) -> float:
    strange, penalty = _strange(sample, encoding)
    frequent = len(_FREQUENT.findall(strange)) + len(_PUNCTUATION.findall(strange))
    kana = len(_KANA.findall(strange))
    return (1.5 * frequent - 3 * kana) / max(1, len(strange)) - penalty


def _japanese(sample: bytes, encoding: str) -> float:
    strange, penalty = _strange(sample, encoding)
    half_width = sum("\uff61" <= character <= "\uff9f" for character in strange)
    likely: float = len(_KANA.findall(strange)) + len(_PUNCTUATION.findall(strange))
    likely += min(len(_HAN.findall(strange)), likely + 12) / 2
    return (likely - 2 * half_width) / max(1, len(strange)) - penalty


def _korean(sample: bytes) -> float:
    strange, penalty = _strange(sample, "euc_kr")
    return (len(_HANGUL.findall(strange)) - 3 * len(_HAN.findall(strange))) / max(1, len(strange)) - penalty


def _cyrillic(sample: bytes) -> float:
    strange, penalty = _strange(sample, "cp1251")
    words = _CYRILLIC_WORD.findall(sample.decode("cp1251", "replace"))
    good = sum(len(word) for word in words if len(word) >= 3)
    return 1.2 * good / max(1, len(strange)) - 0.3 - penalty
