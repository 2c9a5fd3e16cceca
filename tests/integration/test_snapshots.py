"""A 301 is a snapshot: written with all that is current, read as what it changes."""

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import select

from connectors.protocol import Payload
from connectors.registry import connector
from hub.models import CaseKey, OutboxRecord, Referral, TimelineEntry
from hub.services.access.release import content_for, service_of
from hub.services.messages import signatures
from hub.services.messages.address_book import address_book
from hub.services.messages.intake import take_in
from hub.services.messages.outgoing import message_about
from hub.services.record import audit
from hub.services.referrals import consents, referrals, sending
from hub.services.referrals.inbox import receive_all
from hub.services.referrals.referral_view import referral_view
from hub.settings import Organisation
from hub.web.words.sentences import change_words
from hub.wiring import Hub
from schemas.consent import NewConsent
from schemas.message import Assignment, Coded, Ground, Message, MessageData
from schemas.referral import NewEvent
from schemas.vocabulary import Basis, ConsentKind, Delivery, Event, MessageKind, OrganisationKind, Purpose, Status
from tests.builders import client, new_referral
from tests.integration.callers import looking_at, new_bsn
from tests.personas import MARLOES, NAIMA

KADE, GOIRLE = "mw-de-kade", "gemeente-goirle"


def send(hub: Hub, **changes: object) -> Referral:
    with hub.store.writing() as work:
        return sending.send_referral(work, hub.config, MARLOES, new_referral(**changes))


def told(hub: Hub, referral: Referral, kind: MessageKind, receiver: str = KADE) -> tuple[int | None, ...]:
    """Give the numbers that a message about a referral would list beside its own."""
    with hub.store.writing() as work:
        message = message_about(
            work,
            hub.config,
            referral,
            kind=kind,
            sender=referral.sender,
            receiver=receiver,
            position=99,
            data=MessageData(service=service_of(hub.config, referral.service), occurred_at=work.now),
        )
    return tuple(one.referral_number for one in message.data.assignments)


def test_a_301_lists_what_else_the_client_has_there(hub: Hub) -> None:
    first, second, third = send(hub), send(hub, service="hulp-bij-post"), send(hub)
    assert set(told(hub, third, MessageKind.SENT)) == {first.number, second.number}
    assert told(hub, third, MessageKind.STARTED) == ()


def test_a_snapshot_holds_nothing_of_others_nor_of_what_ended_or_never_arrived(hub: Hub) -> None:
    mine = send(hub)
    send(hub, client=client(bsn=new_bsn()))
    send(hub, service="maatschappelijk-werk")
    send(hub, to="ggz-de-leij")
    gone, refused, lapsed = send(hub), send(hub), send(hub)
    with hub.store.writing() as work:
        found = referrals.load_for_change(work, gone.id)
        referrals.record_event(work, hub.config, MARLOES, found, NewEvent(event=Event.WITHDRAW))
        referrals.load_for_change(work, refused.id).delivery = Delivery.REFUSED
        referrals.load_for_change(work, lapsed.id).ground_until = work.now - dt.timedelta(days=1)
    assert told(hub, mine, MessageKind.WITHDRAWN) == ()


def test_what_waits_lists_no_more_what_the_client_withdrew(hub: Hub) -> None:
    withdrawn = send(hub, client=client(bsn=new_bsn()))
    known = {"case_id": withdrawn.case_id, "client": None}
    public = send(hub, **known, ground=Ground(basis=Basis.PUBLIC_TASK, purpose=Purpose.GUIDANCE, law="wmo_2015"))
    before = waiting_about(hub, public)
    assert [one.referral_number for one in before.data.assignments] == [withdrawn.number]
    with hub.store.writing() as work:
        said = NewConsent(to=KADE, kind=ConsentKind.WITHDRAWN, purpose=Purpose.GUIDANCE, evidence="per telefoon")
        consents.register(work, hub.config, MARLOES, withdrawn.case_id, said)
    after = waiting_about(hub, public)
    assert after == replace(before, data=replace(before.data, assignments=()))


def waiting_about(hub: Hub, referral: Referral) -> Message:
    """Give what waits about a referral, when its signature holds."""
    with looking_at(hub) as session:
        row = session.execute(
            select(CaseKey.key, OutboxRecord)
            .join(CaseKey, CaseKey.owner == OutboxRecord.case_id)
            .where(OutboxRecord.referral_id == referral.id, OutboxRecord.receiver == KADE)
        ).one()
        assert row[1].open
        document = json.loads(row[1].body)
        assert signatures.claims_in(str(row[1].signature))["digest"] == signatures.digest_of(document)
    return Message.from_json(document)


def test_a_warm_handover_lists_no_assignments(hub: Hub) -> None:
    send(hub)
    handover = send(hub, service="maatschappelijk-werk")
    assert told(hub, handover, MessageKind.SENT) == ()


@pytest.fixture
def goirle(hub: Hub) -> Iterator[Organisation]:
    """Give a hub in which a neighbouring municipality brings its own 301s for De Kade."""
    kade = hub.config.organisations[KADE]
    one = replace(
        kade,
        code=GOIRLE,
        name="Gemeente Goirle",
        kind=OrganisationKind.MUNICIPALITY,
        oin="00000099000000000785",
        identifiers={"gemeentecode": ["0785"]},
        transport=None,
    )
    organisations = hub.config.organisations
    assert isinstance(organisations, dict)
    organisations[GOIRLE] = one
    yield one
    del organisations[GOIRLE]


BSN = new_bsn()


def assignment(number: int, *, code: str = "02A03", ends_on: str | None = None) -> Assignment:
    return Assignment(
        referral_number=number,
        service=Coded(code=code, system="iwmo"),
        starts_on="2026-11-02",
        ends_on=ends_on,
        decided_at=dt.datetime(2026, 11, 1, 9, tzinfo=dt.UTC),
    )


