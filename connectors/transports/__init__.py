"""The ways to a partner's system. All I/O of connectors lives here."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Protocol, cast

from connectors.protocol import Mistake, Transport
from connectors.transports.dropped import Intake

KINDS = {"files": "files_kind", "http": "http_kind", "zgw": "zgw_kind", "sftp": "sftp_kind"}
"""Which module here knows a kind of transport; each offers what ``Kind`` says."""
WELL = "well"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What a look at a line gave: ``WELL``, or what is wrong, without a secret. Nothing of a client ever goes along."""

    what: str
    finding: str = WELL


class Kind(Protocol):
    """What the module of one kind of transport offers."""

    def mistakes(self, settings: Mapping[str, Any]) -> Sequence[Mistake]:
        """Give everything that is wrong with its settings in the configuration; secrets are not looked up."""
        ...

    def open_with(self, settings: Mapping[str, Any]) -> Transport:
        """Give the transport; ``ValueError`` where a setting or a secret is not usable."""
        ...

    def look(self, settings: Mapping[str, Any]) -> Iterator[Finding]:
        """Try the line without sending a payload."""
        ...


class FolderKind(Kind, Protocol):
    """What the module of a kind offers where a partner may fill a folder (``intake``)."""

    def intake_with(self, settings: Mapping[str, Any]) -> Intake:
        """Give that folder; ``ValueError`` where a setting or a secret is not usable."""
        ...

    def pause_of(self, settings: Mapping[str, Any]) -> float:
        """Give the seconds between two looks at it."""
        ...


def _kind(settings: Mapping[str, Any]) -> Kind:
    kind = settings.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        raise ValueError(f"no transport of kind {kind}; the kinds are {', '.join(sorted(KINDS))}")
    return cast(Kind, import_module(f"connectors.transports.{KINDS[kind]}"))


def open_transport(settings: Mapping[str, Any]) -> Transport:
    """Give the transport that an organisation's configuration asks for."""
    return _kind(settings).open_with(settings)


def open_intake(settings: Mapping[str, Any]) -> tuple[Intake, float] | None:
    """Give the folder that a partner fills and the seconds between two looks, or nothing where it fills none."""
    if "intake" not in settings:
        return None
    kind = cast(FolderKind, _kind(settings))
    return kind.intake_with(settings), kind.pause_of(settings)


def mistakes(settings: Mapping[str, Any]) -> Sequence[Mistake]:
    """Give everything that is wrong with the settings of a transport."""
    try:
        kind = _kind(settings)
    except ValueError:
        return [Mistake(key="kind", message=f"Must be one of: {', '.join(sorted(KINDS))}.")]
    return kind.mistakes(settings)


def look(settings: Mapping[str, Any]) -> Iterator[Finding]:
    """Try the line to a partner without sending a payload."""
    yield from _kind(settings).look(settings)
