"""Tell the organisations in a referral what happened in it, and no more than each may know."""

from dataclasses import replace

from hub.models import Referral
from hub.services.access.grounds import holds
from hub.services.access.release import release_to, service_of
from hub.services.messages.outgoing import message_about
from hub.services.record.clients import KnownCase
from hub.services.views.viewer import Viewer
from hub.settings import Configuration
from hub.store.database import UnitOfWork
from schemas.message import Message, MessageData
from schemas.vocabulary import Event, MessageKind, Status

# What a sender is told even where the ground has ended: that the help has.
_ENDS = frozenset({Event.COMPLETE, Event.DECLINE, Event.CLIENT_STOPS, Event.END, Event.MARK_ERROR})


def what_happened(config: Configuration, referral: Referral, case: KnownCase, event: Event) -> MessageData:
    """Give what every message about an event says: which referral, which service, whose, and how it stands now."""
    return MessageData(
        referral_id=referral.id,
        referral_number=referral.number,
        correlation=dict(referral.correlation),
        event=event,
        status=Status(referral.status),
        service=service_of(config, referral.service),
        starts_on=referral.created_at.date().isoformat(),
        client=case.person,
    )


def tell_others(
    work: UnitOfWork,
    config: Configuration,
    actor: Viewer,
    referral: Referral,
    said: MessageData,
    position: int,
    *,
    kind: MessageKind | None = None,
) -> list[Message]:
    """Give a message for each organisation in this referral but the one that did it, where it may be told."""
    event = Event(str(said.event))
    others = sorted({referral.sender, referral.receiver} - {actor.organisation})
    return [
        message_about(
            work,
            config,
            referral,
            event=event,
            kind=kind,
            sender=actor.organisation,
            receiver=receiver,
            position=position,
            data=release_to(config, receiver, referral, said if holds(referral, work.now) else _bare(said)),
        )
        for receiver in others
        if config.organisation(receiver) is not None and _may_be_told(referral, receiver, event, work)
    ]


def _may_be_told(referral: Referral, receiver: str, event: Event, work: UnitOfWork) -> bool:
    """Whether an event may go to an organisation: where the ground has ended, a bare end to the sender alone."""
    return holds(referral, work.now) or (receiver == referral.sender and event in _ENDS)


def _bare(data: MessageData) -> MessageData:
    """Leave of a message that something happened, and nothing that was said with it."""
    return replace(data, note=None, status_reason=None, outcome=None)
