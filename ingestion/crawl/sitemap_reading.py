"""One sitemap file: XML, an index of others, a list of lines, an RSS or Atom feed.

XML is read as a stream of events, without a tree, so memory does not grow with the file. Names count without
their namespaces, which are often wrong. Nothing outside the file is read, and no entity is resolved. Of
damaged files counts what came before the damage, and after it where the reader finds its way again.
"""

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Literal
from urllib.parse import urljoin

from lxml import etree

from ingestion.crawl.sitemap_bytes import FILE_BYTES, unpacked, without_entities
from ingestion.crawl.sitemap_dates import read_date

FILE_ENTRIES = 50_000
_LONGEST = 8192
_ENTRIES: Mapping[str, Literal["page", "map"]] = {
    "url": "page",
    "item": "page",
    "entry": "page",
    "sitemap": "map",
}
_DATES = ("lastmod", "updated", "modified", "pubdate", "published", "date")
_WANTED = frozenset({"loc", "link", "guid", "id", *_DATES})


@dataclass(frozen=True, slots=True)
class Entry:
    """An address that a sitemap names, and when it last changed, in UTC, where the sitemap says so."""

    loc: str
    lastmod: datetime | None = None


@dataclass(frozen=True, slots=True)
class Sitemap:
    """What one file names: pages, and further sitemaps."""

    pages: tuple[Entry, ...]
    maps: tuple[Entry, ...]


def read(data: bytes, base: str = "") -> Sitemap:
    """The whole file at once. ``base`` is its address, to which relative ones are joined."""
    found = list(entries(data, base))
    pages = tuple(entry for kind, entry in found if kind == "page")
    return Sitemap(pages, tuple(entry for kind, entry in found if kind == "map"))


def entries(
    data: bytes, base: str = "", *, most: int = FILE_ENTRIES, most_bytes: int = FILE_BYTES
) -> Iterator[tuple[Literal["page", "map"], Entry]]:
    """Pages and maps in the order of the file, the first ``most`` of its first ``most_bytes`` unpacked."""
    pieces, is_utf8 = unpacked(data, most_bytes)
    first = next((piece for piece in pieces if piece.strip()), b"")
    rest = _again(first, pieces)
    if first.lstrip().startswith(b"<"):
        found = _of_xml(rest, is_utf8)
    else:
        found = (("page", Entry(line)) for line in _lines(rest) if line.startswith(("http://", "https://")))
    for kind, entry in islice(found, most):
        yield kind, Entry(_joined(base, entry.loc), entry.lastmod)


def _of_xml(pieces: Iterator[bytes], is_utf8: bool) -> Iterator[tuple[Literal["page", "map"], Entry]]:
    target = _Target()
    parser = etree.XMLParser(
        target=target,
        encoding="utf-8" if is_utf8 else None,
        recover=True,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
    )
    is_first = True
    for piece in without_entities(pieces):
        try:
            parser.feed(piece.lstrip() if is_first else piece)
        except etree.LxmlError:
            break
        is_first = False
        while target.found:
            yield target.found.popleft()
    # The parser is not closed: that would end what a cut left open, and half an address is none.
    yield from target.found


@dataclass
class _Target:
    """Takes the events of the parser. Only direct children of an entry count: an image within a page has
    an address of its own."""

    found: deque[tuple[Literal["page", "map"], Entry]] = field(default_factory=deque)
    _open: list[str] = field(default_factory=list)
    _entry_at: int = 0
    _fields: dict[str, str] = field(default_factory=dict)
    _text: list[str] | None = None
    _length: int = 0

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        name = _local(tag)
        self._open.append(name)
        if not self._entry_at:
            if name in _ENTRIES:
                self._entry_at, self._fields = len(self._open), {}
        elif len(self._open) == self._entry_at + 1 and name in _WANTED:
            self._begin(name, attributes)

    def _begin(self, name: str, attributes: Mapping[str, str]) -> None:
        href = attributes.get("href", "")
        if name == "link" and href:
            if attributes.get("rel", "alternate") == "alternate" and self._open[self._entry_at - 1] != "url":
                self._fields.setdefault("loc", href.strip())
        elif name != "guid" or attributes.get("isPermaLink", "true").lower() == "true":
            self._text, self._length = [], 0

    def data(self, text: str) -> None:
        if self._text is not None and self._length <= _LONGEST:
            self._text.append(text)
            self._length += len(text)

    def end(self, tag: str) -> None:
        name = self._open.pop() if self._open else ""
        depth = len(self._open) + 1
        if self._entry_at and depth == self._entry_at + 1:
            if self._text is not None and self._length <= _LONGEST:
                self._fields.setdefault(name, "".join(self._text).strip())
            self._text = None
        elif self._entry_at and depth == self._entry_at:
            self._entry_at = 0
            if entry := _entry(self._fields):
                self.found.append((_ENTRIES[name], entry))

    def comment(self, text: str) -> None:
        """Comments say nothing."""

    def close(self) -> None:
        """Asked for by the parser's interface."""


def _entry(fields: Mapping[str, str]) -> Entry | None:
    """A feed's id or guid may be the address, where no link says otherwise."""
    named = (fields.get("loc", ""), fields.get("link", ""))
    ids = (one for one in (fields.get("guid", ""), fields.get("id", "")) if one.startswith("http"))
    loc = next((place for place in (*named, *ids) if place), "")
    # Written twice as a reference, or within CDATA.
    loc = "".join(loc.replace("&amp;", "&").splitlines()).replace("\t", "")
    if not loc:
        return None
    dates = (read_date(fields[name]) for name in _DATES if fields.get(name))
    return Entry(loc, next((date for date in dates if date), None))


def _local(tag: str) -> str:
    return tag.rpartition("}")[2].rpartition(":")[2].lower()


def _lines(pieces: Iterator[bytes]) -> Iterator[str]:
    """Lines as texts; a cut-off last one counts, since it cannot be told from a last line without an end."""
    held = b""
    for piece in pieces:
        *whole, held = (held + piece).replace(b"\r", b"\n").split(b"\n")
        held = held[: _LONGEST + 1]
        for line in whole:
            if len(line) <= _LONGEST:
                yield line.decode("utf-8", "replace").strip()
    yield held.decode("utf-8", "replace").strip() if len(held) <= _LONGEST else ""


def _again(first: bytes, pieces: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from pieces


def _joined(base: str, place: str) -> str:
    try:
        return urljoin(base, place) if base else place
    except ValueError:
        return place
