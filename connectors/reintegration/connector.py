"""The connector for re-integration partners: JSON in line with the NL API Design Rules, with SuwiML's names."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from connectors.errors import Refusal
from connectors.protocol import AddressBook, Connector, Mistake, Payload, Reading, Verdict, Writing
from connectors.reintegration import answers
from connectors.reintegration.inward import read_document
from connectors.reintegration.jsonform import document_of, payload_of
from connectors.reintegration.outward import reference_of, write_document
from schemas.message import Message
from schemas.vocabulary import MessageKind


class Reintegration:
    """JSON in both directions and both roles."""

    name = "reintegration"
    duplicate_code: str | None = "dubbel"
    unsaid: Mapping[MessageKind, str] = {}

    def check(self, dialect: Mapping[str, Any]) -> Sequence[Mistake]:
        """Nothing is local yet."""
        return [Mistake(key=key, message="is not known in this dialect") for key in dialect]

    def read(self, payload: Payload, book: AddressBook, now: dt.datetime) -> Reading:
        """Read a referral, a status, a receipt, or the problem with which a partner answered."""
        document = document_of(payload.body)
        if answers.is_problem(document):
            return answers.read_problem(document, payload.body, book, now)
        return read_document(document, book)

    def write(self, message: Message, book: AddressBook, now: dt.datetime) -> Writing:
        """Write one message."""
        document, losses = write_document(message, book)
        return Writing(payload=payload_of(document), reference=reference_of(message), losses=losses)

    def acknowledge(
        self, payload: Payload, verdict: Verdict, refusal: Refusal | None, book: AddressBook, now: dt.datetime
    ) -> Payload | None:
        """Answer with an ``ontvangstbevestiging``, or with a problem (RFC 9457)."""
        return answers.answer(payload.body, verdict, refusal, now)


def make() -> Connector:
    """Make the connector."""
    return Reintegration()
