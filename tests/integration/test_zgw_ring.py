"""A referral to an access team and back, over real HTTP: a plan in its register, a notification, a zaak fetched."""

import dataclasses
import json
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import select
from werkzeug.serving import make_server

from connectors.transports.zgw import ZgwToken, ZgwTransport
from hub.models import Intake, OutboxRecord, Referral
from hub.services.messages.address_book import address_book
from hub.services.messages.quarantine import read_again
from hub.wiring import Hub
from schemas.vocabulary import Event, Status
from tests.integration.callers import Site
from tests.integration.test_ring import send
from workers.connector import ConnectorWorker
from workers.embedded import worker_of
from workers.inbox import InboxWorker
from workers.partners import Manner, Reply
from workers.partners.makers import Wishes, make_partner
from workers.partners.team import CLIENT_ID, ZgwPartner, notification
from workers.relay import Relay

TEAM, SECRET = "toegang-broekhoven", "a-secret-of-the-test"


class Table:
    """A hub, an access team with its register, and the workers between them, turned by hand."""

    def __init__(self, hub: Hub, manner: Manner | None = None) -> None:
        organisation = hub.config.organisations[TEAM]
        self.team = ZgwPartner(TEAM, address_book(hub.config, organisation), manner or Manner(series=()), secret=SECRET)
        transport = {"kind": "zgw", "url": self.team.url, "inside": True}
        known = dataclasses.replace(organisation, transport=transport)
        config = dataclasses.replace(hub.config, organisations={**hub.config.organisations, TEAM: known})
        self.hub = dataclasses.replace(hub, config=config)
        self.hub.broker.declare(self.hub.queues())
        self.site = Site(self.hub)
        self._server = make_server("127.0.0.1", 0, self.site.web.app, threaded=True)
        self.team.start(f"http://127.0.0.1:{self._server.server_port}")
        self.team._token = self.site.token(TEAM)
        token = ZgwToken(client_id=CLIENT_ID, secret=SECRET)
        catalogue = self.team.url.replace("/zaken/", "/catalogi/")
        self.line = ZgwTransport(self.team.url, catalogue, token, inside=True)
        self.worker: ConnectorWorker = worker_of(self.hub, known, self.line)
        self.relay = Relay(self.hub.store, self.hub.broker)
        self.inbox = InboxWorker(self.hub.store, self.hub.config, self.hub.broker)

    @contextmanager
    def serving(self) -> Iterator[None]:
        thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield
        self._server.shutdown()
        thread.join()

    def bring(self, body: bytes) -> str:
        answer = self.site.bring(TEAM, body, "application/json", Accept="application/json")
        return str(answer.json["intake_id"])

    def turn(self) -> int:
        return self.relay.step() + self.worker.step(0.05) + self.inbox.step(0.05)

    def until_still(self) -> None:
        idle = 0
        while idle < 4:
            idle = 0 if self.turn() else idle + 1

    def hurry(self) -> None:
        with self.hub.store.writing() as work:
            for row in work.session.scalars(select(OutboxRecord).where(OutboxRecord.open)):
                row.due_at = work.now

    def status(self, referral: Referral) -> Status:
        with self.hub.store.reading() as session:
            return Status(session.scalars(select(Referral.status).where(Referral.id == referral.id)).one())

    def does(self, zaak: str, event: Event) -> bytes:
        return self.team.does(zaak, Reply(after=0, event=event))

    def zaken(self) -> list[str]:
        return [one["url"] for one in self.team.register.all_of("zaken")]

    def close(self) -> None:
        self.relay.close()
        self.inbox.close()
        self.worker.close()
        self.line.close()
        self.team.close()
        self._server.server_close()


@pytest.fixture
def table(hub: Hub) -> Iterator[Table]:
    with closing(Table(hub)) as made:
        yield made


