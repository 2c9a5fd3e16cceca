"""What changes an answer of the access policy for one client: objections, closed files and emergencies."""

import datetime as dt
from typing import Any

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from hub.models.columns import SealedJsonOfCase, UtcMoment
from hub.models.record import Record


class Objection(Record):
    """A client's objection (AVG art. 21): while it stands, processing is restricted to the decision about it."""

    __tablename__ = "objections"
    __table_args__ = (
        Index(
            "ix_objections_standing",
            "case_id",
            unique=True,
            postgresql_where=text("lifted_at IS NULL"),
            sqlite_where=text("lifted_at IS NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), index=True)
    made_at: Mapped[dt.datetime] = mapped_column(UtcMoment)
    registered_by: Mapped[str] = mapped_column(String(64))
    decide_by: Mapped[dt.datetime] = mapped_column(UtcMoment)
    lifted_at: Mapped[dt.datetime | None] = mapped_column(UtcMoment)
    lifted_by: Mapped[str | None] = mapped_column(String(64))


class ClosedFile(Record):
    """A case that one person may never see: the own file, or that of somebody close."""

    __tablename__ = "closed_files"

    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), primary_key=True, index=True)
    registered_at: Mapped[dt.datetime] = mapped_column(UtcMoment)
    registered_by: Mapped[str] = mapped_column(String(64))


class Emergency(Record):
    """Emergency access of one person to one case: until when, why, who was told, and what was thought of it.

    Three clocks run: the privacy officer's verdict, telling the client, and the end of the access itself.
    """

    __tablename__ = "emergencies"
    __table_args__ = (Index("ix_emergencies_person", "person_id", "since"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), index=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    organisation: Mapped[str] = mapped_column(String(64))
    role: Mapped[str] = mapped_column(String(40))
    purpose: Mapped[str] = mapped_column(String(40))
    danger: Mapped[str] = mapped_column(String(24))
    reason: Mapped[dict[str, Any]] = mapped_column(SealedJsonOfCase)
    since: Mapped[dt.datetime] = mapped_column(UtcMoment)
    until: Mapped[dt.datetime] = mapped_column(UtcMoment)
    ended_at: Mapped[dt.datetime | None] = mapped_column(UtcMoment)
    verdict_by: Mapped[dt.datetime] = mapped_column(UtcMoment)
    verdict: Mapped[str | None] = mapped_column(String(16))
    verdict_at: Mapped[dt.datetime | None] = mapped_column(UtcMoment)
    judged_by: Mapped[str | None] = mapped_column(String(64))
    tell_client_by: Mapped[dt.datetime] = mapped_column(UtcMoment)
    client_told_at: Mapped[dt.datetime | None] = mapped_column(UtcMoment)
    told_by: Mapped[str | None] = mapped_column(String(64))
