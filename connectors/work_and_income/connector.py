"""The connector of Work & Income: StUF-ZKN 3.10, in both roles."""

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from typing import Any

from connectors.errors import Refusal, RefusalCode
from connectors.protocol import AddressBook, Connector, Mistake, Payload, Reading, Verdict, Writing
from connectors.work_and_income import receipts, words
from connectors.work_and_income.envelope import incoming, lead_of, message_of
from connectors.work_and_income.format import DUPLICATE, STUF
from connectors.work_and_income.reading import read_case
from connectors.work_and_income.settings import understand
from connectors.work_and_income.texts import impossible
from connectors.work_and_income.tree import Node
from connectors.work_and_income.writing import UNSAID, write
from schemas.message import Message
from schemas.vocabulary import MessageKind


class WorkAndIncome:
    """Translates StUF-ZKN 3.10 zakLk01 and its receipts; it keeps nothing between calls."""

    name = "work_and_income"
    duplicate_code: str | None = DUPLICATE
    unsaid: Mapping[MessageKind, str] = UNSAID

    own_word = staticmethod(words.own_word)

    def check(self, dialect: Mapping[str, Any]) -> Sequence[Mistake]:
        """Give what is wrong in the settings: addresses, zaaktypen, statuses, results and decisions."""
        return understand(dialect)[1]

    def read(self, payload: Payload, book: AddressBook, now: dt.datetime) -> Reading:
        """Translate a message of the suite, or, for the suite, of the hub."""
        dialect, _mistakes = understand(book.dialect)
        message = message_of(payload.body)
        if message.name in receipts.FORMS:
            return receipts.read_receipt(message, dialect, book)
        if message.name != "zakLk01":
            raise _not_taken(message)
        return read_case(incoming(message, dialect), dialect, book)

    def write(self, message: Message, book: AddressBook, now: dt.datetime) -> Writing:
        """Translate a canonical message; ``cannot_express`` where StUF-ZKN has no word for it."""
        if message.kind in UNSAID:
            raise impossible("type", f"StUF-ZKN can't say it: {UNSAID[message.kind]}.")
        return write(message, understand(book.dialect)[0], book)

    def acknowledge(
        self, payload: Payload, verdict: Verdict, refusal: Refusal | None, book: AddressBook, now: dt.datetime
    ) -> Payload | None:
        """Give Bv03, or Fo03 in a SOAP fault."""
        return receipts.answer(payload, verdict, refusal, understand(book.dialect)[0], book, now)


_NAMED = re.compile(r"[A-Za-z]{3,40}_?[A-Za-z]{0,4}(Di|Du|La|Lk|Lv|Sa|Sh)[0-9]{2}", re.ASCII)


def _not_taken(message: Node) -> Refusal:
    """Refuse another message by its name; a question that waits for its answer is not for a hub."""
    lead = lead_of(message)
    own = message.element.tag != f"{{{STUF}}}{message.name}" and message.name.startswith("zak")
    code = "StUF025" if own or lead.code not in ("Lk01", "Lk02") else "StUF031"
    what = "a question about cases" if lead.code.startswith(("Lv", "Di", "Du", "La")) else "not about a case"
    text = f"This message is {what} and is not taken here, only zakLk01."
    path = message.path if _NAMED.fullmatch(message.name) else "Envelope/Body"
    return Refusal(RefusalCode.NOT_ALLOWED, text, field=path, dialect_code=code)


def make() -> Connector:
    """Give the connector."""
    return WorkAndIncome()
