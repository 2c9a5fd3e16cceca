"""From a message of StUF-ZKN to canonical messages."""

import re
from collections.abc import Sequence
from dataclasses import replace

from connectors.errors import Refusal, RefusalCode
from connectors.protocol import AddressBook, Loss, Reading
from connectors.work_and_income.change import Change, change_of, other_differences
from connectors.work_and_income.dialect import CaseType, Dialect
from connectors.work_and_income.envelope import Incoming
from connectors.work_and_income.format import (
    CASE,
    CODE,
    IDENTIFICATION,
    IDENTIFICATION_SHORTEST,
    KEY,
    NOT_SET,
    SOURCE,
    SYSTEM,
    ZKN,
)
from connectors.work_and_income.moments import day
from connectors.work_and_income.people import client_of
from connectors.work_and_income.steps import IMPLIED, Step, steps_of
from connectors.work_and_income.tree import Node, broken
from schemas.identifiers import derived_id
from schemas.message import Coded, Message, MessageData, source_of
from schemas.vocabulary import KIND_OF_EVENT, Event, MessageKind, Status

_OURS = re.compile(r"[0-9]{4}V([0-9]{9})", re.ASCII)
_READ = frozenset(
    {
        "identificatie",
        "omschrijving",
        "toelichting",
        "kenmerk",
        "startdatum",
        "registratiedatum",
        "einddatumGepland",
        "isVan",
        "heeftBetrekkingOp",
        "heeftAlsBelanghebbende",
        "heeftAlsInitiator",
    }
)
_NO_PLACE = "the canonical message has no place for it"


def read_case(incoming: Incoming, dialect: Dialect, book: AddressBook) -> Reading:
    """Read a zakLk01: a new case is a referral, a change its steps, a removal its withdrawal."""
    lead = incoming.lead
    if lead.code != "Lk01":
        raise broken("zakLk01/stuurgegevens/berichtcode", "The berichtcode is not that of this message.")
    change, losses = change_of(incoming.root), list[Loss]()
    if change.added:
        said = [_new(change.case, incoming, dialect, book, losses)]
    elif change.removed:
        said = [(MessageKind.WITHDRAWN, book.municipality.code, _withdrawn(change.case, losses))]
    elif incoming.by_hub and (known := _made_known(change, losses)) is not None:
        said = [(MessageKind.SENT, book.partner.code, known)]
    else:
        said = [
            (KIND_OF_EVENT[step.event], book.municipality.code, _step(change.case, step, losses))
            for step in steps_of(change, dialect, losses)
        ]
        losses += [Loss(field=path, why="changed, and not followed by the hub") for path in other_differences(change)]
    return Reading(
        identification=lead.identification,
        messages=tuple(_messages(incoming, book, said)),
        losses=tuple(dict.fromkeys(losses)),
    )


def _messages(
    incoming: Incoming, book: AddressBook, said: Sequence[tuple[MessageKind, str, MessageData]]
) -> Sequence[Message]:
    lead = incoming.lead
    sender = _referrer(incoming, book) if incoming.by_hub else book.partner.code
    return [
        Message(
            id=derived_id(SYSTEM, lead.identification, str(place), kind),
            kind=kind,
            source=source_of(book.municipality.oin if incoming.by_hub else book.partner.oin, SYSTEM),
            time=lead.sent_at,
            sender=sender,
            receiver=book.partner.code if incoming.by_hub else receiver,
            data=data,
        )
        for place, (kind, receiver, data) in enumerate(said)
    ]


def _referrer(incoming: Incoming, book: AddressBook) -> str:
    """Give the organisation that asks, where the hub's message names one that is known; else the municipality."""
    for case in incoming.root.all("object"):
        unit = case.inner("heeftAlsInitiator", "gerelateerde", "organisatorischeEenheid")
        code = unit.key("identificatie", 24) if unit is not None else None
        known = book.party(code) if code else None
        if known is not None:
            return known.code
    return book.municipality.code


