"""Watched folders: which files there are, and what changed since last time. Plain values, no Django.

Nothing is followed out of a folder: every part of a path is opened by itself, from its parent's handle, and
never through a symbolic link. Names that begin with a dot are left out.

Patterns stand one in a line. One without a slash is matched with the name, at any depth; one with a slash
with the whole path, where ``*`` stays within a folder and ``**`` does not. A pattern that excludes also
matches folders, with all they hold. Letters match in either case.
"""

import os
import re
import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import PurePosixPath
from typing import IO

MAX_FILES = 200_000
_DEEPEST, _LONGEST = 60, 1000
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_TOKENS = re.compile(r"\*\*/|\*\*|\*|\?|\[!?[^\]/]+\]|.", re.DOTALL)


class FolderUnavailable(Exception):
    """The folder itself cannot be read: missing, not mounted, not allowed. ``str()`` says what the system
    said."""


@dataclass(frozen=True, slots=True)
class State:
    """A file's size in bytes and time of change in nanoseconds."""

    size: int
    mtime_ns: int


@dataclass(slots=True)
class Scan:
    """``files`` by their paths below the folder. ``unread`` are folders that could not be listed: where
    there are any, what is missing may still be there. ``unnamed`` have a name that is no text."""

    files: dict[str, State] = field(default_factory=dict)
    unread: list[str] = field(default_factory=list)
    unnamed: list[str] = field(default_factory=list)
    is_cut: bool = False

    @property
    def is_complete(self) -> bool:
        return not self.unread and not self.is_cut


@dataclass(frozen=True, slots=True)
class Difference:
    """Paths in order. ``touched`` have another size or time than before; their bytes decide."""

    new: tuple[str, ...]
    touched: tuple[str, ...]
    gone: tuple[str, ...]


def patterns(text: str) -> list[str]:
    """The patterns in ``text``, one a line; empty lines and those that begin with # count for nothing."""
    lines = (line.strip() for line in text.splitlines())
    return [line.removeprefix("./") for line in lines if line and not line.startswith("#")]


def wants(path: str, include: Sequence[str], exclude: Sequence[str]) -> bool:
    """Whether the file at ``path`` is included, by any of ``include`` or all where there is none, and not
    excluded."""
    if include and not any(_matches(pattern, path) for pattern in include):
        return False
    above = PurePosixPath(path)
    return not any(_excludes(str(part), exclude) for part in (above, *above.parents[:-1]))


def scan(
    root: str, path: str, include: Sequence[str], exclude: Sequence[str], *, at_most: int = MAX_FILES
) -> Scan:
    """The files below ``root/path``. Raises ``FolderUnavailable``."""
    found = Scan()
    with _folder(root, path) as handle:
        _walk(handle, "", include, exclude, found, at_most)
    return found


def subfolders(root: str, path: str) -> list[str]:
    """The names of the folders in ``root/path``. Raises ``FolderUnavailable``."""
    with _folder(root, path) as handle, os.scandir(handle) as entries:
        names = [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
    return sorted(name for name in names if not name.startswith(".") and _is_text(name))


@contextmanager
def open_file(root: str, path: str, name: str) -> Iterator[IO[bytes]]:
    """The file ``name`` below ``root/path``. Raises ``OSError``, also where it is no regular file."""
    folder, _slash, last = name.rpartition("/")
    with _folder(root, f"{path}/{folder}") as handle:
        descriptor = os.open(last, _FILE, dir_fd=handle)
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(0, "not a regular file")
        yield file


def state_of(file: IO[bytes]) -> State:
    found = os.fstat(file.fileno())
    return State(found.st_size, found.st_mtime_ns)


def difference(found: Mapping[str, State], known: Mapping[str, State]) -> Difference:
    """What ``found`` holds that ``known`` does not, and the other way round."""
    both = sorted(found.keys() & known.keys())
    return Difference(
        new=tuple(sorted(found.keys() - known.keys())),
        touched=tuple(path for path in both if found[path] != known[path]),
        gone=tuple(sorted(known.keys() - found.keys())),
    )


@contextmanager
def _folder(root: str, path: str) -> Iterator[int]:
    """A handle of ``root/path``, opened part by part; ``..`` is refused."""
    handle = -1
    try:
        try:
            handle = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            for part in path.split("/"):
                if part in {"", "."}:
                    continue
                if part == "..":
                    raise FolderUnavailable("..")
                inner = os.open(part, _FOLDER, dir_fd=handle)
                os.close(handle)
                handle = inner
        except (OSError, ValueError) as error:
            raise FolderUnavailable(getattr(error, "strerror", None) or str(error)) from error
        yield handle
    finally:
        if handle >= 0:
            os.close(handle)


def _walk(
    handle: int, above: str, include: Sequence[str], exclude: Sequence[str], found: Scan, at_most: int
) -> None:
    with os.scandir(handle) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            path = above + entry.name
            if entry.name.startswith(".") or entry.is_symlink():
                continue
            if not _is_text(path):
                found.unnamed.append(path.encode("utf-8", "surrogateescape").decode("utf-8", "replace"))
            elif entry.is_dir(follow_symlinks=False):
                if not _excludes(path, exclude):
                    _walk_into(handle, entry.name, path, include, exclude, found, at_most)
            elif entry.is_file(follow_symlinks=False) and wants(path, include, exclude):
                with suppress(FileNotFoundError):
                    seen = entry.stat(follow_symlinks=False)
                    found.files[path] = State(seen.st_size, seen.st_mtime_ns)
            if len(found.files) >= at_most:
                found.is_cut = True
            if found.is_cut:
                return


def _walk_into(
    parent: int,
    name: str,
    path: str,
    include: Sequence[str],
    exclude: Sequence[str],
    found: Scan,
    at_most: int,
) -> None:
    if path.count("/") >= _DEEPEST:
        found.unread.append(path)
        return
    try:
        handle = os.open(name, _FOLDER, dir_fd=parent)
    except FileNotFoundError:
        return
    except OSError:
        found.unread.append(path)
        return
    try:
        _walk(handle, f"{path}/", include, exclude, found, at_most)
    except OSError:
        found.unread.append(path)
    finally:
        os.close(handle)


def _is_text(name: str) -> bool:
    """Whether it can be stored as a path."""
    if len(name) > _LONGEST:
        return False
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _excludes(path: str, exclude: Sequence[str]) -> bool:
    return any(_matches(pattern, path) for pattern in exclude)


def _matches(pattern: str, path: str) -> bool:
    is_path = "/" in pattern.rstrip("/")
    return _regex(pattern.strip("/")).fullmatch(path if is_path else path.rpartition("/")[2]) is not None


@lru_cache(maxsize=512)
def _regex(pattern: str) -> re.Pattern[str]:
    made = "".join(_piece(token) for token in _TOKENS.findall(pattern))
    return re.compile(made, re.IGNORECASE | re.DOTALL)


def _piece(token: str) -> str:
    known = {"**/": "(?:[^/]+/)*", "**": ".*", "*": "[^/]*", "?": "[^/]"}.get(token)
    if known is not None:
        return known
    if len(token) > 1:
        inner = token[1:-1].replace("\\", r"\\").replace("[", r"\[")
        return "[" + ("^" + inner[1:] if inner.startswith("!") else inner.replace("^", r"\^")) + "]"
    return re.escape(token)
