"""The client as a natural person of StUF-BG 3.10, read from a case and written to one."""

from lxml import etree

from connectors.protocol import Loss
from connectors.work_and_income.format import BG
from connectors.work_and_income.moments import birth_digits, day
from connectors.work_and_income.texts import fitted
from connectors.work_and_income.tree import Node, broken, content_of, maybe, part
from schemas.identifiers import bsn_is_valid
from schemas.message import Client
from schemas.vocabulary import Gender

_GENDER_OF = {"M": Gender.MALE, "V": Gender.FEMALE, "O": Gender.UNKNOWN}
_OF_GENDER = {Gender.MALE: "M", Gender.FEMALE: "V", Gender.UNKNOWN: "O", Gender.OTHER: "O"}
_READ = frozenset(
    {
        "inp.bsn",
        "authentiek",
        "geslachtsnaam",
        "voorvoegselGeslachtsnaam",
        "voorletters",
        "voornamen",
        "geslachtsaanduiding",
        "geboortedatum",
    }
)
# Who the case is about; who has an interest in it; who asked. The first that names a person decides.
_RELATIONS = ("heeftBetrekkingOp", "heeftAlsBelanghebbende", "heeftAlsInitiator")
_GONE = frozenset({"V", "E"})


def client_of(case: Node, losses: list[Loss]) -> Client | None:
    """Give the one person a case is about; ``Refusal`` where it names several and doesn't say which of them."""
    found = {relation: _persons(case, relation) for relation in _RELATIONS}
    for relation in _RELATIONS:
        persons = found[relation]
        if not persons:
            continue
        chosen = persons[0] if len({_key(one) for one in persons}) == 1 else _asking(persons, found, case, relation)
        others = {_key(one) for people in found.values() for one in people} - {_key(chosen)}
        if others:
            why = "data of other people is left to the partner's own system"
            losses.append(Loss(field=case.at(relation), why=why))
        read = _read(chosen, losses)
        return read if read != Client() else None
    return None


def _persons(case: Node, relation: str) -> list[Node]:
    found = []
    for link in case.all(relation):
        person = (
            link.inner("gerelateerde", "natuurlijkPersoon") if link.attribute("verwerkingssoort") not in _GONE else None
        )
        if person is not None and not link.empty:
            found.append(person)
    return found


def _asking(persons: list[Node], found: dict[str, list[Node]], case: Node, relation: str) -> Node:
    asking = {_key(one) for one in found["heeftAlsInitiator"]}
    named = [one for one in persons if _key(one) in asking]
    if len({_key(one) for one in named}) != 1:
        raise broken(case.at(relation), "The case is about several people, and does not say who of them asks.")
    return named[0]


def _key(person: Node) -> str:
    """Give what tells people apart in one message: the number, else all that is told."""
    return person.text("inp.bsn", BG) or content_of(person.element)


def _read(person: Node, losses: list[Loss]) -> Client:
    bsn = person.text("inp.bsn", BG)
    if bsn and not bsn_is_valid(bsn):
        raise broken(person.at("inp.bsn"), "This is not a citizen service number: it fails the eleven test.")
    gender = person.text("geslachtsaanduiding", BG)
    if gender and gender not in _GENDER_OF:
        raise broken(person.at("geslachtsaanduiding"), "This is M, V or O.")
    losses += [
        Loss(field=person.at(name), why="the canonical message has no place for it")
        for name in person.names(_READ | {"verblijfsadres", "sub.verblijfBuitenland", "anp.identificatie"})
        if name not in _READ
    ]
    return Client(
        bsn=bsn or None,
        family_name=person.key("geslachtsnaam", 200, BG) or None,
        prefix=person.key("voorvoegselGeslachtsnaam", 20, BG) or None,
        initials=person.key("voorletters", 20, BG) or None,
        given_name=person.key("voornamen", 200, BG) or None,
        birth_date=day(person, "geboortedatum", BG) or None,
        gender=_GENDER_OF[gender] if gender else None,
    )


def person_part(client: Client, losses: list[Loss]) -> etree._Element:
    """Write the client, as little as is known of him."""
    if client.gender is Gender.OTHER:
        losses.append(Loss(field="data.client.gender", why="StUF knows male, female and unknown"))
    if client.reference is not None:
        losses.append(Loss(field="data.client.reference", why="a person goes by the citizen service number"))
    born, incomplete = birth_digits(client.birth_date) if client.birth_date else (None, None)
    return part(
        "ZKN:natuurlijkPersoon",
        maybe("BG:inp.bsn", client.bsn),
        maybe("BG:geslachtsnaam", fitted(client.family_name, 200, "data.client.family_name", losses)),
        maybe("BG:voorvoegselGeslachtsnaam", fitted(client.prefix, 10, "data.client.prefix", losses)),
        maybe("BG:voorletters", fitted(client.initials, 20, "data.client.initials", losses)),
        maybe("BG:voornamen", fitted(client.given_name, 200, "data.client.given_name", losses)),
        maybe("BG:geslachtsaanduiding", _OF_GENDER[client.gender] if client.gender else None),
        maybe("BG:geboortedatum", born, indOnvolledigeDatum=incomplete),
        entiteittype="NPS",
        verwerkingssoort="T",
    )
