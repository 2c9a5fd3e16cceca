"""What was sent and received about one person, for the file that is handed out."""

import json
from collections.abc import Iterator

from sqlalchemy import select

from hub.broker.protocol import INBOX, PARTNER
from hub.models import Difference, Idempotency, InboxRecord, Intake, OutboxRecord, WireRecord
from hub.rules.access import Category
from hub.services.rights.rights_book import Book, Item, plain, technical
from hub.store.outbox import NUDGE


def messages(book: Book) -> Iterator[Item]:
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
            data=plain(
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


def lines(book: Book) -> Iterator[Item]:
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
            data=plain(
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
            data=plain(
                referral=differs.referral_id, ours=differs.ours, theirs=differs.theirs, handled_at=differs.handled_at
            ),
        )


def received(book: Book) -> Iterator[Item]:
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
            data=plain(connector=one.connector, state=one.state, referrals=list(one.referral_ids)),
        )
    inward = select(OutboxRecord).where(OutboxRecord.queue == INBOX, OutboxRecord.message_id.in_(ids))
    for copy in book.session.scalars(inward):
        yield technical(f"outbox/{copy.id}", copy.created_at, INBOX)
    for row in memory:
        yield technical(f"inbox/{row.sender}/{row.message_id}", row.received_at, row.sender)
    places = [f"/api/v1/referrals/{referral_id}" for referral_id in book.referrals]
    for call in book.session.scalars(select(Idempotency).where(Idempotency.location.in_(places))):
        yield technical(f"idempotency/{call.location}", call.at, call.organisation)
