"""The canonical message: CloudEvents 1.0 in the NL GOV profile 1.1, and what it carries about a referral.

One shape serves every kind. A connector fills what its dialect tells and leaves the rest ``None``; the hub finds the
referral by ``referral_id``, ``referral_number`` or ``correlation``, in that order.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from marshmallow import EXCLUDE, RAISE, Schema, ValidationError, fields, post_dump, post_load, validate

from schemas.fields import Bsn, Code, Moment, PartialDate, Text
from schemas.vocabulary import (
    Basis,
    Event,
    Gender,
    LifeDomain,
    MessageKind,
    Outcome,
    Purpose,
    Status,
    Urgency,
)

DATA_SCHEMA = "urn:nl:schakel:schema:referral:1"
UNKNOWN_OIN = "00000099000000000000"


def source_of(oin: str, system: str = "schakel") -> str:
    """Give the CloudEvents ``source`` of a system (NL GOV profile 1.1, section on ``source``)."""
    return f"urn:nld:oin:{oin}:systeem:{system}"


@dataclass(frozen=True, kw_only=True)
class Coded:
    """A code with its list and its words, for instance an iWmo reason for stopping."""

    code: str
    system: str | None = None
    text: str | None = None


@dataclass(frozen=True, kw_only=True)
class Client:
    """The person a message is about. ``reference`` is the partner's own key where it gives no BSN."""

    bsn: str | None = None
    family_name: str | None = None
    prefix: str | None = None
    initials: str | None = None
    given_name: str | None = None
    birth_date: str | None = None
    gender: Gender | None = None
    reference: str | None = None


