"""What went over the line to a partner's system, and what came back."""

import datetime as dt

from sqlalchemy import JSON, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from hub.models.columns import SealedOfCase, UtcMoment
from hub.models.record import Record


class WireRecord(Record):
    """The last try of a message, byte for byte: the successful one where there was one, since no other comes after it.

    ``sent`` is there where the transport added to what was ``mapped``. A size larger than what is kept says that the
    rest was cut. Without their bytes, sizes stay: what a message could not carry, and how it went, is no content.
    """

    __tablename__ = "wire"
    __table_args__ = (Index("ix_wire_referral", "referral_id"),)

    queue: Mapped[str] = mapped_column(String(80), primary_key=True)
    message_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    case_id: Mapped[str] = mapped_column(String(36))
    referral_id: Mapped[str | None] = mapped_column(String(36))
    tried_at: Mapped[dt.datetime] = mapped_column(UtcMoment)
    line: Mapped[str | None] = mapped_column(String(300))
    losses: Mapped[list[dict[str, str]] | None] = mapped_column(JSON)
    mapped: Mapped[bytes | None] = mapped_column(SealedOfCase)
    mapped_type: Mapped[str | None] = mapped_column(String(120))
    mapped_size: Mapped[int | None]
    sent: Mapped[bytes | None] = mapped_column(SealedOfCase)
    sent_type: Mapped[str | None] = mapped_column(String(120))
    sent_size: Mapped[int | None]
    answer: Mapped[bytes | None] = mapped_column(SealedOfCase)
    answer_type: Mapped[str | None] = mapped_column(String(120))
    answer_size: Mapped[int | None]
