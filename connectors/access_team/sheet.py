"""What a message says of its zaak, however it is written: what happened, its number, title and words."""

from dataclasses import dataclass
from typing import Any

from connectors.access_team import format as words
from connectors.access_team.dialect import Dialect, rsin_of
from connectors.access_team.format import K
from connectors.access_team.losses import Cuts
from connectors.errors import Refusal, RefusalCode
from connectors.protocol import AddressBook
from schemas.fields import moment_text
from schemas.message import Message
from schemas.vocabulary import Event, MessageKind

Json = dict[str, Any]
ENDS: dict[MessageKind, Event] = {
    K.COMPLETED: Event.COMPLETE,
    K.DECLINED: Event.DECLINE,
    K.ENDED: Event.END,
    K.STOPPED_BY_CLIENT: Event.CLIENT_STOPS,
    K.WITHDRAWN: Event.WITHDRAW,
    K.CONSENT_WITHDRAWN: Event.WITHDRAW,
    K.EXPIRED: Event.EXPIRE,
    K.REDIRECT_CONFIRMED: Event.CONFIRM_REDIRECT,
    K.MARKED_IN_ERROR: Event.MARK_ERROR,
}
SUSPENSIONS = {K.PAUSED: True, K.RESUMED: False}
STATUS_EVENTS: dict[MessageKind, Event] = {
    K.SENT: Event.SEND,
    K.RECEIVED: Event.RECEIVE,
    K.ASKED: Event.ASK,
    K.ANSWERED: Event.ANSWER,
    K.WAITLISTED: Event.WAITLIST,
    K.REDIRECT_PROPOSED: Event.PROPOSE_REDIRECT,
    K.ACCEPTED: Event.ACCEPT,
    K.ACCEPT_UNDONE: Event.UNDO_ACCEPT,
    K.PLANNED: Event.PLAN,
    K.STARTED: Event.START,
    K.REOPENED: Event.REOPEN,
}
WITHDRAWN_CONSENT = "Toestemming ingetrokken"


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """What writing one message needs at hand."""

    message: Message
    book: AddressBook
    dialect: Dialect
    cuts: Cuts

    @property
    def moment(self) -> str:
        """The moment of what happened, as the Zaken API wants it."""
        return moment_text(self.message.data.occurred_at or self.message.time)

    @property
    def title(self) -> str:
        """What the zaak is called: never a name or a word about the client, for titles stand in lists."""
        party, service = self.book.party(self.message.sender), self.message.data.service
        asked = (service.text or service.code) if service else None
        return self.cuts.text("service", asked or f"Verwijzing van {party.name if party else 'elders'}", words.TITLE)


def number_of(message: Message) -> str | None:
    """Give the ``identificatie`` of a zaak of ours; nothing where neither number nor id is known."""
    data = message.data
    if data.referral_number is not None:
        return f"{words.NUMBER_MARK}{data.referral_number}"
    return data.referral_id[: words.NUMBER] if data.referral_id else None


def source_rsin(sheet: Sheet) -> str:
    """Give the RSIN in whose series our numbers stand: the municipality's."""
    rsin = rsin_of(sheet.book, sheet.book.municipality.code)
    if rsin is None:
        text = "A zaak needs the RSIN of the municipality: give it as an identifier in the configuration."
        raise Refusal(RefusalCode.CANNOT_EXPRESS, text, field="bronorganisatie", dialect_code="required")
    return rsin


def title_and_words(sheet: Sheet) -> Json:
    """Give what the zaak is called and what it tells."""
    told = words_of_zaak(sheet)
    return {"omschrijving": sheet.title, **({"toelichting": told} if told else {})}


def type_of(sheet: Sheet) -> str:
    """Give the kind of zaak for the service that is asked, else the one for any referral."""
    service = sheet.message.data.service
    return sheet.dialect.zaaktypen.get(service.code, sheet.dialect.zaaktype) if service else sheet.dialect.zaaktype


def words_of_zaak(sheet: Sheet) -> str | None:
    """Give what is told of the client's question, in one text of at most a thousand characters; the reason first."""
    data = sheet.message.data
    told = (
        ("reason", data.reason),
        ("note", data.note),
        ("client_words", data.client_words),
        ("strengths", "; ".join(data.strengths)),
    )
    text = ""
    for name, words_of_it in told:
        if words_of_it:
            part = words.HEADINGS.get(name, "") + words_of_it
            joined = f"{text}\n\n{part}" if text else part
            text = sheet.cuts.text(name, joined, words.TEXT)
    return text or None


def words_of_status(sheet: Sheet) -> str | None:
    """Give what is said with a status: the note, else the words of the reason, which an end has in its result."""
    data = sheet.message.data
    reason = data.status_reason.text if data.status_reason and sheet.message.kind not in ENDS else None
    told = data.note or reason
    return sheet.cuts.text("note", told, words.TEXT) if told else None
