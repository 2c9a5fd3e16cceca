"""The referral, with the clock of whoever's turn it is."""

import datetime as dt
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from hub.models.columns import SealedJsonOfCase, UtcMoment
from hub.models.drawn import REFERRAL_NUMBER
from hub.models.record import Record

_GROUND_RUNS = text("ground_until IS NOT NULL AND ground_ended_at IS NULL")


class Referral(Record):
    """One referral, on its three axes: ``status`` (people), ``delivery`` (systems) and ``outcome`` (the help).

    ``number`` is drawn by lot and stands for the referral where a dialect wants a number (iWmo
    ToewijzingNummer, at most 999 999 999). ``shared`` names the chosen fields that the receiver gets (nothing: all of
    them, as before one could choose). A consent that ended stands here too (``ground_ended_at``, ``ground_end``:
    withdrawn or lapsed), so that deciding who may look asks nothing more. Referrals with one ``bundle_id`` went to
    several organisations at once: the first to accept gets it.
    """

    __tablename__ = "referrals"
    __table_args__ = (
        Index("ix_referrals_sender_number", "sender", "number"),
        Index("ix_referrals_receiver_number", "receiver", "number"),
        Index(
            "ix_referrals_clock",
            "turn_due_at",
            postgresql_where=text("turn_fired_at IS NULL"),
            sqlite_where=text("turn_fired_at IS NULL"),
        ),
        Index("ix_referrals_ground", "ground_until", postgresql_where=_GROUND_RUNS, sqlite_where=_GROUND_RUNS),
        {"sqlite_autoincrement": True},
    )

    number: Mapped[int] = mapped_column(REFERRAL_NUMBER, primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(String(36), unique=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), index=True)
    sender: Mapped[str] = mapped_column(String(64))
    receiver: Mapped[str] = mapped_column(String(64))
    service: Mapped[str | None] = mapped_column(String(64))
    status: Mapped[str] = mapped_column(String(24))
    delivery: Mapped[str] = mapped_column(String(24))
    outcome: Mapped[str | None] = mapped_column(String(24))
    inferred: Mapped[bool] = mapped_column(default=False)
    urgency: Mapped[str] = mapped_column(String(16))
    life_domains: Mapped[list[str]] = mapped_column(JSON)
    basis: Mapped[str] = mapped_column(String(24))
    law: Mapped[str | None] = mapped_column(String(80))
    purpose: Mapped[str] = mapped_column(String(40))
    content: Mapped[dict[str, Any]] = mapped_column(SealedJsonOfCase)
    correlation: Mapped[dict[str, str]] = mapped_column(JSON)
    shared: Mapped[list[str] | None] = mapped_column(JSON)
    bundle_id: Mapped[str | None] = mapped_column(String(36), index=True)
    ground_until: Mapped[dt.datetime | None] = mapped_column(UtcMoment)
    ground_ended_at: Mapped[dt.datetime | None] = mapped_column(UtcMoment)
    ground_end: Mapped[str | None] = mapped_column(String(16))
    created_by: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[dt.datetime] = mapped_column(UtcMoment)
    changed_at: Mapped[dt.datetime] = mapped_column(UtcMoment)
    version: Mapped[int] = mapped_column(default=1)
    turn_who: Mapped[str | None] = mapped_column(String(24))
    turn_what: Mapped[str | None] = mapped_column(String(40))
    turn_due_at: Mapped[dt.datetime | None] = mapped_column(UtcMoment)
    turn_fired_at: Mapped[dt.datetime | None] = mapped_column(UtcMoment)
