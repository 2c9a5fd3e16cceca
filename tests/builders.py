"""Make what tests need, with defaults: each test names only what it is about."""

import datetime as dt
from typing import Any

from schemas.message import Client, Ground
from schemas.referral import NewReferral
from schemas.vocabulary import Basis, Gender, LifeDomain, Purpose, Urgency

KARIN = "999990019"
MONDAY = dt.datetime(2026, 11, 23, 9, 0, tzinfo=dt.UTC)


def client(**changes: Any) -> Client:
    """Give Karin, or someone like her."""
    given: dict[str, Any] = {
        "bsn": KARIN,
        "family_name": "Smulders",
        "given_name": "Karin",
        "initials": "K",
        "birth_date": "1974-03-08",
        "gender": Gender.FEMALE,
    }
    return Client(**{**given, **changes})


def ground(**changes: Any) -> Ground:
    """Give consent, or another ground."""
    given: dict[str, Any] = {"basis": Basis.CONSENT, "purpose": Purpose.GUIDANCE, "evidence": "gesprek 12 november"}
    return Ground(**{**given, **changes})


# With a code of iWmo, so that it goes as a 301; a referral without one goes as a plain aanmelding.
ASSIGNED = "wmo-begeleiding"


def new_referral(**changes: Any) -> NewReferral:
    """Give a referral for Karin to De Kade, or another."""
    given: dict[str, Any] = {
        "to": "mw-de-kade",
        "life_domains": (LifeDomain.SOCIAL_NETWORK,),
        "reason": "Hulp bij de post.",
        "client_words": "Ik wil niet meer schrikken als de post komt.",
        "strengths": ("Komt afspraken na",),
        "urgency": Urgency.ROUTINE,
        "ground": ground(),
        "client": client(),
    }
    if "case_id" in changes:
        given.pop("client")
    if {**given, **changes}["to"] == "mw-de-kade":
        given["service"] = ASSIGNED
    return NewReferral(**{**given, **changes})


def referral_body(**changes: Any) -> dict[str, Any]:
    """Give the body of a POST that sends a referral for Karin."""
    to_kade = changes.get("to", "mw-de-kade") == "mw-de-kade"
    return {
        **({"service": ASSIGNED} if to_kade else {}),
        "client": {
            "bsn": KARIN,
            "family_name": "Smulders",
            "initials": "K",
            "birth_date": "1974-03-08",
            "gender": "female",
        },
        "to": "mw-de-kade",
        "life_domains": ["social_network"],
        "reason": "Hulp bij de post.",
        "strengths": ["Komt afspraken na"],
        "urgency": "routine",
        "ground": {"basis": "consent", "purpose": "guidance", "evidence": "gesprek"},
        **changes,
    }
