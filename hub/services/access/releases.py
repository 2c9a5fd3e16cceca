"""Record what a referral shares: the release, and the consent it rests on."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, insert, select

from hub.models import ConsentEvent, Referral, Release
from hub.services.errors import Invalid
from hub.services.record.case_keys import in_case
from hub.services.views.viewer import Viewer
from hub.store.database import UnitOfWork
from hub.store.tables import table_of
from schemas.referral import NewReferral
from schemas.vocabulary import Basis, ConsentKind

_EVENTS = table_of(ConsentEvent)
_RELEASE = insert(table_of(Release)).inline()
_EVENT = insert(_EVENTS).inline()  # nobody asks for its number
_LATEST = (
    select(_EVENTS.c.kind)
    .where(_EVENTS.c.case_id == bindparam("case_id"), _EVENTS.c.recipient == bindparam("recipient"))
    .where(_EVENTS.c.purpose.is_(None) | (_EVENTS.c.purpose == bindparam("purpose")))
    .order_by(_EVENTS.c.id.desc())
    .limit(1)
)
_SAID_NO = (ConsentKind.REFUSED, ConsentKind.WITHDRAWN, ConsentKind.LAPSED)


def record_release(work: UnitOfWork, actor: Viewer, referral: Referral, new: NewReferral) -> None:
    """Record what a new referral shares and, where it rests on consent, the evidence of that; in its unit of work."""
    if new.until is not None and new.until <= work.now:
        raise Invalid("This moment has passed already.", field="ground.until")
    if referral.basis == Basis.CONSENT:
        _check_asked_again(work, referral, new)
        write_event(
            work,
            actor,
            kind=ConsentKind.GIVEN,
            case_id=referral.case_id,
            recipient=referral.receiver,
            purpose=referral.purpose,
            fields=referral.shared,
            referral_id=referral.id,
            evidence=new.ground.evidence,
            until=new.until,
        )
    work.execute(
        _RELEASE,
        {
            "referral_id": referral.id,
            "case_id": referral.case_id,
            "recipient": referral.receiver,
            "fields": referral.shared,
            "basis": referral.basis,
            "law": referral.law,
            "purpose": referral.purpose,
            "necessity": in_case(work, referral.case_id, new.necessity.encode()) if new.necessity else None,
            **_whom(actor),
            "at": work.now,
            "until": new.until,
            "withdrawn_at": None,
            "ended": None,
        },
    )


def _check_asked_again(work: UnitOfWork, referral: Referral, new: NewReferral) -> None:
    """Refuse consent without a word on how it was given where the last thing the client said was no."""
    if new.ground.evidence:
        return
    asked = {"case_id": referral.case_id, "recipient": referral.receiver, "purpose": referral.purpose}
    if work.execute(_LATEST, asked).scalar_one_or_none() in _SAID_NO:
        raise Invalid("The client said no before: say how consent was given now.", field="ground.evidence")


def write_event(
    work: UnitOfWork,
    actor: Viewer,
    *,
    kind: ConsentKind,
    case_id: str,
    recipient: str,
    purpose: str | None = None,
    fields: Sequence[str] | None = None,
    referral_id: str | None = None,
    evidence: str | None = None,
    at: dt.datetime | None = None,
    until: dt.datetime | None = None,
) -> None:
    """Add one piece of evidence. Nothing is ever changed by it: what a client said before was said."""
    work.execute(
        _EVENT,
        {
            "case_id": case_id,
            "recipient": recipient,
            "purpose": purpose,
            "fields": list(fields) if fields is not None else None,
            "kind": kind,
            "referral_id": referral_id,
            "evidence": in_case(work, case_id, evidence.encode()) if evidence else None,
            **_whom(actor),
            "at": at or work.now,
            "until": until,
            "recorded_at": work.now,
        },
    )


def _whom(actor: Viewer) -> dict[str, Any]:
    return {"by_id": actor.id, "by_name": actor.name, "organisation": actor.organisation}
