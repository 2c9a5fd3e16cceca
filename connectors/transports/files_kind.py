"""Transport ``files``: its settings, how it is opened, and how its folders are tried."""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from marshmallow import Schema, fields

from connectors.protocol import Mistake, Transport
from connectors.transports import WELL, Finding
from connectors.transports.files import DropFolder
from connectors.transports.settings import Text, mistakes_in


class FilesSettings(Schema):
    """What may stand under ``transport`` where ``kind = "files"``."""

    kind = fields.String()
    folder = Text(required=True)
    intake = Text()


def mistakes(settings: Mapping[str, Any]) -> Sequence[Mistake]:
    """Give everything that is wrong."""
    return mistakes_in(FilesSettings(), settings)


def open_with(settings: Mapping[str, Any]) -> Transport:
    """Give the folder that the partner empties."""
    return DropFolder(settings["folder"])


def look(settings: Mapping[str, Any]) -> Iterator[Finding]:
    """Say whether the folders are there and may be written: what was taken is moved to a folder inside."""
    for what in ("folder", "intake"):
        if what in settings:
            path = Path(settings[what])
            usable = path.is_dir() and os.access(path, os.R_OK | os.W_OK | os.X_OK)
            yield Finding(what=what, finding=WELL if usable else "is not a folder that can be read and written")
