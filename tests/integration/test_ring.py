"""The way of a referral: out in the partner's own format, back, and once."""

import datetime as dt

from sqlalchemy import select

from connectors.protocol import Payload
from connectors.registry import connector
from hub.models import Case, Referral, TimelineEntry
from hub.services.access.release import service_of
from hub.services.messages.address_book import address_book
from hub.services.messages.intake import take_in
from hub.services.referrals import referrals, sending
from hub.wiring import Hub
from schemas.message import Message, MessageData, source_of
from schemas.referral import NewEvent
from schemas.vocabulary import KIND_OF_EVENT, Delivery, Event, LifeDomain, Status
from tests.builders import client, new_referral
from tests.integration.conftest import Ring
from tests.personas import MARLOES


def send(hub: Hub, **changes: object) -> Referral:
    with hub.store.writing() as work:
        return sending.send_referral(work, hub.config, MARLOES, new_referral(**changes))


def read(hub: Hub, referral: Referral) -> Referral:
    with hub.store.reading() as session:
        return session.scalars(select(Referral).where(Referral.id == referral.id)).one()


def kinds(hub: Hub, referral: Referral) -> list[str]:
    with hub.store.reading() as session:
        rows = session.scalars(
            select(TimelineEntry).where(TimelineEntry.referral_id == referral.id).order_by(TimelineEntry.position)
        ).all()
    return [("~" if row.inferred else "") + row.kind for row in rows]


def answer(hub: Hub, referral: Referral, event: Event, **data: object) -> Payload:
    """Give a partner's message about a referral, in the partner's own format."""
    organisation = hub.config.organisations[referral.receiver]
    message = Message(
        id=f"{event}-{referral.id}"[:60],
        kind=KIND_OF_EVENT[event],
        source=source_of(organisation.oin, organisation.code),
        time=dt.datetime.now(dt.UTC),
        sender=organisation.code,
        receiver=referral.sender,
        data=MessageData(
            **{
                "referral_id": referral.id,
                "referral_number": referral.number,
                "event": event,
                "client": client(),
                "service": service_of(hub.config, referral.service),
                "starts_on": "2026-11-02",
                "ends_on": "2026-11-20" if event is Event.COMPLETE else None,
                "occurred_at": dt.datetime(2026, 11, 20, tzinfo=dt.UTC),
                **data,
            }
        ),
    )
    translator = connector(str(organisation.connector))
    return translator.write(message, address_book(hub.config, organisation), message.time).payload


def bring(hub: Hub, organisation_code: str, payload: Payload) -> str:
    organisation = hub.config.organisations[organisation_code]
    with hub.store.writing() as work:
        return take_in(work, hub.config, organisation, connector(str(organisation.connector)), payload).state


def test_a_referral_reaches_social_work_as_a_301_and_its_system_says_it_read_it(hub: Hub, ring: Ring) -> None:
    referral = send(hub)
    ring.until(lambda: read(hub, referral).delivery == Delivery.PROCESSED)
    assert [row[2] for row in ring.partners["mw-de-kade"].ledger.rows()] == ["SENT"]
    assert kinds(hub, referral) == ["send", "delivered", "processed"]
    assert read(hub, referral).status == Status.SENT, "a system that read it has decided nothing"


def test_a_referral_reaches_mental_health_as_fhir_and_is_accepted_there(hub: Hub, ring: Ring) -> None:
    referral = send(hub, to="ggz-de-leij", life_domains=(LifeDomain.MENTAL_HEALTH,))
    ring.until(lambda: read(hub, referral).delivery == Delivery.PROCESSED)
    bring(hub, "ggz-de-leij", answer(hub, referral, Event.ACCEPT))
    ring.until(lambda: read(hub, referral).status == Status.ACCEPTED)
    assert kinds(hub, referral)[-2:] == ["~receive", "accept"]


