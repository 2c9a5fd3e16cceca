"""What one can refer to, with how much room there is, and what of it runs already for a client."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.models import Referral, TimelineEntry
from hub.organisations import Service
from hub.rules.lifecycle import OPEN
from hub.rules.room import ServiceRoom
from hub.services.access.capacity import capacities
from hub.services.access.release import needed, package
from hub.services.views.case import CaseView
from hub.services.views.referral import ServiceOffer
from hub.services.views.viewer import Viewer
from hub.settings import Configuration
from schemas.vocabulary import Event


@dataclass(frozen=True, kw_only=True)
class Running:
    """A referral of a client that runs with an organisation, as far as the viewer may know of it."""

    id: str
    organisation: str
    organisation_name: str
    title: str
    since: dt.datetime | None
    by: str


def offers(session: Session, config: Configuration, viewer: Viewer, area: str | None) -> tuple[ServiceOffer, ...]:
    """Give what a viewer can refer to, but for the own organisation: what is near and has room first.

    ``area`` is where the client lives; nothing where that is not known.
    """
    rooms = capacities(session)
    found = [
        _offer(config, service, rooms, area)
        for service in config.services.values()
        if service.organisation != viewer.organisation
    ]
    return tuple(sorted(found, key=lambda one: (one.near is False, one.room.rank, one.organisation_name, one.name)))


def _offer(config: Configuration, service: Service, rooms: Mapping[str, ServiceRoom], area: str | None) -> ServiceOffer:
    return ServiceOffer(
        code=service.code,
        name=service.name,
        organisation=service.organisation,
        organisation_name=config.organisations[service.organisation].name,
        life_domains=tuple(service.life_domains),
        purpose=service.purpose,
        reply_days=service.reply_days,
        shares=package(config, service.organisation, service.code),
        needs=tuple(needed(config, service.organisation, service.code)),
        about=service.about,
        areas=service.areas,
        near=area in service.areas if service.areas and area is not None else None,
        several=service.several,
        practical=service.practical,
        room=rooms.get(service.code, ServiceRoom(service=service.code)),
    )


def running(session: Session, view: CaseView) -> tuple[Running, ...]:
    """Give which of the referrals that a client's page shows still run, newest first; of what is masked, nothing."""
    shown = {line.id: line for line in view.referrals if line.number}
    rows = session.execute(
        select(Referral.id, Referral.receiver).where(Referral.id.in_(list(shown)), Referral.status.in_(list(OPEN)))
    )
    receivers = {row.id: row.receiver for row in rows}
    senders = _senders(session, [id_ for id_ in receivers if shown[id_].masked is None])
    return tuple(
        Running(
            id=line.id,
            organisation=receivers[line.id],
            organisation_name=line.organisation,
            title=line.title,
            since=line.sent_at,
            by=senders.get(line.id) or line.sender,
        )
        for line in shown.values()
        if line.id in receivers
    )


def _senders(session: Session, referral_ids: Sequence[str]) -> dict[str, str | None]:
    """Give who sent each of these, of which the viewer may know more than that they were announced."""
    sent = select(TimelineEntry.referral_id, TimelineEntry.actor).where(
        TimelineEntry.referral_id.in_(referral_ids), TimelineEntry.kind == Event.SEND
    )
    return {str(row.referral_id): row.actor for row in session.execute(sent)}
