"""Writing of an ``aanmelding``, of what follows on it, and of the answer to one."""

import datetime as dt
import json
from typing import Any

from connectors.errors import Refusal
from connectors.protocol import AddressBook, Loss, Payload, Verdict, Writing
from connectors.social_work.aanmelding_form import VERSION, filled, words
from connectors.social_work.aanmelding_reading import PREFIX, loaded
from connectors.social_work.aanmelding_words import (
    BERICHTEN,
    DOELEN,
    GESLACHTEN,
    GRONDSLAGEN,
    LEEFGEBIEDEN,
    RESULTATEN,
    STAPPEN,
    STATUSSEN,
    URGENTIES,
)
from connectors.social_work.codes import FAMILIES
from connectors.social_work.parts import impossible
from schemas.fields import moment_text
from schemas.identifiers import derived_id
from schemas.message import UNKNOWN_OIN, Client, Coded, Ground, Message
from schemas.vocabulary import EVENT_OF_KIND, MessageKind

CONTENT_TYPE = "application/json"
_LIST = "schakel:refusal"


def goes_as_json(message: Message) -> bool:
    """Whether this goes as JSON: nobody is assigned. The service says so, and the keys of what is known already.

    A receipt goes back in the dialect of what it is for: as JSON only where the keys say so.
    """
    keys = {key.split(":")[0] for key in message.data.correlation}
    if PREFIX.rstrip(":") in keys:
        return True
    service = message.data.service
    assigned = keys & set(FAMILIES) or (service is not None and service.system in FAMILIES)
    if message.kind is MessageKind.ERASED and service is None:
        return False  # it may have gone as a 301: a system that never reads JSON must not seem to be told
    return not assigned and not message.kind.is_receipt


def write(message: Message, book: AddressBook) -> Writing:
    """Translate a canonical message; there is a word for every kind."""
    data, losses = message.data, list[Loss]()
    if message.kind is MessageKind.SENT and data.client is None:
        raise impossible("data.client", "An aanmelding names the client.")
    own = {key.removeprefix(PREFIX): value for key, value in data.correlation.items() if key.startswith(PREFIX)}
    case = filled(
        aanmeldingId=data.referral_id,
        aanmeldingNummer=data.referral_number,
        kenmerken={key: value for key, value in own.items() if len(key) <= 40},
        voorziening=_service(data.service, losses),
        leefgebieden=words(LEEFGEBIEDEN, dict.fromkeys(data.life_domains)),
        aanleiding=data.reason,
        eigenWoorden=data.client_words,
        krachten=list(data.strengths[:50]),
        urgentie=URGENTIES[data.urgency] if data.urgency else None,
        grondslag=_ground(data.ground),
    )
    document = filled(
        bericht=BERICHTEN[message.kind],
        versie=VERSION,
        berichtId=message.id,
        verzonden=moment_text(message.time),
        afzender=_party(message.sender, book),
        ontvanger=_party(message.receiver, book),
        caseaanmelding=case,
        client=_client(data.client),
        gebeurtenis=_event(message),
        sociaalTeamDossier=filled(
            datumStart=data.starts_on,
            datumEinde=data.ends_on,
            status=STATUSSEN[data.status] if data.status else None,
        ),
        uitstroom=filled(resultaat=RESULTATEN[data.outcome] if data.outcome else None),
        bevestiging=_receipt(message),
    )
    losses += [
        Loss(field=f"data.correlation.{key}", why="a key of another dialect")
        for key in data.correlation
        if not key.startswith(PREFIX)
    ]
    if len(data.strengths) > 50:
        losses.append(Loss(field="data.strengths", why="fifty at most"))
    payload = Payload(
        body=_bytes(document), content_type=CONTENT_TYPE, name=f"{BERICHTEN[message.kind]}_{message.id}.json"
    )
    return Writing(payload=payload, reference=message.id, losses=tuple(losses))


def _bytes(document: dict[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False, indent=1).encode()


def _party(code: str, book: AddressBook) -> dict[str, str]:
    known = book.party(code)
    number = known.oin if known and known.oin != UNKNOWN_OIN else None
    return filled(organisatie=code, oin=number, naam=known.name if known else None)


def _service(service: Coded | None, losses: list[Loss]) -> dict[str, str]:
    if service is None:
        return {}
    if service.system not in (None, "schakel"):
        losses.append(Loss(field="data.service.system", why="a service goes by the code that both sides know"))
    return filled(code=service.code, naam=service.text)


def _ground(ground: Ground | None) -> dict[str, str]:
    if ground is None:
        return {}
    return filled(soort=GRONDSLAGEN[ground.basis], doel=DOELEN[ground.purpose], wet=ground.law, bewijs=ground.evidence)


def _client(client: Client | None) -> dict[str, str]:
    one = client or Client()
    return filled(
        burgerservicenummer=one.bsn,
        geslachtsnaam=one.family_name,
        voorvoegsel=one.prefix,
        voorletters=one.initials,
        voornamen=one.given_name,
        geboortedatum=one.birth_date,
        geslacht=GESLACHTEN[one.gender] if one.gender else None,
        clientnummer=one.reference,
    )


def _event(message: Message) -> dict[str, Any]:
    data = message.data
    step = data.event if data.event is not EVENT_OF_KIND.get(message.kind) else None
    return filled(
        tijdstip=moment_text(data.occurred_at) if data.occurred_at else None,
        stap=STAPPEN[step] if step else None,
        bewezenStappen=words(STAPPEN, dict.fromkeys(data.implies)),
        reden=_reason(data.status_reason) if data.status_reason else None,
        toelichting=data.note,
    )


def _reason(reason: Coded) -> dict[str, str]:
    return filled(code=reason.code, lijst=reason.system, omschrijving=reason.text)


def _receipt(message: Message) -> dict[str, Any]:
    receipt = message.data.receipt
    if receipt is None:
        if message.kind.is_receipt:
            raise impossible("data.receipt", "A receipt names the message it is for.")
        return {}
    return filled(betreft=receipt.reference, fouten=[_reason(code) for code in receipt.codes[:50]])


def answer(payload: Payload, verdict: Verdict, refusal: Refusal | None, now: dt.datetime) -> Payload | None:
    """Confirm or refuse a message; nothing for a confirmation, and where it can't be told who must be answered."""
    try:
        told = loaded(payload.body)
    except Refusal:
        return None
    if told["bericht"] in (BERICHTEN[MessageKind.PROCESSED], BERICHTEN[MessageKind.REFUSED]):
        return None
    kind = MessageKind.REFUSED if verdict is Verdict.REFUSED else MessageKind.PROCESSED
    faults = []
    if kind is MessageKind.REFUSED and refusal is not None:
        faults = [filled(code=str(refusal.code), lijst=_LIST, omschrijving=refusal.message)]
    document = filled(
        bericht=BERICHTEN[kind],
        versie=VERSION,
        berichtId=derived_id("aanmelding", "answer", told["afzender"]["organisatie"], told["berichtId"], kind),
        verzonden=moment_text(now),
        afzender=told["ontvanger"],
        ontvanger=told["afzender"],
        bevestiging=filled(betreft=told["berichtId"], fouten=faults),
    )
    return Payload(body=_bytes(document), content_type=CONTENT_TYPE)
