"""The bodies of the API about corrections: what is asked, and what is decided (AVG article 16)."""

from dataclasses import dataclass
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, post_load, validate, validates_schema

from schemas.fields import Moment, Text

PERSON = ("family_name", "prefix", "initials", "given_name", "birth_date", "gender")
CONTENT = ("reason", "client_words", "strengths")


@dataclass(frozen=True, kw_only=True)
class NewCorrection:
    """What is wrong and what is right: a field of the person, or with ``referral_id`` one of that referral."""

    field: str
    value: str
    why: str
    referral_id: str | None = None


class NewCorrectionSchema(Schema):
    """The body of ``POST /api/v1/cases/{id}/corrections``. ``strengths`` has one strength on each line."""

    class Meta:
        unknown = RAISE

    field = Text(longest=40, required=True, validate=validate.OneOf((*PERSON, *CONTENT)))
    value = Text(longest=20_000, required=True)
    why = Text(longest=2_000, required=True)
    referral_id = Text(longest=36, allow_none=True)

    @post_load
    def _make(self, data: dict[str, Any], **_kwargs: Any) -> NewCorrection:
        return NewCorrection(**data)


@dataclass(frozen=True, kw_only=True)
class CorrectionDecision:
    """What the owner decided; declining needs a reason."""

    decision: str
    reason: str | None = None


class CorrectionDecisionSchema(Schema):
    """The body of ``POST /api/v1/cases/{id}/corrections/{correction}/decision``."""

    class Meta:
        unknown = RAISE

    decision = Text(longest=10, required=True, validate=validate.OneOf(("correct", "decline")))
    reason = Text(longest=2_000, allow_none=True)

    @validates_schema
    def _check(self, data: dict[str, Any], **_kwargs: Any) -> None:
        if data.get("decision") == "decline" and not data.get("reason"):
            raise ValidationError("Declining needs a reason.", "reason")

    @post_load
    def _make(self, data: dict[str, Any], **_kwargs: Any) -> CorrectionDecision:
        return CorrectionDecision(**data)


class NoticeSchema(Schema):
    """One receiver of the error, and how far it is."""

    organisation = fields.String(required=True)
    state = fields.String(
        required=True, metadata={"enum": ["confirmed", "processed", "delivered", "under_way", "phone"]}
    )
    since = Moment(allow_none=True)


class CorrectionSchema(Schema):
    """One request as it is answered. ``complete`` is false where receivers may be left out of ``notices``."""

    id = fields.String(required=True)
    referral_id = fields.String(allow_none=True)
    field = fields.String(required=True)
    owner = fields.String(required=True)
    state = fields.String(required=True, metadata={"enum": ["asked", "done", "declined"]})
    asked_at = Moment(required=True)
    decided_at = Moment(allow_none=True)
    wish = fields.Raw(metadata={"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]})
    why = fields.String(allow_none=True)
    answer = fields.String(allow_none=True)
    decides = fields.Boolean(required=True)
    notices = fields.List(fields.Nested(NoticeSchema), required=True)
    complete = fields.Boolean(required=True)


class CorrectionsSchema(Schema):
    """The corrections of a case that concern the caller."""

    items = fields.List(fields.Nested(CorrectionSchema), required=True)


NEW_CORRECTION = NewCorrectionSchema()
CORRECTION_DECISION = CorrectionDecisionSchema()
CORRECTION = CorrectionSchema()
CORRECTIONS = CorrectionsSchema()
