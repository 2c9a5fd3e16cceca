"""From a canonical message to a plan: the requests that write it in a register, in their order.

A step names a collection of the Zaken API, what finds the resource where an earlier try made it already, and the body.
``{"step": name}`` stands for the URL of an earlier step's resource, ``{"catalogue": kind, ...}`` for the URL of a type
in the catalogue. Whoever carries the plan out does so with every retry from the start; what is there is not made twice.
"""

import json
import re

from connectors.access_team import format as words
from connectors.access_team.days import day_of
from connectors.access_team.dialect import dialect_of, rsin_of
from connectors.access_team.format import OURS, PLAN_TYPE, K
from connectors.access_team.losses import Cuts, lost
from connectors.access_team.sheet import (
    ENDS,
    STATUS_EVENTS,
    SUSPENSIONS,
    Json,
    Sheet,
    number_of,
    source_rsin,
    title_and_words,
    type_of,
    words_of_zaak,
)
from connectors.access_team.steps import initiator, own_role, properties, result, roles, status, suspension
from connectors.errors import Refusal, RefusalCode
from connectors.protocol import AddressBook, Payload, Writing
from schemas.fields import moment_text
from schemas.message import Message
from schemas.vocabulary import Event

_URL = re.compile(r"https?://[!-~]{1,990}", re.ASCII)


def write_plan(message: Message, book: AddressBook) -> Writing:
    """Write the plan of one message; ``cannot_express`` where it does not say of which zaak."""
    sheet = Sheet(message=message, book=book, dialect=dialect_of(book), cuts=Cuts())
    if message.kind is K.SENT:
        steps = [_new_zaak(sheet), *roles(sheet), *properties(sheet), status(sheet, Event.SEND)]
    else:
        steps = [_known_zaak(sheet), *_change(sheet)]
    document = {"plan": "zgw-1", "message": message.id, "time": moment_text(message.time), "steps": steps}
    body = json.dumps(document, ensure_ascii=False, indent=1).encode()
    payload = Payload(body=body, content_type=PLAN_TYPE)
    return Writing(payload=payload, reference=message.id[:64], losses=lost(message, sheet.dialect, sheet.cuts))


def _change(sheet: Sheet) -> list[Json]:
    kind = sheet.message.kind
    if kind in ENDS:  # the result first: it must stand before the last status
        return [own_role(sheet), result(sheet, ENDS[kind]), status(sheet, None)]
    if kind in SUSPENSIONS:
        return [suspension(sheet, suspended=SUSPENSIONS[kind])]
    if kind is K.CORRECTED:
        return _correction(sheet)
    return [own_role(sheet), status(sheet, STATUS_EVENTS[kind])]


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


def _start(sheet: Sheet) -> str:
    data = sheet.message.data
    whole = data.starts_on is not None and len(data.starts_on) == 10
    return str(data.starts_on) if whole else day_of(data.occurred_at or sheet.message.time)


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


def _correction(sheet: Sheet) -> list[Json]:
    """Write what was corrected: the words of the zaak, and the client anew, for a rol can't be changed."""
    body = {"toelichting": words_of_zaak(sheet)}
    told = {name: value for name, value in body.items() if value}
    steps = [{"name": "correctie", "method": "PATCH", "of": "zaak", "body": told}] if told else []
    if sheet.message.data.client is not None:
        steps.append({**initiator(sheet), "found": "replace"})
    if not steps:
        text = "The correction changes nothing that a zaak holds."
        raise Refusal(RefusalCode.CANNOT_EXPRESS, text, field="toelichting")
    return steps
