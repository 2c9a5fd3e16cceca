"""How much room the services of partners have."""

import datetime as dt

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from hub.models.columns import UtcMoment
from hub.models.record import Record


class Capacity(Record):
    """How much room a service has, as its organisation last said."""

    __tablename__ = "capacities"

    service: Mapped[str] = mapped_column(String(64), primary_key=True)
    organisation: Mapped[str] = mapped_column(String(64))
    places: Mapped[int | None]
    waiting_days: Mapped[int | None]
    note: Mapped[str | None] = mapped_column(String(200))
    changed_at: Mapped[dt.datetime] = mapped_column(UtcMoment)
    changed_by: Mapped[str] = mapped_column(String(200))
