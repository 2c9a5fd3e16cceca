"""Of which cases a searcher may know the client, and whether what he knows is what he asked for."""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, defer

from hub.models import Case, CaseKey, Person, Referral
from hub.models import Client as ClientRecord
from hub.rules.access import Category, Mask
from hub.rules.searching import Asked, fits, words_of
from hub.services.access.access import status_decision
from hub.services.access.circumstances import circumstances
from hub.services.access.client_access import may_see_person
from hub.services.access.gaze import Gaze, gaze
from hub.services.access.item_access import why_item
from hub.services.access.release import person_for
from hub.services.access.ties import Involved, at_the_table, involved
from hub.services.overview.search_reach import HELPERS
from hub.services.record.case_keys import check_owner
from hub.services.views.viewer import Viewer
from hub.settings import Configuration
from schemas.message import Client
from schemas.vocabulary import Purpose

_BATCH = 25


@dataclass(frozen=True, kw_only=True)
class Known:
    """A case of which the searcher may know the client: ``person`` is what he knows of him."""

    case: Case
    contact_name: str | None
    look: Gaze
    referrals: tuple[Referral, ...]
    person: Client


def batches(found: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """Give what was found in small parts: a reader stops once there is enough to show."""
    for start in range(0, len(found), _BATCH):
        yield found[start : start + _BATCH]


def known_cases(
    session: Session, config: Configuration, viewer: Viewer, case_ids: Sequence[str], now: dt.datetime
) -> Iterator[Known]:
    """Give those of these cases of which the viewer may know the client, in their order."""
    rows = session.execute(
        select(CaseKey.key, Case, ClientRecord.person, Person.name, Person.organisation)  # the key before what it opens
        .select_from(Case)
        .outerjoin(CaseKey, CaseKey.owner == Case.id)
        .join(ClientRecord, Case.client_id == ClientRecord.id)
        .outerjoin(Person, Case.regisseur_id == Person.id)
        .where(Case.id.in_(case_ids))
    ).all()
    referrals: dict[str, list[Referral]] = {case_id: [] for case_id in case_ids}
    of_cases = select(Referral).options(defer(Referral.content, raiseload=True)).where(Referral.case_id.in_(case_ids))
    for referral in session.scalars(of_cases.order_by(Referral.number)):
        referrals[referral.case_id].append(referral)
    facts = circumstances(session, config, viewer, case_ids, now)
    place = {case_id: number for number, case_id in enumerate(case_ids)}
    for row in sorted(rows, key=lambda one: place[one.Case.id]):
        check_owner(row.person, row.Case.id)
        look = gaze(config, viewer, row.Case.regisseur_id, now, facts[row.Case.id])
        known = _known(session, look, row, referrals[row.Case.id])
        if known is not None:
            yield known


def _known(session: Session, look: Gaze, row: Any, referrals: Iterable[Referral]) -> Known | None:
    """Give a case where a tie lets the client be known: regie, a referral, a seat at the table."""
    theirs = tuple(one for one in referrals if status_decision(look, one).allow)
    person = Client(**row.person)
    if may_see_person(look, list(theirs)).mask is Mask.FULL:
        person = as_known(look, theirs, person)
    elif look.viewer.role not in HELPERS or not _sits(involved(session, look, row.Case.id, theirs), row.organisation):
        return None
    return Known(case=row.Case, contact_name=row.name, look=look, referrals=theirs, person=person)


def _sits(who: Involved, owner: str | None) -> bool:
    """Whether the client may be known by a seat at the table of a meeting: whose client it is, wrote it down."""
    if not at_the_table(who):
        return False
    found = why_item(who, category=Category.CONTACT, owner=owner or "", purpose=Purpose.GUIDANCE, domains=())
    return found.decision.mask is Mask.FULL


def as_known(look: Gaze, referrals: Iterable[Referral], person: Client) -> Client:
    """Give the client as this viewer knows him: the regisseur as he is, an organisation what was shared with it."""
    if look.viewer.id == look.regisseur_id:
        return person
    return person_for(look.viewer.organisation, referrals, person)


def name_words(person: Client) -> list[str]:
    """Give the words of a name, initials too."""
    parts = (person.given_name, person.initials, person.prefix, person.family_name)
    return [word for part in parts if part for word in words_of(part)]


def was_born(person: Client, asked: Asked) -> bool:
    """Whether a birth date that was asked for is this one, as far as it is known."""
    return asked.born is None or bool(person.birth_date and asked.born.startswith(person.birth_date))


def fits_one(term: str, words: Iterable[str]) -> bool:
    """Whether a term finds one of these words; a single letter finds what begins with it."""
    return any(fits(term, one) or (len(term) == 1 and one.startswith(term)) for one in words)


def all_fit(asked: Asked, words: Sequence[str]) -> bool:
    """Whether each term finds one of these words."""
    return all(fits_one(term, words) for term in asked.terms)
