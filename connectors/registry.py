"""The connectors by name: each folder here that holds a ``connector.py`` is one."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from connectors.protocol import Connector

NAMES = tuple(sorted(path.parent.name for path in Path(__file__).parent.glob("*/connector.py")))


def connector(name: str) -> Connector:
    """Give the connector of this name; ``KeyError`` where there is none."""
    if name not in NAMES:
        raise KeyError(name)
    make: Callable[[], Connector] = import_module(f"connectors.{name}.connector").make
    return make()


def samples_folder(name: str) -> Path:
    """Give the folder of a connector's golden samples."""
    return Path(__file__).parent / name / "samples"


PUBLISHED = {"openapi.json": "application/json", "sjabloon.csv": "text/csv; charset=utf-8"}
"""What a connector may hold for partners to download, with its type: an API described, a template of a file."""


def published(name: str, file: str) -> bytes | None:
    """Give a file that a connector holds for partners, or nothing."""
    path = Path(__file__).parent / name / file
    return path.read_bytes() if name in NAMES and file in PUBLISHED and path.is_file() else None
