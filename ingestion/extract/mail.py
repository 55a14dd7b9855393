"""Mail: its head and body, then each attachment's text under a heading of its own."""

import email
import email.policy
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from ingestion.extract import kinds, messages
from ingestion.extract.assemble import document, has_words, tidy
from ingestion.extract.attachments import Attachment, attached_pages
from ingestion.extract.decoding import decode, likely_encoding
from ingestion.extract.documents import readable
from ingestion.extract.facts import tidied
from ingestion.extract.html import decode_html
from ingestion.extract.kreuzberg_calls import convert
from ingestion.extract.types import Extracted, ExtractionError, Page

Reader = Callable[[Path, str], Extracted]
_NAME = re.compile(r'(?:file)?name="?([^";]+)"?')
_HEAD = ("From", "To", "Cc", "Date")
# What the standard library raises on headers and bodies that no mail program should have written.
_MALFORMED = (LookupError, ValueError, TypeError, AttributeError)


def eml(path: Path, name: str, read: Reader | None) -> Extracted:
    """An internet message (RFC 5322). ``read`` gives the text of an attachment; ``None`` leaves them out."""
    data = path.read_bytes()
    message = email.message_from_bytes(data, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    encoding = likely_encoding(data)
    head = {field: _field(message, field, encoding) for field in ("Subject", *_HEAD)}
    return _mail(kinds.EML, name, head, _body(message), list(_attachments(message, encoding)), read)


def msg(path: Path, name: str, read: Reader | None) -> Extracted:
    """An Outlook item: head and body through kreuzberg, attachments from the compound file."""
    from ingestion.extract.outlook import attachments

    found = attachments(path)
    result = convert(path, kinds.MSG)
    subject = str(result.metadata.get("subject") or "")
    known = result.metadata
    meta = tidied(
        {
            "from": known.get("from_email"),
            "to": known.get("to_emails"),
            "cc": known.get("cc_emails"),
            "date": known.get("created_at"),
        }
    )
    body = readable(result.content)
    found_text = _mail(kinds.MSG, name, {"Subject": subject}, body, found, read, whole=True)
    return replace(found_text, meta=meta)


def _mail(
    mime: str,
    name: str,
    head: dict[str, str],
    body: str,
    attachments: list[Attachment],
    read: Reader | None,
    *,
    whole: bool = False,
) -> Extracted:
    """``whole``: the body begins with the head already."""
    lines = [] if whole else [f"**{field}**: {value}" for field, value in head.items() if value]
    if attachments:
        lines.append(f"**Attachments**: {', '.join(item.name for item in attachments)}")
    parts = [body, *lines] if whole else [*lines, body]
    pages = [Page(None, tidy("\n\n".join(parts)))]
    if not has_words(body) and not attachments and not head.get("Subject"):
        raise ExtractionError("no_text", messages.NO_TEXT)
    pages += attached_pages(attachments, read) if read is not None else []
    meta = tidied({field.lower(): head.get(field) for field in _HEAD})
    return document(mime, head.get("Subject") or Path(name).stem, pages, meta=meta)


def _field(message: EmailMessage, field: str, encoding: str) -> str:
    """A header's words. Old programs wrote them as bare bytes, in ``encoding``."""
    raw = next((value for key, value in message.raw_items() if key.lower() == field.lower()), "")
    if bare := _bare(str(raw), encoding):
        return bare
    try:
        return " ".join(str(message[field] or "").split())
    except _MALFORMED:
        return ""


def _bare(raw: str, encoding: str) -> str:
    """What the parser kept as surrogates, decoded; "" where the text has none."""
    if not any("\udc80" <= sign <= "\udcff" for sign in raw):
        return ""
    return " ".join(raw.encode("utf-8", "surrogateescape").decode(encoding, "replace").split())


def _body(message: EmailMessage) -> str:
    """The plain version, or the HTML one as Markdown."""
    try:
        part: Any = message.get_body(preferencelist=("plain", "html"))
    except _MALFORMED:
        part = message
    if part is None:
        return ""
    if part.get_content_type() != "text/html":
        return _text(part)
    source = decode_html(part.get_payload(decode=True) or b"")
    return readable(str(convert(source.encode(), kinds.HTML).content)) if has_words(source) else ""


def _text(part: EmailMessage) -> str:
    raw = part.get_payload(decode=True)
    if not isinstance(raw, bytes):
        return ""
    charset = (part.get_content_charset() or "").lower()
    charset = {"gb2312": "gb18030", "gbk": "gb18030", "iso-8859-1": "cp1252"}.get(charset, charset)
    try:
        return raw.decode(charset) if charset not in {"", "us-ascii"} else decode(raw)
    except (LookupError, UnicodeDecodeError):
        return decode(raw)


def _attachments(message: EmailMessage, encoding: str) -> Iterator[Attachment]:
    try:
        parts: list[Any] = list(message.iter_attachments())
    except _MALFORMED:
        return
    for number, part in enumerate(parts, 1):
        content = part.get_payload(decode=True)
        if part.get_content_type() == "message/rfc822":
            inner = part.get_payload(0)
            content = inner.as_bytes()
            name = f"{_field(inner, 'Subject', encoding) or number}.eml"
        else:
            name = _filename(part, encoding) or f"{number}{_suffix(part)}"
        if isinstance(content, bytes) and content:
            yield Attachment(name, content)


def _filename(part: EmailMessage, encoding: str) -> str:
    for field in ("Content-Disposition", "Content-Type"):
        raw = next((value for key, value in part.raw_items() if key.lower() == field.lower()), "")
        found = _NAME.search(_bare(str(raw), encoding))
        if found:
            return found[1].strip()
    try:
        return " ".join((part.get_filename() or "").split())
    except _MALFORMED:
        return ""


def _suffix(part: EmailMessage) -> str:
    return {"text/html": ".html", "text/csv": ".csv", "text/markdown": ".md"}.get(part.get_content_type(), "")
