"""The bodies of the API about referrals: what is asked for, and what is answered."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, post_load, validate, validates_schema

from schemas.fields import Bsn, Code, Moment, PartialDate, Text
from schemas.message import Client, Ground, GroundSchema
from schemas.vocabulary import (
    PURPOSES_OF_REFERRALS,
    Delivery,
    Event,
    Gender,
    LifeDomain,
    Outcome,
    SharedField,
    Status,
    Urgency,
)


@dataclass(frozen=True, kw_only=True)
class NewReferral:
    """A referral as it is asked for. Exactly one of ``client`` and ``case_id`` is given.

    ``share`` names the chosen fields, the service's package where nothing is chosen. ``until`` is the moment from which
    the ground no longer holds, ``necessity`` why these data are needed; both stay with the hub.
    """

    to: str
    life_domains: tuple[LifeDomain, ...]
    reason: str
    urgency: Urgency
    ground: Ground
    client: Client | None = None
    case_id: str | None = None
    service: str | None = None
    client_words: str | None = None
    strengths: tuple[str, ...] = ()
    share: tuple[SharedField, ...] | None = None
    until: dt.datetime | None = None
    necessity: str | None = None


@dataclass(frozen=True, kw_only=True)
class NewEvent:
    """Something that someone does to a referral. ``reason`` is a code, ``note`` free text.

    At a screen also, beside the note that tells it in words: from which day there is room (``expected_on``), and who
    would fit better (``proposed_to``, with ``proposed_service`` where one is meant).
    """

    event: Event
    reason: str | None = None
    note: str | None = None
    at: dt.datetime | None = None
    outcome: Outcome | None = None
    expected_on: dt.date | None = None
    proposed_to: str | None = None
    proposed_service: str | None = None


class NewClientSchema(Schema):
    """A person, or the id of the case that the hub already has."""

    class Meta:
        unknown = RAISE

    case_id = Text(longest=36)
    bsn = Bsn()
    family_name = Text()
    prefix = Text(longest=20)
    initials = Text(longest=20)
    given_name = Text()
    birth_date = PartialDate()
    gender = Code(Gender)

    @validates_schema
    def _one_or_the_other(self, data: dict[str, Any], **_kwargs: Any) -> None:
        if "case_id" in data:
            extra = sorted(set(data) - {"case_id"})
            if extra:
                raise ValidationError({name: ["Leave this out beside case_id."] for name in extra})
            return
        missing = [name for name in ("bsn", "family_name", "birth_date") if name not in data]
        if missing:
            raise ValidationError({name: ["Missing data for required field."] for name in missing})


class NewGroundSchema(GroundSchema):
    """The ground of a referral that is sent: also until when, and why these data are needed."""

    until = Moment(allow_none=True)
    necessity = Text(longest=2000, allow_none=True)

    @post_load
    def _make(self, data: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
        beside = {name: data.pop(name, None) for name in ("until", "necessity")}
        return {"ground": Ground(**data), **beside}


class NewReferralSchema(Schema):
    """The body of ``POST /api/v1/referrals``."""

    class Meta:
        unknown = RAISE

    client = fields.Nested(NewClientSchema, required=True)
    to = Text(longest=64, required=True)
    service = Text(longest=64, allow_none=True)
    life_domains = fields.List(Code(LifeDomain), required=True, validate=validate.Length(1, 13))
    reason = Text(longest=4000, required=True)
    client_words = Text(longest=4000, allow_none=True)
    strengths = fields.List(Text(longest=500), validate=validate.Length(max=20))
    urgency = Code(Urgency, load_default=Urgency.ROUTINE)
    ground = fields.Nested(NewGroundSchema, required=True)
    share = fields.List(Code(SharedField), allow_none=True)
    attachments = fields.List(fields.Dict(), validate=validate.Length(max=0, error="Attachments are not taken yet."))

    @validates_schema
    def _for_help(self, data: dict[str, Any], **_kwargs: Any) -> None:
        ground = data.get("ground", {}).get("ground")
        if isinstance(ground, Ground) and ground.purpose not in PURPOSES_OF_REFERRALS:
            raise ValidationError({"ground": {"purpose": ["Nobody is referred for this purpose."]}})

    @post_load
    def _make(self, data: dict[str, Any], **_kwargs: Any) -> NewReferral:
        data.pop("attachments", None)
        client = data.pop("client")
        case_id = client.pop("case_id", None)
        data |= data.pop("ground")
        given: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in data.items()}
        return NewReferral(**given, case_id=case_id, client=None if case_id else Client(**client))


class NewEventSchema(Schema):
    """The body of ``POST /api/v1/referrals/{id}/events``."""

    class Meta:
        unknown = RAISE

    event = Code(Event, required=True)
    reason = Text(longest=80, allow_none=True)
    note = Text(longest=4000, allow_none=True)
    at = Moment(allow_none=True)
    outcome = Code(Outcome, allow_none=True)

    @post_load
    def _make(self, data: dict[str, Any], **_kwargs: Any) -> NewEvent:
        return NewEvent(**data)


class NextActionSchema(Schema):
    """Whose turn it is, for what, by when."""

    who = fields.String(required=True)
    organisation = fields.String(allow_none=True)
    what = fields.String(required=True)
    by = Moment(allow_none=True)


class ReferralSchema(Schema):
    """A referral as it is answered. ``content`` is for whoever may see it; ``masked`` names the rule that hides."""

    id = fields.String(required=True)
    number = fields.Integer(required=True)
    case_id = fields.String(required=True)
    sender = fields.String(data_key="from", required=True)
    receiver = fields.String(data_key="to", allow_none=True)
    service = fields.String(allow_none=True)
    status = fields.String(required=True, metadata={"enum": [*Status, "running", "not_running", "finished"]})
    inferred = fields.Boolean()
    delivery = fields.String(allow_none=True, metadata={"enum": [*Delivery, None]})
    outcome = fields.String(allow_none=True, metadata={"enum": [*Outcome, None]})
    urgency = fields.String(allow_none=True)
    life_domains = fields.List(fields.String())
    next_action = fields.Nested(NextActionSchema, allow_none=True)
    content = fields.Dict(allow_none=True)
    created_at = Moment()
    changed_at = Moment()
    version = fields.Integer()
    masked = fields.String(allow_none=True)
    withheld = fields.List(fields.Dict())


NEW_REFERRAL = NewReferralSchema()
NEW_EVENT = NewEventSchema()
REFERRAL = ReferralSchema()
