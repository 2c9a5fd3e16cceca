"""Which simulator plays a partner: the general one, but for a dialect that needs a server of its own."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from connectors.registry import connector
from connectors.transports.settings import secret
from hub.services.messages.address_book import address_book
from hub.settings import Configuration, Organisation
from workers.partners.folders import FilePartner
from workers.partners.ledger import Ledger
from workers.partners.manner import SILENT, Manner
from workers.partners.misbehaviour import Misbehaviour
from workers.partners.partner import Partner
from workers.partners.team import ZgwPartner


class Simulator(Protocol):
    """What every simulated partner is."""

    ledger: Ledger

    @property
    def url(self) -> str:
        """Give its address."""
        ...

    def start(self, hub_url: str) -> None:
        """Begin, and know where the hub is."""
        ...

    def close(self) -> None:
        """End."""
        ...


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """How a partner is to be played. ``folders`` are where the hub's messages come and where answers go."""

    manner: Manner = SILENT
    misbehaviour: Misbehaviour = field(default_factory=Misbehaviour)
    port: int = 0
    secret: str | None = None
    folders: tuple[Path, Path] | None = None
    ledger: Ledger | None = None


def make_partner(config: Configuration, organisation: Organisation, wishes: Wishes) -> Simulator:
    """Give the simulator of an organisation; a dialect with a server of its own gets a line here."""
    assert organisation.connector is not None  # who is played has a dialect
    translator, book = connector(organisation.connector), address_book(config, organisation)
    if wishes.folders is not None:
        incoming, outgoing = wishes.folders
        return FilePartner(
            organisation.code,
            translator,
            book,
            wishes.manner,
            incoming=incoming,
            outgoing=outgoing,
            ledger=wishes.ledger,
            misbehaviour=wishes.misbehaviour,
        )
    transport = organisation.transport or {}
    if transport.get("kind") == "zgw":
        return ZgwPartner(
            organisation.code,
            book,
            wishes.manner,
            secret=secret(transport["secret"]),
            hub_secret=wishes.secret,
            ledger=wishes.ledger,
            port=wishes.port,
            misbehaviour=wishes.misbehaviour,
        )
    return Partner(
        organisation.code,
        translator,
        book,
        wishes.manner,
        ledger=wishes.ledger,
        port=wishes.port,
        misbehaviour=wishes.misbehaviour,
        secret=wishes.secret,
    )
