"""The lines to partners as the configuration has them: opened, with what is wrong said in words, and tried."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace

from connectors import transports
from connectors.errors import Refusal
from connectors.protocol import AddressBook, Connector, Transport
from connectors.registry import NAMES, connector
from connectors.transports import WELL, Finding, mail
from hub.services.access.release import service_of
from hub.services.messages.address_book import address_book
from hub.settings import Configuration, Organisation, SettingsError
from schemas.identifiers import derived_id
from schemas.message import Client, Ground, Message, MessageData, source_of
from schemas.vocabulary import KIND_OF_EVENT, Basis, Event, Gender, LifeDomain, MessageKind, Purpose, Status, Urgency

TEST_BSN = "999900006"
"""A number of the test range: of nobody."""
_ANSWERS = {Event.RECEIVE: Status.RECEIVED, Event.ACCEPT: Status.ACCEPTED, Event.START: Status.STARTED}


def open_line(organisation: Organisation) -> Transport:
    """Give the way to an organisation's own system; ``SettingsError`` names what is not usable, and no secret."""
    assert organisation.transport is not None
    try:
        return transports.open_transport(organisation.transport)
    except ValueError as error:
        raise SettingsError(f"SCHAKEL_CONFIG: [organisations.{organisation.code}] transport: {error}") from error


def open_all(config: Configuration) -> None:
    """Open each line, so that a secret that is not there is told at the start: ``SettingsError``."""
    for organisation in config.connected():
        open_line(organisation)


def look_at_all(config: Configuration) -> Iterator[tuple[str, str]]:
    """Try each line and each translation; give what was tried and ``WELL``, or what is wrong. Nothing is delivered."""
    for organisation in config.connected():
        assert organisation.transport is not None
        findings = [*transports.look(organisation.transport), *_look_at_mapping(config, organisation)]
        yield from ((f"{organisation.code}: {one.what}", one.finding) for one in findings)
    if config.mail is not None:
        yield from ((one.what, one.finding) for one in mail.look(config.mail))


def never_told(config: Configuration) -> Iterator[str]:
    """Give a line for each organisation whose dialect has no word for something: what, and what becomes of it."""
    for organisation in config.connected():
        if organisation.connector in NAMES and (unsaid := connector(organisation.connector).unsaid):
            kinds = ", ".join(kind.name.lower() for kind in MessageKind if kind in unsaid)
            yield f"{organisation.code} can't be told of: {kinds}; these wait for a person"


def _look_at_mapping(config: Configuration, organisation: Organisation) -> Iterator[Finding]:
    """Translate made-up messages there and back, within this process."""
    if organisation.connector not in NAMES:
        yield Finding(what="mapping", finding=f"there is no connector called {organisation.connector}")
        return
    translator, book = connector(organisation.connector), address_book(config, organisation)
    for mistake in translator.check(organisation.dialect):
        yield Finding(what="mapping", finding=f"dialect.{mistake.key}: {mistake.message}")
    referral = _referral(config, organisation)
    yield Finding(what="mapping out", finding=_written(translator, book, referral))
    tried = [_read(translator, book, _answer(book, referral, event)) for event in _ANSWERS]
    yield Finding(what="mapping in", finding=WELL if WELL in tried else tried[-1])  # no dialect has a word for each


def _written(translator: Connector, book: AddressBook, message: Message) -> str:
    try:
        translator.write(message, book, message.time)
    except Refusal as refusal:
        return _why(refusal)
    return WELL


def _read(translator: Connector, book: AddressBook, message: Message) -> str:
    try:
        payload = translator.write(message, book, message.time).payload
        reading = translator.read(payload, book, message.time)
    except Refusal as refusal:
        return _why(refusal)
    kinds = [one.kind for one in reading.messages]
    return WELL if message.kind in kinds or reading.wanted else "what was written is read as something else"


def _why(refusal: Refusal) -> str:
    return f"{refusal.code}: {refusal.message}" + (f" ({refusal.field})" if refusal.field else "")


def _referral(config: Configuration, organisation: Organisation) -> Message:
    """Make up a referral to an organisation, about a person who is not there."""
    now = dt.datetime.now(dt.UTC)
    sender = config.organisations[config.desk]
    offered = next((one for one in config.services.values() if one.organisation == organisation.code), None)
    return Message(
        id=derived_id("check", organisation.code, now.isoformat()),
        kind=KIND_OF_EVENT[Event.SEND],
        source=source_of(config.municipality.oin),
        time=now,
        sender=sender.code,
        receiver=organisation.code,
        subject=derived_id("check", "case"),
        sequence=1,
        data=MessageData(
            referral_id=derived_id("check", "referral"),
            referral_number=1,
            event=Event.SEND,
            status=Status.SENT,
            occurred_at=now,
            client=Client(
                bsn=TEST_BSN, family_name="Voorbeeld", initials="V", birth_date="1980-01-01", gender=Gender.FEMALE
            ),
            service=service_of(config, offered.code) if offered is not None else None,
            life_domains=offered.life_domains[:1] if offered is not None else (LifeDomain.FINANCES,),
            reason="Proef van de verbinding.",
            urgency=Urgency.ROUTINE,
            ground=Ground(basis=Basis.CONSENT, purpose=offered.purpose if offered else Purpose.GUIDANCE),
            starts_on=now.date().isoformat(),
        ),
    )


def _answer(book: AddressBook, referral: Message, event: Event) -> Message:
    """Make up what the organisation answers."""
    told = replace(referral.data, event=event, status=_ANSWERS[event])
    return replace(
        referral,
        id=derived_id("check", referral.id, event),
        kind=KIND_OF_EVENT[event],
        source=source_of(book.partner.oin, book.partner.code),
        sender=referral.receiver,
        receiver=referral.sender,
        subject=None,
        sequence=None,
        data=told,
    )