def _new(
    case: Node, incoming: Incoming, dialect: Dialect, book: AddressBook, losses: list[Loss]
) -> tuple[MessageKind, str, MessageData]:
    kind = _case_type(case, dialect)
    to = kind.to or book.municipality.code
    if book.party(to) is None:
        text = "The zaaktype is set to go to an organisation that is not known."
        raise Refusal(RefusalCode.NOT_ALLOWED, text, field=case.at("isVan/gerelateerde/code"), dialect_code=NOT_SET)
    title, explanation = case.words("omschrijving", losses), case.words("toelichting", losses)
    if title and explanation:
        losses.append(Loss(field=case.at("omschrijving"), why="the reason is its toelichting"))
    losses += [Loss(field=case.at(name), why=_NO_PLACE) for name in case.names(CASE) if name not in _READ]
    service = Coded(code=kind.service, system="schakel") if kind.service else None
    data = replace(
        _keyed(case, losses),
        event=Event.SEND,
        status=Status.SENT,
        client=client_of(case, losses),
        service=service or Coded(code=kind.code, system=SYSTEM, text=kind.name),
        life_domains=kind.life_domains,
        reason=explanation or title or None,
        ground=None if incoming.by_hub else kind.ground,
        occurred_at=incoming.lead.sent_at,
        starts_on=day(case, "startdatum", ZKN) or day(case, "registratiedatum", ZKN) or None,
        ends_on=day(case, "einddatumGepland", ZKN) or None,
    )
    return MessageKind.SENT, to, data


def _case_type(case: Node, dialect: Dialect) -> CaseType:
    """Give what the table says of the zaaktype: what is not in it may be anything, and makes no referral."""
    named = case.inner("isVan", "gerelateerde")
    path = case.at("isVan/gerelateerde/code")
    code = named.key("code", CODE) if named is not None else None
    if not code:
        raise broken(path, "A new case goes by its zaaktype.")
    found = dialect.types.get(code)
    if found is None:
        text = "This zaaktype is not in the municipality's own table (zaaktypen)."
        raise Refusal(RefusalCode.NOT_ALLOWED, text, field=path, dialect_code=NOT_SET)
    return found


def _step(case: Node, step: Step, losses: list[Loss]) -> MessageData:
    return replace(
        _keyed(case, losses),
        event=step.event,
        outcome=step.outcome,
        implies=IMPLIED.get(step.event, ()),
        occurred_at=step.at,
        status_reason=step.reason,
        note=step.note or None,
        client=client_of(case, losses),
        ends_on=step.ends_on,
    )


def _made_known(change: Change, losses: list[Loss]) -> MessageData | None:
    """Read that the hub took a case in: its key stands beside the suite's own now, and did not before."""
    before = _keyed(change.old, losses).referral_id if change.old is not None else None
    now = _keyed(change.case, losses)
    taken = now.referral_id is not None and before is None
    return replace(now, event=Event.SEND, status=Status.SENT) if taken else None


def _withdrawn(case: Node, losses: list[Loss]) -> MessageData:
    return replace(
        _keyed(case, losses),
        event=Event.WITHDRAW,
        status=Status.WITHDRAWN,
        note=case.words("toelichting", losses) or None,
        client=client_of(case, losses),
    )


def _keyed(case: Node, losses: list[Loss]) -> MessageData:
    """Give what a case goes by: its identificatie, and our own key where it bears one."""
    identification = case.key("identificatie", IDENTIFICATION)
    if not identification or len(identification) < IDENTIFICATION_SHORTEST:
        raise broken(case.at("identificatie"), f"A case goes by {IDENTIFICATION_SHORTEST} characters or more.")
    ours = _OURS.fullmatch(identification)
    own_key = None
    for mark in case.all("kenmerk"):
        key, source = (None, None) if mark.empty else (mark.key(name, IDENTIFICATION) for name in ("kenmerk", "bron"))
        if key and source == SOURCE:
            own_key = key
        elif key:
            losses.append(Loss(field=mark.path, why="a key of the partner's own, not needed to find the referral"))
    return MessageData(
        referral_id=own_key,
        referral_number=int(ours[1]) or None if ours else None,
        correlation={KEY: identification},
    )
