"""Files that partners drop, wherever their folder is: which are whole, what is refused unread, and what we call them.

A partner's file name is never used: not in a path of ours, not in a log (names hold BSNs and worse). What is still
being written is left alone. An archive is not opened: no dialect here sends one as a file. A workbook (XLSX) is a zip
too; it is handed on, unopened, to a connector that reads workbooks and judges it by itself.
"""

import hashlib
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Protocol

from connectors.errors import Refusal, RefusalCode
from connectors.protocol import Payload

MAX_BYTES = 5_000_000
SETTLED_SECONDS = 2.0
EMPTY_SECONDS, HIDDEN_SECONDS = 60.0, 3600.0
UNFINISHED = (".part", ".tmp", ".filepart", ".crdownload", ".partial")
WORKBOOK = ".xlsx"
TYPES = {
    ".xml": "application/xml",
    ".json": "application/json",
    ".csv": "text/csv",
    ".fsh": "text/plain",
    WORKBOOK: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
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
"""What tells a file from what is written in its place later: node, size and time of change."""


@dataclass(frozen=True, kw_only=True)
class FileStatus:
    """One plain file of a folder. ``shared`` says that it has a second name: somebody may still be busy with it."""

    name: str
    marks: Marks
    shared: bool = False

    @property
    def size(self) -> int:
        """Give how many bytes it holds."""
        return self.marks[1]

    @property
    def changed_ns(self) -> int:
        """Give when it was changed, by the clock of the folder."""
        return self.marks[2]


class Folder(Protocol):
    """A folder that a partner fills. ``clock_is_ours``: its times can be compared with our clock.

    Each may raise ``TransportError``.
    """

    clock_is_ours: bool

    def files(self) -> Sequence[FileStatus]:
        """Give its plain files; links, folders and pipes are none."""
        ...

    def read(self, name: str, most: int) -> tuple[bytes, Marks] | None:
        """Read a file up to so many bytes; nothing where it is gone, or grew meanwhile."""
        ...

    def move(self, name: str, marks: Marks, inner: str, own_name: str) -> PurePath | None:
        """Move a file to a folder inside under another name; nothing where it is gone or not the same any more."""
        ...

    def put(self, inner: str, name: str, body: bytes) -> None:
        """Write a file of ours in a folder inside; over what stood there under that name."""
        ...


@dataclass(frozen=True, kw_only=True)
class DroppedFile:
    """One complete file: its payload, or why it is refused unread. ``settle`` moves it out of the way."""

    partner_name: str = field(repr=False)
    marks: Marks
    name: str
    payload: Payload | None = None
    refusal: Refusal | None = None
    folder: Folder = field(repr=False, compare=False)

    def settle(self, *, taken: bool, reason: str | None = None) -> PurePath | None:
        """Move the file to ``taken/`` or ``rejected/``, once its content is safe; not what was written in its place.

        Beside a file of which something was refused stands ``NAME.reason.txt``.
        """
        inner = "taken" if taken else "rejected"
        moved = self.folder.move(self.partner_name, self.marks, inner, self.name)
        if moved is not None and reason is not None:
            self.folder.put(inner, f"{self.name}.reason.txt", reason.encode())
        return moved


class Intake:
    """A folder that a partner fills. It remembers between two looks, to tell a file that still grows."""

    def __init__(self, folder: Folder, *, max_bytes: int = MAX_BYTES, settled_seconds: float = SETTLED_SECONDS) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        self._settled_seconds = settled_seconds
        self._seen: dict[str, tuple[Marks, float]] = {}

    def take(self, now: float | None = None, *, workbooks: bool = False) -> Iterator[DroppedFile]:
        """Yield each complete file, oldest first. The same file comes again until it is settled.

        Whoever takes must store the content before settling: what is killed in between is read twice, never lost.
        ``workbooks``: who takes knows what to do with an ``.xlsx``, which is refused as any archive otherwise.
        """
        moment = time.time() if now is None else now
        files = self._folder.files()
        before, self._seen = self._seen, {}
        for status in files:
            marks, since = before.get(status.name, (None, moment))
            self._seen[status.name] = (status.marks, since if marks == status.marks else moment)
        for status in sorted(files, key=lambda file: (file.changed_ns, file.name)):
            if self._is_complete(status, before.get(status.name), moment):
                dropped = self._read(status.name, hidden=status.name.startswith("."), workbooks=workbooks)
                if dropped is not None:
                    yield dropped

    def _is_complete(self, status: FileStatus, before: tuple[Marks, float] | None, moment: float) -> bool:
        """Whether nobody writes any more: unchanged since the last look, or for some seconds by its own time.

        Of a folder elsewhere the clock may be wrong: there it counts how long we have seen the file unchanged.
        """
        ours = self._folder.clock_is_ours
        age = moment - (status.changed_ns / 1e9 if ours else self._seen[status.name][1])
        if status.name.lower().endswith(UNFINISHED):
            return False
        if status.name.startswith("."):
            return age > HIDDEN_SECONDS  # hidden while it is sent; one that stays hidden is put aside
        if status.size == 0:
            return age > EMPTY_SECONDS  # some clients make the file first and fill it later
        seen_twice = before is not None and before[0] == status.marks
        settled = age >= self._settled_seconds
        return not status.shared and (settled or seen_twice if ours else settled and seen_twice)

    def _read(self, name: str, *, hidden: bool, workbooks: bool) -> DroppedFile | None:
        found = self._folder.read(name, self._max_bytes + 1)
        if found is None:
            return None
        body, marks = found
        own_name = _own_name(name, body)
        suffix = Path(own_name).suffix
        refusal = _refusal(body, self._max_bytes, hidden=hidden, workbook=workbooks and suffix == WORKBOOK)
        payload = Payload(body=body, content_type=TYPES.get(suffix, "application/octet-stream"), name=own_name)
        return DroppedFile(
            partner_name=name,
            marks=marks,
            name=own_name,
            payload=None if refusal else payload,
            refusal=refusal,
            folder=self._folder,
        )


def _own_name(name: str, body: bytes) -> str:
    """A name of our own: from the content and the partner's name together, so that two files never fall on one name."""
    digest = hashlib.sha256(body + b"\x00" + os.fsencode(name)).hexdigest()[:32]
    suffix = Path(name.strip().lower()).suffix
    return digest + (suffix if suffix in TYPES else ".bin")


def _refusal(body: bytes, max_bytes: int, *, hidden: bool, workbook: bool) -> Refusal | None:
    if len(body) > max_bytes:
        return Refusal(RefusalCode.TOO_LARGE, f"The file is larger than {max_bytes} bytes.")
    kind = next((kind for mark, kind in ARCHIVES.items() if body.startswith(mark)), None)
    if kind and not (workbook and kind == "zip"):
        return Refusal(RefusalCode.NOT_ALLOWED, f"The file is an archive ({kind}); archives are not opened.")
    if hidden:
        return Refusal(RefusalCode.NOT_ALLOWED, "The file stayed hidden.")
    if not body.strip():
        return Refusal(RefusalCode.MALFORMED, "The file is empty.")
    return None
