"""Read every row that is kept about one person; what of it is handed out is decided elsewhere."""

import datetime as dt
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from hub.broker.protocol import INBOX, PARTNER
from hub.models import (
    Attendance,
    Case,
    CaseItem,
    Client,
    ClosedFile,
    ConsentEvent,
    Correction,
    CorrectionNotice,
    Difference,
    Disclosure,
    DocumentBody,
    Emergency,
    Erasure,
    Idempotency,
    InboxRecord,
    Intake,
    LegalHold,
    Objection,
    OutboxRecord,
    Person,
    Referral,
    Release,
    TimelineEntry,
    Visit,
    WireRecord,
)
from hub.rules.access import Category
from hub.services.errors import NotFound
from hub.services.release import touches_health
from hub.settings import Configuration
from hub.store.outbox import NUDGE
from schemas.fields import moment_text
from schemas.vocabulary import LifeDomain


@dataclass(frozen=True, kw_only=True)
class Item:
    """One row about the person. ``row`` names it; ``data`` is what stands in it, in plain words and codes."""

    row: str
    kind: str
    category: Category
    at: dt.datetime | None
    organisation: str | None
    data: Mapping[str, Any]
    domain: str = LifeDomain.SOCIAL_NETWORK
    rule: str = ""


@dataclass(frozen=True, kw_only=True)
class Book:
    """The case under hand, with its referrals: what every reader needs."""

    session: Session
    config: Configuration
    case: Case
    referrals: Mapping[str, Referral]

    def all_of(self, record: Any) -> list[Any]:
        """Give the rows of one kind that name the case or one of its referrals."""
        names: list[Any] = [record.case_id == self.case.id] if hasattr(record, "case_id") else []
        if hasattr(record, "referral_id"):
            names.append(record.referral_id.in_(list(self.referrals)))
        return list(self.session.scalars(select(record).where(or_(*names))))

    def domain_of(self, referral_id: str | None) -> str:
        """Give the life domain that decides: health where any of it is health."""
        referral = self.referrals.get(referral_id or "")
        if referral is None:
            return LifeDomain.SOCIAL_NETWORK
        if touches_health(self.config, referral):
            return LifeDomain.MENTAL_HEALTH
        return referral.life_domains[0] if referral.life_domains else LifeDomain.SOCIAL_NETWORK

    def content_category(self, referral_id: str | None) -> Category:
        """Give the category of free text: the highest of its form."""
        referral = self.referrals.get(referral_id or "")
        health = referral is not None and touches_health(self.config, referral)
        return Category.HEALTH_CONTENT if health else Category.GOAL_PLAN


def open_book(session: Session, config: Configuration, case_id: str) -> Book:
    """Find the case with its referrals; ``NotFound`` where there is no such case."""
    case = session.get(Case, case_id)
    if case is None:
        raise NotFound("There is no such case.")
    referrals = session.scalars(select(Referral).where(Referral.case_id == case_id).order_by(Referral.number))
    return Book(session=session, config=config, case=case, referrals={one.id: one for one in referrals})


def _person(book: Book) -> Iterator[Item]:
    client = book.session.get_one(Client, book.case.client_id)
    known = {name: value for name, value in client.person.items() if name != "reference"}
    yield Item(
        row=f"clients/{client.id}",
        kind="person",
        category=Category.IDENTIFIER,
        at=client.created_at,
        organisation=None,
        data=known,
    )
    contact = book.session.get(Person, book.case.regisseur_id) if book.case.regisseur_id else None
    yield Item(
        row=f"cases/{book.case.id}",
        kind="case",
        category=Category.CONTACT,
        at=book.case.opened_at,
        organisation=contact.organisation if contact else None,
        data=_plain(area=book.case.area, contact_since=book.case.regisseur_since, story=book.case.story),
    )


def _referrals(book: Book) -> Iterator[Item]:
    for one in book.referrals.values():
        yield Item(
            row=f"referrals/{one.id}",
            kind="referral",
            category=book.content_category(one.id),
            domain=book.domain_of(one.id),
            at=one.created_at,
            organisation=one.sender,
            data=_plain(
                number=one.number,
                sender=one.sender,
                receiver=one.receiver,
                service=one.service,
                status=one.status,
                outcome=one.outcome,
                urgency=one.urgency,
                life_domains=list(one.life_domains),
                ground={"basis": one.basis, "law": one.law, "purpose": one.purpose},
                content=one.content,
                changed_at=one.changed_at,
            ),
        )


def _timeline(book: Book) -> Iterator[Item]:
    """Give what happened, without the names of workers: their organisation answers for them."""
    for one in book.all_of(TimelineEntry):
        words = bool(one.data)
        yield Item(
            row=f"timeline/{one.case_id}/{one.position}",
            kind="event",
            category=book.content_category(one.referral_id) if words else Category.PROCESS_STATUS,
            domain=book.domain_of(one.referral_id),
            at=one.at,
            organisation=one.organisation,
            data=_plain(event=one.kind, referral=one.referral_id, inferred=one.inferred or None, said=one.data),
        )


