"""From a canonical message to a plan: the requests that write it in a register, in their order.

A step names a collection of the Zaken API, what finds the resource where an earlier try made it already, and the body.
``{"step": name}`` stands for the URL of an earlier step's resource, ``{"catalogue": kind, ...}`` for the URL of a type
in the catalogue. Whoever carries the plan out does so with every retry from the start; what is there is not made twice.
"""

import json
import re
from dataclasses import dataclass
from typing import Any

from connectors.access_team import format as words
from connectors.access_team.days import day_of
from connectors.access_team.dialect import Dialect, dialect_of, rsin_of
from connectors.access_team.format import OURS, PLAN_TYPE, K
from connectors.access_team.losses import Cuts, lost
from connectors.access_team.people import write_client, write_organisation
from connectors.errors import Refusal, RefusalCode
from connectors.protocol import AddressBook, Payload, Writing
from schemas.fields import moment_text
from schemas.message import Message
from schemas.vocabulary import Event, MessageKind

Json = dict[str, Any]
_URL = re.compile(r"https?://[!-~]{1,990}", re.ASCII)
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
ZAAK: Json = {"step": "zaak"}


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


def write_plan(message: Message, book: AddressBook) -> Writing:
    """Write the plan of one message; ``cannot_express`` where it does not say of which zaak."""
    sheet = Sheet(message=message, book=book, dialect=dialect_of(book), cuts=Cuts())
    if message.kind is K.SENT:
        steps = [_new_zaak(sheet), *_roles(sheet), *_properties(sheet), _status(sheet, Event.SEND)]
    else:
        steps = [_known_zaak(sheet), *_change(sheet)]
    document = {"plan": "zgw-1", "message": message.id, "time": moment_text(message.time), "steps": steps}
    body = json.dumps(document, ensure_ascii=False, indent=1).encode()
    payload = Payload(body=body, content_type=PLAN_TYPE)
    return Writing(payload=payload, reference=message.id[:64], losses=lost(message, sheet.dialect, sheet.cuts))


def _change(sheet: Sheet) -> list[Json]:
    kind = sheet.message.kind
    if kind in ENDS:  # the result first: it must stand before the last status
        return [_own_role(sheet), _result(sheet, ENDS[kind]), _status(sheet, None)]
    if kind in SUSPENSIONS:
        return [_suspension(sheet, suspended=SUSPENSIONS[kind])]
    if kind is K.CORRECTED:
        return _correction(sheet)
    return [_own_role(sheet), _status(sheet, STATUS_EVENTS[kind])]


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


def _new_zaak(sheet: Sheet) -> Json:
    data, rsin = sheet.message.data, source_rsin(sheet)
    number = number_of(sheet.message) or sheet.message.id
    body: Json = {
        "identificatie": number,
        "bronorganisatie": rsin,
        **title_and_words(sheet),
        "zaaktype": {"catalogue": "zaaktype", "identificatie": type_of(sheet)},
        "registratiedatum": day_of(sheet.message.time),
        "verantwoordelijkeOrganisatie": rsin_of(sheet.book, sheet.message.receiver) or rsin,
        "startdatum": _start(sheet),
        "einddatumGepland": data.ends_on if data.ends_on and len(data.ends_on) == 10 else None,
        "vertrouwelijkheidaanduiding": sheet.dialect.confidentiality,
        "kenmerken": [{"kenmerk": data.referral_id[: words.KEY], "bron": OURS}] if data.referral_id else None,
    }
    return {
        "name": "zaak",
        "method": "POST",
        "resource": "zaken",
        "find": {"identificatie": number, "bronorganisatie": rsin},
        "body": {name: value for name, value in body.items() if value},
    }


def title_and_words(sheet: Sheet) -> Json:
    """Give what the zaak is called and what it tells."""
    told = _words(sheet)
    return {"omschrijving": sheet.title, **({"toelichting": told} if told else {})}


def type_of(sheet: Sheet) -> str:
    """Give the kind of zaak for the service that is asked, else the one for any referral."""
    service = sheet.message.data.service
    return sheet.dialect.zaaktypen.get(service.code, sheet.dialect.zaaktype) if service else sheet.dialect.zaaktype


def _start(sheet: Sheet) -> str:
    data = sheet.message.data
    whole = data.starts_on is not None and len(data.starts_on) == 10
    return str(data.starts_on) if whole else day_of(data.occurred_at or sheet.message.time)


def _words(sheet: Sheet) -> str | None:
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


def _known_zaak(sheet: Sheet) -> Json:
    """Name a zaak that must be there: by the register's own address where it made it, else by our number."""
    data = sheet.message.data
    url = data.correlation.get("zgw:zaak")
    if url is not None and _URL.fullmatch(url):
        return {"name": "zaak", "method": "GET", "url": url}
    if "stuf-jz:identificatie" in data.correlation:
        text = "StUF-Jeugdzorg 1.0.9 has no outcome for a report of care that is not acute (NAZ)."
        raise Refusal(RefusalCode.CANNOT_EXPRESS, text, field="statuscode")
    number = number_of(sheet.message)
    if number is None:
        text = "A status needs the referral it is about: its number, its id or the address of its zaak."
        raise Refusal(RefusalCode.CANNOT_EXPRESS, text, field="identificatie", dialect_code="required")
    find = {"identificatie": number, "bronorganisatie": source_rsin(sheet)}
    return {"name": "zaak", "method": "GET", "resource": "zaken", "find": find}


