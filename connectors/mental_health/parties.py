"""Organisations: how this dialect names them, and who is meant (Reference.identifier, URA first)."""

import hashlib
from typing import Any

from connectors.mental_health import systems
from connectors.mental_health.graph import Graph
from connectors.mental_health.node import Node
from connectors.protocol import AddressBook, Party
from schemas.message import UNKNOWN_OIN
from schemas.vocabulary import OrganisationKind

Json = dict[str, Any]
MAX_CODE = 64
_OWN_NUMBERS = {systems.URA, systems.AGB, systems.KVK}


def organisation_code(reference: Node | None, holder: Node, graph: Graph, book: AddressBook) -> str | None:
    """Find the code of an organisation: as in the address book, else ``<system>:<value>``, else nothing.

    A PractitionerRole stands for its organisation; an identifier's assigner (VWS routing pattern) for its holder.
    """
    if reference is None:
        return None
    candidates = _identifiers(reference, holder, graph)
    for system, value in candidates:
        party = _known(system, value, book)
        if party is not None:
            return party
    for system, value in candidates:
        return _as_text(system, value)
    return None


def _identifiers(reference: Node, holder: Node, graph: Graph) -> list[tuple[str, str]]:
    found: list[Node | None] = []
    target = graph.resolve(reference, holder)
    if target is not None and target.type == "PractitionerRole":
        found.extend(target.many("identifier"))
        role, target = target, graph.resolve(target.one("organization"), target)
        organisation = role.one("organization")
        found.append(organisation.one("identifier") if organisation else None)
    if target is not None and target.type != "Patient":
        found.extend(target.many("identifier"))
    found.append(reference.one("identifier"))
    pairs = [pair for node in found if node for pair in _pairs(node)]
    # Our own codes first: eleven teams may share one municipality's number.
    return sorted(pairs, key=lambda pair: pair[0] != systems.OUR_ORGANISATION)


def _pairs(identifier: Node) -> list[tuple[str, str]]:
    pairs = []
    system, value = identifier.text("system"), identifier.text("value")
    if system and value:
        pairs.append((system, value))
    assigner = identifier.one("assigner")
    inner = assigner.one("identifier") if assigner else None
    if inner and inner.text("system") and inner.text("value"):
        pairs.append((inner.text("system") or "", inner.text("value") or ""))
    return pairs


def _known(system: str, value: str, book: AddressBook) -> str | None:
    if system == systems.OUR_ORGANISATION:
        return value if len(value) <= MAX_CODE else None
    name = systems.SHORT_NAMES.get(system, system)
    party = book.find(name, value)
    if party is None and name == "oin" and value != UNKNOWN_OIN:
        everyone = (book.partner, book.municipality, *book.parties)
        party = next((one for one in everyone if one.oin == value), None)
    return party.code if party else None


def _as_text(system: str, value: str) -> str:
    text = value if system == systems.URI else f"{systems.SHORT_NAMES.get(system, system)}:{value}"
    if len(text) <= MAX_CODE:
        return text
    return "fhir:" + hashlib.sha256(text.encode()).hexdigest()[:40]


def identifiers_of(code: str, book: AddressBook) -> list[Json]:
    """Give every identifier an organisation is written with, our own code last."""
    party = book.party(code)
    found = [{"system": systems.OUR_ORGANISATION, "value": code}]
    if party is None:
        return found
    known = [(system, party.identifier(name)) for name, system in systems.ORGANISATION_SYSTEMS.items()]
    if party.oin != UNKNOWN_OIN and not party.identifier("oin"):
        known.append((systems.OIN, party.oin))
    return [{"system": system, "value": value} for system, value in known if value] + found


def organisation(code: str, book: AddressBook, own_id: str) -> Json:
    """Write an Organization (nl-core HealthcareProvider-Organization names identifiers the same way)."""
    party: Party | None = book.party(code)
    return {
        "resourceType": "Organization",
        "id": own_id,
        "identifier": identifiers_of(code, book),
        "name": party.name if party else code,
    }


def reference_to(code: str, book: AddressBook, address: str) -> Json:
    """Write a reference that works with and without the Bundle: by address and by identifier.

    The identifier is one that no other organisation shares: eleven teams have one municipality's number.
    """
    party = book.party(code)
    own = _OWN_NUMBERS | ({systems.MUNICIPALITY} if party and party.kind is OrganisationKind.MUNICIPALITY else set())
    identifiers = identifiers_of(code, book)
    return {
        "reference": address,
        "type": "Organization",
        "identifier": next((one for one in identifiers if one["system"] in own), identifiers[-1]),
        **({"display": party.name} if party else {}),
    }
