"""Releases and consent: chosen per field, evidence only added to, and a withdrawal that works at once."""

import datetime as dt
import json
from typing import Any

import httpx
import pytest
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import DBAPIError

from hub.models import Case, ConsentEvent, OutboxRecord, Referral, Release, TimelineEntry
from hub.services.cases.case_view import case_view
from hub.services.errors import Invalid, NotFound
from hub.services.messages.settling import Received, Result
from hub.services.record import audit
from hub.services.record.clients import find_or_open_case
from hub.services.referrals import consents, referrals, sending, withdrawal
from hub.services.referrals.inbox import receive
from hub.services.views.viewer import Viewer
from hub.wiring import Hub
from schemas.consent import NewConsent
from schemas.message import Message, MessageData
from schemas.referral import NewEvent
from schemas.vocabulary import ConsentKind, Delivery, Event, LifeDomain, MessageKind, SharedField, Status
from tests.builders import client, ground, new_referral
from tests.integration.callers import KADE, WI, Site
from tests.personas import ILSE, MARLOES, NAIMA, PETER, TOM
from workers.gate import ApiGate, GateUnavailable

PUBLIC_TASK = {"basis": "public_task", "law": "wmo_2015"}


@pytest.fixture
def case_id(database_hub: Hub) -> str:
    return open_case(database_hub)


def open_case(hub: Hub) -> str:
    with hub.store.writing() as work:
        case = find_or_open_case(work, hub.config.municipality.code, client())
        work.session.execute(update(Case).where(Case.id == case.id).values(regisseur_id=MARLOES.id))
    return case.id


def send(hub: Hub, case_id: str, who: Viewer = MARLOES, **changes: Any) -> Referral:
    with hub.store.writing() as work:
        return sending.send_referral(work, hub.config, who, new_referral(**{"case_id": case_id, **changes}))


def record(hub: Hub, referral: Referral, who: Viewer, event: Event, **data: Any) -> None:
    with hub.store.writing() as work:
        locked = referrals.load_for_change(work, referral.id)
        referrals.record_event(work, hub.config, who, locked, NewEvent(event=event, **data))


def say(hub: Hub, case_id: str, kind: ConsentKind, to: str = KADE, who: Viewer = MARLOES, **more: Any) -> int:
    with hub.store.writing() as work:
        return consents.register(work, hub.config, who, case_id, NewConsent(to=to, kind=kind, **more))


def withdraw(hub: Hub, case_id: str, to: str = KADE, who: Viewer = MARLOES) -> int:
    return say(hub, case_id, ConsentKind.WITHDRAWN, to, who)


def rows(hub: Hub, referral: Referral) -> list[OutboxRecord]:
    with hub.store.reading() as session:
        query = select(OutboxRecord).where(OutboxRecord.referral_id == referral.id).order_by(OutboxRecord.id)
        return list(session.scalars(query))


def read(hub: Hub, referral: Referral) -> Referral:
    with hub.store.reading() as session:
        return session.scalars(select(Referral).where(Referral.id == referral.id)).one()


def sees(hub: Hub, who: Viewer, case_id: str, at: dt.datetime | None = None) -> Any:
    with audit.looking(hub.store, audit.occasion(hub.config, "test")) as session:
        return case_view(session, hub.config, who, case_id, at or dt.datetime.now(dt.UTC))


def test_sending_on_consent_records_the_release_and_the_evidence(database_hub: Hub, case_id: str) -> None:
    hub = database_hub
    referral = send(hub, case_id, share=(SharedField.BSN, SharedField.FAMILY_NAME), necessity="De Kade vindt haar zo.")
    with hub.store.reading() as session:
        release = session.scalars(select(Release)).one()
        evidence = session.scalars(select(ConsentEvent)).one()
        assert (release.referral_id, release.recipient, release.basis) == (referral.id, KADE, "consent")
        assert release.fields == ["family_name", "bsn"]
        assert release.necessity == b"De Kade vindt haar zo."
        assert (evidence.kind, evidence.recipient, evidence.evidence) == ("given", KADE, b"gesprek 12 november")


