"""What a connector knows of the organisation it speaks to, and of the others."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from connectors.protocol import AddressBook, Party
from hub.settings import Configuration, Organisation


def address_book(config: Configuration, organisation: Organisation) -> AddressBook:
    """Give the address book for one organisation's connector."""
    return AddressBook(
        partner=_party(organisation),
        municipality=_party(config.municipality),
        parties=tuple(_party(other) for other in config.organisations.values()),
        dialect=_dialect(organisation),
    )


def _dialect(organisation: Organisation) -> Mapping[str, Any]:
    """Give what is local to an organisation's system; to the hosts of a register those of the way to it."""
    transport = organisation.transport or {}
    if transport.get("kind") != "zgw":
        return organisation.dialect
    own = (urlsplit(transport.get(name, "")).netloc for name in ("url", "catalogue"))
    listed = (*organisation.dialect.get("hosts", ()), *transport.get("hosts", ()), *own)
    return {**organisation.dialect, "hosts": [host for host in listed if host]}


def _party(organisation: Organisation) -> Party:
    return Party(
        code=organisation.code,
        name=organisation.name,
        kind=organisation.kind,
        oin=organisation.oin,
        identifiers=organisation.identifiers,
    )
