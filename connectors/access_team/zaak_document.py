"""A zaak as a register gives it, with what it refers to: what a team's own system would answer to ``expand``."""

import json
from typing import Any

from connectors.access_team import format as words
from connectors.access_team.days import day_of
from connectors.access_team.dialect import dialect_of
from connectors.access_team.format import JSON_TYPE, OURS, K
from connectors.access_team.losses import OF_SENDER, Cuts, lost
from connectors.access_team.people import write_client, write_organisation
from connectors.access_team.sheet import (
    ENDS,
    STATUS_EVENTS,
    SUSPENSIONS,
    Sheet,
    number_of,
    source_rsin,
    title_and_words,
    type_of,
    words_of_status,
)
from connectors.errors import Refusal, RefusalCode
from connectors.protocol import AddressBook, Payload, Writing
from schemas.identifiers import derived_id
from schemas.message import Message

Json = dict[str, Any]
# What only the municipality's side can say, whoever referred.
_NEVER = frozenset({K.CONSENT_WITHDRAWN, K.EXPIRED, K.REOPENED})


def write_zaak(message: Message, book: AddressBook) -> Writing:
    """Write a message of the team itself as the zaak that its register would give."""
    sheet = Sheet(message=message, book=book, dialect=dialect_of(book), cuts=Cuts())
    kind = message.kind
    if kind not in {*ENDS, *STATUS_EVENTS, *SUSPENSIONS} - _NEVER:
        word = kind.value.rpartition(".")[2]
        raise Refusal(RefusalCode.CANNOT_EXPRESS, f"The present state of a zaak can't say '{word}'.", field="status")
    document = _zaak(sheet)
    body = json.dumps(document, ensure_ascii=False, indent=1).encode()
    losses = lost(message, sheet.dialect, sheet.cuts, document=True)
    return Writing(payload=Payload(body=body, content_type=JSON_TYPE), reference=message.id[:64], losses=losses)


def _root(sheet: Sheet) -> str:
    host = next(iter(sorted(sheet.dialect.hosts)), None)
    if host is None:
        text = "A zaak has an address: give the hosts of this partner in its settings."
        raise Refusal(RefusalCode.CANNOT_EXPRESS, text, field="url", dialect_code="required")
    return f"https://{host}"


def _zaak(sheet: Sheet) -> Json:
    message, data = sheet.message, sheet.message.data
    number = (number_of(message) if message.kind is not K.SENT else None) or message.id
    ours = message.kind not in OF_SENDER
    own = _url(sheet, "zaken", number)
    url = data.correlation.get("zgw:zaak", own) if message.kind is not K.SENT else own
    status, result = _status(sheet, url), _result(sheet, url)
    zaak: Json = {
        "url": url,
        "uuid": url.rpartition("/")[2],
        "identificatie": number,
        "bronorganisatie": source_rsin(sheet),
        **title_and_words(sheet),
        "zaaktype": _type(sheet, "zaaktypen"),
        "registratiedatum": day_of(message.time),
        "verantwoordelijkeOrganisatie": source_rsin(sheet),
        "startdatum": data.starts_on if data.starts_on and len(data.starts_on) == 10 else day_of(message.time),
        "einddatum": day_of(data.occurred_at or message.time) if result else None,
        "einddatumGepland": data.ends_on if data.ends_on and len(data.ends_on) == 10 else None,
        "vertrouwelijkheidaanduiding": sheet.dialect.confidentiality,
        "opschorting": _suspension(sheet),
        "kenmerken": [{"kenmerk": data.referral_id[: words.KEY], "bron": OURS}] if ours and data.referral_id else [],
        "status": status["url"],
        "resultaat": result["url"] if result else None,
    }
    rollen, properties = _rollen(sheet, url), _properties(sheet, url)
    expand = {
        "zaaktype": {"url": zaak["zaaktype"], "identificatie": type_of(sheet)},
        "status": status,
        "rollen": rollen,
        "eigenschappen": properties,
        **({"resultaat": result} if result else {}),
    }
    zaak["rollen"] = [rol["url"] for rol in rollen]
    zaak["eigenschappen"] = [one["url"] for one in properties]
    return {**{name: value for name, value in zaak.items() if value is not None}, "_expand": expand}