def test_another_ground_records_a_release_and_no_consent(database_hub: Hub, case_id: str) -> None:
    send(database_hub, case_id, ground=ground(**PUBLIC_TASK))
    with database_hub.store.reading() as session:
        assert session.scalars(select(Release.law)).one() == "wmo_2015"
        assert session.scalars(select(ConsentEvent)).all() == []


def test_what_the_receivers_format_needs_must_be_shared(database_hub: Hub, case_id: str) -> None:
    with pytest.raises(Invalid, match="citizen service number") as refused:
        send(database_hub, case_id, share=(SharedField.FAMILY_NAME,))
    assert refused.value.field == "share"


def test_the_database_refuses_to_change_or_remove_evidence_but_lets_its_words_be_wiped(
    database_hub: Hub, case_id: str
) -> None:
    hub = database_hub
    send(hub, case_id)
    for wrong in (
        update(ConsentEvent).values(kind="refused"),
        update(ConsentEvent).values(kind="refused", evidence=None),
        update(ConsentEvent).values(until=dt.datetime.now(dt.UTC), evidence=None),
        delete(ConsentEvent),
    ):
        with pytest.raises(DBAPIError, match=r"only ever added to|permission denied"), hub.store.writing() as work:
            work.session.execute(wrong.execution_options(synchronize_session=False))
    if work.dialect == "postgresql":
        with pytest.raises(DBAPIError, match=r"only ever added to|permission denied"), hub.store.writing() as work:
            work.session.execute(text("TRUNCATE consent_events"))
    with hub.store.writing() as work:
        work.session.execute(update(ConsentEvent).values(evidence=None))
    with hub.store.reading() as session:
        assert session.scalars(select(ConsentEvent.evidence)).all() == [None]


def test_a_withdrawal_holds_back_what_waits_and_tells_nobody_who_got_nothing(database_hub: Hub, case_id: str) -> None:
    hub = database_hub
    referral = send(hub, case_id)
    assert withdraw(hub, case_id) == 1
    (held,) = rows(hub, referral)
    assert (held.state, held.open, held.error) == (Delivery.QUARANTINED, False, "consent_withdrawn")
    now = read(hub, referral)
    assert (now.status, now.ground_end, now.delivery) == (Status.SENT, "withdrawn", Delivery.QUARANTINED)
    assert (now.turn_who, now.turn_what) == ("sender", "ground_ended")
    with hub.store.reading() as session:
        release = session.scalars(select(Release)).one()
        kinds = list(session.scalars(select(TimelineEntry.kind).order_by(TimelineEntry.position)))
    assert (release.withdrawn_at is not None, release.ended) == (True, "withdrawn")
    assert kinds == ["send", "consent_withdrawn"]


def test_whoever_received_by_consent_sees_nothing_any_more_and_another_ground_stays(
    database_hub: Hub, case_id: str
) -> None:
    hub = database_hub
    by_consent = send(hub, case_id, to="de-spoel")
    record(hub, by_consent, TOM, Event.RECEIVE)
    record(hub, by_consent, TOM, Event.ACCEPT)
    assert sees(hub, TOM, case_id).client_name == "Karin Smulders"
    withdraw(hub, case_id, "de-spoel")
    with pytest.raises(NotFound):
        sees(hub, TOM, case_id)
    by_task = send(hub, case_id, to="de-spoel", ground=ground(basis="public_task", law="participatiewet"))
    other = send(hub, case_id, to="ggz-de-leij", life_domains=(LifeDomain.MENTAL_HEALTH,))
    assert [line.id for line in sees(hub, TOM, case_id).referrals] == [by_task.id]
    assert withdraw(hub, case_id, "ggz-de-leij") == 1
    assert [line.id for line in sees(hub, TOM, case_id).referrals] == [by_task.id]
    assert read(hub, by_task).ground_ended_at is None
    assert {line.id for line in sees(hub, MARLOES, case_id).referrals} == {by_consent.id, by_task.id, other.id}


def test_an_ended_consent_leaves_the_regisseur_the_state_and_none_of_what_was_told(
    database_hub: Hub, case_id: str
) -> None:
    hub = database_hub
    referral = send(hub, case_id, to="de-spoel")
    record(hub, referral, TOM, Event.RECEIVE)
    record(hub, referral, TOM, Event.ASK, note="Heeft zij een rijbewijs?")
    assert any("note" in entry.data for entry in sees(hub, MARLOES, case_id).entries)
    withdraw(hub, case_id, "de-spoel")
    view = sees(hub, MARLOES, case_id)
    assert not any("note" in entry.data for entry in view.entries)
    assert [entry.kind for entry in view.entries][-1] == "consent_withdrawn"


