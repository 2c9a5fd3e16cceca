"""What clients ask by right, what became of it, and what is removed because its term is over."""

import datetime as dt
from typing import Any

from sqlalchemy import JSON, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from hub.models.columns import SealedJsonOfCase, UtcMoment
from hub.models.record import Record


class Disclosure(Record):
    """A request for inzage (AVG article 15), and its handing over by two people.

    ``seal`` is what the package will be sealed with: made from a code that one person saw once and that is kept
    nowhere, and wiped when another has taken the package.
    """

    __tablename__ = "disclosures"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    case_id: Mapped[str] = mapped_column(String(36), index=True)
    reference: Mapped[str] = mapped_column(String(16), unique=True)
    asked_by: Mapped[str] = mapped_column(String(64))
    asked_at: Mapped[dt.datetime] = mapped_column(UtcMoment)
    seal: Mapped[dict[str, Any] | None] = mapped_column(SealedJsonOfCase)
    code_by: Mapped[str | None] = mapped_column(String(64))
    code_at: Mapped[dt.datetime | None] = mapped_column(UtcMoment)
    taken_by: Mapped[str | None] = mapped_column(String(64))
    taken_at: Mapped[dt.datetime | None] = mapped_column(UtcMoment)


class Correction(Record):
    """A request to correct (AVG article 16). ``before`` is the old version: evidence, and never shown again.

    ``state``: ``asked``, ``done`` or ``declined``. ``field`` is a field of the person, or of a referral's content.
    """

    __tablename__ = "corrections"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    case_id: Mapped[str] = mapped_column(String(36), index=True)
    referral_id: Mapped[str | None] = mapped_column(String(36))
    owner: Mapped[str] = mapped_column(String(64), index=True)
    field: Mapped[str] = mapped_column(String(40))
    wish: Mapped[dict[str, Any]] = mapped_column(SealedJsonOfCase)
    before: Mapped[dict[str, Any] | None] = mapped_column(SealedJsonOfCase)
    answer: Mapped[dict[str, Any] | None] = mapped_column(SealedJsonOfCase)
    state: Mapped[str] = mapped_column(String(16))
    asked_by: Mapped[str] = mapped_column(String(64))
    asked_at: Mapped[dt.datetime] = mapped_column(UtcMoment)
    decided_by: Mapped[str | None] = mapped_column(String(64))
    decided_at: Mapped[dt.datetime | None] = mapped_column(UtcMoment)


class CorrectionNotice(Record):
    """One organisation that received the error, and how it learns of the correction (AVG article 19).

    ``message_id`` is the outbox's; ``confirmed_at`` is set where a person of it, or the owner by phone, confirms.
    """

    __tablename__ = "correction_notices"

    correction_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    organisation: Mapped[str] = mapped_column(String(64), primary_key=True)
    case_id: Mapped[str] = mapped_column(String(36), index=True)
    message_id: Mapped[str | None] = mapped_column(String(64))
    told_at: Mapped[dt.datetime] = mapped_column(UtcMoment)
    confirmed_at: Mapped[dt.datetime | None] = mapped_column(UtcMoment)
    confirmed_by: Mapped[str | None] = mapped_column(String(64))
    how: Mapped[str | None] = mapped_column(String(16))


class Erasure(Record):
    """A request to erase a case (AVG article 17). ``duties`` are the laws and dates for which it was refused.

    ``state``: ``asked``, ``refused`` or ``done``. Holds no word about the person: it outlives the case.
    """

    __tablename__ = "erasures"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    case_id: Mapped[str] = mapped_column(String(36), index=True)
    state: Mapped[str] = mapped_column(String(16))
    asked_by: Mapped[str] = mapped_column(String(64))
    asked_at: Mapped[dt.datetime] = mapped_column(UtcMoment)
    decided_by: Mapped[str | None] = mapped_column(String(64))
    decided_at: Mapped[dt.datetime | None] = mapped_column(UtcMoment)
    duties: Mapped[list[dict[str, str]] | None] = mapped_column(JSON)
    told: Mapped[list[str] | None] = mapped_column(JSON)
    removed: Mapped[dict[str, int] | None] = mapped_column(JSON)


class Tombstone(Record):
    """What was removed, by its references only: whoever comes with one later is told so, and nothing revives.

    ``kind``: ``case`` or ``referral`` where all of it went, ``content`` or ``payload`` where its words did. ``why``:
    ``erasure`` or ``retention``.
    """

    __tablename__ = "tombstones"
    __table_args__ = (Index("ix_tombstones_number", "number"),)

    reference: Mapped[str] = mapped_column(String(36), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    number: Mapped[int | None]
    at: Mapped[dt.datetime] = mapped_column(UtcMoment)
    why: Mapped[str] = mapped_column(String(16))


class LegalHold(Record):
    """A reason to keep a case whatever the terms say: a complaint, a court case (AVG article 17(3)(e))."""

    __tablename__ = "legal_holds"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    case_id: Mapped[str] = mapped_column(String(36), index=True)
    reason: Mapped[str] = mapped_column(String(40))
    placed_by: Mapped[str] = mapped_column(String(64))
    placed_at: Mapped[dt.datetime] = mapped_column(UtcMoment)
    lifted_by: Mapped[str | None] = mapped_column(String(64))
    lifted_at: Mapped[dt.datetime | None] = mapped_column(UtcMoment)


class RetentionPreview(Record):
    """What would go on a day, by references only. Only what stands in a preview can be removed.

    ``state``: ``prepared`` or ``run``. ``hash`` is the SHA-256 of ``items`` and the moment it counts from.
    """

    __tablename__ = "retention_previews"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    at: Mapped[dt.datetime] = mapped_column(UtcMoment)
    hash: Mapped[str] = mapped_column(String(64))
    items: Mapped[list[list[str]]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(String(16), index=True)
    made_by: Mapped[str] = mapped_column(String(64))
    made_at: Mapped[dt.datetime] = mapped_column(UtcMoment)
    run_by: Mapped[str | None] = mapped_column(String(64))
    run_at: Mapped[dt.datetime | None] = mapped_column(UtcMoment)
