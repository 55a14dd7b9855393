"""Tells what a file is from its content; its name only decides between kinds of text."""

import json
import mmap
import re
import zipfile
from pathlib import Path, PurePosixPath

from ingestion.extract import kinds, messages, stored_page
from ingestion.extract.decoding import decode, looks_like_utf16
from ingestion.extract.subtitles import subtitle_kind
from ingestion.extract.text_shape import text_shape
from ingestion.extract.types import ExtractionError

_HEAD = 8192
_PASSAGE_BYTES = 4 * 1024 * 1024
_SHAPE_BYTES = 2 * 1024 * 1024
_HTML = re.compile(
    rb"\s*(?:<\?xml[^>]*>\s*|<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b", re.I | re.S
)
_XML = re.compile(rb"\s*<(?:\?xml|rss|feed|rdf:RDF)\b")
_LATEX = re.compile(rb"^\s*\\(?:documentclass|begin\{document\})", re.M)
_NOTEBOOK = re.compile(rb'"(?:cells|worksheets)"\s*:\s*\[')
_MAIL_FIELD = re.compile(
    rb"^(?:from|to|cc|subject|date|received|mime-version|message-id|return-path|delivered-to|reply-to"
    rb"|content-type|x-[\w-]+|dkim-signature):",
    re.I,
)
_OOXML = {"word/": kinds.DOCX, "ppt/": kinds.PPTX, "xl/": kinds.XLSX}
_ZIP_MIMES = {
    kinds.ODT: kinds.ODT,
    kinds.ODS: kinds.ODS,
    kinds.ODP: kinds.ODP,
    kinds.EPUB: kinds.EPUB,
    f"{kinds.ODT}-template": kinds.ODT,
    f"{kinds.ODS}-template": kinds.ODS,
    f"{kinds.ODP}-template": kinds.ODP,
}
# Names of streams in an OLE compound file, in the order in which they decide.
_OLE_STREAMS = (
    ("WordDocument", kinds.DOC),
    ("PowerPoint Document", kinds.PPT),
    ("__properties_version1.0", kinds.MSG),
    ("Workbook", kinds.XLS),
    ("Book", kinds.XLS),
)


def sniff(path: Path, name: str) -> str:
    """MIME type of the file at ``path``, one of those in ``kinds``; ``name`` is what people call it.

    Raises ``ExtractionError``: ``empty``, ``unsupported``, ``encrypted`` (Office), ``damaged`` (zip),
    ``archive`` (of a kind that is not unpacked).
    """
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if not head.strip(b"\x00 \t\r\n\xef\xbb\xbf\xff\xfe"):
        raise ExtractionError("empty", messages.EMPTY)
    if b"%PDF-" in head[:1024]:
        return kinds.PDF
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _zip_kind(path)
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return _ole_kind(path)
    if head.startswith(b"{\\rtf"):
        return kinds.RTF
    for at, value, mime in kinds.IMAGES:
        if head[at : at + len(value)] == value:
            return mime
    if head.startswith(b"BM") and b"\x00" in head[:16]:
        return kinds.BMP
    if packed := kinds.packed_kind(head):
        return packed
    _refuse(head)
    return _text_kind(path, head, name)


def _matches(head: bytes, magic: tuple[tuple[int, bytes], ...]) -> bool:
    return any(head[at : at + len(value)] == value for at, value in magic)


def _refuse(head: bytes) -> None:
    if _matches(head, kinds.UNREADABLE_IMAGES):
        raise ExtractionError("unsupported", messages.PICTURE_KIND)
    if _matches(head, kinds.MEDIA):
        raise ExtractionError("unsupported", messages.MEDIA)
    if _matches(head, kinds.UNREADABLE_ARCHIVES):
        raise ExtractionError("archive", messages.ARCHIVE_KIND)
    if _matches(head, kinds.PROGRAMS) and b"\x00" in head:
        raise ExtractionError("unsupported", messages.PROGRAM)
    if is_binary(head):
        raise ExtractionError("unsupported", messages.UNSUPPORTED)


