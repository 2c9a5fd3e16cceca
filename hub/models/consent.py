"""The evidence of consent, and the releases: what was shared with whom, on which ground."""

import datetime as dt

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from hub.models.columns import RowNumber, SealedOfCase, UtcMoment
from hub.models.record import Record


class ConsentEvent(Record):
    """One thing that happened to a consent: asked, given, refused, withdrawn or lapsed. Only ever added to.

    The database itself refuses a change and a removal, but for one change: wiping the evidence text, which erasing a
    client asks for. So no foreign key ties the rows to a case that may go. ``purpose`` and ``fields`` are nothing where
    the event is about all of them. ``at`` is when it happened, ``recorded_at`` when it was written down.
    """

    __tablename__ = "consent_events"
    __table_args__ = (Index("ix_consent_events_case", "case_id", "id"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(RowNumber, primary_key=True, autoincrement=True)
    case_id: Mapped[str] = mapped_column(String(36))
    recipient: Mapped[str] = mapped_column(String(64))
    purpose: Mapped[str | None] = mapped_column(String(40))
    fields: Mapped[list[str] | None] = mapped_column(JSON)
    kind: Mapped[str] = mapped_column(String(16))
    referral_id: Mapped[str | None] = mapped_column(String(36))
    evidence: Mapped[bytes | None] = mapped_column(SealedOfCase)
    by_id: Mapped[str] = mapped_column(String(64))
    by_name: Mapped[str] = mapped_column(String(200))
    organisation: Mapped[str] = mapped_column(String(64))
    at: Mapped[dt.datetime] = mapped_column(UtcMoment)
    until: Mapped[dt.datetime | None] = mapped_column(UtcMoment)
    recorded_at: Mapped[dt.datetime] = mapped_column(UtcMoment)


class Release(Record):
    """What a referral shared: which fields, with whom, on which ground, and how that ended."""

    __tablename__ = "releases"
    __table_args__ = (Index("ix_releases_case", "case_id"),)

    referral_id: Mapped[str] = mapped_column(ForeignKey("referrals.id"), primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"))
    recipient: Mapped[str] = mapped_column(String(64))
    fields: Mapped[list[str]] = mapped_column(JSON)
    basis: Mapped[str] = mapped_column(String(24))
    law: Mapped[str | None] = mapped_column(String(80))
    purpose: Mapped[str] = mapped_column(String(40))
    necessity: Mapped[bytes | None] = mapped_column(SealedOfCase)
    by_id: Mapped[str] = mapped_column(String(64))
    by_name: Mapped[str] = mapped_column(String(200))
    organisation: Mapped[str] = mapped_column(String(64))
    at: Mapped[dt.datetime] = mapped_column(UtcMoment)
    until: Mapped[dt.datetime | None] = mapped_column(UtcMoment)
    withdrawn_at: Mapped[dt.datetime | None] = mapped_column(UtcMoment)
    ended: Mapped[str | None] = mapped_column(String(16))
