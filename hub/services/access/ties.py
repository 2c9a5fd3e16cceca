"""What ties a viewer to a case: regie, a referral, a seat at the table of a meeting, an emergency."""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from hub.models import Attendance, CaseItem, Referral
from hub.rules.access import Action, BasisState, Category, Flag, Mask, Question, Relation, RelationState, decide
from hub.rules.lifecycle import Part
from hub.services.access.access import OWN_GROUND, Why, receiver_state
from hub.services.access.actors import NO_PART, parts_of
from hub.services.access.gaze import Gaze
from hub.services.access.grounds import ground_state
from hub.services.access.release import touches_health
from hub.store.database import UnitOfWork
from hub.store.tables import table_of
from schemas.vocabulary import HEALTH_DOMAINS, Basis, LifeDomain

# A system has no part in what people write down for each other; its own messages say what it must know.
_NO_TIES = NO_PART | {"machine", "privacy_officer"}
_AT_THE_TABLE, _ITEMS = table_of(Attendance), table_of(CaseItem)
_TABLES = (
    select(
        _AT_THE_TABLE.c.person_id,
        _ITEMS.c.life_domains,
        _ITEMS.c.state,
        _ITEMS.c.about,
        _ITEMS.c.owner,
        _ITEMS.c.purpose,
        _AT_THE_TABLE.c.until,
        _AT_THE_TABLE.c.item_id,
        _AT_THE_TABLE.c.organisation,
    )
    .join(_ITEMS, _ITEMS.c.id == _AT_THE_TABLE.c.item_id)
    .where(_AT_THE_TABLE.c.case_id == bindparam("case_id"))
    .where(_AT_THE_TABLE.c.person_id.in_(bindparam("people", expanding=True)), _AT_THE_TABLE.c.state != "left")
)
NAMELESS = "nameless"
"""What an item of an agenda is about, where the client is discussed without a name."""
_Ground = tuple[str, str, BasisState]


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
    organisation: str
    owner: str
    purpose: str


@dataclass(frozen=True, kw_only=True)
class Involved:
    """A viewer with all the ties to one case; answers are kept, for many items ask the same."""

    look: Gaze
    ties: tuple[Tie, ...]
    known: dict[tuple[object, ...], Why] = field(default_factory=dict, compare=False)

    @cached_property
    def as_helper(self) -> "Involved":
        """Give the same without the seats at tables."""
        ties = tuple(tie for tie in self.ties if tie.relation is not Relation.TEAM_ITEM)
        return self if len(ties) == len(self.ties) else Involved(look=self.look, ties=ties)


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
                organisation=row.organisation,
                owner=row.owner,
                purpose=row.purpose,
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
    ours = look.viewer.organisation  # who sits there for one organisation, does not for another that he works at too
    counted = [seat for seat in seats if seat.organisation == ours and (at_table or not seat.nameless)]
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
        if not _opens(look, seat):
            continue
        over = seat.removed or seat.until <= look.now
        yield Tie(
            relation=Relation.TEAM_ITEM,
            state=RelationState.ENDED if over else RelationState.ACTIVE,
            domains=seat.domains,
            grounds=_own_ground(look),
            nameless=seat.nameless,
        )


def _opens(look: Gaze, seat: Seat) -> bool:
    """Whether a seat opens anything at all to this viewer: by one that opens nothing he would learn that it is there,
    and who the client is.
    """
    organisation = look.config.organisation(seat.owner)
    kind = organisation.kind if organisation is not None else ""
    another = kind == look.kind and seat.owner != look.viewer.organisation
    return any(
        decide(
            Question(
                actor_org=look.kind,
                actor_role=look.viewer.role,
                actor_purpose=look.viewer.purpose,
                relation=Relation.TEAM_ITEM,
                relation_state=RelationState.ACTIVE,
                legal_basis=basis,
                law=law,
                basis_state=state,
                owner_org=kind,
                origin_purpose=seat.purpose,
                life_domain=domain,
                data_category=Category.GOAL_PLAN,
                action=Action.VIEW,
                in_scope=True,
                flags=look.facts.flags | ({Flag.OTHER_OWNER} if another else set()),
            )
        ).mask
        is Mask.FULL
        for basis, law, state in _own_ground(look)
        for domain in seat.domains
    )


def at_the_table(who: Involved) -> bool:
    """Whether this viewer sits at the table of a meeting for this client, by name, and that still counts."""
    ties = (tie for tie in who.ties if tie.relation is Relation.TEAM_ITEM and not tie.nameless)
    return any(tie.state is RelationState.ACTIVE for tie in ties)


def ends_at(started: dt.datetime) -> dt.datetime:
    """Give when access by a meeting ends: two weeks after it."""
    return started + dt.timedelta(days=14)