def is_binary(head: bytes) -> bool:
    """Whether bytes are no text in any encoding: NULs outside UTF-16, or many control characters."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or looks_like_utf16(head):
        return False
    control = sum(byte < 32 and byte not in b"\t\n\r\x0b\x0c\x1b\x08" for byte in head)
    return b"\x00" in head or control > 0.02 * len(head)


def _zip_kind(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            if "mimetype" in names and archive.getinfo("mimetype").file_size < 200:
                mime = archive.read("mimetype").decode("ascii", "replace").strip()
                if mime in _ZIP_MIMES:
                    return _ZIP_MIMES[mime]
    except (zipfile.BadZipFile, OSError, EOFError, ValueError, NotImplementedError) as error:
        raise ExtractionError("damaged", messages.DAMAGED) from error
    except RuntimeError as error:  # zipfile's way to say that a member needs a password
        raise ExtractionError("encrypted", messages.ENCRYPTED) from error
    return _kind_by_parts(names)


def _kind_by_parts(names: list[str]) -> str:
    if "[Content_Types].xml" in names:
        for folder, mime in _OOXML.items():
            if any(name.startswith(folder) for name in names):
                return kinds.XLSB if "xl/workbook.bin" in names else mime
    if "META-INF/container.xml" in names:
        return kinds.EPUB
    if "META-INF/MANIFEST.MF" in names or "AndroidManifest.xml" in names:
        raise ExtractionError("unsupported", messages.PROGRAM)
    if any(name.endswith(".iwa") for name in names):
        raise ExtractionError("unsupported", messages.IWORK)
    return kinds.ZIP


def _ole_kind(path: Path) -> str:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        if data.find("EncryptedPackage".encode("utf-16-le")) >= 0:
            raise ExtractionError("encrypted", messages.ENCRYPTED)
        for stream, mime in _OLE_STREAMS:
            if data.find(stream.encode("utf-16-le") + b"\x00\x00") >= 0:
                return mime
    raise ExtractionError("unsupported", messages.UNSUPPORTED)


def _text_kind(path: Path, head: bytes, name: str) -> str:
    base = PurePosixPath(name.replace("\\", "/"))
    by_name = kinds.TEXT_SUFFIXES.get(base.suffix.lower())
    body = _in_utf8(head)
    if body.lstrip()[:1] == b"{" and (found := _json_kind(path, body)):
        return found
    if by_name == kinds.NOTEBOOK:
        return kinds.JSON
    if by_name in {kinds.MARKDOWN, kinds.ASCIIDOC, kinds.RST}:
        return by_name
    if found := _by_content(body):
        return kinds.HTML if found == kinds.XML and by_name == kinds.HTML else found
    if by_name is not None and by_name != kinds.EML:
        return by_name
    is_code = base.suffix.lower() in kinds.CODE_SUFFIXES or base.name.lower() in kinds.CODE_NAMES
    if is_code or body.startswith(b"#!/"):
        return kinds.CODE
    return _by_shape(path, head) or kinds.PLAIN


def _by_shape(path: Path, head: bytes) -> str:
    """What the lines look like, where neither the name nor a first mark tells."""
    size = path.stat().st_size
    if len(head) < size:
        head = head[: head.rfind(b"\n") + 1] or head
    return text_shape(decode(head), path.read_bytes() if size <= _SHAPE_BYTES else b"")


def _in_utf8(head: bytes) -> bytes:
    encoding = "utf-16" if head.startswith((b"\xff\xfe", b"\xfe\xff")) else looks_like_utf16(head)
    if encoding:
        return head.decode(encoding, "ignore").encode("utf-8", "ignore")
    return head.removeprefix(b"\xef\xbb\xbf")


def _by_content(body: bytes) -> str:
    if _HTML.match(body):
        return kinds.HTML
    if _is_mail(body):
        return kinds.EML
    if _XML.match(body):
        return kinds.XML
    if _LATEX.search(body):
        return kinds.LATEX
    return subtitle_kind(body.decode("utf-8", "replace").replace("\r\n", "\n"))


def _json_kind(path: Path, body: bytes) -> str:
    """The kinds that JSON can be: a passage, a notebook, a record a line, or "" for any other."""
    if body.lstrip().startswith(stored_page.BEGINNING):
        return kinds.WEB_PAGE
    if _is_passage(path):
        return kinds.PASSAGE
    if _NOTEBOOK.search(body) and b'"nbformat"' in path.read_bytes()[-4096:]:
        return kinds.NOTEBOOK
    first, _, second = body.lstrip().partition(b"\n")
    return kinds.JSONL if second.lstrip()[:1] == b"{" and _is_object(first) else ""


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _is_mail(body: bytes) -> bool:
    lines = [line for line in body.split(b"\n\n")[0].replace(b"\r", b"").splitlines()[:30] if line]
    fields = [line for line in lines if _MAIL_FIELD.match(line)]
    return bool(lines) and _MAIL_FIELD.match(lines[0]) is not None and len(fields) >= 3


def _is_passage(path: Path) -> bool:
    if path.stat().st_size > _PASSAGE_BYTES:
        return False
    try:
        value = json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        return False
    return (
        isinstance(value, dict)
        and value.keys() <= {"_id", "title", "text", "metadata"}
        and isinstance(value.get("_id"), str)
        and isinstance(value.get("text"), str)
        and isinstance(value.get("title", ""), str)
    )
