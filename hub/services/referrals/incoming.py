"""What an organisation's message does to the referral it is about: the same as a person's click would."""

from collections.abc import Callable
from dataclasses import replace

from hub.models import Referral
from hub.rules import lifecycle
from hub.services.errors import Invalid, NotNow, StateForbids
from hub.services.messages.delivery import apply_functional_receipt
from hub.services.messages.settling import Received, Result
from hub.services.record.timeline import NewEntry, nudge, write_entries
from hub.services.referrals import assignments, consents
from hub.services.referrals.referrals import record_event
from hub.services.referrals.retractions import take_back
from hub.services.referrals.sending import send_referral
from hub.services.referrals.subjects import find_referral
from hub.services.views.viewer import Viewer
from hub.settings import Configuration
from hub.store.database import UnitOfWork
from schemas.consent import NewConsent
from schemas.message import Coded, Ground, Message
from schemas.referral import NewEvent, NewReferral
from schemas.vocabulary import (
    EVENT_OF_KIND,
    Basis,
    ConsentKind,
    Event,
    LifeDomain,
    MessageKind,
    Purpose,
    Status,
    Urgency,
)


def apply_message(work: UnitOfWork, config: Configuration, organisation: str, message: Message) -> Received:
    """Do what one message asks; ``NotFound`` where what it is about is not here."""
    if message.kind.is_receipt:
        return _apply_receipt(work, organisation, message)
    if message.kind is MessageKind.SENT:
        return _apply_new(work, config, organisation, message)
    return _apply_event(work, config, organisation, message)


def _apply_receipt(work: UnitOfWork, organisation: str, message: Message) -> Received:
    receipt = message.data.receipt
    if receipt is None:
        raise Invalid("A receipt without a reference.")
    referral_id = apply_functional_receipt(
        work,
        organisation,
        receipt.reference,
        refused=message.kind is MessageKind.REFUSED,
        codes=[{"code": code.code, "system": code.system or ""} for code in receipt.codes],
    )
    return Received(result=Result.APPLIED, referral_id=referral_id)


def machine(config: Configuration, organisation: str) -> Viewer:
    """Give an organisation's system as the one who acts."""
    known = config.organisation(organisation)
    name = known.name if known is not None else organisation
    return Viewer(
        id=organisation,
        name=name,
        organisation=organisation,
        organisation_name=name,
        role="machine",
        purpose=Purpose.GUIDANCE,
    )


def _apply_new(work: UnitOfWork, config: Configuration, organisation: str, message: Message) -> Received:
    """A partner refers to us: the desk of the municipality receives what is addressed to the municipality."""
    data = message.data
    if data.client is None or data.client.bsn is None or data.client.family_name is None:
        raise Invalid("A referral without a client that we can find.")
    to = message.receiver
    if config.organisation(to) is None or to == config.municipality.code:
        to = config.desk
    if assignments.is_snapshot(data) and (known := assignments.known_as(work, config, organisation, to, message)):
        assignments.told_again(work, known, message)
        assignments.vanish(work, config, organisation, to, message)
        return Received(result=Result.APPLIED, referral_id=known)
    new = NewReferral(
        to=to,
        service=_service_of(config, to, data.service),
        client=replace(data.client, reference=None),  # the partner's own key would tell others who knows this client
        life_domains=data.life_domains or (LifeDomain.DAYTIME_ACTIVITIES,),
        reason=data.reason or data.note or "(zonder toelichting)",
        client_words=data.client_words,
        strengths=data.strengths,
        urgency=data.urgency or Urgency.ROUTINE,
        ground=data.ground or Ground(basis=Basis.PUBLIC_TASK, law="wmo_2015", purpose=Purpose.GUIDANCE),
    )
    # What the desk's own system registers (who reported there) the municipality refers: nobody refers to himself.
    sender = config.municipality.code if to == organisation else organisation
    referral = send_referral(work, config, machine(config, sender), new, correlation=dict(data.correlation) or None)
    if assignments.is_snapshot(data):
        assignments.keep_terms(work, referral.id, message)
        assignments.vanish(work, config, organisation, to, message)
    return Received(result=Result.APPLIED, referral_id=referral.id)


def _service_of(config: Configuration, to: str, told: Coded | None) -> str | None:
    """Give the service that a partner asks for in our own words, where its receiver offers it."""
    known = config.services.get(told.code) if told is not None and told.system == "schakel" else None
    return known.code if known is not None and known.organisation == to else None


