"""The connector of social work: iWmo 3.2 and iJw 3.2, in both roles."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from connectors.errors import Refusal
from connectors.protocol import AddressBook, Connector, Mistake, Payload, Reading, Verdict, Writing
from connectors.social_work import reading, retour, writing
from connectors.social_work.envelope import check, opened
from connectors.social_work.writing import UNSAID
from schemas.message import Message
from schemas.vocabulary import MessageKind


class SocialWork:
    """Translates iWmo 3.2 and iJw 3.2; it keeps nothing between calls."""

    name = "social_work"
    duplicate_code: str | None = "9056"
    unsaid: Mapping[MessageKind, str] = UNSAID

    def check(self, dialect: Mapping[str, Any]) -> Sequence[Mistake]:
        """Nothing is local in this dialect: any setting is a mistake."""
        return [Mistake(key=key, message="is not known in this dialect") for key in dialect]

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
