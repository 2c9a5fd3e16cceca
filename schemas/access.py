"""The body of the API that asks the access policy: the same field names as the table of examples."""

from collections.abc import Mapping
from typing import Any

from marshmallow import EXCLUDE, RAISE, Schema, ValidationError, fields, post_load, validate

MOST_QUESTIONS = 2_000
_LONGEST = 200
_TEXT = {"type": "string", "maxLength": _LONGEST}
_SCOPES = {True: "yes", False: "no", None: ""}


class _Word(fields.String):
    """A word of a closed list; ``null`` and absence are "not given", an unknown word is the policy's to deny."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(load_default="", allow_none=True, validate=validate.Length(max=_LONGEST), **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        if not isinstance(value, str):
            raise ValidationError("Must be text.")
        return value


class _Scope(_Word):
    """Whether the item lies within the referral: ``yes``, ``no``, or a JSON true or false."""

    def __init__(self) -> None:
        super().__init__(metadata={"type": None, "anyOf": [_TEXT, {"type": "boolean"}]})

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        return _SCOPES[value] if isinstance(value, bool) else super()._deserialize(value, attr, data, **kwargs)


class _Flags(_Word):
    """Circumstances: joined by ``+``, or a list."""

    def __init__(self) -> None:
        listed = {"type": "array", "items": {"type": "string"}}
        super().__init__(metadata={"type": None, "anyOf": [_TEXT, listed]})

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        if isinstance(value, list):
            if not all(isinstance(flag, str) and "+" not in flag for flag in value):
                raise ValidationError("Must be a list of texts.")
            value = "+".join(value)
        return super()._deserialize(value, attr, data, **kwargs)


class QuestionSchema(Schema):
    """One question. A column of the examples that does not decide (scenario, decision, ...) is passed over."""

    class Meta:
        unknown = EXCLUDE

    id = _Word()
    actor_org = _Word()
    actor_role = _Word()
    actor_purpose = _Word()
    relation = _Word()
    relation_state = _Word()
    legal_basis = _Word()
    law = _Word()
    basis_state = _Word()
    owner_org = _Word()
    origin_purpose = _Word()
    life_domain = _Word()
    data_category = _Word()
    action = _Word()
    in_scope = _Scope()
    recipient_org = _Word()
    recipient_role = _Word()
    recipient_purpose = _Word()
    flags = _Flags()

    @post_load
    def _without_nulls(self, data: dict[str, str | None], **_: Any) -> dict[str, str]:
        return {name: value or "" for name, value in data.items()}


class QuestionsSchema(Schema):
    """Many questions, answered in their order."""

    class Meta:
        unknown = RAISE

    questions = fields.List(
        fields.Nested(QuestionSchema), required=True, validate=validate.Length(min=1, max=MOST_QUESTIONS)
    )


class DecisionSchema(Schema):
    """The answer to one question; ``mask`` is null where it is denied."""

    id = fields.String(allow_none=True)
    decision = fields.String(required=True, validate=validate.OneOf(["allow", "deny"]))
    mask = fields.String(required=True, allow_none=True)
    rule = fields.String(required=True)
    reason_nl = fields.String(required=True)


class DecisionsSchema(Schema):
    """The answers, in the order of the questions."""

    decisions = fields.List(fields.Nested(DecisionSchema), required=True)


QUESTION, QUESTIONS = QuestionSchema(), QuestionsSchema()
