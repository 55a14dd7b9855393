"""Which addresses belong to a web source, and which are worth a request at all."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import PurePosixPath
from urllib.parse import SplitResult, unquote, urlsplit

from django.utils.translation import gettext_noop

from ingestion.crawl.addresses import canonical
from ingestion.crawl.traps import is_trap
from ingestion.crawl.url_patterns import matches, patterns

__all__ = ["LinkKind", "Scope", "SiteRule", "is_trap", "link_kind", "patterns"]

OTHER_SITE = gettext_noop("The address is outside the site that this source follows.")
NOT_INCLUDED = gettext_noop("No include pattern matches the address.")
EXCLUDED = gettext_noop("An exclude pattern matches the address.")
NOT_A_PAGE = gettext_noop("The address leads to a picture, a sound, a program or the like, not to text.")
TRAP = gettext_noop("The address looks like one of endlessly many, such as a page of a calendar.")
NO_ADDRESS = gettext_noop("This is not the address of a web page. It must begin with http:// or https://.")

_FILES = frozenset(
    "pdf doc docx ppt pptx xls xlsx xlsb odt ods odp rtf epub md markdown mdx txt text csv tsv rst adoc "
    "asciidoc tex ipynb eml msg vtt srt".split()
)
_NEITHER = frozenset(
    # pictures, fonts, parts of pages
    "png jpg jpeg gif webp avif svg svgz bmp ico tif tiff heic psd ai eps css js mjs map json xml xsl xsd "
    "wasm woff woff2 ttf otf eot rss atom ics vcf webmanifest "
    # sound and video
    "mp3 m4a ogg oga opus wav flac aac mp4 m4v webm ogv mov avi mkv wmv flv m3u8 ts mpd swf "
    # archives, programs, disks, data
    "zip tar gz tgz bz2 tbz xz txz zst 7z rar jar war whl egg deb rpm apk ipa msi exe dmg pkg iso img bin "
    "appimage torrent asc sig sha256 sha512 md5 parquet sqlite db bak dll so".split()
)


class SiteRule(StrEnum):
    """How far a source reaches from its start addresses."""

    HOST = "host"  # the host, with and without www.
    SUBDOMAINS = "subdomains"  # the host and all below it
    BELOW = "below"  # the host, below the folder of the start address


_NO_TEXT_TYPES = ("image/", "audio/", "video/", "font/")
_ANY_BYTES = frozenset({"application/octet-stream", "binary/octet-stream"})


class LinkKind(StrEnum):
    """What an address leads to, as far as its ending tells; the answer of the server decides."""

    PAGE = "page"
    FILE = "file"  # a document that can be read: PDF, Word …
    NEITHER = "neither"


def link_kind(url: str) -> LinkKind:
    """By the ending of the path's last part; without one that is known, a page."""
    ending = PurePosixPath(unquote(urlsplit(url).path)).suffix[1:].lower()
    if ending in _FILES:
        return LinkKind.FILE
    return LinkKind.NEITHER if ending in _NEITHER else LinkKind.PAGE


def may_hold_text(media_type: str, url: str) -> bool:
    """Whether what a server calls ``media_type`` is worth reading as a file; of what it calls only bytes, the
    address's ending decides."""
    if media_type.startswith(_NO_TEXT_TYPES):
        return False
    return media_type not in _ANY_BYTES or link_kind(url) is LinkKind.FILE


@dataclass(frozen=True, slots=True)
class Scope:
    """The part of the web that one source follows.

    A start address is always held, so that patterns need not match it; ``keeps`` says whether its own text is
    wanted as well. Patterns are those of ``url_patterns``; with no ``include`` all of the site is included.
    """

    starts: Sequence[str]
    rule: SiteRule = SiteRule.HOST
    include: Sequence[str] = ()
    exclude: Sequence[str] = ()
    _starts: frozenset[str] = field(init=False, repr=False)
    _sites: tuple[SplitResult, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        starts = [found for start in self.starts if (found := canonical(start))]
        object.__setattr__(self, "_starts", frozenset(starts))
        object.__setattr__(self, "_sites", tuple(dict.fromkeys(urlsplit(start) for start in starts)))

    def holds(self, url: str) -> bool:
        """Whether to visit ``url``, which must be ``canonical``."""
        return not self.why_not(url)

    def why_not(self, url: str) -> str:
        """Why ``url`` is not visited, as a sentence, or "" where it is."""
        if url in self._starts:
            return ""
        if canonical(url) is None:
            return NO_ADDRESS
        if not self.is_same_site(url):
            return OTHER_SITE
        if link_kind(url) is LinkKind.NEITHER:
            return NOT_A_PAGE
        return self._unwanted(url) or (TRAP if is_trap(url) else "")

    def keeps(self, url: str) -> bool:
        """Whether the patterns want the text of ``url``; only for a start can this differ from ``holds``."""
        return not self._unwanted(url)

    def is_same_site(self, url: str) -> bool:
        """Whether ``url`` lies within the reach of a start address, whatever the patterns say."""
        parts = urlsplit(url)
        return any(self._reaches(start, parts) for start in self._sites)

    def _unwanted(self, url: str) -> str:
        if any(matches(pattern, url) for pattern in self.exclude):
            return EXCLUDED
        if self.include and not any(matches(pattern, url) for pattern in self.include):
            return NOT_INCLUDED
        return ""

    def _reaches(self, start: SplitResult, url: SplitResult) -> bool:
        if start.port != url.port:
            return False
        own, other = _bare(start.hostname), _bare(url.hostname)
        if self.rule is SiteRule.SUBDOMAINS:
            return own == other or other.endswith(f".{own}")
        if own != other:
            return False
        folder = _folder(start.path)
        return self.rule is SiteRule.HOST or url.path == folder.rstrip("/") or url.path.startswith(folder)


def _bare(host: str | None) -> str:
    return (host or "").removeprefix("www.")


def _folder(path: str) -> str:
    """``/docs/`` for ``/docs/``, ``/docs`` and ``/docs/index.html``."""
    head, _, last = path.rpartition("/")
    return f"{head}/" if not last or "." in last else f"{path}/"
