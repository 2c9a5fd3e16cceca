"""The connector for mental health care: HL7 FHIR R4 messages with ServiceRequest and Task."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from connectors.errors import Refusal
from connectors.mental_health import guards, words
from connectors.mental_health.document import resource_of
from connectors.mental_health.envelope import MESSAGE, TRANSACTION
from connectors.mental_health.format import CARRIERS, UNSAID
from connectors.mental_health.graph import graph_of
from connectors.mental_health.identity import identification_of
from connectors.mental_health.outcome import answer, read_outcome, write_receipt
from connectors.mental_health.reading import read_referrals
from connectors.mental_health.writing import write_message
from connectors.protocol import AddressBook, Connector, Mistake, Payload, Reading, Verdict, Writing
from schemas.message import Message
from schemas.vocabulary import MessageKind


class MentalHealth:
    """FHIR R4 in both directions and both roles: of the hub, and of the organisation for mental health care."""

    name = "mental_health"
    duplicate_code: str | None = "duplicate"
    unsaid: Mapping[MessageKind, str] = UNSAID

    own_word = staticmethod(words.own_word)

    def check(self, dialect: Mapping[str, Any]) -> Sequence[Mistake]:
        """Give what is wrong: ``bundle`` says in which kind of Bundle the partner wants its messages."""
        found = [Mistake(key=key, message="is not known in this dialect") for key in dialect if key != "bundle"]
        if dialect.get("bundle", MESSAGE) not in (MESSAGE, TRANSACTION):
            found.append(Mistake(key="bundle", message=f'must be "{MESSAGE}" or "{TRANSACTION}"'))
        return found

    def read(self, payload: Payload, book: AddressBook, now: dt.datetime) -> Reading:
        """Read a Task, ServiceRequest, OperationOutcome, or a Bundle of them; JSON, XML or Shorthand."""
        graph = graph_of(resource_of(payload))
        guards.check_document(graph.root)
        if graph.of_type("OperationOutcome") and not graph.of_type(*CARRIERS):
            return read_outcome(graph, identification_of(graph), book, now)
        return read_referrals(graph, book, now)

    def write(self, message: Message, book: AddressBook, now: dt.datetime) -> Writing:
        """Write a Bundle of type message, or transaction where the partner wants that; a receipt stays a message."""
        return write_receipt(message, book) if message.kind.is_receipt else write_message(message, book)

    def acknowledge(
        self, payload: Payload, verdict: Verdict, refusal: Refusal | None, book: AddressBook, now: dt.datetime
    ) -> Payload | None:
        """Answer with an OperationOutcome that quotes the partner's own id of the payload, where it has one."""
        return answer(_identification(payload), verdict, refusal)


def _identification(payload: Payload) -> str | None:
    try:
        return identification_of(graph_of(resource_of(payload)))
    except Refusal:
        return None  # what can't be read can't be quoted


def make() -> Connector:
    """Make the connector."""
    return MentalHealth()
