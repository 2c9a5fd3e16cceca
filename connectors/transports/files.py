"""Handing payloads over as files, and taking the files that a partner drops.

A partner's file name is never used: not in a path of ours, not in a log (names hold BSNs and worse). What is still
being written is left alone. An archive is not opened: no dialect here sends one as a file.
"""

import hashlib
import os
import re
import stat
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from connectors.errors import Refusal, RefusalCode, TransportError
from connectors.protocol import Handover, Payload

MAX_BYTES = 5_000_000
SETTLED_SECONDS = 2.0
EMPTY_SECONDS, HIDDEN_SECONDS = 60.0, 3600.0
UNFINISHED = (".part", ".tmp", ".filepart", ".crdownload", ".partial")
TYPES = {".xml": "application/xml", ".json": "application/json", ".csv": "text/csv", ".fsh": "text/plain"}
ARCHIVES = {
    b"PK\x03\x04": "zip",
    b"PK\x05\x06": "zip",
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ": "xz",
    b"7z\xbc\xaf": "7z",
    b"Rar!": "rar",
}
Marks = tuple[int, int, int]
_PLAIN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,63}", re.ASCII)


class DropFolder:
    """A folder that a partner empties. A file appears whole or not at all: written aside, flushed, then renamed."""

    def __init__(self, folder: str | Path) -> None:
        self._folder = Path(folder)

    def deliver(self, payload: Payload, *, message_id: str) -> Handover:
        """Write one file, named after the message: the same message twice is the same file."""
        stem = message_id if _PLAIN_ID.fullmatch(message_id) else hashlib.sha256(message_id.encode()).hexdigest()[:32]
        target = self._folder / f"{stem}{_suffix_of_type(payload.content_type)}"
        try:
            _write_whole(target, payload.body)
        except OSError as error:
            raise TransportError(f"The drop folder can't be written ({error.strerror}).", permanent=False) from error
        return Handover(line=f"file {target.name}")


