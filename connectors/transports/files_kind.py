"""Transport ``files``: its settings, how it is opened, and how its folders are tried."""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from marshmallow import Schema, fields

from connectors.protocol import Mistake, Transport
from connectors.transports import WELL, Finding
from connectors.transports.dropped import Intake
from connectors.transports.files import DropFolder, IntakeFolder
from connectors.transports.settings import Seconds, Text, mistakes_in

POLL_SECONDS = 1.0


class FilesSettings(Schema):
    """What may stand under ``transport`` where ``kind = "files"``."""

    kind = fields.String()
    folder = Text(required=True)
    intake = Text()
    poll_seconds = Seconds()


def mistakes(settings: Mapping[str, Any]) -> Sequence[Mistake]:
    """Give everything that is wrong."""
    return mistakes_in(FilesSettings(), settings)


def open_with(settings: Mapping[str, Any]) -> Transport:
    """Give the folder that the partner empties."""
    return DropFolder(settings["folder"])


def intake_with(settings: Mapping[str, Any]) -> Intake:
    """Give the folder that the partner fills."""
    return IntakeFolder(settings["intake"])


def pause_of(settings: Mapping[str, Any]) -> float:
    """Give the seconds between two looks: one at a folder of ours costs next to nothing."""
    return float(settings.get("poll_seconds", POLL_SECONDS))


def look(settings: Mapping[str, Any]) -> Iterator[Finding]:
    """Say whether the folders are there and may be written: what was taken is moved to a folder inside."""
    for what in ("folder", "intake"):
        if what in settings:
            path = Path(settings[what])
            usable = path.is_dir() and os.access(path, os.R_OK | os.W_OK | os.X_OK)
            yield Finding(what=what, finding=WELL if usable else "is not a folder that can be read and written")
