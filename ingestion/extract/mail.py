"""Mail: its head and body, then each attachment's text under a heading of its own."""

import email
import email.policy
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from ingestion.extract import kinds, messages
from ingestion.extract.assemble import document, has_words, tidy
from ingestion.extract.attachments import Attachment, attached_pages
from ingestion.extract.decoding import decode
from ingestion.extract.documents import convert, readable
from ingestion.extract.html import decode_html
from ingestion.extract.types import Extracted, ExtractionError, Page

Reader = Callable[[Path, str], Extracted]
_HEAD = ("From", "To", "Cc", "Date")
# What the standard library raises on headers and bodies that no mail program should have written.
_MALFORMED = (LookupError, ValueError, TypeError, AttributeError)


def eml(path: Path, name: str, read: Reader | None) -> Extracted:
    """An internet message (RFC 5322). ``read`` gives the text of an attachment; ``None`` leaves them out."""
    data = path.read_bytes()
    message = email.message_from_bytes(data, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    head = {field: _field(message, field) for field in ("Subject", *_HEAD)}
    body = _body(message)
    return _mail(kinds.EML, name, head, body, list(_attachments(message)), read)


def msg(path: Path, name: str, read: Reader | None) -> Extracted:
    """An Outlook item: head and body through kreuzberg, attachments from the compound file."""
    from ingestion.extract.outlook import attachments

    found = attachments(path)
    result = convert(path, kinds.MSG)
    subject = str(result.metadata.get("subject") or "")
    return _mail(kinds.MSG, name, {"Subject": subject}, readable(result.content), found, read, whole=True)


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
    return document(mime, head.get("Subject") or Path(name).stem, pages)


def _field(message: EmailMessage, field: str) -> str:
    try:
        return " ".join(str(message[field] or "").split())
    except _MALFORMED:
        return ""


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
    try:
        return str(part.get_content())
    except _MALFORMED:
        raw = part.get_payload(decode=True)
        return decode(raw) if isinstance(raw, bytes) else ""


def _attachments(message: EmailMessage) -> Iterator[Attachment]:
    try:
        parts: list[Any] = list(message.iter_attachments())
    except _MALFORMED:
        return
    for number, part in enumerate(parts, 1):
        content = part.get_payload(decode=True)
        if part.get_content_type() == "message/rfc822":
            inner = part.get_payload(0)
            content = inner.as_bytes()
            name = f"{_field(inner, 'Subject') or number}.eml"
        else:
            name = _filename(part) or f"{number}{_suffix(part)}"
        if isinstance(content, bytes) and content:
            yield Attachment(name, content)


def _filename(part: EmailMessage) -> str:
    try:
        return " ".join((part.get_filename() or "").split())
    except _MALFORMED:
        return ""


def _suffix(part: EmailMessage) -> str:
    return {"text/html": ".html", "text/csv": ".csv", "text/markdown": ".md"}.get(part.get_content_type(), "")