def test_a_start_message_infers_the_acceptance_and_says_so(hub: Hub, ring: Ring) -> None:
    referral = send(hub)
    bring(hub, "mw-de-kade", answer(hub, referral, Event.START))
    ring.until(lambda: read(hub, referral).status == Status.STARTED)
    assert read(hub, referral).inferred
    people = [kind for kind in kinds(hub, referral) if kind not in ("send", "delivered", "processed")]
    assert people == ["~receive", "~accept", "start"]


def test_the_same_payload_again_changes_nothing(hub: Hub, ring: Ring) -> None:
    referral = send(hub)
    payload = answer(hub, referral, Event.START)
    assert bring(hub, "mw-de-kade", payload) == "received"
    ring.until(lambda: read(hub, referral).status == Status.STARTED)
    before = kinds(hub, referral)
    assert bring(hub, "mw-de-kade", payload) == "duplicate"
    ring.until_still()
    assert kinds(hub, referral) == before


def test_a_stop_before_its_start_waits_and_heals(hub: Hub, ring: Ring) -> None:
    referral = send(hub)
    bring(hub, "mw-de-kade", answer(hub, referral, Event.COMPLETE))
    ring.until_still()
    assert read(hub, referral).status == Status.SENT
    bring(hub, "mw-de-kade", answer(hub, referral, Event.START))
    ring.until(lambda: read(hub, referral).status == Status.COMPLETED)
    assert [kind for kind in kinds(hub, referral) if kind in ("start", "complete")] == ["start", "complete"]


def test_messages_of_one_case_arrive_in_order_and_each_once(hub: Hub, ring: Ring) -> None:
    first, second = send(hub), send(hub)
    with hub.store.writing() as work:
        locked = referrals.load_for_change(work, first.id)
        referrals.record_event(work, hub.config, MARLOES, locked, NewEvent(event=Event.WITHDRAW))
    ring.until_still()
    rows = ring.partners["mw-de-kade"].ledger.rows()
    # a 301 is a snapshot: the second lists the first again, and the withdrawal of one the other
    assert [row[2] for row in rows] == ["SENT", "SENT,SENT", "WITHDRAWN,SENT"]
    assert [row[3] for row in rows] == [1, 1, 1]
    assert read(hub, second).delivery == Delivery.PROCESSED


def test_a_number_of_someone_elses_referral_touches_nobody_else(hub: Hub, ring: Ring) -> None:
    other = send(hub, client=client(bsn="999990101", family_name="Ander"))
    mine = send(hub)
    bring(hub, "mw-de-kade", answer(hub, mine, Event.START, referral_id=None, referral_number=other.number))
    ring.until(lambda: read(hub, mine).status == Status.STARTED)
    assert read(hub, other).status == Status.SENT


def test_what_mental_health_tells_does_not_reach_work_and_income(hub: Hub, ring: Ring) -> None:
    from hub.models import OutboxRecord

    referral = send(hub, to="ggz-de-leij", life_domains=(LifeDomain.MENTAL_HEALTH,))
    bring(hub, "ggz-de-leij", answer(hub, referral, Event.ACCEPT, note="medicatie en F33"))
    ring.until(lambda: read(hub, referral).status == Status.ACCEPTED)
    with hub.store.reading() as session:
        bodies = session.scalars(select(OutboxRecord.body).where(OutboxRecord.receiver == "wi-tilburg")).all()
    assert bodies
    assert not any(b"F33" in body or b"medicatie" in body for body in bodies)


def test_positions_have_no_gap(hub: Hub, ring: Ring) -> None:
    referral = send(hub)
    bring(hub, "mw-de-kade", answer(hub, referral, Event.START))
    ring.until(lambda: read(hub, referral).status == Status.STARTED)
    with hub.store.reading() as session:
        position = session.scalars(select(Case.position).where(Case.id == referral.case_id)).one()
        positions = session.scalars(
            select(TimelineEntry.position)
            .where(TimelineEntry.case_id == referral.case_id)
            .order_by(TimelineEntry.position)
        ).all()
    assert list(positions) == list(range(1, position + 1))
