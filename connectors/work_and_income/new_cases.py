"""A referral as a case of the suite: a new one, or one that it brought itself."""

from lxml import etree

from connectors.protocol import Loss
from connectors.work_and_income.dialect import CaseType
from connectors.work_and_income.format import EXPLANATION, SYSTEM, TITLE, UNIT
from connectors.work_and_income.moments import day_of, whole_day
from connectors.work_and_income.outward import Outgoing, case_part
from connectors.work_and_income.people import person_part
from connectors.work_and_income.texts import explained, fitted, impossible
from connectors.work_and_income.tree import maybe, nothing, part
from schemas.message import Client


def new_case(out: Outgoing) -> list[etree._Element]:
    """Write a referral as a new case: one object."""
    data, losses = out.message.data, out.losses
    kind = _case_type(out)
    client = data.client
    if client is None or not (client.bsn or client.family_name):
        raise impossible("data.client", "A case without anybody it is about can't be handled.")
    started = data.starts_on and whole_day(data.starts_on, "data.starts_on", losses)
    planned = data.ends_on and whole_day(data.ends_on, "data.ends_on", losses, last=True)
    said = data.service.text if data.service else None
    return [
        case_part(
            "T",
            part("ZKN:identificatie", out.identification()),
            maybe("ZKN:omschrijving", fitted(said or kind.name, TITLE, "data.service.text", losses)),
            maybe("ZKN:toelichting", explained(data.reason, EXPLANATION, "data.reason", losses)),
            out.mark(),
            part("ZKN:startdatum", started or day_of(out.message.time)),
            part("ZKN:registratiedatum", day_of(out.message.time)),
            maybe("ZKN:einddatumGepland", planned),
            _is_of(kind),
            _person_link("heeftBetrekkingOp", "ZAKOBJ", client, losses),
            _initiator(out, client),
        )
    ]


def _case_type(out: Outgoing) -> CaseType:
    """Give the zaaktype that says it: by service, by who it is for, the one set for all else, last by life domain.

    A life domain alone is a weak ground: who is referred for money matters did not apply for a benefit.
    """
    data, types = out.message.data, out.dialect.types
    code = data.service.code if data.service else None
    to = out.message.receiver
    domains = set(data.life_domains)
    found = next(
        (
            *(one for one in types.values() if data.service and data.service.system == SYSTEM and one.code == code),
            *(one for one in types.values() if code and one.service == code),
            *(one for one in types.values() if one.to == to),
            *(one for key, one in types.items() if key == out.dialect.default_type),
            *(one for one in types.values() if one.to is None and domains & set(one.life_domains)),
        ).__iter__(),
        None,
    )
    if found is None:
        raise impossible(
            "data.service", "No zaaktype of the municipality's own table says this, and none is the default."
        )
    if data.service and data.service.code not in (found.code, found.service):
        out.losses.append(Loss(field="data.service.code", why=f"sent as the zaaktype {found.code}"))
    return found


def _is_of(kind: CaseType) -> etree._Element:
    named = part(
        "ZKN:gerelateerde",
        part("ZKN:omschrijving", kind.name),
        part("ZKN:code", kind.code),
        nothing("ZKN:ingangsdatumObject"),
        entiteittype="ZKT",
        verwerkingssoort="I",
    )
    return part("ZKN:isVan", named, entiteittype="ZAKZKT", verwerkingssoort="T")


def _person_link(name: str, entity: str, client: Client, losses: list[Loss]) -> etree._Element:
    person = part("ZKN:gerelateerde", person_part(client, losses))
    return part(f"ZKN:{name}", person, entiteittype=entity, verwerkingssoort="T")


def _initiator(out: Outgoing, client: Client) -> etree._Element:
    """Write who asked: of what another organisation refers that organisation, of the suite's own case the client."""
    if out.message.sender == out.book.partner.code:
        return _person_link("heeftAlsInitiator", "ZAKBTRINI", client, [])
    known = out.book.party(out.message.sender)
    unit = part(
        "ZKN:organisatorischeEenheid",
        maybe("ZKN:identificatie", fitted(out.message.sender, 24, "sender", out.losses)),
        maybe("ZKN:naam", fitted(known.name if known else None, UNIT, "sender", [])),
        entiteittype="OEH",
        verwerkingssoort="I",
    )
    inner = part("ZKN:gerelateerde", unit)
    return part("ZKN:heeftAlsInitiator", inner, entiteittype="ZAKBTRINI", verwerkingssoort="T")


def known_case(out: Outgoing) -> list[etree._Element]:
    """Write that a case which the receiver itself brought has our key now: its own number beside it finds it."""
    named = out.identification
    return [
        case_part("W", part("ZKN:identificatie", named())),
        case_part("W", part("ZKN:identificatie", named()), out.mark()),
    ]