def _written(book: Book) -> Iterator[Item]:
    """Give what people wrote down, without their names, and who sat at the table when the case was discussed."""
    items = {one.id: one for one in book.all_of(CaseItem)}
    for one in items.values():
        yield Item(
            row=f"case_items/{one.id}",
            kind=one.kind,
            category=Category(one.category),
            domain=one.life_domains[0] if one.life_domains else LifeDomain.SOCIAL_NETWORK,
            at=one.created_at,
            organisation=one.owner,
            data=_plain(
                state=one.state,
                said={name: value for name, value in one.content.items() if name != "holder_name"},
                life_domains=list(one.life_domains),
                to=one.audience,
                by=one.holder,
                due_on=one.due_on,
                planned_at=one.at,
                changed_at=one.changed_at,
            ),
        )
    for body in book.all_of(DocumentBody):
        about = items[body.item_id]
        yield Item(
            row=f"document_bodies/{body.item_id}",
            kind="document",
            category=Category(about.category),
            domain=about.life_domains[0] if about.life_domains else LifeDomain.SOCIAL_NETWORK,
            at=about.created_at,
            organisation=about.owner,
            data=_plain(document=body.item_id, bytes=len(body.body)),
        )
    for seat in book.all_of(Attendance):
        data = _plain(meeting=seat.meeting_id, organisation=seat.organisation, until=seat.until)
        name = f"attendances/{seat.item_id}/{seat.person_id}"
        yield _request(name, "attendance", seat.changed_at, data, category=Category.AUDIT_LOG)
    for visit in book.all_of(Visit):
        yield _technical(f"visits/{visit.case_id}/{visit.person_id}", visit.at, "schakel")


def _messages(book: Book) -> Iterator[Item]:
    """Give who got which fields, when. A message's own words stand in the referral and the events it tells of."""
    for one in book.all_of(OutboxRecord):
        if one.kind == NUDGE:
            continue
        body = json.loads(one.body) if one.body else {}
        fields = sorted(name for name, value in (body.get("data") or {}).items() if value)
        yield Item(
            row=f"outbox/{one.id}",
            kind="sent",
            category=Category.AUDIT_LOG,
            domain=book.domain_of(one.referral_id),
            at=one.created_at,
            organisation=one.receiver,
            data=_plain(
                message=one.kind,
                to=one.receiver,
                referral=one.referral_id,
                fields=fields,
                not_carried=list(one.dropped or ()),
                state=one.state,
                delivered_at=one.delivered_at,
                processed_at=one.processed_at,
            ),
        )


def _lines(book: Book) -> Iterator[Item]:
    """Give how the last try of each message went, and where a system counted otherwise.

    The bytes stay out, as those of a payload: the translation says what the referral and its events say, and what a
    system answers may hold several people.
    """
    for one in book.all_of(WireRecord):
        yield Item(
            row=f"wire/{one.queue}/{one.message_id}",
            kind="line",
            category=Category.AUDIT_LOG,
            domain=book.domain_of(one.referral_id),
            at=one.tried_at,
            organisation=one.queue.removeprefix(PARTNER),
            data=_plain(
                referral=one.referral_id,
                not_carried=[loss["field"] for loss in one.losses or ()],
                bytes_sent=one.sent_size or one.mapped_size,
                bytes_answered=one.answer_size,
            ),
        )
    for differs in book.all_of(Difference):
        yield Item(
            row=f"differences/{differs.id}",
            kind="difference",
            category=Category.AUDIT_LOG,
            domain=book.domain_of(differs.referral_id),
            at=differs.found_at,
            organisation=differs.organisation,
            data=_plain(
                referral=differs.referral_id, ours=differs.ours, theirs=differs.theirs, handled_at=differs.handled_at
            ),
        )


def _received(book: Book) -> Iterator[Item]:
    """Give who brought what, when. The bytes stay out: one payload of a partner may hold several people."""
    memory = book.all_of(InboxRecord)
    ids = {one.intake_id for one in memory if one.intake_id}
    for one in book.session.scalars(select(Intake).where(Intake.id.in_(ids))):
        yield Item(
            row=f"intake/{one.id}",
            kind="received",
            category=Category.AUDIT_LOG,
            at=one.received_at,
            organisation=one.organisation,
            data=_plain(connector=one.connector, state=one.state, referrals=list(one.referral_ids)),
        )
    inward = select(OutboxRecord).where(OutboxRecord.queue == INBOX, OutboxRecord.message_id.in_(ids))
    for copy in book.session.scalars(inward):
        yield _technical(f"outbox/{copy.id}", copy.created_at, INBOX)
    for row in memory:
        yield _technical(f"inbox/{row.sender}/{row.message_id}", row.received_at, row.sender)
    places = [f"/api/v1/referrals/{referral_id}" for referral_id in book.referrals]
    for call in book.session.scalars(select(Idempotency).where(Idempotency.location.in_(places))):
        yield _technical(f"idempotency/{call.location}", call.at, call.organisation)


