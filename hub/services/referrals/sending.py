"""Send a referral: record, timeline, clock and message at once, for the page, the API and the inbox alike."""

from dataclasses import replace
from typing import Any

from sqlalchemy import insert

from hub.models import Referral
from hub.services.access.release import chosen_fields, content_of
from hub.services.access.releases import record_release
from hub.services.errors import Invalid
from hub.services.messages.outgoing import has_own_system, message_about, put_out
from hub.services.record import deadlines
from hub.services.record.case_keys import in_case
from hub.services.record.clients import KnownCase, find_case, find_or_open_case
from hub.services.record.timeline import NewEntry, write_entries
from hub.services.views.viewer import Viewer
from hub.settings import Configuration
from hub.store.database import UnitOfWork
from hub.store.tables import table_of
from schemas.identifiers import new_id
from schemas.message import MessageData
from schemas.referral import NewReferral
from schemas.vocabulary import Delivery, Event, Status

_AT_SCREEN = "on_screen"
_REFERRALS = table_of(Referral)
_INSERT = insert(_REFERRALS).returning(_REFERRALS.c.number)


def send_referral(
    work: UnitOfWork,
    config: Configuration,
    actor: Viewer,
    new: NewReferral,
    *,
    correlation: dict[str, str] | None = None,
    bundle_id: str | None = None,
) -> Referral:
    """Send a referral: record, timeline, clock and outgoing message in one unit of work.

    ``bundle_id`` ties it to others that were sent with it, of which the first to accept gets it. ``Invalid`` names the
    field where receiver or service are not known, ``NotFound`` where the case is not.
    """
    _check_addressee(config, actor, new)
    chosen_fields(config, actor.organisation, new)
    if new.case_id is not None:
        case = find_case(work, new.case_id)
    else:
        assert new.client is not None  # the schema gives one of the two
        case = find_or_open_case(work, config.municipality.code, new.client)
    if case.objected:
        raise Invalid("The client has objected: nothing new is sent until that is decided.", field="client")
    entries = [NewEntry(kind=Event.SEND, actor=actor.name, organisation=actor.organisation, referral_id=new_id())]
    if not has_own_system(config, new.to):
        arrived = {"how": _AT_SCREEN}
        entries.append(
            NewEntry(kind="delivered", organisation=new.to, referral_id=entries[0].referral_id, data=arrived)
        )
    position = write_entries(work, case.id, entries)
    beside = {"correlation": correlation or {}, "bundle_id": bundle_id}
    referral = _insert(work, config, actor, new, case, str(entries[0].referral_id), beside)
    message = message_about(
        work,
        config,
        referral,
        event=Event.SEND,
        sender=actor.organisation,
        receiver=new.to,
        position=position - len(entries) + 1,
        data=_content_message(config, referral, new, case),
    )
    put_out(work, config, referral, [message], position)
    record_release(work, actor, referral, new)
    return referral


def _check_addressee(config: Configuration, actor: Viewer, new: NewReferral) -> None:
    if config.organisation(new.to) is None:
        raise Invalid("There is no such organisation.", field="to")
    if new.to == actor.organisation:
        raise Invalid("An organisation does not refer to itself.", field="to")
    if new.service is not None:
        service = config.services.get(new.service)
        if service is None or service.organisation != new.to:
            raise Invalid("This organisation offers no such service.", field="service")


def _insert(
    work: UnitOfWork,
    config: Configuration,
    actor: Viewer,
    new: NewReferral,
    case: KnownCase,
    referral_id: str,
    beside: dict[str, Any],
) -> Referral:
    """Insert the record with Core and give it as an object: the hot path goes without the session's bookkeeping."""
    values: dict[str, Any] = {
        "id": referral_id,
        "case_id": case.id,
        "sender": actor.organisation,
        "receiver": new.to,
        "service": new.service,
        "status": Status.SENT,
        "delivery": Delivery.WAITING if has_own_system(config, new.to) else Delivery.DELIVERED,
        "outcome": None,
        "inferred": False,
        "urgency": new.urgency,
        "life_domains": list(new.life_domains),
        "basis": new.ground.basis,
        "law": new.ground.law,
        "purpose": new.ground.purpose,
        "shared": list(chosen_fields(config, actor.organisation, new)),
        "ground_until": new.until,
        "ground_ended_at": None,
        "ground_end": None,
        "content": in_case(
            work,
            case.id,
            {
                "reason": new.reason,
                "client_words": new.client_words,
                "strengths": list(new.strengths),
                "evidence": new.ground.evidence,
            },
        ),
        **beside,
        "created_by": actor.id,
        "created_at": work.now,
        "changed_at": work.now,
        "version": 1,
        **deadlines.turn_values(Status.SENT, new.urgency, work.now, promised=promised(config, new.service)),
    }
    number = work.execute(_INSERT, values).scalar_one()
    return Referral(number=number, **values)


def _content_message(config: Configuration, referral: Referral, new: NewReferral, case: KnownCase) -> MessageData:
    return replace(
        content_of(config, referral.sender, new, case.person),
        referral_id=referral.id,
        referral_number=referral.number,
        correlation=dict(referral.correlation),
        occurred_at=referral.created_at,
        starts_on=referral.created_at.date().isoformat(),
    )


def promised(config: Configuration, service: str | None) -> int | None:
    """Give the reply time that a service promises, in working days."""
    found = config.services.get(service or "")
    return found.reply_days if found is not None else None
