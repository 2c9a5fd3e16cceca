"""What ties a viewer to a case, and what may be seen by those ties of what people wrote down there."""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from hub.models import Attendance, CaseItem, Referral
from hub.rules.access import (
    Action,
    BasisState,
    Category,
    Flag,
    Law,
    Mask,
    Question,
    Relation,
    RelationState,
    decide,
)
from hub.rules.items import category_of, domains_asked
from hub.rules.lifecycle import Part
from hub.services.access.access import OWN_GROUND, Gaze, Why, receiver_state
from hub.services.access.actors import NO_PART, parts_of
from hub.services.access.grounds import ground_state
from hub.services.access.release import touches_health
from hub.services.record.sights import sight_of
from hub.store.database import UnitOfWork
from hub.store.tables import table_of
from schemas.vocabulary import HEALTH_DOMAINS, Basis, ItemKind, LifeDomain, Purpose

# A system has no part in what people write down for each other; its own messages say what it must know.
_NO_TIES = NO_PART | {"machine", "privacy_officer"}
_AT_THE_TABLE, _ITEMS = table_of(Attendance), table_of(CaseItem)
_TABLES = (
    select(
        _AT_THE_TABLE.c.person_id,
        _ITEMS.c.life_domains,
        _ITEMS.c.state,
        _ITEMS.c.about,
        _AT_THE_TABLE.c.until,
        _AT_THE_TABLE.c.item_id,
    )
    .join(_ITEMS, _ITEMS.c.id == _AT_THE_TABLE.c.item_id)
    .where(_AT_THE_TABLE.c.case_id == bindparam("case_id"))
    .where(_AT_THE_TABLE.c.person_id.in_(bindparam("people", expanding=True)), _AT_THE_TABLE.c.state != "left")
)
_RECORD = (ItemKind.CONTACT, ItemKind.APPOINTMENT, ItemKind.DOCUMENT, ItemKind.NOTE)
NAMELESS = "nameless"
"""What an item of an agenda is about, where the client is discussed without a name."""
_Ground = tuple[str, str, BasisState]


class ItemHead(Protocol):
    """What decides whether an item is seen: its row, with its words or without."""

    @property
    def kind(self) -> str:
        """Give what it is."""

    @property
    def category(self) -> str:
        """Give how it counts for the policy."""

    @property
    def owner(self) -> str:
        """Give the organisation that wrote it down."""

    @property
    def purpose(self) -> str:
        """Give what for it was written down."""

    @property
    def author_id(self) -> str:
        """Give who wrote it."""

    @property
    def life_domains(self) -> list[str]:
        """Give the life domains that it is about."""

    @property
    def audience(self) -> list[str] | None:
        """Give the organisations that it was meant for, or nothing for all."""


@dataclass(frozen=True, kw_only=True)
class Tie:
    """One way in which a viewer has to do with a client: how, how far, for which life domains (nothing: all)."""

    relation: Relation
    state: RelationState
    domains: frozenset[str] | None
    grounds: tuple[_Ground, ...]
    flags: frozenset[Flag] = frozenset()
    nameless: bool = False
    """Whether the client is discussed without a name: then the tie leads to what is on the table, not to the case."""


@dataclass(frozen=True, kw_only=True)
class Seat:
    """A place of someone at the table where an item of an agenda is discussed, until then."""

    domains: frozenset[str]
    removed: bool
    nameless: bool
    until: dt.datetime
    item: str


@dataclass(frozen=True, kw_only=True)
class Involved:
    """A viewer with all the ties to one case; answers are kept, for many items ask the same."""

    look: Gaze
    ties: tuple[Tie, ...]
    known: dict[tuple[object, ...], Why] = field(default_factory=dict, compare=False)


def involved(
    session: Session | UnitOfWork, look: Gaze, case_id: str, referrals: Iterable[Referral], *, at_table: bool = False
) -> Involved:
    """Give a viewer's ties to a case: as its regisseur, by referrals, at the table of a meeting, in an emergency.

    ``at_table`` as in ``ties_of``.
    """
    if look.viewer.role in _NO_TIES:
        return Involved(look=look, ties=())
    seats = seats_of(session, case_id, [look.viewer.id])[look.viewer.id]
    return ties_of(look, referrals, seats, at_table=at_table)


