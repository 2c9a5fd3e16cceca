"""What people write down in a case, as it is asked for: one shape for all kinds, and the words of each kind."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from marshmallow import RAISE, Schema, fields, validate

from schemas.fields import Text
from schemas.vocabulary import ItemKind, LifeDomain

Content = Mapping[str, Any]
HOW = ("phone", "visit", "office", "message", "other")
CLIENT = "client"
"""The holder of what the client does."""


@dataclass(frozen=True, kw_only=True)
class NewItem:
    """Something to write down. ``content`` holds the words of its kind, as ``CONTENT`` describes them.

    ``audience`` names organisations beside the own; nothing means all that the rules let in. ``like_parent`` says that
    it reaches as far as what it belongs to, which its writer need not know. ``about`` is what a remark is about:
    ``case``, ``referral:<id>``, ``domain:<code>`` or ``item:<id>``. ``holder`` is the organisation that does it, or
    ``client``; ``holder_id`` the person there.
    """

    kind: ItemKind
    content: Content
    life_domains: tuple[LifeDomain, ...] = ()
    audience: tuple[str, ...] | None = None
    like_parent: bool = False
    parent_id: str | None = None
    about: str | None = None
    holder: str | None = None
    holder_id: str | None = None
    due_on: dt.date | None = None
    at: dt.datetime | None = None
    meeting_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class ItemChange:
    """What to change of an item that had ``version`` when it was read; ``changes`` names fields of ``NewItem``.

    What is not named stays; of ``content`` what is given replaces the words of that name.
    """

    version: int
    changes: Mapping[str, Any] = field(default_factory=dict)


class _Words(Schema):
    class Meta:
        unknown = RAISE


def _words(**of_kind: fields.Field[Any]) -> Schema:
    return _Words.from_dict(of_kind, name="Words")(unknown=RAISE)


def _ids() -> fields.Field[Any]:
    return fields.List(Text(longest=36), validate=validate.Length(max=20))


CONTENT: dict[ItemKind, Schema] = {
    ItemKind.SCORE: _words(
        score=fields.Integer(required=True, strict=True, validate=validate.Range(1, 5)), note=Text(longest=1_000)
    ),
    ItemKind.GOAL: _words(title=Text(longest=300, required=True)),
    ItemKind.STEP: _words(text=Text(longest=300, required=True), note=Text(longest=1_000), after=_ids()),
    ItemKind.REMARK: _words(text=Text(longest=4_000, required=True), mentions=_ids()),
    ItemKind.AGREEMENT: _words(text=Text(longest=500, required=True)),
    ItemKind.DECISION: _words(text=Text(longest=500, required=True)),
    ItemKind.MINUTE: _words(text=Text(longest=4_000, required=True)),
    ItemKind.AGENDA_ITEM: _words(
        question=Text(longest=500, required=True),
        why=Text(longest=500),
        basis=Text(longest=24),
        minutes=fields.Integer(strict=True, validate=validate.Range(1, 240)),
        nameless=fields.Boolean(),
    ),
    ItemKind.DOCUMENT: _words(
        name=Text(longest=200, required=True),
        media_type=Text(longest=100, required=True),
        size=fields.Integer(required=True, strict=True, validate=validate.Range(1)),
    ),
    ItemKind.NOTE: _words(text=Text(longest=4_000, required=True)),
    ItemKind.CONTACT: _words(
        how=Text(longest=16, required=True, validate=validate.OneOf(HOW)),
        text=Text(longest=1_000),
        people=Text(longest=200),
        agreed=Text(longest=1_000),
        minutes=fields.Integer(strict=True, validate=validate.Range(0, 1_440)),
        reached=fields.Boolean(),
    ),
    ItemKind.APPOINTMENT: _words(
        what=Text(longest=200, required=True),
        place=Text(longest=200),
        people=Text(longest=200),
        minutes=fields.Integer(strict=True, validate=validate.Range(5, 1_440)),
    ),
    ItemKind.OWN_WORDS: _words(
        client_words=Text(longest=1_000), wishes=Text(longest=1_000), strengths=Text(longest=1_000)
    ),
}
"""The words of each kind: what must be there, how long it may be."""
