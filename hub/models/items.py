"""What people write down in a case: scores, goals and steps, conversation, agreements, documents, notes."""

import datetime as dt
from typing import Any

from sqlalchemy import JSON, Date, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from hub.models.columns import SealedJsonOfCase, SealedOfCase, UtcMoment
from hub.models.record import Record


class CaseItem(Record):
    """One thing that somebody wrote down in a case. What it is, stands in ``kind``; its words stand in ``content``.

    Who may see it is decided from its owner (an organisation), ``purpose`` (of who wrote it), ``category`` and
    ``life_domains``, and from ``audience``: the organisations that it was meant for, or nothing for all that the rules
    let in. ``parent_id`` ties a step to its goal; ``about`` ties a remark to what is talked about (``case``,
    ``referral:<id>``, ``domain:<code>``, ``item:<id>``). ``holder`` is the organisation that must do something, or
    ``client``; ``holder_id`` the person there. ``version`` grows with every change: two who change the same thing at
    once are told. A row is never removed but with its case; what no longer counts has the state ``removed``.
    """

    __tablename__ = "case_items"
    __table_args__ = (
        Index("ix_case_items_case", "case_id", "created_at"),
        Index("ix_case_items_holder", "holder", "state"),
        Index("ix_case_items_meeting", "meeting_id"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"))
    kind: Mapped[str] = mapped_column(String(24))
    parent_id: Mapped[str | None] = mapped_column(String(36))
    about: Mapped[str | None] = mapped_column(String(80))
    owner: Mapped[str] = mapped_column(String(64))
    author_id: Mapped[str] = mapped_column(String(64))
    author_name: Mapped[str] = mapped_column(String(200))
    purpose: Mapped[str] = mapped_column(String(40))
    category: Mapped[str] = mapped_column(String(24))
    life_domains: Mapped[list[str]] = mapped_column(JSON)
    audience: Mapped[list[str] | None] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(String(16))
    holder: Mapped[str | None] = mapped_column(String(64))
    holder_id: Mapped[str | None] = mapped_column(String(36))
    due_on: Mapped[dt.date | None] = mapped_column(Date)
    at: Mapped[dt.datetime | None] = mapped_column(UtcMoment)
    meeting_id: Mapped[str | None] = mapped_column(String(36))
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[dt.datetime] = mapped_column(UtcMoment)
    changed_at: Mapped[dt.datetime] = mapped_column(UtcMoment)
    changed_by: Mapped[str] = mapped_column(String(200))
    content: Mapped[dict[str, Any]] = mapped_column(SealedJsonOfCase)


class DocumentBody(Record):
    """The bytes of a document; the rest of it is a ``CaseItem`` with the same id."""

    __tablename__ = "document_bodies"

    item_id: Mapped[str] = mapped_column(ForeignKey("case_items.id"), primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), index=True)
    body: Mapped[bytes] = mapped_column(SealedOfCase)


class Visit(Record):
    """How far someone has read a case, in positions of the whole case (``hub.rules.visits``).

    ``position`` and ``at`` are where and when the visit before this one ended, ``began`` where this one began, ``seen``
    and ``seen_at`` how far and when was read last.
    """

    __tablename__ = "visits"

    person_id: Mapped[str] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    position: Mapped[int]
    at: Mapped[dt.datetime] = mapped_column(UtcMoment)
    began: Mapped[int]
    seen: Mapped[int]
    seen_at: Mapped[dt.datetime] = mapped_column(UtcMoment)


class Alert(Record):
    """That something waits for one person: a mention, an answer, a question. It says where, and no word of what.

    Whether it may be seen is decided when it is read, by the rules of the place where it stands. ``kind`` is one of
    ``hub.rules.alerts.AlertKind``; ``subject`` is the item, or the referral with the position of what happened to it.
    """

    __tablename__ = "alerts"
    __table_args__ = (Index("ix_alerts_unread", "person_id", "read_at"),)

    person_id: Mapped[str] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), primary_key=True)
    subject: Mapped[str] = mapped_column(String(80), primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    item_id: Mapped[str | None] = mapped_column(String(36))
    referral_id: Mapped[str | None] = mapped_column(String(36))
    at: Mapped[dt.datetime] = mapped_column(UtcMoment)
    read_at: Mapped[dt.datetime | None] = mapped_column(UtcMoment)