def test_only_regisseur_and_sender_register_and_a_sender_only_ends_its_own(database_hub: Hub, case_id: str) -> None:
    hub = database_hub
    ours = send(hub, case_id, to="de-spoel")
    theirs = send(hub, case_id, NAIMA, to="de-spoel")
    for stranger in (PETER, TOM, ILSE):
        with pytest.raises(NotFound):
            withdraw(hub, case_id, "de-spoel", stranger)
    assert withdraw(hub, case_id, "de-spoel", NAIMA) == 1
    assert (read(hub, theirs).ground_end, read(hub, ours).ground_end) == ("withdrawn", None)
    with pytest.raises(Invalid, match="no consent"):
        withdraw(hub, case_id, "mw-de-kade", MARLOES)


def test_after_a_no_consent_must_be_given_anew_in_words(database_hub: Hub, case_id: str) -> None:
    hub = database_hub
    say(hub, case_id, ConsentKind.REFUSED)
    with pytest.raises(Invalid) as refused:
        send(hub, case_id, ground=ground(evidence=None))
    assert refused.value.field == "ground.evidence"
    send(hub, case_id, ground=ground(evidence="toch goed, 20 november"))


def test_a_consent_lapses_by_the_clock_and_carries_nothing_from_that_moment_on(database_hub: Hub, case_id: str) -> None:
    hub = database_hub
    soon = dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)
    referral = send(hub, case_id, to="de-spoel", until=soon)
    with hub.store.writing(now=soon - dt.timedelta(seconds=1)) as work:
        assert withdrawal.lapse_due(work, hub.config) == 0
    with pytest.raises(NotFound):
        sees(hub, TOM, case_id, soon)  # before any worker wrote it down
    for expected in (1, 0):
        with hub.store.writing(now=soon) as work:
            assert withdrawal.lapse_due(work, hub.config) == expected
    assert read(hub, referral).ground_end == "lapsed"
    with hub.store.reading() as session:
        assert list(session.scalars(select(ConsentEvent.kind).order_by(ConsentEvent.id))) == ["given", "lapsed"]
    with pytest.raises(Invalid) as refused:
        send(hub, case_id, until=dt.datetime.now(dt.UTC))
    assert refused.value.field == "ground.until"


def test_after_the_end_nothing_goes_to_the_receiver_and_a_bare_end_to_the_sender(
    database_hub: Hub, case_id: str
) -> None:
    hub = database_hub
    referral = send(hub, case_id)
    withdraw(hub, case_id)
    record(hub, referral, NAIMA, Event.RECEIVE)
    record(hub, referral, NAIMA, Event.DECLINE, reason="no_capacity", note="te druk")
    record_after = [row for row in rows(hub, referral) if row.withheld_at is None]
    (told,) = record_after
    message = Message.from_json(json.loads(told.body or b""))
    assert (message.kind, message.receiver) == (MessageKind.DECLINED, WI)
    assert (message.data.note, message.data.status_reason) == (None, None)


def test_a_partner_tells_that_its_client_withdrew_and_it_works_as_a_click(database_hub: Hub, case_id: str) -> None:
    sent = send(database_hub, case_id, who=ILSE, to=KADE)
    told = {"sender": ILSE.organisation, "receiver": KADE}

    def partner_says(sender: str, message_id: str) -> Received:
        message = Message(
            id=message_id,
            kind=MessageKind.CONSENT_WITHDRAWN,
            source="urn:nld:oin:00000099000000000003:systeem:fhir",
            time=dt.datetime.now(dt.UTC),
            data=MessageData(referral_id=sent.id),
            **{**told, "sender": sender},
        )
        with database_hub.store.writing() as work:
            return receive(work, database_hub.config, sender, message)

    assert partner_says(KADE, "from-who-only-received").result is Result.REFUSED
    assert read(database_hub, sent).ground_ended_at is None
    assert partner_says(ILSE.organisation, "first").result is Result.APPLIED
    assert read(database_hub, sent).ground_end == ConsentKind.WITHDRAWN
    assert all(row.withheld_at is not None for row in rows(database_hub, sent) if row.kind == MessageKind.SENT)
    assert partner_says(ILSE.organisation, "again in other words").result is Result.APPLIED