def _apply_event(work: UnitOfWork, config: Configuration, organisation: str, message: Message) -> Received:
    referral = find_referral(work, config, organisation, message)
    if message.kind in (MessageKind.CORRECTED, MessageKind.ERASED):
        raise Invalid("A partner asks for a correction or an erasure through a person of the municipality.")
    special = _SPECIAL.get(message.kind)
    if special is not None:
        return special(work, config, organisation, referral, message)
    data = message.data
    event = data.event or message_event(message)
    status = Status(referral.status)
    event = lifecycle.meant(status, event)
    if lifecycle.already_there(status, event):
        return Received(result=Result.APPLIED, referral_id=referral.id)
    reason = data.status_reason
    try:
        record_event(
            work,
            config,
            machine(config, _speaker(config, organisation, referral, event)),
            referral,
            NewEvent(event=event, note=data.note, at=data.occurred_at, outcome=data.outcome),
            implies=data.implies,
            status_reason=reason,
        )
    except StateForbids as error:
        if lifecycle.may_fit_later(status, event):
            return Received(result=Result.WAITING, referral_id=referral.id, reason="Waits for what must come first.")
        return Received(result=Result.REFUSED, referral_id=referral.id, reason=error.message)
    return Received(result=Result.APPLIED, referral_id=referral.id)


def _speaker(config: Configuration, organisation: str, referral: Referral, event: Event) -> str:
    """Give for whom an organisation's system speaks: the desk's withdraws and answers for the municipality too."""
    for_sender = event in (Event.WITHDRAW, Event.ANSWER, Event.MARK_ERROR)
    registered_here = organisation == config.desk == referral.receiver and referral.sender == config.municipality.code
    return config.municipality.code if for_sender and registered_here else organisation


def message_event(message: Message) -> Event:
    """Give the event that a message's kind tells of."""
    return EVENT_OF_KIND[message.kind]


def _apply_withdrawal(
    work: UnitOfWork, config: Configuration, organisation: str, referral: Referral, message: Message
) -> Received:
    """A sender tells that the client withdrew: what it shared for this purpose ends at once, as by a click."""
    if organisation != referral.sender:
        raise Invalid("Only who shared can tell that the consent was withdrawn.")
    if referral.ground_ended_at is None:
        said = NewConsent(
            to=referral.receiver,
            kind=ConsentKind.WITHDRAWN,
            purpose=Purpose(referral.purpose),
            evidence=message.data.note,
            at=message.data.occurred_at,
        )
        consents.register(work, config, machine(config, organisation), referral.case_id, said)
    return Received(result=Result.APPLIED, referral_id=referral.id)


def _apply_retraction(
    work: UnitOfWork, config: Configuration, organisation: str, referral: Referral, message: Message
) -> Received:
    """A partner takes back a step that it told by mistake; one that is not here yet is waited for."""
    data = message.data
    if data.event is None:
        raise Invalid("A message that takes a step back names the step.")
    try:
        take_back(
            work,
            config,
            machine(config, organisation),
            referral,
            data.event,
            at=data.occurred_at,
            status_reason=data.status_reason,
        )
    except NotNow:
        return Received(result=Result.WAITING, referral_id=referral.id, reason="Waits for what must come first.")
    return Received(result=Result.APPLIED, referral_id=referral.id)


def _apply_change_request(
    work: UnitOfWork, config: Configuration, organisation: str, referral: Referral, message: Message
) -> Received:
    """A partner asks to change what was assigned: people decide, so it is put before them and changes no state."""
    known = config.organisation(organisation)
    entry = NewEntry(
        kind="change_requested",
        actor=known.name if known else organisation,
        organisation=organisation,
        referral_id=referral.id,
        data={"note": message.data.note} if message.data.note else None,
    )
    nudge(work, referral.case_id, write_entries(work, referral.case_id, [entry]))
    return Received(result=Result.APPLIED, referral_id=referral.id)


_SPECIAL: dict[MessageKind, Callable[[UnitOfWork, Configuration, str, Referral, Message], Received]] = {
    MessageKind.CONSENT_WITHDRAWN: _apply_withdrawal,
    MessageKind.CHANGE_REQUESTED: _apply_change_request,
    MessageKind.STEP_RETRACTED: _apply_retraction,
}