def seats_of(session: Session | UnitOfWork, case_id: str, people: Iterable[str]) -> dict[str, tuple[Seat, ...]]:
    """Give where these people sit at the table of a meeting about a client, in one statement."""
    found: dict[str, list[Seat]] = {one: [] for one in people}
    for row in session.execute(_TABLES, {"case_id": case_id, "people": list(found)}):
        found[row.person_id].append(
            Seat(
                domains=frozenset(row.life_domains),
                removed=row.state == "removed",
                nameless=row.about == NAMELESS,
                until=row.until,
                item=row.item_id,
            )
        )
    return {one: tuple(sorted(seats, key=lambda seat: seat.item)) for one, seats in found.items()}


def ties_of(look: Gaze, referrals: Iterable[Referral], seats: Iterable[Seat], *, at_table: bool = False) -> Involved:
    """Give a viewer's ties to a case, from what was looked up.

    ``at_table`` says that it is the table itself that is looked at. Elsewhere a seat at which the client has no name
    counts for nothing: what it opens would stand beside the name, on the page of who knows this client otherwise.
    """
    if look.viewer.role in _NO_TIES:
        return Involved(look=look, ties=())
    counted = [seat for seat in seats if at_table or not seat.nameless]
    ties = [*_by_regie(look), *_by_referrals(look, referrals), *_by_meetings(look, counted)]
    if look.facts.emergency_until is not None:
        ties.append(
            Tie(
                relation=Relation.NONE,
                state=RelationState.ACTIVE,
                domains=None,
                grounds=((Basis.VITAL_INTEREST, "", BasisState.VALID),),
                flags=frozenset({Flag.BREAK_GLASS, Flag.REASON_GIVEN}),
            )
        )
    return Involved(look=look, ties=tuple(ties))


def by_regie(look: Gaze) -> Involved:
    """Give the ties of a regisseur alone: regie opens what the other ties would, and asks nothing of the database."""
    return Involved(look=look, ties=tuple(_by_regie(look)))


def _own_ground(look: Gaze) -> tuple[_Ground, ...]:
    own = OWN_GROUND.get(look.viewer.purpose)
    return ((*own, BasisState.VALID),) if own is not None else ()


def _by_regie(look: Gaze) -> Iterator[Tie]:
    if look.viewer.id == look.regisseur_id:
        yield Tie(relation=Relation.REGIE, state=RelationState.ACTIVE, domains=None, grounds=_own_ground(look))


def _by_referrals(look: Gaze, referrals: Iterable[Referral]) -> Iterator[Tie]:
    for referral in referrals:
        parts = parts_of(look.viewer, referral, look.regisseur_id)
        domains = frozenset(referral.life_domains)
        if touches_health(look.config, referral):
            domains |= HEALTH_DOMAINS & domains or {LifeDomain.MENTAL_HEALTH}
        holds = ground_state(referral, look.now)
        given = (referral.basis, "" if referral.basis == Basis.CONSENT else referral.law or "", holds)
        if Part.RECEIVER in parts:
            # Who received it by a ground that ended has no ground left.
            own = _own_ground(look) if holds is BasisState.VALID else ()
            state = receiver_state(referral, look.now)
            yield Tie(relation=Relation.REFERRAL_RECEIVER, state=state, domains=domains, grounds=(given, *own))
        if Part.SENDER in parts:
            yield Tie(
                relation=Relation.REFERRAL_SENDER,
                state=RelationState.ACTIVE,
                domains=domains,
                grounds=(given, *_own_ground(look)),
            )


def _by_meetings(look: Gaze, seats: Iterable[Seat]) -> Iterator[Tie]:
    for seat in seats:
        over = seat.removed or seat.until <= look.now
        yield Tie(
            relation=Relation.TEAM_ITEM,
            state=RelationState.ENDED if over else RelationState.ACTIVE,
            domains=seat.domains or None,
            grounds=_own_ground(look),
            nameless=seat.nameless,
        )


def why_item(
    who: Involved,
    *,
    category: str,
    owner: str,
    purpose: str,
    domains: Sequence[str],
    author: bool = False,
    action: Action = Action.VIEW,
) -> Why:
    """Decide about one thing that was written down, and keep the question that counted.

    Of several ties and grounds the widest answer counts; of several life domains the narrowest.
    """
    asked = (category, owner, purpose, tuple(domains), author, action)
    found = who.known.get(asked)
    if found is None:
        found = _decided(who, Category(category), owner, purpose, domains, author=author, action=action)
        who.known[asked] = found
        who.look.sights.append(sight_of(None, found.question, found.decision))
    return found


