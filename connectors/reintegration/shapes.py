"""The messages as marshmallow schemas: they check what comes, and the published OpenAPI is made from them.

Names of the voorziening are those of SuwiML GSDDossierReintegratie v0200 (``ReIntegratievoorziening`` and beside it),
with its lengths; its code values are not in the standard, so each municipality keeps its own lists.
"""

# ruff: noqa: N815 - the names are the dialect's own

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validate, validates_schema

from connectors.reintegration.words import (
    Achieved,
    Aim,
    Domain,
    Haste,
    LegalBasis,
    Precision,
    Result,
    Sex,
    Sort,
    Word,
)
from schemas.fields import EARLIEST, LATEST, Bsn, Code, Moment, Text

VERSION = "1"
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
UUID = "[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"
DESCRIPTION, STRENGTHS = 100, 50
"""Longest ``OmsRv`` (SuwiML OmschrijvingAN100), and most ``sterkePunten``."""
NOTE = 19_000
"""Longest ``toelichting``: what SRG asks comes behind it in the canonical note, which may hold 20,000."""


class Pattern(Text):
    """A text of a fixed form."""

    def __init__(self, form: re.Pattern[str], what: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._form, self._what = form, what
        self.metadata = {**self.metadata, "pattern": f"^({form.pattern})$"}

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if not self._form.fullmatch(text):
            raise ValidationError(f"Must be {self._what}.")
        return text


class Day(fields.Field[str]):
    """A whole date as ``2026-11-02`` (in SuwiML: ``20261102``)."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(metadata={"type": "string", "format": "date"}, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        if not isinstance(value, str) or not _DAY.fullmatch(value):
            raise ValidationError("Must be a date as 2026-11-02.")
        try:
            day = dt.date.fromisoformat(value)
        except ValueError as error:
            raise ValidationError("There is no such day.") from error
        if not EARLIEST <= day <= LATEST:
            raise ValidationError("Is not a date of this time.")
        return value


class _Shape(Schema):
    class Meta:
        unknown = RAISE


class PartySchema(_Shape):
    """An organisation. ``organisatie`` is its code at Schakel; else it is known by OIN or KvK number."""

    organisatie = Text(longest=64)
    oin = Pattern(re.compile("[0-9]{20}", re.ASCII), "twenty digits", longest=20)
    kvk = Pattern(re.compile("[0-9]{8}", re.ASCII), "eight digits", longest=8)
    naam = Text()


class CodedSchema(_Shape):
    """A code with its list and its words."""

    code = Text(longest=80, required=True)
    codestelsel = Text(longest=200)
    omschrijving = Text(longest=2000)


class ClientSchema(_Shape):
    """The person. Most messages hold no BSN: the receiver knows the person by the number of the referral."""

    bsn = Bsn()
    clientnummer = Text()
    achternaam = Text()
    voorvoegsel = Text(longest=20)
    voorletters = Text(longest=20)
    voornamen = Text()
    geboortedatum = Day()
    geboortedatumPrecisie = Code(Precision)
    geslacht = Code(Sex)


class GroundSchema(_Shape):
    """Why this may be shared."""

    grond = Code(LegalBasis, required=True)
    doel = Code(Aim, required=True)
    wet = Text(longest=80)
    bewijs = Text(longest=500)


class ProvisionSchema(_Shape):
    """The re-integratievoorziening, by the names of SuwiML and in its lengths."""

    DatBRv = Day()
    DatERv = Day()
    CdTypeRvGsd = Pattern(re.compile("[A-Za-z0-9]{2}", re.ASCII), "a code of two letters or digits", longest=2)
    OmsRv = Text(longest=DESCRIPTION)
    CdDoelRv = Pattern(re.compile("[A-Za-z0-9]", re.ASCII), "a code of one letter or digit", longest=1)
    CdArbeidsvermogen = Pattern(re.compile("[A-Za-z0-9]{2}", re.ASCII), "a code of two letters or digits", longest=2)
    PercLoonwaardeTovWml = Pattern(
        re.compile(r"(100|[0-9]{1,2})(\.[0-9]{1,2})?", re.ASCII), "a percentage as 62.5", longest=6
    )

    @validates_schema
    def _in_order(self, data: dict[str, Any], **_kwargs: Any) -> None:
        if data.get("DatERv", "9") < data.get("DatBRv", "0"):
            raise ValidationError({"DatERv": ["Lies before DatBRv."]})


class EnvelopeSchema(_Shape):
    """What every message begins with."""

    berichtId = Pattern(re.compile(UUID, re.ASCII), "a UUID", longest=36, required=True)
    soort = Code(Sort, required=True)
    versie = Text(longest=10)
    verzondenOp = Moment(required=True)
    afzender = fields.Nested(PartySchema)
    ontvanger = fields.Nested(PartySchema)


class _AboutReferral(EnvelopeSchema):
    verwijzingId = Text(longest=64)
    registratienummerRv = Pattern(
        re.compile("[0-9]{1,15}", re.ASCII), "the number that Schakel gave, digits only", longest=15
    )
    kenmerk = Text(longest=300)
    tijdstip = Moment()
    client = fields.Nested(ClientSchema)
    voorziening = fields.Nested(ProvisionSchema)
    dienst = fields.Nested(CodedSchema)
    leefgebieden = fields.List(Code(Domain), validate=validate.Length(max=13))
    aanleiding = Text(longest=20_000)
    woordenClient = Text(longest=20_000)
    sterkePunten = fields.List(Text(longest=500), validate=validate.Length(max=STRENGTHS))
    urgentie = Code(Haste)
    grondslag = fields.Nested(GroundSchema)
    behandelaar = Text()
    toelichting = Text(longest=NOTE)
    reden = fields.Nested(CodedSchema)
    redenEinde = fields.Nested(CodedSchema)
    resultaat = Code(Achieved)


class ReferralSchema(_AboutReferral):
    """A referral (``verwijzing``)."""


class ProgressSchema(_AboutReferral):
    """How a referral goes (``voortgang``). It names the referral, by one of its numbers or by the client's BSN."""

    status = Code(Word, required=True)

    @validates_schema
    def _about_something(self, data: dict[str, Any], **_kwargs: Any) -> None:
        named = {"verwijzingId", "registratienummerRv", "kenmerk"} & set(data)
        if not named and "bsn" not in data.get("client", {}):
            raise ValidationError({"verwijzingId": ["The referral is not named."]})


class ReceiptSchema(EnvelopeSchema):
    """What a system did with a message (``ontvangstbevestiging``); ``betreftBericht`` is the ``berichtId`` of that."""

    betreftBericht = Text(longest=80, required=True)
    uitkomst = Code(Result, required=True)
    codes = fields.List(fields.Nested(CodedSchema), validate=validate.Length(max=100))


SHAPES: dict[str, Schema] = {
    Sort.REFERRAL: ReferralSchema(),
    Sort.PROGRESS: ProgressSchema(),
    Sort.RECEIPT: ReceiptSchema(),
}
