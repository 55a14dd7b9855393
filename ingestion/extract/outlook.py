"""Attachments of Outlook items (.msg): streams of a compound file, as described in MS-OXMSG."""

from pathlib import Path
from typing import Any

from ingestion.extract.attachments import Attachment

# Property tags: PidTagAttachDataBinary, PidTagAttachLongFilename, PidTagAttachFilename; 001F is UTF-16,
# 001E an older encoding.
_DATA = "__substg1.0_37010102"
_NAMES = ("__substg1.0_3707001F", "__substg1.0_3704001F", "__substg1.0_3707001E", "__substg1.0_3704001E")
_MAX_BYTES = 256 * 1024 * 1024


def attachments(path: Path) -> list[Attachment]:
    """Attached files by value, in their order; messages within the message are left out."""
    import olefile  # type: ignore[import-untyped]

    try:
        with olefile.OleFileIO(str(path)) as file:
            storages = sorted(
                {entry[0] for entry in file.listdir() if entry[0].startswith("__attach_version1.0_")}
            )
            found = [_attachment(file, storage, at) for at, storage in enumerate(storages, 1)]
    except (OSError, ValueError, IndexError):
        return []
    return [item for item in found if item is not None]


def _attachment(file: Any, storage: str, number: int) -> Attachment | None:
    if not file.exists(f"{storage}/{_DATA}") or file.get_size(f"{storage}/{_DATA}") > _MAX_BYTES:
        return None
    content = file.openstream(f"{storage}/{_DATA}").read()
    return Attachment(_name(file, storage) or str(number), content) if content else None


def _name(file: Any, storage: str) -> str:
    for stream in _NAMES:
        if file.exists(f"{storage}/{stream}"):
            raw = file.openstream(f"{storage}/{stream}").read()
            name = raw.decode("utf-16-le" if stream.endswith("F") else "gb18030", "replace").rstrip("\0 ")
            if name:
                return str(name)
    return ""