def a_301(hub: Hub, goirle: Organisation, identity: str, *listed: Assignment, at: dt.date) -> Payload:
    """Give the 301 by which Goirle tells all that a client has at De Kade."""
    first, *others = listed
    message = Message(
        id=identity,
        kind=MessageKind.SENT,
        source="urn:nld:oin:00000099000000000785:systeem:iwmo",
        time=dt.datetime.combine(at, dt.time(10), dt.UTC),
        sender=GOIRLE,
        receiver=KADE,
        data=MessageData(
            referral_number=first.referral_number,
            client=client(bsn=BSN),
            service=first.service,
            starts_on=first.starts_on,
            ends_on=first.ends_on,
            occurred_at=first.decided_at,
            assignments=tuple(others),
        ),
    )
    book = replace(address_book(hub.config, goirle), partner=address_book(hub.config, goirle).party(KADE))
    return connector("social_work").write(message, book, message.time).payload


def bring(hub: Hub, goirle: Organisation, payload: Payload) -> None:
    with hub.store.writing() as work:
        taken = take_in(work, hub.config, goirle, connector("social_work"), payload)
        assert taken.state == "received", taken.refusal
        reading = connector("social_work").read(payload, address_book(hub.config, goirle), work.now)
        receive_all(work, hub.config, GOIRLE, reading.messages, taken.intake_id)


def known(hub: Hub) -> list[Referral]:
    with hub.store.reading() as session:
        query = select(Referral).where(Referral.sender == GOIRLE).order_by(Referral.created_at)
        return sorted(session.scalars(query), key=lambda one: one.correlation["iwmo:ToewijzingNummer"])


def differences(hub: Hub) -> list[tuple[str, list[dict[str, str | None]]]]:
    with hub.store.reading() as session:
        kinds = ("assignment_changed", "assignment_vanished")
        rows = session.scalars(
            select(TimelineEntry).where(TimelineEntry.kind.in_(kinds)).order_by(TimelineEntry.position)
        )
        return [(row.kind, list((row.data or {})["changes"])) for row in rows]


DAY = dt.date(2026, 11, 2)


def test_a_snapshot_tells_new_assignments_once_and_what_is_unchanged_not_again(hub: Hub, goirle: Organisation) -> None:
    bring(hub, goirle, a_301(hub, goirle, "one", assignment(71), assignment(72), at=DAY))
    assert len(known(hub)) == 2
    bring(hub, goirle, a_301(hub, goirle, "two", assignment(73), assignment(71), assignment(72), at=DAY))
    assert [one.correlation["iwmo:ToewijzingNummer"] for one in known(hub)] == ["71", "72", "73"]
    assert differences(hub) == []


def test_what_changed_is_put_before_people_field_by_field(hub: Hub, goirle: Organisation) -> None:
    bring(hub, goirle, a_301(hub, goirle, "one", assignment(71), at=DAY))
    (first,) = known(hub)
    with hub.store.writing() as work:
        for event in (Event.RECEIVE, Event.ACCEPT):
            one = referrals.load_for_change(work, first.id)
            referrals.record_event(work, hub.config, NAIMA, one, NewEvent(event=event))
    later = assignment(71, code="07A01", ends_on="2027-05-31")
    bring(hub, goirle, a_301(hub, goirle, "two", later, at=DAY))
    changes = [
        {"field": "product", "from": "02A03", "to": "07A01"},
        {"field": "ends_on", "from": None, "to": "2027-05-31"},
    ]
    assert differences(hub) == [("assignment_changed", changes)]
    assert [change_words(change) for change in changes] == [
        "Product: 02A03 → 07A01.",
        "Einddatum: geen → 31 mei 2027.",
    ]
    with audit.looking(hub.store, audit.occasion(hub.config, "page")) as session:
        view = referral_view(session, hub.config, NAIMA, known(hub)[0].id, dt.datetime.now(dt.UTC))
    assert [step.changes for step in view.trail if step.changes] == [tuple(changes)]
    bring(hub, goirle, a_301(hub, goirle, "three", later, at=DAY))
    assert len(differences(hub)) == 1, "the same snapshot again is no news"


def test_what_vanished_is_told_once_and_ends_nothing_by_itself(hub: Hub, goirle: Organisation) -> None:
    bring(hub, goirle, a_301(hub, goirle, "one", assignment(71), assignment(72), at=DAY))
    for identity in ("two", "three"):
        bring(hub, goirle, a_301(hub, goirle, identity, assignment(71), at=DAY))
    assert differences(hub) == [("assignment_vanished", [{"field": "listed", "from": "yes", "to": "no"}])]
    assert {one.status for one in known(hub)} == {Status.SENT}
    bring(hub, goirle, a_301(hub, goirle, "four", assignment(71), assignment(72), at=DAY))
    assert differences(hub)[-1] == ("assignment_changed", [{"field": "listed", "from": "no", "to": "yes"}])


def test_an_older_snapshot_that_comes_late_tells_nothing(hub: Hub, goirle: Organisation) -> None:
    bring(hub, goirle, a_301(hub, goirle, "one", assignment(71, ends_on="2027-05-31"), at=dt.date(2026, 11, 20)))
    bring(hub, goirle, a_301(hub, goirle, "old", assignment(71), at=DAY))
    assert differences(hub) == []


def test_the_difference_is_no_content_for_who_may_know_the_state_alone(hub: Hub, goirle: Organisation) -> None:
    bring(hub, goirle, a_301(hub, goirle, "one", assignment(71), at=DAY))
    (one,) = known(hub)
    assert "assignment" in one.content
    assert "assignment" not in content_for(KADE, one)
