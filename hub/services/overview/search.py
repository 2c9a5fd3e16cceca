"""Search clients, referrals and what was written about them: what somebody may see, and nothing else.

Each hit is decided by the policy, and written down. What the index finds is compared once more with what this viewer
knows: a given name that was not shared finds nobody.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sqlalchemy import and_, or_, select, true
from sqlalchemy.orm import Session, defer

from hub.models import Case, CaseKey, Referral
from hub.models import Client as ClientRecord
from hub.rules.access import Category, Mask
from hub.rules.audit import Deed
from hub.rules.searching import Asked, title_words, words_of
from hub.services.access.access import may_see, why_status
from hub.services.access.circumstances import circumstances
from hub.services.access.client_access import see_client
from hub.services.access.gaze import Gaze, gaze
from hub.services.access.referral_lines import line_of
from hub.services.cases.case_view import age_on, full_name
from hub.services.overview.search_items import ItemHit, item_hits
from hub.services.overview.search_known import Known, all_fit, as_known, batches, known_cases, name_words, was_born
from hub.services.overview.search_reach import (
    HELPERS,
    born,
    cases_in_reach,
    may_search,
    name_may_be_known,
    named,
    referrals_in_reach,
    telling,
    titled,
)
from hub.services.record.audit import Entry, seen
from hub.services.record.case_keys import bsn_index, check_owner
from hub.services.views.referral import ReferralLine
from hub.services.views.viewer import Viewer
from hub.settings import Configuration
from schemas.message import Client

MOST = 20
"""So many hits of each kind are shown."""


@dataclass(frozen=True, kw_only=True)
class ClientHit:
    """A client that was found."""

    case_id: str
    name: str
    age: int | None
    area: str | None
    contact_name: str | None


@dataclass(frozen=True, kw_only=True)
class ReferralHit:
    """A referral that was found; no name where it may not be known."""

    line: ReferralLine
    case_id: str
    client_name: str


@dataclass(frozen=True, kw_only=True)
class Found:
    """What was found, of each kind at most ``MOST``; ``more`` names the kinds of which there is more to see."""

    clients: tuple[ClientHit, ...] = ()
    referrals: tuple[ReferralHit, ...] = ()
    items: tuple[ItemHit, ...] = ()
    more: frozenset[str] = frozenset()

    @property
    def total(self) -> int:
        """Give how many hits are shown."""
        return len(self.clients) + len(self.referrals) + len(self.items)


def search(session: Session, config: Configuration, viewer: Viewer, asked: Asked, now: dt.datetime) -> Found:
    """Give what this viewer finds; a search that finds nothing is written down too."""
    if asked.empty or not may_search(viewer):
        return Found()
    clients = tuple(islice(_clients(session, config, viewer, asked, now), MOST + 1))
    referrals = tuple(islice(_referrals(session, config, viewer, asked, now), MOST + 1))
    items = tuple(islice(item_hits(session, config, viewer, asked, now), MOST + 1))
    if not clients and not referrals and not items:
        seen(session, Entry(viewer=viewer, deed=Deed.SEARCH, detail="nothing"))
    kinds = {"clients": clients, "referrals": referrals, "items": items}
    return Found(
        clients=tuple(sorted(clients[:MOST], key=lambda one: _rank(asked, one.name))),
        referrals=referrals[:MOST],
        items=items[:MOST],
        more=frozenset(name for name, hits in kinds.items() if len(hits) > MOST),
    )


def _rank(asked: Asked, name: str) -> tuple[int, str]:
    """Put those first whose name holds more of the terms as whole words."""
    words = set(words_of(name))
    return (-sum(term in words for term in asked.terms), name.casefold())


def _clients(
    session: Session, config: Configuration, viewer: Viewer, asked: Asked, now: dt.datetime
) -> Iterator[ClientHit]:
    conditions = _by_person(session, config, asked)
    if conditions is None:
        return
    query = select(Case.id).join(ClientRecord, Case.client_id == ClientRecord.id)
    ordered = query.where(cases_in_reach(viewer), *conditions).order_by(Case.opened_at.desc(), Case.id)
    for batch in batches(session.scalars(ordered).all()):
        for known in known_cases(session, config, viewer, batch, now):
            if not _is_asked(known, asked):
                continue
            case, sights = known.case, tuple(known.look.sights)
            seen(session, Entry(viewer=viewer, deed=Deed.SEARCH, case_id=case.id, sights=sights, detail="person"))
            yield ClientHit(
                case_id=case.id,
                name=full_name(known.person),
                age=age_on(known.person.birth_date, now.date()),
                area=case.area,
                contact_name=known.contact_name,
            )


def _by_person(session: Session, config: Configuration, asked: Asked) -> list[Any] | None:
    """Give the conditions by which a client is looked up; nothing where nothing names a person."""
    if asked.bsn is not None:
        return [ClientRecord.bsn_index == bsn_index(session, config.municipality.code, asked.bsn)]
    terms = telling(asked)
    if not terms or asked.number is not None:
        return None
    conditions = [named(session, term, Case.id) for term in terms]
    return [*conditions, born(session, asked.born, Case.id)] if asked.born else conditions


def _is_asked(known: Known, asked: Asked) -> bool:
    """Whether what this viewer knows of a client is what was asked for."""
    if asked.bsn is not None:
        found = see_client(known.look, list(known.referrals), Category.IDENTIFIER)[0]
        if found.decision.mask is not Mask.FULL or known.person.bsn != asked.bsn:
            return False
    return all_fit(asked, name_words(known.person)) and was_born(known.person, asked)


def _referrals(
    session: Session, config: Configuration, viewer: Viewer, asked: Asked, now: dt.datetime
) -> Iterator[ReferralHit]:
    conditions = _by_referral(session, config, viewer, asked)
    if conditions is None:
        return
    query = select(Referral.number).join(Case, Referral.case_id == Case.id)
    ordered = query.where(referrals_in_reach(viewer), *conditions).order_by(
        Referral.created_at.desc(), Referral.number.desc()
    )
    for batch in batches(session.scalars(ordered).all()):
        yield from _shown_referrals(session, config, viewer, asked, batch, now)


def _by_referral(session: Session, config: Configuration, viewer: Viewer, asked: Asked) -> list[Any] | None:
    terms = telling(asked)
    if asked.number is None and not terms:
        return None
    known = name_may_be_known(viewer) if viewer.role in HELPERS else true()
    conditions = [or_(and_(named(session, term, Referral.case_id), known), titled(config, term)) for term in terms]
    if asked.number is not None:
        conditions.append(Referral.number == asked.number)
    if asked.born is not None:
        conditions.append(and_(born(session, asked.born, Referral.case_id), known))
    return conditions


def _shown_referrals(
    session: Session, config: Configuration, viewer: Viewer, asked: Asked, numbers: Sequence[int], now: dt.datetime
) -> Iterator[ReferralHit]:
    rows = session.execute(
        select(CaseKey.key, Referral, Case.regisseur_id, ClientRecord.person)
        .options(defer(Referral.content, raiseload=True))
        .select_from(Referral)
        .outerjoin(CaseKey, CaseKey.owner == Referral.case_id)
        .join(Case, Referral.case_id == Case.id)
        .join(ClientRecord, Case.client_id == ClientRecord.id)
        .where(Referral.number.in_(numbers))
    ).all()
    facts = circumstances(session, config, viewer, {row.Referral.case_id for row in rows}, now)
    place = {number: order for order, number in enumerate(numbers)}
    for row in sorted(rows, key=lambda one: place[one.Referral.number]):
        look = gaze(config, viewer, row.regisseur_id, now, facts[row.Referral.case_id])
        hit = _shown_referral(look, row, asked)
        if hit is not None:
            sights, ids = tuple(look.sights), (row.Referral.id,)
            seen(
                session,
                Entry(viewer=viewer, deed=Deed.SEARCH, case_id=row.Referral.case_id, objects=ids, sights=sights),
            )
            yield hit


def _shown_referral(look: Gaze, row: Any, asked: Asked) -> ReferralHit | None:
    """Give a referral as this viewer sees it, if that is what was asked for."""
    referral = row.Referral
    check_owner(row.person, referral.case_id)
    state = why_status(look, referral)
    if not state.decision.allow or state.decision.mask is Mask.STATUS_ONLY:
        return None
    line = line_of(look, referral, state)
    person = None
    if may_see(look, referral, Category.CONTACT).mask is Mask.FULL:
        person = as_known(look, [referral], Client(**row.person))
    words = title_words(f"{line.title} {line.organisation} {line.sender}") + (name_words(person) if person else [])
    if asked.born is not None and not (person and was_born(person, asked)):
        return None
    if asked.year not in (None, referral.created_at.year) or not all_fit(asked, words):
        return None
    return ReferralHit(line=line, case_id=referral.case_id, client_name=full_name(person) if person else "")
