"""Who sees what of a client, and what is shared by consent: decided by the policy itself, for each who has part.

Each role that works at an organisation is looked through as nobody in particular. Only referrals that the viewer knows
of count, so it tells of no help that the viewer may not know of.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from hub.models import Person, Post, Referral
from hub.rules.access import Category, Mask
from hub.rules.lifecycle import OPEN
from hub.services.access.circumstances import Circumstances, circumstances_of_all
from hub.services.access.explaining import explained, explained_status
from hub.services.access.gaze import Gaze, gaze
from hub.services.access.grounds import holds
from hub.services.access.item_access import open_domains, why_item
from hub.services.access.referral_lines import organisation_name
from hub.services.cases.case_entries import Found, found_among
from hub.services.views.case import ConsentSummary, Onlooker
from hub.services.views.viewer import Viewer
from hub.services.views.why import Explained
from hub.settings import Configuration
from schemas.vocabulary import HEALTH_DOMAINS, Basis, LifeDomain, Purpose, Status

_NO_HELP = frozenset({"functional_admin", "privacy_officer", "policy_adviser", "enforcer", "machine"})


@dataclass(frozen=True, kw_only=True)
class _Role:
    """A role with its purpose at an organisation, as somebody there would look."""

    viewer: Viewer
    found: Found
    look: Gaze


def onlookers(session: Session, look: Gaze, case_id: str, found: Found, owner: str) -> tuple[Onlooker, ...]:
    """Give who sees what of this client, as far as the viewer knows who has part; what ``owner`` writes is asked."""
    known = [one.referral for one in found.referrals.values() if one.status.mask is Mask.FULL]
    codes = {code for one in known for code in (one.sender, one.receiver)} | {owner}
    viewers = _roles_at(session, look.config, codes - {""}, look.now.date())
    facts = circumstances_of_all(session, look.config, viewers, [case_id], look.now)
    rows: defaultdict[tuple[str, Onlooker], list[str]] = defaultdict(list)
    for viewer in viewers:
        role = _seen_as(look, viewer, known, facts[viewer, case_id])
        one = _onlooker(role, owner)
        rows[viewer.organisation, one].append(viewer.role)
    drawn = [replace(one, roles=tuple(sorted(set(roles)))) for (_code, one), roles in rows.items()]
    return tuple(sorted(drawn, key=lambda one: (not one.sees, one.organisation_name, one.roles)))


def _roles_at(session: Session, config: Configuration, codes: Iterable[str], today: dt.date) -> list[Viewer]:
    """Give each role that somebody works in at these organisations today; the regisseur of this client is left out."""
    rows = session.execute(
        select(Post.organisation, Post.role, Post.purpose)
        .join(Person, Person.id == Post.person_id)
        .where(Post.organisation.in_(sorted(codes)), Person.active.is_(True), Post.starts_on <= today)
        .where(or_(Post.ends_on.is_(None), Post.ends_on >= today), Post.role.not_in(sorted(_NO_HELP)))
        .distinct()
        .order_by(Post.organisation, Post.role, Post.purpose)
    )
    return [
        Viewer(
            id="",
            name="",
            organisation=row.organisation,
            organisation_name=organisation_name(config, row.organisation),
            role=row.role,
            purpose=row.purpose,
        )
        for row in rows
    ]


def _seen_as(look: Gaze, viewer: Viewer, referrals: Sequence[Referral], facts: Circumstances) -> _Role:
    seen = gaze(look.config, viewer, look.regisseur_id, look.now, facts)
    return _Role(viewer=viewer, look=seen, found=found_among(seen, referrals, (), ()))


def _onlooker(role: _Role, owner: str) -> Onlooker:
    """Give what one role sees, and by which rule; without the role's name, so that those who see the same are one."""
    who = role.found.who
    domains = open_domains(who, owner)
    talk = why_item(who, category=Category.GOAL_PLAN, owner=owner, purpose=Purpose.GUIDANCE, domains=())
    appointments = why_item(who, category=Category.APPOINTMENT, owner=owner, purpose=Purpose.GUIDANCE, domains=())
    kinds = {
        "plan": bool(domains),
        "talk": talk.decision.mask is Mask.FULL,
        "appointments": appointments.decision.mask is Mask.FULL,
        "status": bool(role.found.referrals),
    }
    return Onlooker(
        organisation_name=role.viewer.organisation_name,
        roles=(),
        domains=tuple(LifeDomain(domain) for domain in domains),
        health=not HEALTH_DOMAINS.isdisjoint(domains),
        sees=tuple(kind for kind, there in kinds.items() if there),
        why=_why(role, talk_why=explained(role.look, talk)),
    )


def _why(role: _Role, *, talk_why: Explained) -> Explained:
    """Give by what it is seen: the referral, where there is one; else why it is not."""
    if talk_why.allowed or not role.found.records:
        return talk_why
    return explained_status(role.look, role.found.records[0])


def consent_summary(look: Gaze, found: Found) -> ConsentSummary:
    """Sum up by how much of what runs, of what is seen, something is shared by a consent that holds."""
    runs = [
        one.referral
        for one in found.referrals.values()
        if one.status.mask is Mask.FULL and Status(one.referral.status) in OPEN
    ]
    by_consent = [one for one in runs if one.basis == Basis.CONSENT and holds(one, look.now)]
    return ConsentSummary(
        given=len({one.receiver for one in by_consent}),
        helping=len({one.receiver for one in runs}),
        until=min((one.ground_until for one in by_consent if one.ground_until is not None), default=None),
    )
