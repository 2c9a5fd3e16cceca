"""A backlog, and how fast it goes: from the outbox to the broker, and on to the inbox's last commit."""

import datetime as dt
import signal
import time
from dataclasses import dataclass

import psycopg
from sqlalchemy import delete, insert, select, update

from connectors.errors import Refusal
from connectors.protocol import AddressBook, Payload, Reading, Verdict
from hub.broker.protocol import INBOX, Fate, Parcel, partner_queue
from hub.models import OutboxRecord
from hub.services.messages.delivery import DeliveryReceipt
from hub.services.messages.intake import take_in
from hub.services.record.case_keys import in_case
from hub.services.referrals.sending import send_referral
from hub.services.views.viewer import Viewer
from hub.store.outbox import NUDGE
from schemas.identifiers import derived_id, new_id
from schemas.message import Ground, Message, MessageData, source_of
from schemas.referral import NewReferral
from schemas.vocabulary import Basis, Delivery, Event, LifeDomain, MessageKind, Purpose, Urgency
from tests.bench.site import BACKLOG, PARTNER, SENDER, Site, plain

_PARTS = 200


def a_body(site: Site) -> bytes:
    """Give a referral's canonical message as it travels."""
    with site.hub.store.reading() as session:
        row = session.execute(
            select(OutboxRecord.body).where(OutboxRecord.kind == MessageKind.SENT).order_by(OutboxRecord.id.desc())
        ).first()
    assert row is not None
    return bytes(row[0])


def relay_rate(site: Site, body: bytes, count: int) -> float:
    """Messages per second that one relay brings from the outbox to the broker, claimed, confirmed and marked."""
    site.hold_relay()
    now = dt.datetime.now(dt.UTC)
    for start in range(0, count, _PARTS):
        with site.hub.store.writing(now) as work:
            sealed = in_case(work, BACKLOG, body)
            rows = [_row(f"{start + one}", sealed, now) for one in range(min(_PARTS, count - start))]
            work.session.execute(insert(OutboxRecord), rows)
            work.wake_relay()
    site.tidy()
    took = _time_of(site, f"SELECT EXISTS (SELECT 1 FROM outbox WHERE queue = '{BACKLOG}' AND published = 0)")
    _wait_for_messages(site, count)
    with site.hub.store.writing() as work:
        work.session.execute(delete(OutboxRecord).where(OutboxRecord.queue == BACKLOG))
    site.tidy()
    return count / took


def _row(place: str, body: bytes, now: dt.datetime) -> dict[str, object]:
    return {
        "message_id": new_id(),
        "queue": BACKLOG,
        "lane": f"{BACKLOG}|{place}",
        "kind": MessageKind.SENT,
        "body": body,
        "state": Delivery.WAITING,
        "open": True,
        "due_at": now,
        "created_at": now,
    }


def _time_of(site: Site, still: str) -> float:
    """Let the relay go on and give the seconds until a query says that nothing is left."""
    with psycopg.connect(plain(site.database_url), autocommit=True) as connection:
        begin = time.monotonic()
        site.signal("relay", signal.SIGCONT)
        while connection.execute(still.encode()).fetchone() == (True,):
            if time.monotonic() - begin > 300:
                raise RuntimeError("the backlog does not go")
            time.sleep(0.02)
        return time.monotonic() - begin


def _wait_for_messages(site: Site, count: int) -> None:
    deadline = time.monotonic() + 30
    while (there := site.hub.broker.health(BACKLOG).messages) != count:
        if time.monotonic() > deadline:
            raise RuntimeError(f"{there} messages in the queue, {count} went")
        time.sleep(0.1)


@dataclass(frozen=True)
class _Said:
    """A connector that has read the payload already: what is measured comes after it."""

    message: Message
    name: str = "mental_health"

    def read(self, payload: Payload, book: AddressBook, now: dt.datetime) -> Reading:
        return Reading(identification=self.message.id, messages=(self.message,))

    def acknowledge(
        self, payload: Payload, verdict: Verdict, refusal: Refusal | None, book: AddressBook, now: dt.datetime
    ) -> Payload | None:
        return None


