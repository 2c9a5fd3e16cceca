"""What runs between the hub and each partner, as either side counted it, and where the two differ."""

import datetime as dt
from typing import Any

from sqlalchemy import JSON, BigInteger, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from hub.models.columns import UtcMoment
from hub.models.record import Record


class Digest(Record):
    """The open referrals between the hub and an organisation at one moment: references and states, no person.

    ``side`` is ``ours`` or ``theirs``. One of each for an organisation and a day: of two timers one makes it.
    """

    __tablename__ = "digests"
    __table_args__ = (UniqueConstraint("organisation", "side", "day"), Index("ix_digests_at", "at"))

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    organisation: Mapped[str] = mapped_column(String(64))
    side: Mapped[str] = mapped_column(String(8))
    day: Mapped[dt.date]
    at: Mapped[dt.datetime] = mapped_column(UtcMoment)
    lines: Mapped[list[dict[str, Any]]] = mapped_column(JSON)


class Difference(Record):
    """One referral of which the hub and an organisation say something else.

    ``mark`` is a hash of what differs: the same difference found again is the same row. ``state``: ``open``, ``gone``
    (no longer found) or ``closed`` (by a person, with a reason; the same difference does not come back).
    """

    __tablename__ = "differences"
    __table_args__ = (
        UniqueConstraint("organisation", "mark"),
        Index("ix_differences_referral", "referral_id"),
        Index("ix_differences_state", "state", "organisation"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    organisation: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(24))
    mark: Mapped[str] = mapped_column(String(64))
    referral_id: Mapped[str | None] = mapped_column(String(36))
    number: Mapped[int | None] = mapped_column(BigInteger)
    reference: Mapped[str | None] = mapped_column(String(64))
    ours: Mapped[str | None] = mapped_column(String(24))
    theirs: Mapped[str | None] = mapped_column(String(24))
    state: Mapped[str] = mapped_column(String(16))
    found_at: Mapped[dt.datetime] = mapped_column(UtcMoment)
    seen_at: Mapped[dt.datetime] = mapped_column(UtcMoment)
    asked_at: Mapped[dt.datetime | None] = mapped_column(UtcMoment)
    asked_by: Mapped[str | None] = mapped_column(String(200))
    handled_at: Mapped[dt.datetime | None] = mapped_column(UtcMoment)
    handled_by: Mapped[str | None] = mapped_column(String(200))
    handled_how: Mapped[str | None] = mapped_column(String(500))
