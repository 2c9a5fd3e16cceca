"""The ways to a partner's system. All I/O of connectors lives here."""

from collections.abc import Mapping
from typing import Any

from connectors.protocol import Transport


def open_transport(settings: Mapping[str, Any]) -> Transport:
    """Give the transport that an organisation's configuration asks for: ``kind`` is ``http`` or ``files``."""
    kind = settings.get("kind")
    if kind == "http":
        from connectors.transports.http import HttpTransport

        return HttpTransport(
            settings["url"], hosts=settings.get("hosts", ()), inside=settings.get("inside", False) is True
        )
    if kind == "files":
        from connectors.transports.files import DropFolder

        return DropFolder(settings["folder"])
    raise ValueError(f"no transport of kind {kind}")
