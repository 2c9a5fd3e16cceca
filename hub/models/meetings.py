"""The case discussion of a Toegangsteam: when it is, and who sits at the table for which case."""

import datetime as dt

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from hub.models.columns import UtcMoment
from hub.models.record import Record


class Meeting(Record):
    """One meeting of a team. What is discussed are items of cases (kind ``agenda_item``) that name it."""

    __tablename__ = "meetings"
    __table_args__ = (Index("ix_meetings_team", "team", "starts_at"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    team: Mapped[str] = mapped_column(String(64))
    starts_at: Mapped[dt.datetime] = mapped_column(UtcMoment)
    ends_at: Mapped[dt.datetime] = mapped_column(UtcMoment)
    place: Mapped[str | None] = mapped_column(String(120))
    state: Mapped[str] = mapped_column(String(16))
    chair_id: Mapped[str | None] = mapped_column(String(36))
    created_at: Mapped[dt.datetime] = mapped_column(UtcMoment)


class Attendance(Record):
    """Someone at the table for one case of a meeting; access by it ends by itself (``until``)."""

    __tablename__ = "attendances"
    __table_args__ = (Index("ix_attendances_person", "person_id"),)

    item_id: Mapped[str] = mapped_column(ForeignKey("case_items.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), index=True)
    meeting_id: Mapped[str] = mapped_column(ForeignKey("meetings.id"))
    organisation: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(16))
    until: Mapped[dt.datetime] = mapped_column(UtcMoment)
    changed_at: Mapped[dt.datetime] = mapped_column(UtcMoment)
