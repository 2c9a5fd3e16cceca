"""Handing payloads over as files, and the folder of this machine that a partner fills."""

import hashlib
import os
import re
import stat
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from connectors.errors import TransportError
from connectors.protocol import Handover, Payload
from connectors.transports.dropped import MAX_BYTES, SETTLED_SECONDS, TYPES, WORKBOOK, FileStatus, Intake, Marks

_PLAIN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,63}", re.ASCII)


class DropFolder:
    """A folder that a partner empties. A file appears whole or not at all: written aside, flushed, then renamed."""

    def __init__(self, folder: str | Path) -> None:
        self._folder = Path(folder)

    def deliver(self, payload: Payload, *, message_id: str) -> Handover:
        """Write one file, named after the message: the same message twice is the same file."""
        target = self._folder / file_name(payload, message_id)
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


def file_name(payload: Payload, message_id: str) -> str:
    """Give the name of a file that carries a message; whatever the id is, it leads to no other folder."""
    stem = message_id if _PLAIN_ID.fullmatch(message_id) else hashlib.sha256(message_id.encode()).hexdigest()[:32]
    return f"{stem}{_suffix_of_type(payload.content_type)}"


def _suffix_of_type(content_type: str) -> str:
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type == TYPES[WORKBOOK]:
        return WORKBOOK
    for mark in ("xml", "json", "csv"):
        if media_type.endswith(mark):
            return f".{mark}"
    return ".txt"


class LocalFolder:
    """A folder of this machine."""

    clock_is_ours = True

    def __init__(self, folder: str | Path) -> None:
        self._folder = Path(folder)

    def files(self) -> Sequence[FileStatus]:
        """Give its plain files; one that goes meanwhile is gone."""
        return list(self._files())

    def _files(self) -> Iterator[FileStatus]:
        try:
            with os.scandir(self._folder) as entries:
                found = list(entries)
        except OSError as error:
            raise TransportError(f"The drop folder can't be read ({error.strerror}).", permanent=False) from error
        for entry in found:
            with suppress(FileNotFoundError):
                status = entry.stat(follow_symlinks=False)
                if stat.S_ISREG(status.st_mode):
                    yield FileStatus(name=entry.name, marks=_marks(status), shared=status.st_nlink != 1)

    def read(self, name: str, most: int) -> tuple[bytes, Marks] | None:
        """Read a file, and no link that was put in its place."""
        try:
            descriptor = os.open(self._folder / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError:
            return None  # gone, or not ours to read now: the next look tells
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(file.fileno())
            body = file.read(most) if stat.S_ISREG(status.st_mode) else b""
            if _marks(status) != _marks(os.fstat(file.fileno())):
                return None  # it grew while it was read
        return body, _marks(status)

    def move(self, name: str, marks: Marks, inner: str, own_name: str) -> Path | None:
        """Move a file to a folder inside."""
        path = self._folder / name
        try:
            if _marks(path.lstat()) != marks:
                return None
            folder = self._folder / inner
            folder.mkdir(exist_ok=True)
            path.rename(folder / own_name)
            _flush_folder(folder)
        except FileNotFoundError:
            return None  # the partner took it back, or another worker was first
        except OSError as error:
            raise TransportError(f"The file can't be moved ({error.strerror}).", permanent=False) from error
        return folder / own_name

    def put(self, inner: str, name: str, body: bytes) -> None:
        """Write a file of ours in a folder inside."""
        try:
            _write_whole(self._folder / inner / name, body)
        except OSError as error:
            raise TransportError(f"The drop folder can't be written ({error.strerror}).", permanent=False) from error


def _marks(status: os.stat_result) -> Marks:
    return status.st_ino, status.st_size, status.st_mtime_ns


class IntakeFolder(Intake):
    """A folder of this machine that a partner fills."""

    def __init__(
        self, folder: str | Path, *, max_bytes: int = MAX_BYTES, settled_seconds: float = SETTLED_SECONDS
    ) -> None:
        super().__init__(LocalFolder(folder), max_bytes=max_bytes, settled_seconds=settled_seconds)