@dataclass(frozen=True, kw_only=True)
class Ground:
    """Why this may be shared: legal basis (AVG article 6), law, purpose and evidence."""

    basis: Basis
    purpose: Purpose
    law: str | None = None
    evidence: str | None = None


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """What a partner's system did with one of our messages.

    ``reference`` is the id of that message as the dialect carried it; ``codes`` are the dialect's own.
    """

    reference: str
    codes: tuple[Coded, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Assignment:
    """One assigned provision as it stands: what a snapshot (an iWmo 301) lists beside what it tells."""

    referral_number: int | None = None
    correlation: Mapping[str, str] = field(default_factory=dict)
    service: Coded | None = None
    decided_at: dt.datetime | None = None
    starts_on: str | None = None
    ends_on: str | None = None


@dataclass(frozen=True, kw_only=True)
class MessageData:
    """What a message tells about one referral.

    ``implies`` names earlier steps that this message proves without saying so (iWmo has no acceptance: a 305 implies
    it); they are recorded as inferred. ``correlation`` maps a dialect's own key names to values. ``assignments`` are
    all that the client has at this receiver, where the dialect tells them together.
    """

    referral_id: str | None = None
    referral_number: int | None = None
    correlation: Mapping[str, str] = field(default_factory=dict)
    event: Event | None = None
    status: Status | None = None
    outcome: Outcome | None = None
    implies: tuple[Event, ...] = ()
    occurred_at: dt.datetime | None = None
    status_reason: Coded | None = None
    note: str | None = None
    client: Client | None = None
    service: Coded | None = None
    life_domains: tuple[LifeDomain, ...] = ()
    reason: str | None = None
    client_words: str | None = None
    strengths: tuple[str, ...] = ()
    urgency: Urgency | None = None
    ground: Ground | None = None
    starts_on: str | None = None
    ends_on: str | None = None
    receipt: Receipt | None = None
    dropped_fields: tuple[str, ...] = ()
    assignments: tuple[Assignment, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Message:
    """One canonical message. ``subject`` is the case id, a pseudonym; unknown (``None``) in what a partner sends."""

    id: str
    kind: MessageKind
    source: str
    time: dt.datetime
    sender: str
    receiver: str
    data: MessageData
    subject: str | None = None
    sequence: int | None = None
    traceparent: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Give the structured JSON form."""
        return dict(MESSAGE.dump(self))

    @staticmethod
    def from_json(document: Any) -> "Message":
        """Read the structured JSON form; marshmallow's ``ValidationError`` names each wrong field."""
        message = MESSAGE.load(document)
        assert isinstance(message, Message)  # the schema's post_load makes one
        return message

    def with_data(self, **changes: Any) -> "Message":
        """Give the same message with some of its data changed."""
        return replace(self, data=replace(self.data, **changes))


class _Shape(Schema):
    """A schema that refuses unknown fields, gives a dataclass back, and leaves empty values out when writing."""

    class Meta:
        unknown = RAISE

    makes: type

    @post_load
    def _make(self, data: dict[str, Any], **_kwargs: Any) -> Any:
        return self.makes(**{key: tuple(value) if isinstance(value, list) else value for key, value in data.items()})

    @post_dump
    def _leave_out_empty(self, data: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
        return {key: value for key, value in data.items() if value not in (None, [], {}, ())}


class CodedSchema(_Shape):
    makes = Coded
    code = Text(longest=80, required=True)
    system = Text(longest=200, allow_none=True)
    text = Text(longest=2000, allow_none=True)


class ClientSchema(_Shape):
    makes = Client
    bsn = Bsn(allow_none=True)
    family_name = Text(allow_none=True)
    prefix = Text(longest=20, allow_none=True)
    initials = Text(longest=20, allow_none=True)
    given_name = Text(allow_none=True)
    birth_date = PartialDate(allow_none=True)
    gender = Code(Gender, allow_none=True)
    reference = Text(allow_none=True)


class GroundSchema(_Shape):
    makes = Ground
    basis = Code(Basis, required=True)
    purpose = Code(Purpose, required=True)
    law = Text(longest=80, allow_none=True)
    evidence = Text(longest=500, allow_none=True)


class ReceiptSchema(_Shape):
    makes = Receipt
    reference = Text(longest=80, required=True)
    codes = fields.List(fields.Nested(CodedSchema))


class AssignmentSchema(_Shape):
    makes = Assignment
    referral_number = fields.Integer(strict=True, allow_none=True, validate=validate.Range(1, 999_999_999))
    correlation = fields.Dict(keys=Text(longest=60), values=Text(longest=300))
    service = fields.Nested(CodedSchema, allow_none=True)
    decided_at = Moment(allow_none=True)
    starts_on = PartialDate(allow_none=True)
    ends_on = PartialDate(allow_none=True)


class MessageDataSchema(_Shape):
    makes = MessageData
    referral_id = Text(longest=64, allow_none=True)
    referral_number = fields.Integer(strict=True, allow_none=True, validate=validate.Range(1, 999_999_999))
    correlation = fields.Dict(keys=Text(longest=60), values=Text(longest=300))
    event = Code(Event, allow_none=True)
    status = Code(Status, allow_none=True)
    outcome = Code(Outcome, allow_none=True)
    implies = fields.List(Code(Event))
    occurred_at = Moment(allow_none=True)
    status_reason = fields.Nested(CodedSchema, allow_none=True)
    note = Text(longest=20_000, allow_none=True)
    client = fields.Nested(ClientSchema, allow_none=True)
    service = fields.Nested(CodedSchema, allow_none=True)
    life_domains = fields.List(Code(LifeDomain))
    reason = Text(longest=20_000, allow_none=True)
    client_words = Text(longest=20_000, allow_none=True)
    strengths = fields.List(Text(longest=500))
    urgency = Code(Urgency, allow_none=True)
    ground = fields.Nested(GroundSchema, allow_none=True)
    starts_on = PartialDate(allow_none=True)
    ends_on = PartialDate(allow_none=True)
    receipt = fields.Nested(ReceiptSchema, allow_none=True)
    dropped_fields = fields.List(Text(longest=200))
    assignments = fields.List(fields.Nested(AssignmentSchema), validate=validate.Length(max=200))


def _constant(value: str) -> fields.Constant[str]:
    return fields.Constant(value, metadata={"type": "string", "enum": [value]})


class MessageSchema(Schema):
    """The CloudEvents envelope. Unknown extensions of others are passed over, as CloudEvents asks."""

    class Meta:
        unknown = EXCLUDE

    specversion = _constant("1.0")
    id = Text(longest=64, required=True)
    type = Code(MessageKind, required=True, attribute="kind")
    source = Text(longest=200, required=True)
    subject = Text(longest=64, allow_none=True)
    time = Moment(required=True)
    datacontenttype = _constant("application/json")
    dataschema = _constant(DATA_SCHEMA)
    sequence = fields.Integer(allow_none=True, as_string=True, metadata={"type": "string", "pattern": "^[0-9]+$"})
    traceparent = Text(longest=80, allow_none=True)
    sender = Text(longest=64, required=True)
    receiver = Text(longest=64, required=True)
    data = fields.Nested(MessageDataSchema, required=True)

    @post_load
    def _make(self, data: dict[str, Any], **_kwargs: Any) -> Message:
        for constant in ("specversion", "datacontenttype", "dataschema"):
            data.pop(constant, None)
        return Message(**data)

    @post_dump
    def _leave_out_empty(self, data: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
        return {key: value for key, value in data.items() if value is not None}


MESSAGE = MessageSchema()

__all__ = [
    "MESSAGE",
    "UNKNOWN_OIN",
    "Assignment",
    "Client",
    "Coded",
    "Ground",
    "Message",
    "MessageData",
    "MessageSchema",
    "Receipt",
    "ValidationError",
    "source_of",
]
