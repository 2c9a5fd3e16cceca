"""Work & Income's suite and a whole hub: cases become referrals once, in their order, and come back as cases."""

import json
from collections.abc import Iterator
from contextlib import closing

import pytest
from sqlalchemy import select

from connectors.protocol import Payload
from connectors.registry import connector
from hub.broker.protocol import INBOX
from hub.models import Intake, OutboxRecord, Referral
from hub.services.messages.address_book import address_book
from hub.services.messages.intake import Taken, take_in
from hub.services.referrals.inbox import heal, receive_all
from hub.store import outbox
from hub.wiring import Hub
from schemas.message import Message
from schemas.vocabulary import Event
from tests.integration.callers import GGZ, WI, Hands, Site, new_bsn, now, partner_says
from tests.integration.suite import case_number, new_case, told


@pytest.fixture
def hands(hub: Hub) -> Iterator[Hands]:
    with closing(Hands(hub)) as made:
        yield made


def bring(hub: Hub, body: bytes) -> Taken:
    organisation = hub.config.organisations[WI]
    payload = Payload(body=body, content_type="text/xml; charset=utf-8")
    with hub.store.writing() as work:
        return take_in(work, hub.config, organisation, connector("work_and_income"), payload)


def referrals(hub: Hub) -> list[Referral]:
    with hub.store.reading() as session:
        found = list(session.scalars(select(Referral).order_by(Referral.created_at)))
        session.expunge_all()
        return found


def state(hub: Hub) -> str:
    [one] = referrals(hub)
    return one.status


def test_a_case_of_the_suite_is_a_referral_and_goes_its_way(hub: Hub, hands: Hands) -> None:
    key = case_number()
    assert bring(hub, new_case(new_bsn(), key)).state == "received"
    hands.until_still()
    [one] = referrals(hub)
    assert (one.sender, one.receiver) == ("gemeente-tilburg", WI), "the desk takes it; nobody refers to himself"
    assert one.correlation == {"stuf:identificatie": key}
    for name, status in (("in-behandeling", "started"), ("opgeschort", "paused"), ("hervat", "started")):
        bring(hub, told(name, key))
        hands.until_still()
        assert state(hub) == status
    bring(hub, told("afgehandeld", key))
    hands.until_still()
    [one] = referrals(hub)
    assert (one.status, one.outcome) == ("completed", "reached")


def test_a_status_that_comes_early_waits_and_heals(hub: Hub, hands: Hands) -> None:
    key = case_number()
    bring(hub, new_case(new_bsn(), key))
    hands.until_still()
    for name in ("afgehandeld", "opgeschort"):
        bring(hub, told(name, key))
        hands.until_still()
        assert state(hub) == "sent", "it waits for what must come first"
    bring(hub, told("in-behandeling", key))
    hands.until_still()
    assert state(hub) == "completed"


def overtaken(hub: Hub, taken: Taken) -> None:
    """Let another inbox worker be first with what was brought last: its lane is another."""
    with hub.store.writing() as work:
        body = work.session.scalars(select(OutboxRecord.body).where(OutboxRecord.message_id == taken.intake_id)).one()
        outbox.close(work.session, INBOX, taken.intake_id, work.now)
        messages = [Message.from_json(one) for one in json.loads(body)["messages"]]
        receive_all(work, hub.config, WI, messages, taken.intake_id)


def waits(hub: Hub, taken: Taken) -> str:
    with hub.store.reading() as session:
        return str(session.scalars(select(Intake.state).where(Intake.id == taken.intake_id)).one())


def test_a_status_that_overtakes_its_new_case_waits_for_it(hub: Hub, hands: Hands) -> None:
    key = case_number()
    bring(hub, new_case(new_bsn(), key))
    status, end = bring(hub, told("in-behandeling", key)), bring(hub, told("afgehandeld", key))
    overtaken(hub, end)
    overtaken(hub, status)
    assert (waits(hub, status), waits(hub, end)) == ("waiting", "waiting")
    hands.until_still()
    with hub.store.writing() as work:
        heal(work, hub.config, referrals(hub)[0].id)
    assert state(hub) == "completed"
    assert (waits(hub, status), waits(hub, end)) == ("applied", "applied")