def test_a_connector_at_the_partners_asks_the_gate_over_the_api(database_hub: Hub, case_id: str) -> None:
    site, referral = Site(database_hub), send(database_hub, case_id)
    message = rows(database_hub, referral)[0].message_id
    transport = httpx.WSGITransport(app=site.web.app)

    def gate_of(organisation: str) -> ApiGate:
        client = httpx.Client(transport=transport)
        return ApiGate("http://localhost", lambda: site.token(organisation), client)

    assert gate_of(KADE).withheld("whatever", [message]) == frozenset()
    withdraw(database_hub, case_id)
    assert gate_of(KADE).withheld("whatever", [message]) == {message}
    assert gate_of("de-spoel").withheld("whatever", [message]) == frozenset(), "another's messages are not told of"
    with pytest.raises(GateUnavailable):
        ApiGate("http://localhost", lambda: "no token", httpx.Client(transport=transport)).withheld("q", [message])


def test_the_api_shares_what_is_chosen_and_forgets_what_was_withdrawn(database_hub: Hub) -> None:
    site = Site(database_hub)
    body = {"share": ["family_name", "reason"], "to": "de-spoel"}
    person = {"bsn": "999990019", "family_name": "Smulders", "birth_date": "1974-03-08"}
    answer = site.send(key="one", client=person, **body)
    assert answer.status_code == 201, answer.text
    sent = answer.json
    with database_hub.store.writing() as work:
        work.session.execute(update(OutboxRecord).values(created_at=dt.datetime.now(dt.UTC) - dt.timedelta(minutes=1)))
    (item,) = site.get("/feed", "de-spoel").json["items"]
    assert item["data"]["client"] == {"family_name": "Smulders"}
    assert "strengths" not in item["data"]
    withdrawn = site.call(
        "POST", f"/cases/{sent['case_id']}/consents", WI, body={"to": "de-spoel", "kind": "withdrawn"}
    )
    assert withdrawn.status_code == 201, withdrawn.text
    assert withdrawn.json["ended_releases"] == 1
    items = site.get("/feed", "de-spoel").json["items"]
    assert [one["type"] for one in items if "reason" in one["data"]] == []
    for path in ("", "/trail"):
        assert site.get(f"/referrals/{sent['id']}{path}", "de-spoel").status_code == 404
    assert site.get(f"/cases/{sent['case_id']}", "de-spoel").status_code == 404
    assert site.get("/referrals", "de-spoel").json["items"] == []
    assert site.event(sent["id"], "receive", "de-spoel").status_code == 404
    again = site.send(key="one", client=person, **body)
    assert again.status_code == 201
    assert "content" not in again.json
    known = site.get(f"/cases/{sent['case_id']}/consents").json
    assert [event["kind"] for event in known["events"]] == ["withdrawn", "given"]
    assert known["releases"][0]["fields"] == ["family_name", "reason"]
    assert site.get(f"/cases/{sent['case_id']}/consents", "de-spoel").status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"to": "nobody", "kind": "asked"}, "to"),
        ({"to": "de-spoel", "kind": "given"}, "evidence"),
        ({"to": "de-spoel", "kind": "lapsed"}, "kind"),
        ({"to": "de-spoel", "kind": "asked", "at": "2999-01-01T00:00:00Z"}, "at"),
        ({"to": "de-spoel", "kind": "given", "evidence": "ja", "until": "2000-01-01T00:00:00Z"}, "until"),
    ],
)
def test_a_consent_that_cant_be_registered_is_refused_by_field(
    database_hub: Hub, body: dict[str, Any], field: str
) -> None:
    site = Site(database_hub)
    case = site.send().json["case_id"]
    answer = site.call("POST", f"/cases/{case}/consents", WI, body=body)
    assert answer.status_code in (400, 422)
    assert [error["field"] for error in answer.json["errors"]] == [field]