def _roles(sheet: Sheet) -> list[Json]:
    message = sheet.message
    steps = [_organisation(sheet, "behandelaar", "receiver", message.receiver), _own_role(sheet)]
    if message.data.client is not None:
        steps.insert(0, _initiator(sheet))
    return steps


def _initiator(sheet: Sheet) -> Json:
    client = sheet.message.data.client
    assert client is not None  # the callers have looked
    return _role(sheet, "initiator", "client", "natuurlijk_persoon", write_client(client), "Cliënt")


def _own_role(sheet: Sheet) -> Json:
    """Write who tells it: the status then names who set it, and when it comes back to us it is known as our own."""
    return _organisation(sheet, "afzender", "sender", sheet.message.sender)


def _organisation(sheet: Sheet, name: str, part: str, code: str) -> Json:
    identity = write_organisation(code, sheet.book)
    told = "Ontvanger van de verwijzing" if part == "receiver" else "Afzender van dit bericht"
    return _role(sheet, name, part, "organisatorische_eenheid", identity, told)


def _role(sheet: Sheet, name: str, part: str, kind: str, identity: Json, told: str) -> Json:
    roltype = {"catalogue": "roltype", "omschrijvingGeneriek": sheet.dialect.roles[part]}
    return {
        "name": name,
        "method": "POST",
        "resource": "rollen",
        "find": {"zaak": ZAAK, "roltype": roltype},
        "same": ["betrokkeneIdentificatie.identificatie"] if kind == "organisatorische_eenheid" else [],
        "body": {
            "zaak": ZAAK,
            "betrokkeneType": kind,
            "roltype": roltype,
            "roltoelichting": told,
            "betrokkeneIdentificatie": identity,
        },
    }


def _properties(sheet: Sheet) -> list[Json]:
    data = sheet.message.data
    values = {
        "life_domains": ", ".join(words.DOMAINS[domain] for domain in data.life_domains),
        "urgency": words.URGENCIES[data.urgency] if data.urgency else "",
    }
    steps = []
    for name, value in values.items():
        known = sheet.dialect.properties[name]
        if value and known:
            eigenschap = {"catalogue": "eigenschap", "naam": known}
            steps.append(
                {
                    "name": name,
                    "method": "POST",
                    "resource": "zaakeigenschappen",
                    "find": {},
                    "same": ["eigenschap"],
                    "body": {"zaak": ZAAK, "eigenschap": eigenschap, "waarde": value},
                }
            )
    return steps


def _status(sheet: Sheet, event: Event | None) -> Json:
    """Write a status; without an event the last one, which closes the zaak."""
    wanted = {"eind": True} if event is None else {"omschrijving": sheet.dialect.status_for(event)}
    statustype = {"catalogue": "statustype", **wanted}
    body: Json = {
        "zaak": ZAAK,
        "statustype": statustype,
        "datumStatusGezet": sheet.moment,
        "gezetdoor": {"step": "afzender"},
    }
    note = words_of_status(sheet) if event is not Event.SEND else None
    if note:
        body["statustoelichting"] = note
    return {
        "name": "status",
        "method": "POST",
        "resource": "statussen",
        "find": {"zaak": ZAAK, "statustype": statustype},
        "same": ["datumStatusGezet"],
        "body": body,
    }


def words_of_status(sheet: Sheet) -> str | None:
    """Give what is said with a status: the note, else the words of the reason, which an end has in its result."""
    data = sheet.message.data
    reason = data.status_reason.text if data.status_reason and sheet.message.kind not in ENDS else None
    told = data.note or reason
    return sheet.cuts.text("note", told, words.TEXT) if told else None


def _result(sheet: Sheet, event: Event) -> Json:
    """Write the result, which must stand before the last status."""
    data = sheet.message.data
    coded = data.status_reason
    why = (coded.text or coded.code) if coded else None
    if sheet.message.kind is K.CONSENT_WITHDRAWN:
        why = f"{WITHDRAWN_CONSENT}: {why}" if why else WITHDRAWN_CONSENT
    name = sheet.dialect.result_for(event, data.outcome)
    body: Json = {"zaak": ZAAK, "resultaattype": {"catalogue": "resultaattype", "omschrijving": name}}
    if why:
        body["toelichting"] = sheet.cuts.text("status_reason", why, words.TEXT)
    return {
        "name": "resultaat",
        "method": "POST",
        "resource": "resultaten",
        "find": {"zaak": ZAAK},
        "found": "patch",
        "body": body,
    }


def _suspension(sheet: Sheet, *, suspended: bool) -> Json:
    coded = sheet.message.data.status_reason
    why = (coded.text or coded.code) if coded else sheet.message.data.note
    told = sheet.cuts.text("status_reason", why or ("Gepauzeerd" if suspended else "Hervat"), words.SUSPENSION)
    body = {"opschorting": {"indicatie": suspended, "reden": told}}
    return {"name": "opschorting", "method": "PATCH", "of": "zaak", "body": body}


def _correction(sheet: Sheet) -> list[Json]:
    """Write what was corrected: the words of the zaak, and the client anew, for a rol can't be changed."""
    body = {"toelichting": _words(sheet)}
    told = {name: value for name, value in body.items() if value}
    steps = [{"name": "correctie", "method": "PATCH", "of": "zaak", "body": told}] if told else []
    if sheet.message.data.client is not None:
        steps.append({**_initiator(sheet), "found": "replace"})
    if not steps:
        text = "The correction changes nothing that a zaak holds."
        raise Refusal(RefusalCode.CANNOT_EXPRESS, text, field="toelichting")
    return steps
