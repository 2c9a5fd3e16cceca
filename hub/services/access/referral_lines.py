"""A referral as a row: no more of it than the decision about its state leaves."""

from typing import Any

from hub.models import Referral
from hub.rules.access import Mask
from hub.rules.lifecycle import Part, masked
from hub.services.access.access import Why
from hub.services.access.explaining import explained, why_body
from hub.services.access.gaze import Gaze
from hub.services.views.referral import ReferralLine
from hub.settings import Configuration
from schemas.fields import moment_text
from schemas.vocabulary import Delivery, Status

_TROUBLE = (Delivery.QUARANTINED, Delivery.REFUSED)


def line_of(look: Gaze, referral: Referral, found: Why) -> ReferralLine:
    """Give a referral as a row, with no more than the decision about its state leaves."""
    config, status = look.config, found.decision
    if status.mask is Mask.STATUS_ONLY:
        return ReferralLine(
            id=referral.id,
            number="",
            title="",
            organisation="",
            sender="",
            mark=masked(Status(referral.status)),
            delivery=None,
            next_who=None,
            next_what=None,
            due_at=None,
            overdue=False,
            inferred=False,
            masked=status.rule,
            audience=None,
            why=explained(look, found, referral),
        )
    service = config.services.get(referral.service or "")
    trouble = referral.delivery in _TROUBLE and referral.status == Status.SENT
    return ReferralLine(
        id=referral.id,
        number=f"V-{referral.created_at.year}-{referral.number}",
        title=service.name if service else organisation_name(config, referral.receiver),
        organisation=organisation_name(config, referral.receiver),
        sender=organisation_name(config, referral.sender),
        mark="undelivered" if trouble else referral.status,
        delivery=referral.delivery,
        next_who=_whose_turn(config, referral),
        next_what=referral.turn_what,
        due_at=referral.turn_due_at,
        overdue=referral.turn_due_at is not None and referral.turn_due_at < look.now,
        inferred=referral.inferred,
        masked=status.rule if status.mask is Mask.ANNOUNCEMENT else None,
        audience=None,
        sent_at=referral.created_at,
        why=explained(look, found, referral),
    )


def place(line: ReferralLine) -> tuple[str, str]:
    """Give the fixed place of a referral among the others, whatever its state: the one sent last is the highest."""
    return (moment_text(line.sent_at) if line.sent_at is not None else "", line.id)


def _whose_turn(config: Configuration, referral: Referral) -> str | None:
    if referral.turn_who == Part.RECEIVER:
        return organisation_name(config, referral.receiver)
    if referral.turn_who == Part.SENDER:
        return organisation_name(config, referral.sender)
    return referral.turn_who


def organisation_name(config: Configuration, code: str) -> str:
    """Give how an organisation is called; its code where it is not known any more."""
    organisation = config.organisation(code)
    return organisation.name if organisation is not None else code


def line_body(line: ReferralLine) -> dict[str, Any]:
    """Give a referral's row as JSON."""
    body = {
        "id": line.id,
        "number": line.number or None,
        "title": line.title or None,
        "status": line.mark,
        "delivery": line.delivery,
        "masked": line.masked,
        "organisation": line.organisation or None,
        "why": why_body(line.why) if line.why else None,
    }
    return {key: value for key, value in body.items() if value is not None}