def _decided(
    who: Involved, category: Category, owner: str, purpose: str, domains: Sequence[str], *, author: bool, action: Action
) -> Why:
    look = who.look
    organisation = look.config.organisation(owner)
    owner_kind = organisation.kind if organisation is not None else ""
    about = domains_asked(domains, owner_kind)
    flags = set(look.facts.flags)
    if owner_kind == look.kind and owner != look.viewer.organisation:
        flags.add(Flag.OTHER_OWNER)
    if author:
        flags.add(Flag.AUTHOR)
    best: Why | None = None
    for tie in who.ties or (_STRANGER,):
        for basis, law, state in tie.grounds:
            narrowest = min(
                (
                    _asked(
                        Question(
                            actor_org=look.kind,
                            actor_role=look.viewer.role,
                            actor_purpose=look.viewer.purpose,
                            relation=tie.relation,
                            relation_state=tie.state,
                            legal_basis=basis,
                            law=law,
                            basis_state=state,
                            owner_org=owner_kind,
                            origin_purpose=purpose,
                            life_domain=domain or LifeDomain.SOCIAL_NETWORK,
                            data_category=category,
                            action=action,
                            in_scope=domain is None or tie.domains is None or domain in tie.domains,
                            flags=frozenset(flags) | tie.flags,
                        )
                    )
                    for domain in (about or (None,))
                ),
                key=_width,
            )
            if best is None or _width(narrowest) > _width(best):
                best = narrowest
            if _width(best):  # nothing is wider
                return best
    assert best is not None  # a stranger's tie has a ground too
    return best


_STRANGER = Tie(
    relation=Relation.NONE,
    state=RelationState.ACTIVE,
    domains=None,
    grounds=((Basis.PUBLIC_TASK, Law.WMO_2015, BasisState.VALID),),
)


def _asked(question: Question) -> Why:
    return Why(decision=decide(question), question=question)


def _width(why: Why) -> int:
    return int(why.decision.allow and why.decision.mask is Mask.FULL)


def decision_on(who: Involved, item: ItemHead | Any, action: Action = Action.VIEW) -> Why:
    """Decide about an item by the policy alone; whom it was meant for comes on top (``meant_for``)."""
    return why_item(
        who,
        category=item.category,
        owner=item.owner,
        purpose=item.purpose,
        domains=item.life_domains,
        author=item.author_id == who.look.viewer.id,
        action=action,
    )


def meant_for(who: Involved, item: ItemHead | Any) -> bool:
    """Whether an item was meant for this viewer: its writer chose all, or the viewer's organisation among others."""
    viewer = who.look.viewer
    return item.audience is None or viewer.organisation in (item.owner, *item.audience)


def sees(who: Involved, item: ItemHead | Any) -> bool:
    """Whether this viewer sees an item: the policy lets it be seen, and it was meant for this viewer."""
    if item.kind == ItemKind.NOTE and item.author_id != who.look.viewer.id:
        return False
    return meant_for(who, item) and decision_on(who, item).decision.mask is Mask.FULL


def open_domains(who: Involved, owner: str) -> tuple[LifeDomain, ...]:
    """Give the life domains of which this viewer sees what an organisation writes in the plan, if it does.

    Decided from the viewer's ties alone: it tells nothing about what stands there.
    """
    return tuple(
        domain
        for domain in LifeDomain
        if _decided(
            who, Category.GOAL_PLAN, owner, Purpose.GUIDANCE, (domain,), author=False, action=Action.VIEW
        ).decision.mask
        is Mask.FULL
    )


def open_kinds(who: Involved) -> frozenset[ItemKind]:
    """Give the kinds of things that this viewer may write down about the case as a whole."""
    viewer = who.look.viewer
    asked = {
        kind: _decided(
            who,
            Category(category_of(kind, (), who.look.kind)),
            viewer.organisation,
            viewer.purpose,
            (),
            author=True,
            action=Action.EDIT,
        )
        for kind in (*_RECORD, *((ItemKind.OWN_WORDS,) if viewer.id == who.look.regisseur_id else ()))
    }
    return frozenset(kind for kind, why in asked.items() if why.decision.mask is Mask.FULL)


def at_the_table(who: Involved) -> bool:
    """Whether this viewer sits at the table of a meeting for this client, by name, and that still counts."""
    ties = (tie for tie in who.ties if tie.relation is Relation.TEAM_ITEM and not tie.nameless)
    return any(tie.state is RelationState.ACTIVE for tie in ties)


def ends_at(started: dt.datetime) -> dt.datetime:
    """Give when access by a meeting ends: two weeks after it."""
    return started + dt.timedelta(days=14)