def test_a_status_of_a_case_that_nobody_told_is_put_before_a_person(hub: Hub, hands: Hands) -> None:
    status = bring(hub, told("in-behandeling", case_number()))
    other = bring(hub, new_case(new_bsn(), case_number()))
    overtaken(hub, status)
    assert waits(hub, status) == "quarantined", "what comes after it can't be what it is about"
    hands.until_still()
    assert waits(hub, other) == "applied"


def test_a_status_waits_no_longer_for_what_turns_out_to_be_another_case(hub: Hub, hands: Hands) -> None:
    bring(hub, new_case(new_bsn(), case_number()))
    status = bring(hub, told("in-behandeling", case_number()))
    overtaken(hub, status)
    assert waits(hub, status) == "waiting"
    hands.until_still()
    assert (waits(hub, status), state(hub)) == ("quarantined", "sent")


def test_the_same_again_is_answered_the_same_and_does_nothing(hub: Hub, hands: Hands) -> None:
    key, bsn = case_number(), new_bsn()
    body = new_case(bsn, key, again="1")
    first, second = bring(hub, body), bring(hub, body)
    hands.until_still()
    assert (first.state, second.state) == ("received", "duplicate")
    assert first.answer is not None and second.answer is not None
    assert second.answer.body == first.answer.body
    assert len(referrals(hub)) == 1
    other = bring(hub, body.replace(b"minimaregelingen", b"minimaregeling"))
    assert other.state == "quarantined"
    assert other.answer is not None and b"StUF016" in other.answer.body


def test_a_melding_uwv_starts_an_intake_at_the_desk_and_can_be_withdrawn(hub: Hub, hands: Hands) -> None:
    key = case_number()
    bring(hub, new_case(new_bsn(), key, "melding-uwv"))
    hands.until_still()
    [one] = referrals(hub)
    assert (one.sender, one.receiver, one.law, one.status) == ("gemeente-tilburg", WI, "participatiewet", "sent")
    assert one.content["reason"] == "Meldde zich bij UWV en vraagt hulp bij werk en inkomen."
    bring(hub, told("ingetrokken", key))
    hands.until_still()
    assert state(hub) == "withdrawn"


def test_a_case_for_another_organisation_goes_there_with_its_service(hub: Hub, hands: Hands) -> None:
    body = new_case(new_bsn(), case_number()).replace(b"<ZKN:code>B1026<", b"<ZKN:code>VERWMW<")
    bring(hub, body)
    hands.until_still()
    [one] = referrals(hub)
    assert (one.sender, one.receiver, one.service) == (WI, "mw-de-kade", "hulp-bij-post")


def test_a_change_that_tells_nothing_is_done_at_once(hub: Hub, hands: Hands) -> None:
    key = case_number()
    bring(hub, new_case(new_bsn(), key))
    body = told("opgeschort", key, ("<ZKN:indicatie>J<", "<ZKN:indicatie>N<"))
    assert bring(hub, body).state == "applied"
    hands.until_still()
    assert state(hub) == "sent"


def test_what_work_and_income_gets_of_care_is_a_number_and_a_state(hub: Hub, hands: Hands) -> None:
    """The hub's own wall cuts the message first; what is left must be enough to write a case with."""
    site = Site(hub)
    bsn = new_bsn()
    person = {"bsn": bsn, "family_name": "Zomerplaag", "birth_date": "1980-05-17"}
    made = site.send(WI, to=GGZ, client=person, life_domains=["mental_health"], service="ggz-kennismaking")
    said = partner_says(hub, made.json["id"], Event.START, note="Depressie en medicatie.")
    with hub.store.writing() as work:
        take_in(work, hub.config, hub.config.organisations[GGZ], connector("mental_health"), said)
    hands.until_still()
    with hub.store.reading() as session:
        rows = session.scalars(select(OutboxRecord).where(OutboxRecord.receiver == WI)).all()
        bodies = [row.body for row in rows]
    book = address_book(hub.config, hub.config.organisations[WI])
    [started] = [one for one in map(Message.from_json, map(json.loads, bodies)) if one.data.event is Event.START]
    text = connector("work_and_income").write(started, book, now()).payload.body.decode()
    assert f"0855V{made.json['number']:09}" in text if "number" in made.json else "0855V" in text
    for word in (bsn, "Zomerplaag", "Depressie", "medicatie", "GGZ", "Leij", "ggz", "behandeling"):
        assert word not in text.replace("In behandeling", "")
