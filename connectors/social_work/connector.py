"""The connector of social work: iWmo 3.2 and iJw 3.2, in both roles."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from connectors.errors import Refusal
from connectors.protocol import AddressBook, Connector, Mistake, Payload, Reading, Verdict, Writing
from connectors.social_work import (
    aanmelding_reading,
    aanmelding_writing,
    ggk_reading,
    ggk_writing,
    reading,
    retour,
    words,
    writing,
)
from connectors.social_work.envelope import check, opened
from connectors.social_work.ggk import taken_off
from schemas.message import Message
from schemas.vocabulary import MessageKind


class SocialWork:
    """Translates iWmo 3.2 and iJw 3.2; it keeps nothing between calls."""

    name = "social_work"
    duplicate_code: str | None = "9056"
    # a 301 tells all that a client has at the provider (process Toewijzen), so the hub lists the rest
    wants_snapshot = True
    # an aanmelding has a word for every kind; what iWmo has no word for is refused message by message
    unsaid: Mapping[MessageKind, str] = MappingProxyType({})

    own_word = staticmethod(words.own_word)

    def check(self, dialect: Mapping[str, Any]) -> Sequence[Mistake]:
        """Give what is wrong in the settings of the envelope round the messages."""
        return ggk_writing.check(dialect)

    def read(self, payload: Payload, book: AddressBook, now: dt.datetime) -> Reading:
        """Translate a message of the partner; a return message comes out as a receipt."""
        if aanmelding_reading.is_json(payload.body):
            return aanmelding_reading.read(payload.body, book, now)
        envelope = taken_off(payload.body)
        if envelope is not None and envelope.function is None:
            return ggk_reading.note(envelope, book, now)
        incoming = opened(payload.body) if envelope is None else ggk_reading.opened_in(envelope)
        check(incoming, book, now)
        return reading.read(incoming, book)

    def write(self, message: Message, book: AddressBook, now: dt.datetime) -> Writing:
        """Translate a canonical message; ``cannot_express`` where iWmo has no word for it."""
        if aanmelding_writing.goes_as_json(message):
            return aanmelding_writing.write(message, book)
        done = writing.write(message, book, now)
        return replace(done, payload=ggk_writing.put_in(done.payload, book.dialect, now))

    def acknowledge(
        self, payload: Payload, verdict: Verdict, refusal: Refusal | None, book: AddressBook, now: dt.datetime
    ) -> Payload | None:
        """Give the return message for a message, or nothing where the standard gives none."""
        if aanmelding_reading.is_json(payload.body):
            return aanmelding_writing.answer(payload, verdict, refusal, now)
        try:
            envelope = taken_off(payload.body)
        except Refusal:
            return None  # without control data there is nobody to answer
        if envelope is None:
            return retour.answer(payload, verdict, refusal, now)
        return ggk_reading.answer(envelope, verdict, refusal, now)


def make() -> Connector:
    """Give the connector."""
    return SocialWork()
