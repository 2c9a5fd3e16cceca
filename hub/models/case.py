"""The client and the case."""

import datetime as dt
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from hub.models.columns import SealedJsonOfCase, UtcMoment
from hub.models.record import Record


class Client(Record):
    """A person who is helped. Found by the keyed hash of the BSN; all else about the person is encrypted."""

    __tablename__ = "clients"
    __table_args__ = (UniqueConstraint("municipality", "bsn_index"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    municipality: Mapped[str] = mapped_column(String(64))
    bsn_index: Mapped[str] = mapped_column(String(64))
    person: Mapped[dict[str, Any]] = mapped_column(SealedJsonOfCase)
    created_at: Mapped[dt.datetime] = mapped_column(UtcMoment)


class Case(Record):
    """All that concerns one client. ``position`` is the number of its last timeline entry; its row is the lock."""

    __tablename__ = "cases"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    client_id: Mapped[str] = mapped_column(ForeignKey("clients.id"), unique=True)
    municipality: Mapped[str] = mapped_column(String(64))
    regisseur_id: Mapped[str | None] = mapped_column(ForeignKey("people.id"), index=True)
    regisseur_since: Mapped[dt.date | None]
    area: Mapped[str | None] = mapped_column(String(80))
    story: Mapped[dict[str, Any] | None] = mapped_column(SealedJsonOfCase)
    position: Mapped[int] = mapped_column(default=0)
    opened_at: Mapped[dt.datetime] = mapped_column(UtcMoment)