def drain_rate(site: Site, count: int) -> float:
    """Partner's messages per second from the outbox by relay and broker to the inbox's commit, with full effect."""
    referral_ids = _send(site, count, state=Delivery.PROCESSED, open=False)
    partner = site.hub.config.organisations[PARTNER]
    for start in range(0, count, _PARTS):
        with site.hub.store.writing() as work:
            for referral_id in referral_ids[start : start + _PARTS]:
                message = _received(referral_id, work.now)
                payload = Payload(body=message.id.encode(), content_type="application/fhir+json")
                take_in(work, site.hub.config, partner, _Said(message), payload)  # type: ignore[arg-type]
    site.tidy()
    return count / _time_of(site, f"SELECT EXISTS (SELECT 1 FROM outbox WHERE queue = '{INBOX}' AND open)")


def _received(referral_id: str, now: dt.datetime) -> Message:
    return Message(
        id=derived_id("bench", referral_id),
        kind=MessageKind.RECEIVED,
        source=source_of("00000099000000000003", PARTNER),
        time=now,
        sender=PARTNER,
        receiver=SENDER,
        data=MessageData(referral_id=referral_id, event=Event.RECEIVE, occurred_at=now),
    )


def _send(site: Site, count: int, **then: object) -> list[str]:
    """Send referrals without HTTP, leaving their messages in the outbox as told and their nudges out."""
    actor = Viewer(
        id=SENDER, name=SENDER, organisation=SENDER, organisation_name=SENDER, role="machine", purpose=Purpose.TRIAGE
    )
    site.hold_relay()
    found: list[str] = []
    for start in range(0, count, _PARTS):
        with site.hub.store.writing() as work:
            for place in range(start, min(start + _PARTS, count)):
                new = _new(site.clients[place % len(site.clients)].case_id)
                found.append(send_referral(work, site.hub.config, actor, new).id)
    with site.hub.store.writing() as work:
        work.session.execute(delete(OutboxRecord).where(OutboxRecord.kind == NUDGE))
        work.session.execute(update(OutboxRecord).where(OutboxRecord.state == Delivery.WAITING).values(**then))
    return found


def _new(case_id: str) -> NewReferral:
    return NewReferral(
        to=PARTNER,
        service="ggz-kennismaking",
        case_id=case_id,
        life_domains=(LifeDomain.MENTAL_HEALTH,),
        reason="Slaapt slecht en ziet op tegen de dag.",
        urgency=Urgency.ROUTINE,
        ground=Ground(basis=Basis.CONSENT, purpose=Purpose.GUIDANCE),
    )


def receipt_rate(site: Site, count: int) -> float:
    """Receipts of connectors per second, from the inbox queue to the inbox's commit."""
    later = dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)
    referral_ids = _send(site, count, state=Delivery.UNDER_WAY, due_at=later)
    queue = partner_queue(PARTNER)
    with site.hub.store.reading() as session:
        rows = session.execute(
            select(OutboxRecord.message_id).where(
                OutboxRecord.referral_id.in_(referral_ids), OutboxRecord.queue == queue
            )
        ).scalars()
        receipts = [
            DeliveryReceipt(message_id=one, queue=queue, delivered=True, processed=True, reference=one) for one in rows
        ]
    site.signal("inbox", signal.SIGSTOP)
    parcels = [Parcel(queue=INBOX, message_id=new_id(), body=receipt.to_bytes()) for receipt in receipts]
    publisher = site.hub.broker.publisher()
    fates = publisher.publish(parcels)
    publisher.close()
    assert set(fates) == {Fate.CONFIRMED}
    site.tidy()
    site.signal("inbox", signal.SIGCONT)
    query = f"SELECT EXISTS (SELECT 1 FROM outbox WHERE queue = '{queue}' AND open)"
    begin = time.monotonic()
    with psycopg.connect(plain(site.database_url), autocommit=True) as connection:
        while connection.execute(query.encode()).fetchone() == (True,):
            if time.monotonic() - begin > 300:
                raise RuntimeError("the receipts are not taken")
            time.sleep(0.02)
    took = time.monotonic() - begin
    site.signal("relay", signal.SIGCONT)
    return count / took
