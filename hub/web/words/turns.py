"""Whose turn it is, seen by one viewer, and how that shows."""

from hub.rules.emergencies import ROLES as EMERGENCY_ROLES
from hub.services.views.referral import ReferralLine
from hub.services.views.viewer import Viewer
from hub.web.translations import gettext
from hub.web.words import words
from schemas.vocabulary import Status

_CLIENT_LIST = frozenset({"case_director"})
_OPERATORS = frozenset({"functional_admin"})


def works_on_clients(viewer: Viewer) -> bool:
    """Whether the viewer's work list holds clients; else it holds referrals that came in."""
    return viewer.role in _CLIENT_LIST


def runs_the_traffic(viewer: Viewer) -> bool:
    """Whether the viewer looks after the messages."""
    return viewer.role in _OPERATORS


def watches_over(viewer: Viewer) -> bool:
    """Whether the viewer has objections and emergencies to see to."""
    return viewer.role in ("privacy_officer", "case_director")


def may_ask_emergency(viewer: Viewer) -> bool:
    """Whether the viewer's role knows emergency access."""
    return viewer.role in EMERGENCY_ROLES


def turn_of(referral: ReferralLine) -> str:
    """Give who is next, by name: the part in the referral turned into the organisation that plays it."""
    parts = {"sender": referral.sender, "receiver": referral.organisation, "regisseur": gettext("Vast contactpersoon")}
    return parts.get(referral.next_who or "", referral.next_who or "")


def is_mine(referral: ReferralLine, viewer: Viewer) -> bool:
    """Whether it is the turn of the viewer or of the viewer's organisation."""
    if referral.next_who == "regisseur":
        return works_on_clients(viewer)
    return referral.next_who is not None and turn_of(referral) in (viewer.organisation_name, viewer.name)


def mark(code: str, referral: ReferralLine | None = None, viewer: Viewer | None = None) -> tuple[str, str, str]:
    """Give tone, icon and words of a state; a question to the viewer's own organisation says so."""
    tone, icon, text = words.MARKS.get(code, ("neutraal", "circle", code))
    if code == Status.QUESTION and referral and viewer and is_mine(referral, viewer):
        return tone, icon, gettext("Vraag aan u")
    if code == Status.QUESTION:
        return "info", icon, text
    if code == Status.SENT and referral and referral.delivery in ("delivered", "processed"):
        return "info", "inbox", gettext("Bezorgd")
    return tone, icon, text
