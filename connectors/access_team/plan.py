"""A plan read back: at the side of a team that takes plans itself, and wherever one must see what it says."""

from typing import Any

from connectors.access_team.checking import checked
from connectors.access_team.content import parted, read_domains, read_urgency, titled
from connectors.access_team.dialect import Dialect, dialect_of
from connectors.access_team.format import NUMBER_MARK, OURS, K
from connectors.access_team.nodes import Losses, Node, malformed
from connectors.access_team.people import client_in, organisation_in
from connectors.access_team.sheet import WITHDRAWN_CONSENT
from connectors.protocol import AddressBook, Reading
from schemas.identifiers import derived_id
from schemas.message import Coded, Message, MessageData, source_of
from schemas.vocabulary import EVENT_OF_KIND, KIND_OF_EVENT, Event, MessageKind

Steps = dict[str, Node]


def read_plan(document: Node, book: AddressBook) -> Reading:
    """Read a plan as the one message that it was made of."""
    if document.needed("plan") != "zgw-1":
        raise malformed("Only plans zgw-1 are read.", "plan")
    steps = {step.needed("name"): step for step in document.many("steps")}
    if "zaak" not in steps:
        raise malformed("A plan begins with its zaak.", "steps", "required")
    identification, losses, dialect = document.needed("message"), Losses(), dialect_of(book)
    kind = _kind(steps, dialect)
    sender = _organisation(steps, "afzender", book) or book.municipality.code
    party = book.party(sender)
    message = Message(
        id=derived_id("zgw-plan", identification),
        kind=kind,
        source=source_of(party.oin if party else book.municipality.oin, "schakel"),
        time=document.moment("time") or _missing("time"),
        sender=sender,
        receiver=_organisation(steps, "behandelaar", book) or book.partner.code,
        data=MessageData(
            **_keys(steps),
            event=EVENT_OF_KIND.get(kind),
            **_content(steps, losses),
            **_said(steps, kind, dialect),
        ),
    )
    return Reading(
        identification=f"plan:{derived_id('zgw-plan', identification)}",
        messages=(checked(message, ""),),
        losses=losses.all(),
    )


def _missing(name: str) -> Any:
    raise malformed("This is missing.", name, "required")


def _organisation(steps: Steps, name: str, book: AddressBook) -> str | None:
    return organisation_in(_body(steps, name), book) if name in steps else None


def _body(steps: Steps, name: str) -> Node:
    return steps[name].one("body") or Node({}, f"{name}.body")


def _name_of(body: Node, reference: str) -> str:
    inner = body.one(reference)
    return (inner.text("omschrijving") if inner else None) or ""


def _kind(steps: Steps, dialect: Dialect) -> MessageKind:
    if steps["zaak"].text("method") == "POST":
        return K.SENT
    if "opschorting" in steps:
        suspension = _body(steps, "opschorting").one("opschorting")
        return K.PAUSED if suspension is not None and suspension.flag("indicatie") else K.RESUMED
    if "resultaat" in steps:
        body = _body(steps, "resultaat")
        end = dialect.end_of(_name_of(body, "resultaattype"))
        if end is None:
            raise malformed("This result has no meaning here.", "resultaat.body.resultaattype")
        withdrawn = (body.text("toelichting") or "").startswith(WITHDRAWN_CONSENT)
        return K.CONSENT_WITHDRAWN if withdrawn and end.event is Event.WITHDRAW else KIND_OF_EVENT[end.event]
    if "status" not in steps:
        return K.CORRECTED
    event = dialect.event_of(_name_of(_body(steps, "status"), "statustype"))
    if event is None:
        raise malformed("This status has no meaning here.", "status.body.statustype")
    return KIND_OF_EVENT[event]


def _keys(steps: Steps) -> dict[str, Any]:
    step = steps["zaak"]
    if url := step.text("url"):
        return {"correlation": {"zgw:zaak": url}}
    find = step.one("find")
    number = (find.text("identificatie") if find else None) or ""
    digits = number.removeprefix(NUMBER_MARK)
    ours = number.startswith(NUMBER_MARK) and digits.isascii() and digits.isdigit() and len(digits) < 10
    marks = [one.text("kenmerk") for one in _body(steps, "zaak").many("kenmerken") if one.text("bron") == OURS]
    new = step.text("method") == "POST"
    return {
        "referral_number": int(digits) if ours else None,
        "referral_id": marks[0] if marks else None if ours or new else number or None,
    }


def _content(steps: Steps, losses: Losses) -> dict[str, Any]:
    """Read what stands on the zaak itself: words, days, people and properties."""
    told: dict[str, Any] = {}
    zaak = _body(steps, "zaak")
    if zaak.value:
        told |= titled(zaak) | {"starts_on": zaak.day("startdatum"), "ends_on": zaak.day("einddatumGepland")}
    if "correctie" in steps:
        told |= parted(_body(steps, "correctie").text("toelichting") or "")
    if "initiator" in steps:
        identity = _body(steps, "initiator").one("betrokkeneIdentificatie")
        told["client"] = client_in(identity, losses) if identity else None
    if "life_domains" in steps:
        told["life_domains"] = read_domains(_body(steps, "life_domains"), losses)
    if "urgency" in steps:
        told["urgency"] = read_urgency(_body(steps, "urgency"), losses)
    return told


def _said(steps: Steps, kind: MessageKind, dialect: Dialect) -> dict[str, Any]:
    """Read what happened: its moment, its words, its result."""
    told: dict[str, Any] = {}
    if "status" in steps:
        body = _body(steps, "status")
        told["occurred_at"] = body.moment("datumStatusGezet")
        if kind is not K.SENT:
            told["note"] = body.text("statustoelichting")
    if "resultaat" in steps:
        body = _body(steps, "resultaat")
        name, text = _name_of(body, "resultaattype"), body.text("toelichting")
        end = dialect.end_of(name)
        told["outcome"] = end.outcome if end else None
        if kind is K.CONSENT_WITHDRAWN and text:
            text = text.removeprefix(WITHDRAWN_CONSENT).removeprefix(": ") or None
        told["status_reason"] = Coded(code=name, system="zgw:resultaattype", text=text) if text else None
    if "opschorting" in steps:
        suspension = _body(steps, "opschorting").one("opschorting")
        reason = suspension.text("reden") if suspension else None
        told["status_reason"] = Coded(code="opschorting", system="zgw", text=reason)
        told["note"] = reason
    return told
