"""What leaves and what enters: outbox, inbox, intake, and the memory of repeated calls."""

import datetime as dt
from typing import Any

from sqlalchemy import JSON, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from hub.models.columns import RowNumber, SealedJsonOfCase, SealedOfCase, UtcMoment
from hub.models.record import Record


class OutboxRecord(Record):
    """Something that must leave: a partner message, a message for our own inbox, or a live nudge.

    ``due_at`` is when the relay looks at it again: the next try while it waits, the end of our patience while it is
    under way. ``open`` stays true until a system took it or a person closed it; of a lane only the oldest open row
    goes. A nudge has no lane and no afterlife. ``withheld_at`` is when the ground under it ended: it neither leaves nor
    is read by anyone any more, and stays as a record.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        UniqueConstraint("queue", "message_id"),
        Index("ix_outbox_open_lane", "lane", "id", postgresql_where=text("open"), sqlite_where=text("open")),
        Index("ix_outbox_open_due", "due_at", "id", postgresql_where=text("open"), sqlite_where=text("open")),
        Index("ix_outbox_referral", "referral_id", "id"),
        Index("ix_outbox_feed", "receiver", "id"),
        Index("ix_outbox_reference", "reference"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(RowNumber, primary_key=True, autoincrement=True)
    message_id: Mapped[str] = mapped_column(String(64))
    queue: Mapped[str] = mapped_column(String(80))
    lane: Mapped[str | None] = mapped_column(String(120))
    kind: Mapped[str] = mapped_column(String(60))
    case_id: Mapped[str | None] = mapped_column(String(36))
    referral_id: Mapped[str | None] = mapped_column(String(36))
    receiver: Mapped[str | None] = mapped_column(String(64))
    reference: Mapped[str | None] = mapped_column(String(64))
    body: Mapped[bytes] = mapped_column(SealedOfCase)
    signature: Mapped[str | None] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(24))
    open: Mapped[bool]
    due_at: Mapped[dt.datetime] = mapped_column(UtcMoment)
    published: Mapped[int] = mapped_column(default=0)
    attempts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[dt.datetime] = mapped_column(UtcMoment)
    first_tried_at: Mapped[dt.datetime | None] = mapped_column(UtcMoment)
    delivered_at: Mapped[dt.datetime | None] = mapped_column(UtcMoment)
    processed_at: Mapped[dt.datetime | None] = mapped_column(UtcMoment)
    withheld_at: Mapped[dt.datetime | None] = mapped_column(UtcMoment)
    error: Mapped[str | None] = mapped_column(String(300))
    codes: Mapped[list[dict[str, str]] | None] = mapped_column(JSON)
    answer_digest: Mapped[str | None] = mapped_column(String(80))
    dropped: Mapped[list[str] | None] = mapped_column(JSON)


class InboxRecord(Record):
    """The memory of what came in: one row per sender and message id, kept for as long as it could come again.

    ``state``: ``applied``, ``waiting`` (too early: it waits for what must come first) or ``refused``.
    """

    __tablename__ = "inbox"
    __table_args__ = (
        Index(
            "ix_inbox_waiting",
            "referral_id",
            postgresql_where=text("state = 'waiting'"),
            sqlite_where=text("state = 'waiting'"),
        ),
        Index(
            "ix_inbox_referral",
            "referral_id",
            postgresql_where=text("referral_id IS NOT NULL"),
            sqlite_where=text("referral_id IS NOT NULL"),
        ),
    )

    sender: Mapped[str] = mapped_column(String(64), primary_key=True)
    message_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    body_hash: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(16))
    intake_id: Mapped[str | None] = mapped_column(String(36), index=True)
    referral_id: Mapped[str | None] = mapped_column(String(36))
    body: Mapped[bytes | None] = mapped_column(SealedOfCase)
    reason: Mapped[str | None] = mapped_column(String(300))
    received_at: Mapped[dt.datetime] = mapped_column(UtcMoment)


class Intake(Record):
    """A payload as a partner sent it, byte for byte, with what became of it.

    ``state``: ``received``, ``applied``, ``duplicate``, ``waiting`` or ``quarantined``; a person closes the last two
    (``handled_at``). ``signature`` is the partner's, ``receipt`` ours: over the digests of payload and answer.
    """

    __tablename__ = "intake"
    __table_args__ = (
        Index("ix_intake_known", "organisation", "identification"),
        Index("ix_intake_state", "state", "received_at"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    organisation: Mapped[str] = mapped_column(String(64))
    connector: Mapped[str] = mapped_column(String(40))
    identification: Mapped[str | None] = mapped_column(String(200))
    body_hash: Mapped[str] = mapped_column(String(64))
    content_type: Mapped[str] = mapped_column(String(120))
    payload: Mapped[bytes] = mapped_column(SealedOfCase)
    answer: Mapped[bytes | None] = mapped_column(SealedOfCase)
    answer_type: Mapped[str | None] = mapped_column(String(120))
    signature: Mapped[str | None] = mapped_column(Text)
    answer_digest: Mapped[str | None] = mapped_column(String(80))
    receipt: Mapped[str | None] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(16))
    reason_code: Mapped[str | None] = mapped_column(String(40))
    reason: Mapped[str | None] = mapped_column(String(500))
    field: Mapped[str | None] = mapped_column(String(300))
    dialect_code: Mapped[str | None] = mapped_column(String(40))
    open_messages: Mapped[int] = mapped_column(default=0)
    referral_ids: Mapped[list[str]] = mapped_column(JSON)
    losses: Mapped[list[dict[str, str]] | None] = mapped_column(JSON)
    received_at: Mapped[dt.datetime] = mapped_column(UtcMoment)
    handled_at: Mapped[dt.datetime | None] = mapped_column(UtcMoment)
    handled_by: Mapped[str | None] = mapped_column(String(200))
    handled_how: Mapped[str | None] = mapped_column(String(500))


class Idempotency(Record):
    """What was answered to a call with an Idempotency-Key: the same call again gets the same answer."""

    __tablename__ = "idempotency"

    organisation: Mapped[str] = mapped_column(String(64), primary_key=True)
    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    body_hash: Mapped[str] = mapped_column(String(64))
    status: Mapped[int]
    location: Mapped[str | None] = mapped_column(String(200))
    answer: Mapped[Any] = mapped_column(SealedJsonOfCase)
    at: Mapped[dt.datetime] = mapped_column(UtcMoment)
