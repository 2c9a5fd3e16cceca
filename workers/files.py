"""Take the files that a partner drops: stored first, moved after, answered in a file of the dialect's own."""

import threading

import structlog
from sqlalchemy.exc import SQLAlchemyError

from connectors.errors import Refusal, RefusalCode, TransportError
from connectors.protocol import Connector, ReadsWorkbooks, Rejected, Transport
from connectors.registry import connector
from connectors.transports import open_intake
from connectors.transports.dropped import DroppedFile, Intake
from hub import telemetry
from hub.services.messages.intake import Taken, put_aside, take_in
from hub.services.messages.intake_proof import must_sign
from hub.settings import Organisation
from hub.wiring import Hub
from workers.lines import open_line

log = structlog.get_logger()


class FileIntake:
    """One organisation's folder, wherever it is.

    A kill between storing and moving means that the file is read again, and is a duplicate.
    """

    def __init__(
        self, hub: Hub, organisation: Organisation, incoming: Intake, outgoing: Transport, *, pause: float = 1.0
    ) -> None:
        """``pause`` is how many seconds lie between two looks."""
        assert organisation.connector is not None  # who drops files has a dialect
        self._hub = hub
        self._organisation = organisation
        self._translator: Connector = connector(organisation.connector)
        self._incoming, self._outgoing = incoming, outgoing
        self.pause = pause

    def step(self) -> int:
        """Take what is complete; give how many files."""
        count = 0
        for dropped in self._incoming.take(workbooks=isinstance(self._translator, ReadsWorkbooks)):
            taken = self._take(dropped)
            if taken.answer is not None:
                self._outgoing.deliver(taken.answer, message_id=f"answer-{taken.intake_id}")
            dropped.settle(taken=taken.refusal is None, reason=_reason(taken))
            telemetry.INTAKE.labels(self._translator.name, taken.state).inc()
            count += 1
        return count

    def _take(self, dropped: DroppedFile) -> Taken:
        with self._hub.store.writing() as work:
            if must_sign(work.session, self._organisation.code):
                why = Refusal(RefusalCode.NOT_ALLOWED, "This organisation must sign, and a file bears no signature.")
                return put_aside(work, self._hub.config, self._organisation, self._translator, why, dropped.name)
            if dropped.payload is not None:
                return take_in(work, self._hub.config, self._organisation, self._translator, dropped.payload)
            assert dropped.refusal is not None  # one of the two
            why = dropped.refusal
            return put_aside(work, self._hub.config, self._organisation, self._translator, why, dropped.name)


_DUTCH = {
    RefusalCode.MALFORMED: "Dit is niet leesbaar of heeft niet de afgesproken vorm.",
    RefusalCode.UNSUPPORTED_VERSION: "Deze versie wordt niet gelezen.",
    RefusalCode.CANNOT_EXPRESS: "Dit kan in deze vorm niet worden gezegd.",
    RefusalCode.NOT_ALLOWED: "Dit is niet toegestaan.",
    RefusalCode.TOO_LARGE: "Dit is te groot.",
}


def _reason(taken: Taken) -> str | None:
    """Say, for the partner, what of a file was refused: the field and why, in both languages; never a value."""
    refused = list(taken.rejected)
    if (why := taken.refusal) is not None:
        refused = [Rejected(field=why.field or "-", code=why.code, message=why.message)]
    told = [f"{one.field}\n  en: {one.message}\n  nl: {_DUTCH[one.code]}\n" for one in refused]
    return "".join(told) or None


def files_of(hub: Hub, organisation: Organisation) -> FileIntake | None:
    """Give the folder worker of an organisation that exchanges files, or nothing."""
    opened = open_intake(organisation.transport or {})
    if opened is None:
        return None
    incoming, pause = opened
    return FileIntake(hub, organisation, incoming, open_line(organisation), pause=pause)


def run(intake: FileIntake, stop: threading.Event) -> None:
    """Look again and again until told to stop."""
    while not stop.is_set():
        try:
            intake.step()
        except (SQLAlchemyError, TransportError, OSError) as error:
            log.warning("the folder waits", fault=type(error).__name__)
        stop.wait(intake.pause)
