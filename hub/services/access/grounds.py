"""Whether the ground under a referral still holds, from the referral's own row."""

import datetime as dt

from hub.models import Referral
from hub.rules.access import BasisState
from schemas.vocabulary import ConsentKind


def ground_state(referral: Referral, now: dt.datetime) -> BasisState:
    """Say whether the ground holds; one whose time is over has ended before anyone wrote that down."""
    if referral.ground_ended_at is not None:
        return BasisState.WITHDRAWN if referral.ground_end == ConsentKind.WITHDRAWN else BasisState.EXPIRED
    if referral.ground_until is not None and referral.ground_until <= now:
        return BasisState.EXPIRED
    return BasisState.VALID


def holds(referral: Referral, now: dt.datetime) -> bool:
    """Whether the ground under a referral still holds."""
    return ground_state(referral, now) is BasisState.VALID


def cut_off(referral: Referral, organisation: str, now: dt.datetime) -> bool:
    """Whether an organisation had part in a referral by a ground that ended: to it the referral is not there."""
    return organisation == referral.receiver and organisation != referral.sender and not holds(referral, now)
