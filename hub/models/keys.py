"""The keys of content, each wrapped by the ring, and what is left of those that were destroyed."""

import datetime as dt

from sqlalchemy import LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from hub.models.columns import UtcMoment, WrappedKey
from hub.models.record import Record
from hub.models.shelf import ContentKey


class CaseKey(Record):
    """The key of one owner's content. ``owner``: a case's id, ``intake:<id>``, or a name of the house's own."""

    __tablename__ = "case_keys"

    key_id: Mapped[bytes] = mapped_column(LargeBinary(16), primary_key=True)
    owner: Mapped[str] = mapped_column(String(80), unique=True)
    key: Mapped[ContentKey] = mapped_column(WrappedKey)
    ring_key: Mapped[str] = mapped_column(String(8), index=True)
    created_at: Mapped[dt.datetime] = mapped_column(UtcMoment)


class SigningKey(Record):
    """The public half of a key with which the hub signs for an organisation, and from when until when it did.

    Its private half is a key of the organisation in ``case_keys`` until the next takes over.
    """

    __tablename__ = "signing_keys"

    kid: Mapped[str] = mapped_column(String(100), primary_key=True)
    organisation: Mapped[str] = mapped_column(String(64))
    public: Mapped[str] = mapped_column(String(64))
    begins_at: Mapped[dt.datetime] = mapped_column(UtcMoment)
    ends_at: Mapped[dt.datetime | None] = mapped_column(UtcMoment)


class DestroyedKey(Record):
    """What is left of a destroyed key: that it was, and whose. No import ever brings it back."""

    __tablename__ = "destroyed_keys"

    key_id: Mapped[bytes] = mapped_column(LargeBinary(16), primary_key=True)
    owner: Mapped[str] = mapped_column(String(80), index=True)
    destroyed_at: Mapped[dt.datetime] = mapped_column(UtcMoment)
