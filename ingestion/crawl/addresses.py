"""Addresses of pages in one spelling, so that a page is fetched once however it is linked.

RFC 3986 (section 6) and the WHATWG URL standard say what is the same. Beyond that only what never changes
a page is dropped: marks of campaigns and sessions. Parameters ``name=value`` are put in the order of their
names, those of one name staying as they stood; a query of any other form is left as it is.
"""

import re
from functools import lru_cache
from urllib.parse import unquote_to_bytes, urljoin, urlsplit

from ingestion.crawl import hosts

LONGEST = 1_500
_LONGEST_WRITTEN = 2 * LONGEST
_PORTS = {"http": 80, "https": 443}
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_PATH = _UNRESERVED | frozenset(b"/!$&'()*+,;=:@")
_QUERY = _PATH | frozenset(b"?")
_ESCAPE = re.compile(rb"%([0-9a-fA-F]{2})|[\x00-\xff]")
_CLEAN = re.compile(r"[A-Za-z0-9\-._~/!$&'()*+,;=:@]*")
_AROUND = "".join(map(chr, range(33)))
_WITHIN = re.compile(r"[\t\n\r]")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.I)
_SESSION_IN_PATH = re.compile(r";(?:jsessionid|phpsessid|sid|cfid|cftoken)=[^/;]*", re.I)
_SESSION_SEGMENT = re.compile(r"/\([SFAX]\([a-z0-9]{16,}\)\)(?=/)", re.I)  # ASP.NET without cookies

_TRACKING = frozenset(
    # search engines and social sites
    "gclid gclsrc dclid gbraid wbraid gad_source srsltid fbclid msclkid yclid ysclid igshid igsh twclid "
    "ttclid li_fat_id epik rdt_cid bd_vid qhclickid sogou_clkid baiduid hmsr hmpl hmcu hmkw hmci "
    # mail and analytics
    "mc_cid mc_eid mkt_tok _hsenc _hsmi __hstc __hssc __hsfp hsctatracking vero_id oly_anon_id oly_enc_id "
    "_openstat wickedid _ga _gl _ke icid s_cid ml_subscriber ml_subscriber_hash "
    # Chinese sites
    "spm scm share_token share_from share_source share_medium share_plat share_session_id share_tag "
    "vd_source spm_id_from isappinstalled nsukey bbid is_story_h5 unique_k "
    # the same page, with a form for an answer below
    "replytocom".split()
)
_SESSIONS = frozenset(
    "jsessionid phpsessid aspsessionid cfid cftoken sessionid session_id zenid oscsid".split()
)
_SESSION_VALUE = re.compile(r"[0-9a-f]{32,}|[0-9a-z]{26,}", re.I)


def canonical(url: str, base: str | None = None) -> str | None:
    """The one spelling of ``url``, which ``base`` completes where it is relative.

    ``None`` for what is no address of a page: other schemes than http and https, no or no valid host, a user
    name or a password, more than ``LONGEST`` characters.
    """
    if len(url) > _LONGEST_WRITTEN:
        return None
    whole = _whole(url, base)
    return _spelled(whole) if whole is not None else None


@lru_cache(maxsize=4_096)
def _spelled(url: str) -> str | None:
    """``canonical`` of a whole address. The same links stand on all pages of a site."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    if parts.scheme not in _PORTS or "@" in parts.netloc:
        return None
    try:
        port = parts.port
    except ValueError:
        return None
    name = hosts.host(_host_of(parts.netloc))
    if name is None or port == 0:
        return None
    shown_port = "" if port in (None, _PORTS[parts.scheme]) else f":{port}"
    query = _query(parts.query)
    made = f"{parts.scheme}://{name}{shown_port}{_path(parts.path)}{'?' + query if query else ''}"
    return made if len(made) <= LONGEST else None


def display(url: str) -> str:
    """An address as people read it: letters instead of their bytes, and the host's own letters where no
    other host looks the same. What would change the address or how it is shown stays encoded."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    name, colon, port = (
        parts.netloc.partition(":") if not parts.netloc.startswith("[") else (parts.netloc, "", "")
    )
    query = f"?{_readable(parts.query)}" if parts.query else ""
    path = _readable(parts.path) if parts.path != "/" or query else ""
    return f"{parts.scheme}://{hosts.human(name)}{colon}{port}{path}{query}"


def escaped(text: str, allowed: frozenset[int] = _QUERY) -> str:
    """``text`` in one percent-encoding: letters, figures and ``-._~`` as they are, upper-case hex digits,
    UTF-8 for what is not ASCII."""
    if _CLEAN.fullmatch(text):
        return text
    return _ESCAPE.sub(lambda found: _octet(found, allowed), text.encode("utf-8", "replace")).decode("ascii")


def _octet(found: re.Match[bytes], allowed: frozenset[int]) -> bytes:
    if found.group(1):
        byte = int(found.group(1), 16)
        return bytes((byte,)) if byte in _UNRESERVED else b"%" + found.group(1).upper()
    byte = found.group()[0]
    return found.group() if byte in allowed else b"%%%02X" % byte


@lru_cache(maxsize=1_024)
def _whole(url: str, base: str | None) -> str | None:
    text = _WITHIN.sub("", url.strip(_AROUND))
    if "\\" in text:
        before, mark, after = text.partition("?")
        scheme = _SCHEME.match(before)
        if scheme is None or scheme.group().lower() in {"http:", "https:"}:
            text = before.replace("\\", "/") + mark + after
    try:
        return urljoin(base, text) if base else text
    except ValueError:
        return None


def _host_of(netloc: str) -> str:
    if netloc.startswith("["):
        return netloc.partition("]")[0] + "]"
    return netloc.partition(":")[0]


def _path(path: str) -> str:
    clean = escaped(path, _PATH)
    clean = _SESSION_SEGMENT.sub("", _SESSION_IN_PATH.sub("", clean))
    return _without_dots(clean) or "/"


def _without_dots(path: str) -> str:
    """RFC 3986, section 5.2.4; ``%2e`` has become a dot already."""
    kept: list[str] = []
    segments = path.split("/")[1:]
    for place, segment in enumerate(segments):
        last = place == len(segments) - 1
        if segment == "..":
            if kept:
                kept.pop()
        elif segment != ".":
            kept.append(segment)
            continue
        if last:
            kept.append("")
    return "/" + "/".join(kept)


def _query(query: str) -> str:
    pieces = [piece for piece in escaped(query).split("&") if piece and not _is_mark(piece)]
    if all("=" in piece.lstrip("=") for piece in pieces):
        pieces.sort(key=lambda piece: piece.partition("=")[0])
    return "&".join(pieces)


def _is_mark(piece: str) -> bool:
    """Whether a parameter only says where the reader came from, or which session this is."""
    name, _, value = piece.partition("=")
    name = name.lower()
    if name.startswith("utm_") or name in _TRACKING or name in _SESSIONS:
        return True
    return name in {"sid", "s"} and _SESSION_VALUE.fullmatch(value) is not None


_KEPT_ENCODED = frozenset('%/?#&=+;\\"<>`{}|^[]@:')


def _readable(text: str) -> str:
    return re.sub(r"(?:%[0-9A-Fa-f]{2})+", _letters, text)


def _letters(found: re.Match[str]) -> str:
    try:
        shown = unquote_to_bytes(found.group()).decode()
    except UnicodeDecodeError:
        return found.group()
    return "".join(
        letter
        if letter.isprintable() and not letter.isspace() and letter not in _KEPT_ENCODED
        else "".join(f"%{byte:02X}" for byte in letter.encode())
        for letter in shown
    )