def _technical(row: str, at: dt.datetime, organisation: str) -> Item:
    return Item(row=row, kind="memory", category=Category.DELIVERY_META, at=at, organisation=organisation, data={})


def _requests(book: Book) -> Iterator[Item]:
    for one in book.all_of(Correction):
        data = _plain(field=one.field, owner=one.owner, state=one.state, wish=one.wish, answer=one.answer)
        category = book.content_category(one.referral_id)
        yield _request(f"corrections/{one.id}", "correction", one.asked_at, data, category=category)
    for notice in book.all_of(CorrectionNotice):
        data = _plain(to=notice.organisation, correction=notice.correction_id, confirmed_at=notice.confirmed_at)
        name = f"correction_notices/{notice.correction_id}/{notice.organisation}"
        yield _request(name, "notice", notice.told_at, data)
    for disclosure in book.all_of(Disclosure):
        data = _plain(reference=disclosure.reference, taken_at=disclosure.taken_at)
        yield _request(f"disclosures/{disclosure.id}", "disclosure", disclosure.asked_at, data)
    for erasure in book.all_of(Erasure):
        data = _plain(state=erasure.state, duties=erasure.duties, decided_at=erasure.decided_at)
        yield _request(f"erasures/{erasure.id}", "erasure", erasure.asked_at, data)
    for hold in book.all_of(LegalHold):
        data = _plain(reason=hold.reason, lifted_at=hold.lifted_at)
        yield _request(f"legal_holds/{hold.id}", "hold", hold.placed_at, data)


def _exceptions(book: Book) -> Iterator[Item]:
    """Give what changed who may look. Whose own file it is, is another's data: only that there is such a bar."""
    for one in book.all_of(Objection):
        data = _plain(decide_by=one.decide_by, lifted_at=one.lifted_at)
        yield _request(f"objections/{one.id}", "objection", one.made_at, data)
    for number, closed in enumerate(book.all_of(ClosedFile), start=1):
        yield _request(f"closed_files/{closed.case_id}/{number}", "closed_file", closed.registered_at, {})
    for emergency in book.all_of(Emergency):
        data = _plain(
            to=emergency.organisation,
            role=emergency.role,
            danger=emergency.danger,
            reason=emergency.reason,
            until=emergency.until,
            verdict=emergency.verdict,
        )
        name = f"emergencies/{emergency.id}"
        yield _request(name, "emergency", emergency.since, data, category=Category.AUDIT_LOG)


def _sharing(book: Book) -> Iterator[Item]:
    """Give what the client said about sharing, and what was shared with whom."""
    for said in book.all_of(ConsentEvent):
        data = _plain(
            to=said.recipient,
            said=said.kind,
            purpose=said.purpose,
            fields=said.fields,
            evidence=said.evidence.decode() if said.evidence else None,
            until=said.until,
        )
        yield _request(f"consent_events/{said.id}", "consent", said.at, data)
    for one in book.all_of(Release):
        data = _plain(
            to=one.recipient,
            fields=one.fields,
            ground=one.basis,
            law=one.law,
            purpose=one.purpose,
            necessity=one.necessity.decode() if one.necessity else None,
            until=one.until,
            ended_at=one.withdrawn_at,
            ended=one.ended,
        )
        yield _request(f"releases/{one.referral_id}", "release", one.at, data)


def _request(
    row: str, kind: str, at: dt.datetime, data: Mapping[str, Any], category: Category = Category.CONTACT
) -> Item:
    return Item(row=row, kind=kind, category=category, at=at, organisation=None, data=data)


# The tables that name a case or a referral, all of them read above.
TABLES = frozenset(
    record.__tablename__
    for record in (
        Attendance,
        CaseItem,
        ClosedFile,
        ConsentEvent,
        Correction,
        CorrectionNotice,
        Difference,
        Disclosure,
        DocumentBody,
        Emergency,
        Erasure,
        InboxRecord,
        LegalHold,
        Objection,
        OutboxRecord,
        Referral,
        Release,
        TimelineEntry,
        Visit,
        WireRecord,
    )
)
READERS: tuple[Callable[[Book], Iterator[Item]], ...] = (
    _person,
    _referrals,
    _timeline,
    _written,
    _messages,
    _lines,
    _received,
    _requests,
    _exceptions,
    _sharing,
)


def _plain(**values: Any) -> dict[str, Any]:
    """Give values as JSON has them, the empty ones left out."""
    return {name: _json(value) for name, value in values.items() if value not in (None, [], {}, "")}


def _json(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return moment_text(value)
    return value.isoformat() if isinstance(value, dt.date) else value
