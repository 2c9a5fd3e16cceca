# ruff: noqa: N815 - the names are those of the format
"""The form of an ``aanmelding``: plain JSON for help to which nobody is assigned; its JSON Schema is made of this."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any

from marshmallow import RAISE, Schema, fields, validate

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
from schemas.fields import Bsn, Moment, PartialDate, Text

URN = "urn:nl:schakel:schema:aanmelding:1"
VERSION = "1.0"
LONG = 20_000


class Word(Text):
    """One word of a closed list."""

    def __init__(self, words: Mapping[Any, str], **kwargs: Any) -> None:
        super().__init__(longest=60, validate=validate.OneOf(list(words.values())), **kwargs)


def _words(table: Mapping[Any, str]) -> fields.List[str]:
    return fields.List(Word(table), validate=validate.Length(max=len(table)))


class _Strict(Schema):
    class Meta:
        unknown = RAISE


class OrganisatieSchema(_Strict):
    """Who speaks or is spoken to: by the code both sides know it by; number and name are for people."""

    organisatie = Text(longest=64, required=True, validate=validate.Regexp(r"^[A-Za-z0-9][A-Za-z0-9:._-]*$"))
    oin = Text(longest=20, validate=validate.Regexp(r"^[0-9]{20}$"))
    naam = Text()


class VoorzieningSchema(_Strict):
    """The help that is asked for, by the code that both sides know."""

    code = Text(longest=80, required=True)
    naam = Text(longest=2000)


class GrondslagSchema(_Strict):
    """Why this may be shared (AVG article 6)."""

    soort = Word(GRONDSLAGEN, required=True)
    doel = Word(DOELEN, required=True)
    wet = Text(longest=80)
    bewijs = Text(longest=500)


class CaseaanmeldingSchema(_Strict):
    """GGM, Sociale Teams: ``Caseaanmelding``, the request to be let in."""

    aanmeldingId = Text(longest=64)
    aanmeldingNummer = fields.Integer(strict=True, validate=validate.Range(1, 999_999_999))
    kenmerken = fields.Dict(keys=Text(longest=40), values=Text(longest=300), validate=validate.Length(max=10))
    voorziening = fields.Nested(VoorzieningSchema)
    leefgebieden = _words(LEEFGEBIEDEN)
    aanleiding = Text(longest=LONG)
    eigenWoorden = Text(longest=LONG)
    krachten = fields.List(Text(longest=500), validate=validate.Length(max=50))
    urgentie = Word(URGENTIES)
    grondslag = fields.Nested(GrondslagSchema)


class ClientSchema(_Strict):
    """The client, as far as shared."""

    burgerservicenummer = Bsn()
    geslachtsnaam = Text()
    voorvoegsel = Text(longest=20)
    voorletters = Text(longest=20)
    voornamen = Text()
    geboortedatum = PartialDate()
    geslacht = Word(GESLACHTEN)
    clientnummer = Text()


class RedenSchema(_Strict):
    """A reason, of a list where there is one."""

    code = Text(longest=80, required=True)
    lijst = Text()
    omschrijving = Text(longest=2000)


class GebeurtenisSchema(_Strict):
    """What happened. ``stap`` names a step where the message's own name does not."""

    tijdstip = Moment()
    stap = Word(STAPPEN)
    bewezenStappen = _words(STAPPEN)
    reden = fields.Nested(RedenSchema)
    toelichting = Text(longest=LONG)


class SociaalTeamDossierSchema(_Strict):
    """GGM, Sociale Teams: ``SociaalTeamDossier``."""

    datumStart = PartialDate()
    datumEinde = PartialDate()
    status = Word(STATUSSEN)


class UitstroomSchema(_Strict):
    """DDAS: ``uitstroom``, what the help led to."""

    resultaat = Word(RESULTATEN, required=True)


class BevestigingSchema(_Strict):
    """What a system did with a message: which one, and what is wrong with it."""

    betreft = Text(longest=80, required=True)
    fouten = fields.List(fields.Nested(RedenSchema), validate=validate.Length(max=50))


class AanmeldingSchema(_Strict):
    """One message about one ``aanmelding``."""

    bericht = Word(BERICHTEN, required=True)
    versie = Text(longest=8, required=True, validate=validate.Equal(VERSION))
    berichtId = Text(longest=64, required=True)
    verzonden = Moment(required=True)
    afzender = fields.Nested(OrganisatieSchema, required=True)
    ontvanger = fields.Nested(OrganisatieSchema, required=True)
    caseaanmelding = fields.Nested(CaseaanmeldingSchema)
    client = fields.Nested(ClientSchema)
    gebeurtenis = fields.Nested(GebeurtenisSchema)
    sociaalTeamDossier = fields.Nested(SociaalTeamDossierSchema)
    uitstroom = fields.Nested(UitstroomSchema)
    bevestiging = fields.Nested(BevestigingSchema)


FORM = AanmeldingSchema()


def filled(**parts: Any) -> dict[str, Any]:
    """Give an object without the parts that are empty."""
    return {name: part for name, part in parts.items() if part not in (None, "", [], (), {})}


def words(table: Mapping[Any, str], codes: Iterable[StrEnum]) -> list[str]:
    """Give the words for codes."""
    return [table[code] for code in codes]