def _url(sheet: Sheet, collection: str, key: str) -> str:
    return f"{_root(sheet)}/zaken/api/v1/{collection}/{derived_id('zgw', sheet.message.sender, collection, key)}"


def _type(sheet: Sheet, collection: str, name: str = "") -> str:
    return f"{_root(sheet)}/catalogi/api/v1/{collection}/{derived_id('ztc', collection, name)}"


def _status(sheet: Sheet, zaak: str) -> Json:
    kind = sheet.message.kind
    event = STATUS_EVENTS.get(kind, STATUS_EVENTS[K.STARTED])
    name = "Afgehandeld" if kind in ENDS else sheet.dialect.status_for(event)
    statustype = _type(sheet, "statustypen", name)
    note = words_of_status(sheet) if kind not in SUSPENSIONS else None
    told = {"statustoelichting": note} if note else {}
    moment = {"url": statustype, "omschrijving": name, "isEindstatus": kind in ENDS}
    return {
        "url": _url(sheet, "statussen", sheet.message.id),
        "zaak": zaak,
        "statustype": statustype,
        "datumStatusGezet": sheet.moment,
        **told,
        "_expand": {"statustype": moment},
    }


def _result(sheet: Sheet, zaak: str) -> Json | None:
    kind, data = sheet.message.kind, sheet.message.data
    if kind not in ENDS:
        return None
    name, coded = sheet.dialect.result_for(ENDS[kind], data.outcome), data.status_reason
    resultaattype = _type(sheet, "resultaattypen", name)
    why = (coded.text or coded.code) if coded else None
    told = {"toelichting": sheet.cuts.text("status_reason", why, words.TEXT)} if why else {}
    url = _url(sheet, "resultaten", sheet.message.id)
    expand = {"resultaattype": {"url": resultaattype, "omschrijving": name}}
    return {"url": url, "zaak": zaak, "resultaattype": resultaattype, **told, "_expand": expand}


def _suspension(sheet: Sheet) -> Json:
    kind, data = sheet.message.kind, sheet.message.data
    if kind not in SUSPENSIONS:
        return {"indicatie": False, "reden": ""}
    coded = data.status_reason
    why = (coded.text or coded.code) if coded else data.note
    told = why or ("Gepauzeerd" if SUSPENSIONS[kind] else "Hervat")
    return {"indicatie": SUSPENSIONS[kind], "reden": sheet.cuts.text("status_reason", told, words.SUSPENSION)}


def _rollen(sheet: Sheet, zaak: str) -> list[Json]:
    message = sheet.message
    sender, receiver = message.sender, message.receiver
    units = [("receiver", receiver)] if message.kind in OF_SENDER else [("sender", receiver), ("receiver", sender)]
    found = [
        _rol(sheet, zaak, part, "organisatorische_eenheid", write_organisation(code, sheet.book))
        for part, code in units
    ]
    client = message.data.client
    if client is not None:
        found.insert(0, _rol(sheet, zaak, "client", "natuurlijk_persoon", write_client(client)))
    return found


def _rol(sheet: Sheet, zaak: str, part: str, kind: str, identity: Json) -> Json:
    role = sheet.dialect.roles[part]
    return {
        "url": _url(sheet, "rollen", f"{zaak}|{part}"),
        "zaak": zaak,
        "betrokkeneType": kind,
        "roltype": _type(sheet, "roltypen", role),
        "omschrijvingGeneriek": role,
        "betrokkeneIdentificatie": identity,
    }


def _properties(sheet: Sheet, zaak: str) -> list[Json]:
    data = sheet.message.data
    values = {
        "life_domains": ", ".join(words.DOMAINS[domain] for domain in data.life_domains),
        "urgency": words.URGENCIES[data.urgency] if data.urgency else "",
    }
    return [
        {
            "url": f"{zaak}/zaakeigenschappen/{derived_id('zgw', zaak, name)}",
            "naam": sheet.dialect.properties[name],
            "waarde": value,
        }
        for name, value in values.items()
        if value and sheet.dialect.properties[name]
    ]
