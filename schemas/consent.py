"""The bodies of the API about consent: what a client said, and what is known of it."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from marshmallow import RAISE, Schema, fields, post_load, validate

from schemas.fields import Code, Moment, Text
from schemas.vocabulary import PURPOSES_OF_REFERRALS, ConsentKind, Purpose, SharedField

_REGISTERED = tuple(kind for kind in ConsentKind if kind is not ConsentKind.LAPSED)


@dataclass(frozen=True, kw_only=True)
class NewConsent:
    """What a client said about sharing with one organisation (``to``).

    ``purpose`` and ``fields`` where it was about some only; ``at`` when it was said, ``until`` for how long it holds.
    """

    to: str
    kind: ConsentKind
    purpose: Purpose | None = None
    fields: tuple[SharedField, ...] | None = None
    evidence: str | None = None
    at: dt.datetime | None = None
    until: dt.datetime | None = None


class NewConsentSchema(Schema):
    """The body of ``POST /api/v1/cases/{id}/consents``. That a consent lapses is said by the clock alone."""

    class Meta:
        unknown = RAISE

    to = Text(longest=64, required=True)
    kind = Code(ConsentKind, required=True, validate=validate.OneOf(_REGISTERED))
    purpose = Code(Purpose, allow_none=True, validate=validate.OneOf(sorted(PURPOSES_OF_REFERRALS)))
    fields_ = fields.List(Code(SharedField), allow_none=True, data_key="fields", attribute="fields")
    evidence = Text(longest=500, allow_none=True)
    at = Moment(allow_none=True)
    until = Moment(allow_none=True)

    @post_load
    def _make(self, data: dict[str, Any], **_kwargs: Any) -> NewConsent:
        given: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in data.items()}
        return NewConsent(**given)


class ConsentSchema(Schema):
    """One piece of evidence as it is answered."""

    to = fields.String(required=True)
    kind = fields.String(required=True, metadata={"enum": list(ConsentKind)})
    purpose = fields.String(allow_none=True)
    fields_ = fields.List(fields.String(), allow_none=True, data_key="fields", attribute="fields")
    referral_id = fields.String(allow_none=True)
    evidence = fields.String(allow_none=True)
    by = fields.String(required=True)
    organisation = fields.String(required=True)
    at = Moment(required=True)
    until = Moment(allow_none=True)


class ReachedSchema(Schema):
    """A message that reached the receiver: what can't be undone."""

    kind = fields.String(required=True)
    state = fields.String(required=True)
    at = Moment(required=True)


class ReleaseSchema(Schema):
    """What one referral shared, and how that ended."""

    referral_id = fields.String(required=True)
    to = fields.String(required=True)
    organisation = fields.String(required=True)
    fields_ = fields.List(fields.String(), required=True, data_key="fields", attribute="fields")
    basis = fields.String(required=True)
    law = fields.String(allow_none=True)
    purpose = fields.String(required=True)
    necessity = fields.String(allow_none=True)
    by = fields.String(required=True)
    at = Moment(required=True)
    until = Moment(allow_none=True)
    withdrawn_at = Moment(allow_none=True)
    ended = fields.String(allow_none=True)
    reached = fields.List(fields.Nested(ReachedSchema), required=True)
    held = fields.Integer(required=True)
    told_to_stop_at = Moment(allow_none=True)
    stop_state = fields.String(allow_none=True)


class ConsentsSchema(Schema):
    """All that is known of consent in one case, as far as the caller may know it."""

    events = fields.List(fields.Nested(ConsentSchema), required=True)
    releases = fields.List(fields.Nested(ReleaseSchema), required=True)


NEW_CONSENT = NewConsentSchema()
CONSENTS = ConsentsSchema()
