"""Where a search looks: never beyond what ties the searcher to a client, whatever is asked.

The conditions stand in the question to the database itself, so that what is out of reach costs no time and takes no
place among the first. Each hit is decided by the policy all the same.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, exists, false, or_

from hub.models import Attendance, Case, CaseItem, Person, Referral, SearchWord
from hub.rules.access_tables import Role
from hub.rules.searching import Asked, fits, mark_of, title_words
from hub.services.access.access import ANNOUNCED
from hub.services.access.ties import NAMELESS
from hub.services.record.search_words import BORN, NAME, hashes
from hub.services.views.viewer import Viewer
from hub.settings import Configuration

DIRECTORS = frozenset({Role.CASE_DIRECTOR})
"""Who finds the own clients."""
INCOME = frozenset({Role.INCOME_CONSULTANT})
"""Who finds the clients of the own organisation."""
HELPERS = frozenset(
    {
        Role.JOB_MATCHER,
        Role.TEAM_MEMBER,
        Role.TEAM_COORDINATOR,
        Role.SOCIAL_WORKER,
        Role.DEBT_COUNSELLOR,
        Role.PRACTITIONER,
        Role.INTAKE_WORKER,
        Role.JOB_COACH,
        Role.PLANNER,
    }
)
"""Who finds those of referrals that the own organisation received and accepted, or sent."""
_ANNOUNCED = [str(status) for status in ANNOUNCED]


def may_search(viewer: Viewer) -> bool:
    """Whether somebody in this role finds anything at all."""
    return viewer.role in DIRECTORS | INCOME | HELPERS


def name_may_be_known(viewer: Viewer) -> ColumnElement[bool]:
    """Give the condition that a referral tells its receiver who it is about: not before it was accepted."""
    return or_(Referral.sender == viewer.organisation, Referral.status.not_in(_ANNOUNCED))


def cases_in_reach(viewer: Viewer) -> ColumnElement[bool]:
    """Give the condition that a case (of the question round it) is one in which the searcher may find the client."""
    if viewer.role in DIRECTORS:
        return Case.regisseur_id == viewer.id
    code = viewer.organisation
    received = (Referral.receiver == code) & Referral.ground_ended_at.is_(None)
    if viewer.role in INCOME:
        ours = exists().where(Referral.case_id == Case.id, or_(Referral.sender == code, received)).correlate(Case)
        directed = exists().where(Person.id == Case.regisseur_id, Person.organisation == code).correlate(Case)
        return or_(ours, directed)
    if viewer.role in HELPERS:
        known = or_(Referral.sender == code, received & Referral.status.not_in(_ANNOUNCED))
        referred = exists().where(Referral.case_id == Case.id, known).correlate(Case)
        return or_(referred, _at_a_table(viewer))
    return false()


def _at_a_table(viewer: Viewer) -> ColumnElement[bool]:
    """Give the condition that the searcher sits at the table of a meeting where the client is discussed by name."""
    by_name = or_(CaseItem.about.is_(None), CaseItem.about != NAMELESS)
    seat = (Attendance.case_id == Case.id) & (Attendance.person_id == viewer.id) & (Attendance.state != "left")
    return exists().where(CaseItem.id == Attendance.item_id, seat, by_name).correlate(Case)


def items_in_reach(viewer: Viewer) -> ColumnElement[bool]:
    """Give the condition that a case is one in which the searcher may find what people wrote down."""
    return cases_in_reach(viewer) if viewer.role in DIRECTORS | HELPERS else false()


def referrals_in_reach(viewer: Viewer) -> ColumnElement[bool]:
    """Give the condition that a referral, with its case, is one that the searcher may find."""
    if viewer.role in DIRECTORS:
        return Case.regisseur_id == viewer.id
    if may_search(viewer):
        return or_(Referral.sender == viewer.organisation, Referral.receiver == viewer.organisation)
    return false()


def named(session: Any, term: str, subject: Any) -> ColumnElement[bool]:
    """Give the condition that a term finds the client of a case."""
    words = hashes(session, NAME, [mark_of(term)])
    return exists().where(SearchWord.subject == subject, SearchWord.word.in_(words))


def born(session: Any, day: str, subject: Any) -> ColumnElement[bool]:
    """Give the condition that a client was born on a day, or in the month or year where no more is known."""
    words = hashes(session, BORN, [day, day[:7], day[:4]])
    return exists().where(SearchWord.subject == subject, SearchWord.word.in_(words))


def telling(asked: Asked) -> tuple[str, ...]:
    """Give the terms that are looked up: one letter finds too much, and is only compared."""
    return tuple(term for term in asked.terms if len(term) > 1)


def titled(config: Configuration, term: str) -> ColumnElement[bool]:
    """Give the condition that a term stands in the title of a referral or in the name of an organisation in it."""

    def matching(names: Sequence[tuple[str, str]]) -> list[str]:
        return [code for code, name in names if any(fits(term, word) for word in title_words(name))]

    services = matching([(code, one.name) for code, one in config.services.items()])
    organisations = matching([(code, one.name) for code, one in config.organisations.items()])
    return or_(Referral.service.in_(services), Referral.receiver.in_(organisations), Referral.sender.in_(organisations))
