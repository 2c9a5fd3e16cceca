"""While a client's objection stands no message about the client leaves; lifted, all leave in their order."""

import datetime as dt
import json

import pytest
from sqlalchemy import select, update

from hub.models import Case, OutboxRecord
from hub.services.access.objections import lift_objection, register_objection, standing_objections
from hub.services.messages.feed import feed
from hub.services.referrals import referrals
from hub.services.referrals.referrals import load_for_change
from hub.wiring import Hub
from schemas.message import Message
from schemas.referral import NewEvent
from schemas.vocabulary import Delivery, Event
from tests.builders import client
from tests.integration.callers import new_bsn
from tests.integration.conftest import Ring
from tests.integration.test_ring import answer, bring, kinds, read, send
from tests.personas import MARLOES, NAIMA

KADE, WI = "mw-de-kade", "wi-tilburg"


def regisseur(hub: Hub) -> None:
    with hub.store.writing() as work:
        work.session.execute(update(Case).values(regisseur_id=MARLOES.id))


def objects(hub: Hub, case_id: str) -> None:
    with hub.store.writing() as work:
        register_objection(work, MARLOES, case_id)


def lifts(hub: Hub) -> None:
    with hub.store.writing() as work:
        for one in standing_objections(work.session, MARLOES):
            lift_objection(work, MARLOES, one.id)


def came(ring: Ring) -> list[str]:
    return [row[2] for row in ring.partners[KADE].ledger.rows()]


def record(hub: Hub, referral_id: str, event: Event, who: object = MARLOES, **data: object) -> None:
    with hub.store.writing() as work:
        locked = load_for_change(work, referral_id)
        referrals.record_event(work, hub.config, who, locked, NewEvent(event=event, **data))  # type: ignore[arg-type]


def fed(hub: Hub, organisation: str, after: int = 0) -> list[tuple[int, str]]:
    """Give what the feed gives: place and event."""
    with hub.store.reading() as session:
        rows = feed(session, organisation, after=after, limit=100)
        return [(row[1], Message.from_json(json.loads(row[2])).kind.name) for row in rows]


def waiting(hub: Hub) -> list[str]:
    with hub.store.reading() as session:
        rows = session.execute(select(OutboxRecord.state).where(OutboxRecord.open, OutboxRecord.receiver == KADE))
        return [row.state for row in rows]


def test_what_waits_does_not_leave_others_do_and_once_lifted_it_leaves_in_order(hub: Hub, ring: Ring) -> None:
    referral = send(hub)
    regisseur(hub)
    objects(hub, referral.case_id)
    record(hub, referral.id, Event.WITHDRAW)
    other = send(hub, client=client(bsn=new_bsn(), family_name="Anders"))
    ring.until(lambda: read(hub, other).delivery == Delivery.PROCESSED)
    ring.until_still()
    assert came(ring) == ["SENT"]
    assert waiting(hub) == [Delivery.WAITING, Delivery.WAITING]
    assert read(hub, referral).delivery == Delivery.WAITING
    lifts(hub)
    ring.until_still()
    assert came(ring) == ["SENT", "SENT", "WITHDRAWN"]
    assert waiting(hub) == []


def test_what_is_with_the_broker_already_is_held_by_the_connector_and_goes_once_afterwards(
    hub: Hub, ring: Ring
) -> None:
    referral = send(hub)
    regisseur(hub)
    ring.relay.step()
    assert waiting(hub) == [Delivery.UNDER_WAY]
    objects(hub, referral.case_id)
    ring.until(lambda: waiting(hub) == [Delivery.WAITING])
    ring.until_still()
    assert came(ring) == []
    lifts(hub)
    ring.until_still()
    assert came(ring) == ["SENT"]
    assert read(hub, referral).delivery == Delivery.PROCESSED


def test_what_a_partners_system_says_is_taken_in_and_sent_on_to_nobody_until_it_is_lifted(hub: Hub, ring: Ring) -> None:
    referral = send(hub)
    regisseur(hub)
    ring.until(lambda: read(hub, referral).delivery == Delivery.PROCESSED)
    objects(hub, referral.case_id)
    assert bring(hub, KADE, answer(hub, referral, Event.START)) == "received"
    ring.until_still()
    assert "start" in kinds(hub, referral), "what came in is not lost"
    record(hub, referral.id, Event.PAUSE, NAIMA, reason="other", note="Op vakantie.")
    with hub.store.reading() as session:
        told = session.scalars(select(OutboxRecord.kind).where(OutboxRecord.receiver == WI)).all()
    assert told, "there is something to hold"
    later = dt.timedelta(seconds=10)
    with hub.store.writing() as work:
        work.session.execute(update(OutboxRecord).values(created_at=work.now - later))
    assert fed(hub, WI) == []
    lifts(hub)
    names = [name for _, name in fed(hub, WI)]
    assert len(names) == len(told)
    assert names[-1] == "PAUSED"


def test_a_reader_of_the_feed_who_went_on_meanwhile_misses_nothing_and_keeps_the_order(hub: Hub) -> None:
    held = send(hub)
    regisseur(hub)
    for event in (Event.RECEIVE, Event.ACCEPT):
        record(hub, held.id, event, NAIMA)
    objects(hub, held.case_id)
    other = send(hub, client=client(bsn=new_bsn(), family_name="Anders"))
    record(hub, other.id, Event.RECEIVE, NAIMA)
    with hub.store.writing() as work:
        work.session.execute(update(OutboxRecord).values(created_at=work.now - dt.timedelta(seconds=10)))
    before = fed(hub, WI)
    assert [name for _, name in before] == ["RECEIVED"]
    lifts(hub)
    assert [name for _, name in fed(hub, WI, after=before[-1][0])] == ["RECEIVED", "ACCEPTED"]


@pytest.mark.parametrize("twice", [False, True])
def test_an_objection_that_was_lifted_or_never_stood_holds_nothing(hub: Hub, ring: Ring, twice: bool) -> None:
    first = send(hub)
    regisseur(hub)
    objects(hub, first.case_id)
    lifts(hub)
    if twice:
        objects(hub, first.case_id)
        lifts(hub)
    ring.until_still()
    assert came(ring) == ["SENT"]
    with hub.store.reading() as session:
        ids = session.scalars(select(OutboxRecord.message_id).where(OutboxRecord.receiver == KADE)).all()
    assert not any(one.startswith("~") for one in ids)
