"""The connector of access teams: the ZGW Zaken API 1.6, its notifications, and StUF-Jeugdzorg 1.0.9 inbound."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from connectors.access_team import dialect as settings
from connectors.access_team import stuf, words
from connectors.access_team.done import read_done
from connectors.access_team.format import UNSAID
from connectors.access_team.nodes import Node, malformed
from connectors.access_team.notification import read_event, read_notification
from connectors.access_team.plan import read_plan
from connectors.access_team.writing import write_plan
from connectors.access_team.zaak import read_zaak
from connectors.access_team.zaak_document import write_zaak
from connectors.errors import Refusal, RefusalCode
from connectors.protocol import AddressBook, Connector, Mistake, Payload, Reading, Verdict, Writing
from schemas import strict_json
from schemas.message import Message
from schemas.vocabulary import MessageKind


class AccessTeam:
    """The Zaken API in both directions and both roles: of the hub, and of the team that keeps the register."""

    name = "access_team"
    duplicate_code: str | None = "identificatie-niet-uniek"
    unsaid: Mapping[MessageKind, str] = UNSAID

    own_word = staticmethod(words.own_word)

    def check(self, dialect: Mapping[str, Any]) -> Sequence[Mistake]:
        """Give what is wrong in a team's own hosts, names and numbers."""
        return settings.check(dialect)

    def read(self, payload: Payload, book: AddressBook, now: dt.datetime) -> Reading:
        """Read a zaak, a notification, a report, or what is our own: a plan (at the team's side) and its answer."""
        if stuf.is_xml(payload.body):
            return stuf.read_report(payload, book)
        document = _json(payload.body)
        if "specversion" in document.value:
            return read_event(document, book, len(payload.body))
        if "kanaal" in document.value:
            return read_notification(document, book)
        if "done" in document.value:
            return read_done(document, book)
        if "zaaktype" in document.value:
            return read_zaak(document, book, payload)
        if "steps" in document.value:
            return read_plan(document, book)
        raise malformed("This is no zaak and no notification.", None, "unknown")

    def write(self, message: Message, book: AddressBook, now: dt.datetime) -> Writing:
        """Write a plan of requests to a register; in the team's own role, the zaak as its register would give it."""
        word = message.kind.value.rpartition(".")[2]
        if message.kind in UNSAID:
            raise Refusal(RefusalCode.CANNOT_EXPRESS, f"The Zaken API can't say '{word}'.", field="type")
        if message.sender == book.partner.code:
            return write_zaak(message, book)
        return write_plan(message, book)

    def acknowledge(
        self, payload: Payload, verdict: Verdict, refusal: Refusal | None, book: AddressBook, now: dt.datetime
    ) -> Payload | None:
        """Answer a report with ``Bv03`` or ``Fo03``; what comes as JSON is answered by the HTTP status."""
        return stuf.acknowledge(payload, verdict, refusal, now) if stuf.is_xml(payload.body) else None


def _json(body: bytes) -> Node:
    try:
        document = strict_json.loads(body)
    except strict_json.InvalidJson as error:
        code = RefusalCode.TOO_LARGE if error.too_large else RefusalCode.MALFORMED
        raise Refusal(code, error.message, field=error.field, dialect_code="parse_error") from error
    if not isinstance(document, Mapping):
        raise malformed("This must be one JSON object.", None)
    return Node(document)


def make() -> Connector:
    """Make the connector."""
    return AccessTeam()