def test_a_referral_appears_in_the_register_and_follows_what_the_team_decides(table: Table) -> None:
    referral = send(table.hub, to=TEAM)
    table.until_still()
    [zaak] = table.team.register.all_of("zaken")
    assert zaak["identificatie"] == f"SCHAKEL-{referral.number}"
    assert {rol["omschrijvingGeneriek"] for rol in table.team.register.all_of("rollen")} == {
        "initiator",
        "behandelaar",
        "mede_initiator",
    }
    with table.hub.store.reading() as session:
        assert session.scalars(select(Referral.delivery).where(Referral.id == referral.id)).one() == "processed"
    for event, status in ((Event.ACCEPT, "accepted"), (Event.START, "started"), (Event.COMPLETE, "completed")):
        told = table.bring(table.does(zaak["url"], event))
        table.until_still()
        assert table.status(referral) == status
        assert table.site.get(f"/intake/{told}", TEAM).json["status"] == "applied"
    assert all(times == 1 for _place, _key, _kind, times in table.team.ledger.rows())


def test_what_we_wrote_ourselves_comes_back_without_effect(table: Table) -> None:
    referral = send(table.hub, to=TEAM)
    table.until_still()
    [zaak] = table.zaken()
    table.bring(notification(zaak, "zaak", zaak))
    table.until_still()
    assert table.status(referral) is Status.SENT
    with table.hub.store.reading() as session:
        assert set(session.scalars(select(Intake.state))) == {"applied"}


def test_a_line_that_breaks_between_zaak_and_rol_makes_one_zaak(table: Table) -> None:
    referral = send(table.hub, to=TEAM)
    table.team.broken_after.append("zaken")
    table.until_still()
    assert len(table.zaken()) == 1
    assert table.team.register.all_of("rollen") == []
    table.hurry()
    table.until_still()
    assert (len(table.zaken()), len(table.team.register.all_of("statussen"))) == (1, 1)
    with table.hub.store.reading() as session:
        assert session.scalars(select(Referral.delivery).where(Referral.id == referral.id)).one() == "processed"


def test_the_same_notification_twice_is_fetched_once_and_out_of_order_the_last_state_counts(table: Table) -> None:
    referral = send(table.hub, to=TEAM)
    table.until_still()
    [zaak] = table.zaken()
    first, second = table.does(zaak, Event.ACCEPT), table.does(zaak, Event.START)
    table.bring(second)
    table.until_still()
    assert table.status(referral) is Status.STARTED
    table.bring(first)
    table.bring(second)
    table.until_still()
    assert table.status(referral) is Status.STARTED
    with table.hub.store.reading() as session:
        assert len(session.scalars(select(OutboxRecord).where(OutboxRecord.kind == "fetch")).all()) == 2


def test_a_killed_worker_loses_no_fetch_and_makes_none_count_twice(table: Table) -> None:
    referral = send(table.hub, to=TEAM)
    table.until_still()
    [zaak] = table.zaken()
    table.bring(table.does(zaak, Event.ACCEPT))
    table.relay.step()
    deliveries = table.worker._consumer.take(1, 1.0)
    receipt = table.worker._handle(deliveries[0])  # fetched, and then killed before it could tell
    assert receipt.fetched is not None
    table.worker._consumer.reject(deliveries, requeue=True)
    table.until_still()
    assert table.status(referral) is Status.ACCEPTED
    with table.hub.store.writing() as work:  # and its copy comes all the same
        from hub.services.messages.fetching import take_fetched

        assert take_fetched(work, table.hub.config, receipt) is False


