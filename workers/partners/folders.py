"""A partner that exchanges files: it empties the folder that the hub fills, and fills the one that the hub empties."""

import hashlib
from pathlib import Path

from connectors.protocol import AddressBook, Connector, Payload
from connectors.transports.dropped import TYPES
from connectors.transports.files import DropFolder
from workers.partners.desk import Desk
from workers.partners.ledger import Ledger
from workers.partners.manner import Manner
from workers.partners.misbehaviour import Fault, Misbehaviour

LOOK = 0.5


class FilePartner(Desk):
    """One partner with two folders. ``incoming`` is where the hub's messages come, ``outgoing`` where answers go."""

    def __init__(
        self,
        organisation: str,
        connector: Connector,
        book: AddressBook,
        manner: Manner,
        *,
        incoming: Path,
        outgoing: Path,
        ledger: Ledger | None = None,
        misbehaviour: Misbehaviour | None = None,
    ) -> None:
        super().__init__(organisation, connector, book, manner, ledger=ledger, misbehaviour=misbehaviour)
        self._incoming, self._outgoing = incoming, outgoing
        self._brought = 0

    @property
    def url(self) -> str:
        """Give the folder that the hub fills."""
        return self._incoming.resolve().as_uri()

    def start(self, hub_url: str) -> None:
        """Begin to look; the hub's address is not needed."""
        for folder in (self._incoming, self._outgoing):
            folder.mkdir(parents=True, exist_ok=True)
        self._diary.open()
        self._later(0.0, self._look)

    def _look(self) -> bool:
        """Take what is there, oldest first, and look again after a while: a long one where it is down or slow."""
        wait = LOOK
        for file in sorted(self._incoming.glob("*"), key=lambda one: (one.stat().st_mtime_ns, one.name)):
            if file.suffix not in {*TYPES, ".txt"} or not file.is_file():
                continue
            if self._misbehaviour.draws(Fault.DOWN) or self._misbehaviour.draws(Fault.SLOW):
                wait = self._misbehaviour.pause
                break
            if self._misbehaviour.draws(Fault.ERRORS):
                break  # the order of files is kept: what stays holds up what came after it
            self._take(file)
        self._later(wait, self._look)
        return True

    def _take(self, file: Path) -> None:
        payload = Payload(body=file.read_bytes(), content_type=TYPES.get(file.suffix, "text/plain"), name=file.name)
        answer, _taken = self._receive(payload)
        file.unlink()
        if answer is not None and not self._misbehaviour.draws(Fault.SILENCE):
            self._later(0.0, lambda: self._bring(answer))

    def _bring(self, payload: Payload) -> bool:
        """Drop a file. Each has a name of its own: the same content twice is two files."""
        self._brought += 1
        name = hashlib.sha256(payload.body).hexdigest()[:16] + f"-{self._brought}"
        DropFolder(self._outgoing).deliver(payload, message_id=name)
        return True
