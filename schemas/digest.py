"""A digest: the open referrals between the hub and an organisation, by their references and states alone."""

import datetime as dt
import re
from dataclasses import dataclass
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, post_load, validate, validates_schema

from schemas.fields import Code, Moment, Text
from schemas.identifiers import bsn_is_valid
from schemas.vocabulary import Status

MOST = 5_000
_REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/|-]{0,63}", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class DigestLine:
    """One open referral. ``reference`` is the organisation's own; one of the three references is always there."""

    status: Status
    referral_id: str | None = None
    number: int | None = None
    reference: str | None = None
    changed_at: dt.datetime | None = None


def _is_reference(value: str) -> None:
    """Refuse what may be a person: a reference is a code, and never a BSN."""
    if not _REFERENCE.fullmatch(value) or bsn_is_valid(value):
        raise ValidationError("Must be a code of letters, digits and . _ : / | -, and not a BSN.")


class DigestLineSchema(Schema):
    """One line of ``PUT /api/v1/digest``."""

    class Meta:
        unknown = RAISE

    referral_id = Text(longest=36, validate=_is_reference)
    number = fields.Integer(strict=True, validate=validate.Range(1, 999_999_999))
    reference = Text(longest=64, validate=_is_reference)
    status = Code(Status, required=True)
    changed_at = Moment()

    @validates_schema
    def _named(self, data: dict[str, Any], **_kwargs: Any) -> None:
        if not data.keys() & {"referral_id", "number", "reference"}:
            raise ValidationError("Name the referral: by referral_id, number or reference.", "referral_id")

    @post_load
    def _make(self, data: dict[str, Any], **_kwargs: Any) -> DigestLine:
        return DigestLine(**data)


_LINES = DigestLineSchema(many=True)


def read_lines(document: Any) -> list[DigestLine]:
    """Read a list of lines; ``ValidationError`` names each that is wrong."""
    if not isinstance(document, list):
        raise ValidationError("Must be a list of referrals.")
    if len(document) > MOST:
        raise ValidationError(f"Holds more than {MOST} referrals.")
    lines: list[DigestLine] = _LINES.load(document)
    return lines


def line_to_json(line: DigestLine) -> dict[str, Any]:
    """Write a line as the API gives it; what is not known is left out."""
    document = DigestLineSchema().dump(line)
    return {name: value for name, value in document.items() if value is not None}
