"""Read every row that is kept about one person; what of it is handed out is decided elsewhere."""

from collections.abc import Callable, Iterator

from hub.models import (
    Alert,
    Attendance,
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
    InboxRecord,
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
from hub.services.rights.rights_book import Book, Item, plain, request, technical
from hub.services.rights.rights_traffic import lines, messages, received
from schemas.vocabulary import LifeDomain


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
        data=plain(area=book.case.area, contact_since=book.case.regisseur_since, story=book.case.story),
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
            data=plain(
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
            data=plain(event=one.kind, referral=one.referral_id, inferred=one.inferred or None, said=one.data),
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
            data=plain(
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
            data=plain(document=body.item_id, bytes=len(body.body)),
        )
    for seat in book.all_of(Attendance):
        data = plain(meeting=seat.meeting_id, organisation=seat.organisation, until=seat.until)
        name = f"attendances/{seat.item_id}/{seat.person_id}"
        yield request(name, "attendance", seat.changed_at, data, category=Category.AUDIT_LOG)
    for visit in book.all_of(Visit):
        yield technical(f"visits/{visit.case_id}/{visit.person_id}", visit.at, "schakel")
    for alert in book.all_of(Alert):
        yield technical(f"alerts/{alert.person_id}/{alert.subject}", alert.at, "schakel")


def _requests(book: Book) -> Iterator[Item]:
    for one in book.all_of(Correction):
        data = plain(field=one.field, owner=one.owner, state=one.state, wish=one.wish, answer=one.answer)
        category = book.content_category(one.referral_id)
        yield request(f"corrections/{one.id}", "correction", one.asked_at, data, category=category)
    for notice in book.all_of(CorrectionNotice):
        data = plain(to=notice.organisation, correction=notice.correction_id, confirmed_at=notice.confirmed_at)
        name = f"correction_notices/{notice.correction_id}/{notice.organisation}"
        yield request(name, "notice", notice.told_at, data)
    for disclosure in book.all_of(Disclosure):
        data = plain(reference=disclosure.reference, taken_at=disclosure.taken_at)
        yield request(f"disclosures/{disclosure.id}", "disclosure", disclosure.asked_at, data)
    for erasure in book.all_of(Erasure):
        data = plain(state=erasure.state, duties=erasure.duties, decided_at=erasure.decided_at)
        yield request(f"erasures/{erasure.id}", "erasure", erasure.asked_at, data)
    for hold in book.all_of(LegalHold):
        data = plain(reason=hold.reason, lifted_at=hold.lifted_at)
        yield request(f"legal_holds/{hold.id}", "hold", hold.placed_at, data)


def _exceptions(book: Book) -> Iterator[Item]:
    """Give what changed who may look. Whose own file it is, is another's data: only that there is such a bar."""
    for one in book.all_of(Objection):
        data = plain(decide_by=one.decide_by, lifted_at=one.lifted_at)
        yield request(f"objections/{one.id}", "objection", one.made_at, data)
    for number, closed in enumerate(book.all_of(ClosedFile), start=1):
        yield request(f"closed_files/{closed.case_id}/{number}", "closed_file", closed.registered_at, {})
    for emergency in book.all_of(Emergency):
        data = plain(
            to=emergency.organisation,
            role=emergency.role,
            danger=emergency.danger,
            reason=emergency.reason,
            until=emergency.until,
            verdict=emergency.verdict,
        )
        name = f"emergencies/{emergency.id}"
        yield request(name, "emergency", emergency.since, data, category=Category.AUDIT_LOG)


def _sharing(book: Book) -> Iterator[Item]:
    """Give what the client said about sharing, and what was shared with whom."""
    for said in book.all_of(ConsentEvent):
        data = plain(
            to=said.recipient,
            said=said.kind,
            purpose=said.purpose,
            fields=said.fields,
            evidence=said.evidence.decode() if said.evidence else None,
            until=said.until,
        )
        yield request(f"consent_events/{said.id}", "consent", said.at, data)
    for one in book.all_of(Release):
        data = plain(
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
        yield request(f"releases/{one.referral_id}", "release", one.at, data)


# The tables that name a case or a referral, all of them read above.
TABLES = frozenset(
    record.__tablename__
    for record in (
        Alert,
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
    messages,
    lines,
    received,
    _requests,
    _exceptions,
    _sharing,
)
