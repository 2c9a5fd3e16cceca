"""The steps of a plan that write what hangs on a zaak: its roles, its properties, its status, its result."""

from connectors.access_team import format as words
from connectors.access_team.format import K
from connectors.access_team.people import write_client, write_organisation
from connectors.access_team.sheet import WITHDRAWN_CONSENT, Json, Sheet, words_of_status
from schemas.vocabulary import Event

ZAAK: Json = {"step": "zaak"}


def roles(sheet: Sheet) -> list[Json]:
    """Write who has part in it: the client, the receiver and who tells it."""
    message = sheet.message
    steps = [_organisation(sheet, "behandelaar", "receiver", message.receiver), own_role(sheet)]
    if message.data.client is not None:
        steps.insert(0, initiator(sheet))
    return steps


def initiator(sheet: Sheet) -> Json:
    """Write whom it is about."""
    client = sheet.message.data.client
    assert client is not None  # the callers have looked
    return _role(sheet, "initiator", "client", "natuurlijk_persoon", write_client(client), "Cliënt")


def own_role(sheet: Sheet) -> Json:
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


def properties(sheet: Sheet) -> list[Json]:
    """Write what a zaak has no field for, where the zaaktype has a property for it."""
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


def status(sheet: Sheet, event: Event | None) -> Json:
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


def result(sheet: Sheet, event: Event) -> Json:
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


def suspension(sheet: Sheet, *, suspended: bool) -> Json:
    """Write a pause or its end; both have their reason."""
    coded = sheet.message.data.status_reason
    why = (coded.text or coded.code) if coded else sheet.message.data.note
    told = sheet.cuts.text("status_reason", why or ("Gepauzeerd" if suspended else "Hervat"), words.SUSPENSION)
    body = {"opschorting": {"indicatie": suspended, "reden": told}}
    return {"name": "opschorting", "method": "PATCH", "of": "zaak", "body": body}
