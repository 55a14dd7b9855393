"""Answers kept on disk until they are settled, so that a crawl that was cut off need not ask again."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from django.utils.translation import gettext_noop

from ingestion.crawl.errors import FetchFailed
from ingestion.crawl.fetching import Fetched
from ingestion.crawl.visiting import LeadsTo

NO_ROOM = gettext_noop(
    "The server's disk is full or cannot be written. Free some space; this goes on by itself then."
)


class NoRoom(Exception):
    """An answer could not be kept: that says nothing about its page."""


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer whose body is in a file. ``headers`` have lower-case names; ``fetched_at`` is in seconds
    since 1970."""

    url: str
    status: int
    headers: Mapping[str, str]
    path: Path
    seconds: float
    fetched_at: float

    @property
    def media_type(self) -> str:
        """Of the Content-Type, in lower case; "" where the server named none."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def charset(self) -> str:
        """What the Content-Type says of the encoding, or ""."""
        for part in self.headers.get("content-type", "").split(";")[1:]:
            name, _, value = part.partition("=")
            if name.strip().lower() == "charset":
                return value.strip(" \"'")
        return ""


class Spool:
    """The answers of one crawl, in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def keep(self, key: int, fetched: Fetched, fetched_at: float) -> Kept:
        """Writes the body, then what belongs to it: that the second file is there vouches for the first.
        Raises ``NoRoom``."""
        body = self._folder / f"{key}.body"
        kept = Kept(fetched.url, fetched.status, dict(fetched.headers), body, fetched.seconds, fetched_at)
        try:
            body.write_bytes(fetched.body)
        except OSError as error:
            raise NoRoom(NO_ROOM) from error
        self._note(key, {**asdict(kept), "path": ""})
        return kept

    def keep_refusal(self, key: int, error: LeadsTo | FetchFailed) -> None:
        """An answer without a page, to be found again as it is. Raises ``NoRoom``."""
        if isinstance(error, LeadsTo):
            self._note(key, {"leads_to": error.url, "status": error.status})
        else:
            self._note(key, {"failed": {"sentence": str(error), "status": error.status, "code": error.code}})

    def _note(self, key: int, said: Mapping[str, object]) -> None:
        note = self._folder / f"{key}.part"
        try:
            note.write_text(json.dumps(said))
            note.replace(self._folder / f"{key}.json")
        except OSError as error:
            raise NoRoom(NO_ROOM) from error

    def find(self, key: int) -> Kept | LeadsTo | FetchFailed | None:
        """What was kept under ``key``, where it is there whole."""
        body = self._folder / f"{key}.body"
        try:
            said = json.loads((self._folder / f"{key}.json").read_text())
        except (OSError, ValueError):
            return None
        if "leads_to" in said:
            return LeadsTo(said["leads_to"], said["status"])
        if "failed" in said:
            return FetchFailed(**said["failed"])
        return Kept(**{**said, "path": body}) if body.exists() else None

    def drop(self, key: int) -> None:
        for ending in ("json", "body", "part"):
            (self._folder / f"{key}.{ending}").unlink(missing_ok=True)

    def remove(self) -> None:
        """All of it, with the folder."""
        shutil.rmtree(self._folder, ignore_errors=True)
