"""Who saw and did what: records that are only ever added, their seals, and the work of reviewing them."""

import datetime as dt
from typing import Any

from sqlalchemy import JSON, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from hub.models.columns import RowNumber, UtcMoment
from hub.models.record import Record


class AuditRecord(Record):
    """One deed: ``body`` says all of it as canonical JSON (docs/audit.md), the other columns only find it back.

    Written without a place; the sealer gives it chain, place and hash. ``subject`` is a pseudonym.
    """

    __tablename__ = "audit_records"
    __table_args__ = (
        UniqueConstraint("chain", "seq"),
        Index("ix_audit_records_subject", "subject", "at"),
        Index("ix_audit_records_id", "id"),
        Index("ix_audit_records_at", "at"),
        Index(
            "ix_audit_records_unsealed",
            "number",
            postgresql_where=text("seq IS NULL"),
            sqlite_where=text("seq IS NULL"),
        ),
        {"sqlite_autoincrement": True},
    )

    number: Mapped[int] = mapped_column(RowNumber, primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(String(36))
    municipality: Mapped[str] = mapped_column(String(64))
    at: Mapped[dt.datetime] = mapped_column(UtcMoment)
    subject: Mapped[str | None] = mapped_column(String(32))
    actor: Mapped[str] = mapped_column(String(64))
    organisation: Mapped[str] = mapped_column(String(64))
    deed: Mapped[str] = mapped_column(String(32))
    outcome: Mapped[str] = mapped_column(String(8))
    body: Mapped[str] = mapped_column(Text)
    mac: Mapped[str] = mapped_column(String(64))
    chain: Mapped[str | None] = mapped_column(String(80))
    seq: Mapped[int | None]
    prev: Mapped[str | None] = mapped_column(String(64))
    hash: Mapped[str | None] = mapped_column(String(64))


class AuditChain(Record):
    """How far one chain has grown; its row is the lock of whoever seals.

    It stays, with its checkpoints, when its records were removed after their term: ``removed_at``.
    """

    __tablename__ = "audit_chains"

    chain: Mapped[str] = mapped_column(String(80), primary_key=True)
    count: Mapped[int]
    hash: Mapped[str] = mapped_column(String(64))
    checkpoints: Mapped[int]
    removed_at: Mapped[dt.datetime | None] = mapped_column(UtcMoment)


class AuditCheckpoint(Record):
    """A signed statement of how far a chain had grown; also in a file outside the database."""

    __tablename__ = "audit_checkpoints"

    chain: Mapped[str] = mapped_column(String(80), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    count: Mapped[int]
    hash: Mapped[str] = mapped_column(String(64))
    at: Mapped[str] = mapped_column(String(32))
    key: Mapped[str] = mapped_column(String(64))
    signature: Mapped[str] = mapped_column(String(128))


class AuditReview(Record):
    """A look that a person must judge: why it was picked, by when, and what was found."""

    __tablename__ = "audit_reviews"
    __table_args__ = (
        UniqueConstraint("record"),
        Index(
            "ix_audit_reviews_open",
            "organisation",
            postgresql_where=text("verdict IS NULL"),
            sqlite_where=text("verdict IS NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    record: Mapped[str] = mapped_column(String(36))
    municipality: Mapped[str] = mapped_column(String(64))
    organisation: Mapped[str] = mapped_column(String(64))
    reasons: Mapped[list[Any]] = mapped_column(JSON)
    looks: Mapped[int]
    picked_at: Mapped[dt.datetime] = mapped_column(UtcMoment)
    due_at: Mapped[dt.datetime] = mapped_column(UtcMoment)
    verdict: Mapped[str | None] = mapped_column(String(24))
    verdict_by: Mapped[str | None] = mapped_column(String(36))
    verdict_at: Mapped[dt.datetime | None] = mapped_column(UtcMoment)
