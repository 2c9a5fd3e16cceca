"""The client and the organisations of a zaak: its ``rollen``, read and written."""

from collections.abc import Sequence
from typing import Any

from connectors.access_team import format as words
from connectors.access_team.nodes import Losses, Node, malformed, not_allowed
from connectors.protocol import AddressBook, Party
from schemas.identifiers import bsn_is_valid
from schemas.message import UNKNOWN_OIN, Client

Json = dict[str, Any]
_PERSON = frozenset(
    {
        "inpBsn", "anpIdentificatie", "geslachtsnaam", "voorvoegselGeslachtsnaam", "voorletters", "voornamen",
        "geslachtsaanduiding", "geboortedatum",
    }
)  # fmt: skip


def client_of(rollen: Sequence[Node], losses: Losses) -> Client | None:
    """Read the client: the natural person who is the initiator; two of them are refused."""
    people = [rol for rol in rollen if rol.text("betrokkeneType") == "natuurlijk_persoon"]
    initiators = [rol for rol in people if _role(rol) == "initiator"]
    if len({identity for rol in initiators if (identity := _number(rol)) is not None}) > 1:
        raise not_allowed("A referral is about one person.", initiators[-1].path)
    for rol in people:
        if rol not in initiators:
            losses.add(rol.path, "only the client is taken over; other people are not needed")
    found = [one for rol in initiators if (one := rol.one("betrokkeneIdentificatie")) is not None]
    return client_in(found[0], losses) if found else None


def _role(rol: Node) -> str | None:
    roltype = rol.one("_expand")
    inner = roltype.one("roltype") if roltype else None
    return rol.text("omschrijvingGeneriek") or (inner.text("omschrijvingGeneriek") if inner else None)


def _number(rol: Node) -> str | None:
    inner = rol.one("betrokkeneIdentificatie")
    return (inner.text("inpBsn") or inner.text("anpIdentificatie")) if inner else None


def client_in(person: Node, losses: Losses) -> Client | None:
    """Read the identification of a ``natuurlijk_persoon``; nothing where it says nothing."""
    bsn, gender = person.text("inpBsn"), person.text("geslachtsaanduiding") or ""
    if bsn is not None and not bsn_is_valid(bsn):
        raise malformed("This is not a citizen service number: it fails the eleven test.", person.at("inpBsn"))
    if gender not in words.GENDER_OF:
        raise malformed("The gender is none of m, v and o.", person.at("geslachtsaanduiding"))
    for name, value in person.value.items():
        if value and name not in _PERSON:
            losses.add(person.at(name), "not needed for a referral; not kept")
    client = Client(
        bsn=bsn,
        family_name=person.text("geslachtsnaam"),
        prefix=person.text("voorvoegselGeslachtsnaam"),
        initials=person.text("voorletters"),
        given_name=person.text("voornamen"),
        birth_date=_birth_date(person),
        gender=words.GENDER_OF[gender],
        reference=None if bsn else person.text("anpIdentificatie"),
    )
    return client if client != Client() else None


def _birth_date(person: Node) -> str | None:
    """Read a birth date: ``1974-03-08``, less where less is known, or the eight digits of StUF."""
    value = person.text("geboortedatum")
    if value is not None and len(value) == 8 and value.isascii() and value.isdigit():
        return f"{value[:4]}-{value[4:6]}-{value[6:]}"
    return value


def organisation_of(rollen: Sequence[Node], role: str, book: AddressBook) -> str | None:
    """Give the code of the organisation in a role, where it is one that we know."""
    for rol in rollen:
        if _role(rol) == role and (code := organisation_in(rol, book)) is not None:
            return code
    return None


def organisation_in(rol: Node, book: AddressBook) -> str | None:
    """Give the code of the organisation that a rol names, by our own code, OIN or RSIN."""
    inner = rol.one("betrokkeneIdentificatie")
    if inner is None or rol.text("betrokkeneType") not in ("organisatorische_eenheid", "niet_natuurlijk_persoon"):
        return None
    value = inner.text("identificatie") or inner.text("innNnpId")
    everyone = (book.partner, *book.parties, book.municipality)
    fits = (one for one in everyone if value and (value in (unit_id(one), one.code) or value == _rsin(one)))
    return next((one.code for one in fits), None)


def _rsin(party: Party) -> str | None:
    return party.identifier("rsin")


def unit_id(party: Party) -> str:
    """Give the id of an organisation as an ``organisatorische_eenheid``: our code, its OIN where that is too long."""
    return party.code if len(party.code) <= words.UNIT_ID or party.oin == UNKNOWN_OIN else party.oin


def write_client(client: Client) -> Json:
    """Write the client as the identification of a ``natuurlijk_persoon``."""
    identity: Json = {
        "inpBsn": client.bsn,
        "anpIdentificatie": client.reference if client.bsn is None else None,
        "geslachtsnaam": client.family_name,
        "voorvoegselGeslachtsnaam": client.prefix,
        "voorletters": client.initials,
        "voornamen": client.given_name,
        "geslachtsaanduiding": words.GENDERS.get(client.gender) if client.gender else None,
        "geboortedatum": client.birth_date,
    }
    return {name: value for name, value in identity.items() if value}


def write_organisation(code: str, book: AddressBook) -> Json:
    """Write an organisation as the identification of an ``organisatorische_eenheid``."""
    party = book.party(code)
    if party is None:
        return {"identificatie": code[: words.UNIT_ID], "naam": code[: words.UNIT_NAME]}
    return {"identificatie": unit_id(party)[: words.UNIT_ID], "naam": party.name[: words.UNIT_NAME]}
