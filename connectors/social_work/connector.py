"""The connector of social work: iWmo 3.2 and iJw 3.2, in both roles."""

import datetime as dt

from connectors.errors import Refusal
from connectors.protocol import AddressBook, Connector, Payload, Reading, Verdict, Writing
from connectors.social_work import reading, retour, writing
from connectors.social_work.envelope import check, opened
from schemas.message import Message


class SocialWork:
    """Translates iWmo 3.2 and iJw 3.2; it keeps nothing between calls."""

    name = "social_work"
    duplicate_code: str | None = "9056"

    def read(self, payload: Payload, book: AddressBook, now: dt.datetime) -> Reading:
        """Translate a message of the partner; a return message comes out as a receipt."""
        incoming = opened(payload.body)
        check(incoming, book, now)
        return reading.read(incoming, book)

    def write(self, message: Message, book: AddressBook, now: dt.datetime) -> Writing:
        """Translate a canonical message; ``cannot_express`` where iWmo has no word for it."""
        return writing.write(message, book, now)

    def acknowledge(
        self, payload: Payload, verdict: Verdict, refusal: Refusal | None, book: AddressBook, now: dt.datetime
    ) -> Payload | None:
        """Give the return message for a message, or nothing where the standard gives none."""
        return retour.answer(payload, verdict, refusal, now)


def make() -> Connector:
    """Give the connector."""
    return SocialWork()