def test_a_register_that_is_away_is_asked_again(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    from connectors.errors import TransportError

    referral = send(table.hub, to=TEAM)
    table.until_still()
    [zaak] = table.zaken()
    told = table.bring(table.does(zaak, Event.ACCEPT))

    def away(_address: str) -> None:
        raise TransportError("The partner can't be reached.", permanent=False)

    with monkeypatch.context() as patched:
        patched.setattr(table.line, "fetch", away)
        table.until_still()
    assert table.status(referral) is Status.SENT
    assert table.site.get(f"/intake/{told}", TEAM).json["status"] == "received"
    table.hurry()
    table.until_still()
    assert table.status(referral) is Status.ACCEPTED


def test_what_the_register_will_not_give_is_put_before_a_person_who_may_have_it_read_again(table: Table) -> None:
    referral = send(table.hub, to=TEAM)
    table.until_still()
    [zaak] = table.zaken()
    gone = zaak[:-4] + "dead"
    told = table.bring(notification(gone, "status", gone))
    table.until_still()
    found = table.site.get(f"/intake/{told}", TEAM).json
    assert (found["status"], found["reason"]["code"]) == ("quarantined", "fetch_refused")
    assert gone not in found["reason"]["message"]
    table.bring(table.does(zaak, Event.ACCEPT))
    table.until_still()
    assert table.status(referral) is Status.ACCEPTED, "it holds up nobody"
    with table.hub.store.writing() as work:
        read_again(work, table.hub.config, told, "bas")
    table.until_still()
    with table.hub.store.reading() as session:
        states = session.scalars(select(Intake.state).where(Intake.state == "quarantined", Intake.handled_at.is_(None)))
        assert len(states.all()) == 1


def test_what_was_fetched_may_not_send_us_further(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    from connectors.protocol import Payload

    send(table.hub, to=TEAM)
    table.until_still()
    [zaak] = table.zaken()
    again = Payload(body=notification(zaak, "zaak", zaak), content_type="application/json")
    monkeypatch.setattr(table.line, "fetch", lambda _address: again)
    table.bring(notification(zaak, "status", zaak))
    table.until_still()
    with table.hub.store.reading() as session:
        reasons = session.scalars(select(Intake.reason).where(Intake.state == "quarantined")).all()
        assert list(reasons) == ["What was fetched only announces something else."]


def test_a_referral_of_the_team_itself_follows_in_its_own_register(table: Table) -> None:
    sample = Path(__file__).parents[2] / "connectors/access_team/samples/in-new-referral.json"
    told = json.loads(sample.read_bytes())
    register = table.team.register
    zaak = register.make(
        "zaken",
        {
            "identificatie": "ZAAK-2026-0001",
            "bronorganisatie": "000001004",
            "verantwoordelijkeOrganisatie": "000001004",
            "omschrijving": "Hulp bij inkomen",
            "toelichting": "Karin wil weten waar zij recht op heeft.",
            "zaaktype": register.zaaktype["url"],
            "startdatum": "2026-11-20",
        },
    )["url"]
    table.bring(notification(zaak, "zaak", zaak))
    table.until_still()
    for rol in told["_expand"]["rollen"]:
        roltype = register.type_url("roltypen", rol["omschrijvingGeneriek"])
        given = {name: rol[name] for name in ("betrokkeneType", "betrokkeneIdentificatie")}
        register.make("rollen", {"zaak": zaak, "roltype": roltype, "roltoelichting": "x", **given})
    sent = register.set_status(zaak, "Aangemeld")
    table.bring(notification(zaak, "status", sent["url"]))
    table.bring(notification(zaak, "rol", zaak + "1"))
    table.until_still()
    with table.hub.store.reading() as session:
        [referral] = session.scalars(select(Referral)).all()
        assert (referral.sender, referral.receiver, referral.correlation) == (TEAM, "wi-tilburg", {"zgw:zaak": zaak})
    made = table.site.event(referral.id, "receive", "wi-tilburg")
    assert made.status_code == 200, made.json
    assert table.site.event(referral.id, "accept", "wi-tilburg").status_code == 200
    table.until_still()
    kinds = [one["statustype"] for one in register.all_of("statussen")]
    assert kinds[1:] == [register.type_url("statustypen", name) for name in ("Ontvangen", "Geaccepteerd")]
    table.bring(notification(zaak, "status", register.all_of("statussen")[-1]["url"]))
    table.until_still()
    assert table.status(referral) is Status.ACCEPTED


def test_a_team_that_answers_of_itself_is_heard_and_followed(hub: Hub) -> None:
    replies = (Reply(after=0.1, event=Event.ACCEPT), Reply(after=0.1, event=Event.START))
    with closing(Table(hub, Manner(series=(replies,)))) as table, table.serving():
        referral = send(table.hub, to=TEAM)
        while table.status(referral) is not Status.STARTED:
            table.turn()


def test_the_simulator_of_an_organisation_with_a_register_is_a_register(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZGW_SECRET", SECRET)
    transport = {"kind": "zgw", "url": "@partner", "client_id": CLIENT_ID, "secret": "env:ZGW_SECRET", "inside": True}
    organisation = dataclasses.replace(hub.config.organisations[TEAM], transport=transport)
    played = make_partner(hub.config, organisation, Wishes())
    assert isinstance(played, ZgwPartner)
    played.start("http://127.0.0.1:9")
    played.close()