def _write_whole(target: Path, body: bytes) -> None:
    aside = target.with_name(target.name + ".part")
    with suppress(FileNotFoundError):
        aside.unlink()  # left by a writer that was stopped half way; a link put there is removed, not followed
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o640)
    with os.fdopen(descriptor, "wb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())
    aside.rename(target)
    _flush_folder(target.parent)


def _flush_folder(folder: Path) -> None:
    """Make a rename last: without this a power cut may undo it."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _suffix_of_type(content_type: str) -> str:
    media_type = content_type.partition(";")[0].strip().lower()
    for mark in ("xml", "json", "csv"):
        if media_type.endswith(mark):
            return f".{mark}"
    return ".txt"


@dataclass(frozen=True, kw_only=True)
class DroppedFile:
    """One complete file: its payload, or why it is refused unread. ``settle`` moves it out of the way."""

    path: Path
    marks: Marks
    name: str
    payload: Payload | None = None
    refusal: Refusal | None = None

    def settle(self, *, taken: bool) -> Path | None:
        """Move the file to ``taken/`` or ``rejected/``, once its content is safe; not what was written in its place."""
        try:
            if _marks(self.path.lstat()) != self.marks:
                return None
            folder = self.path.parent / ("taken" if taken else "rejected")
            folder.mkdir(exist_ok=True)
            target = folder / self.name
            self.path.rename(target)
            _flush_folder(folder)
        except FileNotFoundError:
            return None  # the partner took it back, or another worker was first
        except OSError as error:
            raise TransportError(f"The file can't be moved ({error.strerror}).", permanent=False) from error
        return target


class IntakeFolder:
    """A folder that a partner fills. It remembers sizes between two looks, to tell a file that still grows."""

    def __init__(
        self, folder: str | Path, *, max_bytes: int = MAX_BYTES, settled_seconds: float = SETTLED_SECONDS
    ) -> None:
        self._folder = Path(folder)
        self._max_bytes = max_bytes
        self._settled_seconds = settled_seconds
        self._seen: dict[str, Marks] = {}

    def take(self, now: float | None = None) -> Iterator[DroppedFile]:
        """Yield each complete file, oldest first. The same file comes again until it is settled.

        Whoever takes must store the content before settling: what is killed in between is read twice, never lost.
        """
        moment = time.time() if now is None else now
        files = list(_files_in(self._folder))
        before, self._seen = self._seen, {name: _marks(status) for name, status in files}
        for name, status in sorted(files, key=lambda file: (file[1].st_mtime_ns, file[0])):
            if self._is_complete(name, status, before.get(name), moment):
                dropped = self._read(name, hidden=name.startswith("."))
                if dropped is not None:
                    yield dropped

    def _is_complete(self, name: str, status: os.stat_result, before: Marks | None, moment: float) -> bool:
        """Whether nobody writes any more: unchanged since the last look, or for some seconds by its own time."""
        age = moment - status.st_mtime
        if name.lower().endswith(UNFINISHED):
            return False
        if name.startswith("."):
            return age > HIDDEN_SECONDS  # hidden while it is sent; one that stays hidden is put aside
        if status.st_size == 0:
            return age > EMPTY_SECONDS  # some clients make the file first and fill it later
        return status.st_nlink == 1 and (age >= self._settled_seconds or before == _marks(status))

    def _read(self, name: str, *, hidden: bool) -> DroppedFile | None:
        path = self._folder / name
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError:
            return None  # gone, or not ours to read now: the next look tells
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(file.fileno())
            body = file.read(self._max_bytes + 1) if stat.S_ISREG(status.st_mode) else b""
            if _marks(status) != _marks(os.fstat(file.fileno())):
                return None  # it grew while it was read
        own_name = _own_name(name, body)
        refusal = _refusal(body, self._max_bytes, hidden=hidden)
        suffix = Path(own_name).suffix
        payload = Payload(body=body, content_type=TYPES.get(suffix, "application/octet-stream"), name=own_name)
        return DroppedFile(
            path=path,
            marks=_marks(status),
            name=own_name,
            payload=None if refusal else payload,
            refusal=refusal,
        )


def _files_in(folder: Path) -> Iterator[tuple[str, os.stat_result]]:
    """The plain files of a folder; links, folders and pipes are no files, and one that goes meanwhile is gone."""
    try:
        with os.scandir(folder) as entries:
            found = list(entries)
    except OSError as error:
        raise TransportError(f"The drop folder can't be read ({error.strerror}).", permanent=False) from error
    for entry in found:
        with suppress(FileNotFoundError):
            status = entry.stat(follow_symlinks=False)
            if stat.S_ISREG(status.st_mode):
                yield entry.name, status


def _marks(status: os.stat_result) -> Marks:
    return status.st_ino, status.st_size, status.st_mtime_ns


def _own_name(name: str, body: bytes) -> str:
    """A name of our own: from the content and the partner's name together, so that two files never fall on one name."""
    digest = hashlib.sha256(body + b"\x00" + os.fsencode(name)).hexdigest()[:32]
    suffix = Path(name.strip().lower()).suffix
    return digest + (suffix if suffix in TYPES else ".bin")


def _refusal(body: bytes, max_bytes: int, *, hidden: bool) -> Refusal | None:
    if len(body) > max_bytes:
        return Refusal(RefusalCode.TOO_LARGE, f"The file is larger than {max_bytes} bytes.")
    kind = next((kind for mark, kind in ARCHIVES.items() if body.startswith(mark)), None)
    if kind:
        return Refusal(RefusalCode.NOT_ALLOWED, f"The file is an archive ({kind}); archives are not opened.")
    if hidden:
        return Refusal(RefusalCode.NOT_ALLOWED, "The file stayed hidden.")
    if not body.strip():
        return Refusal(RefusalCode.MALFORMED, "The file is empty.")
    return None
