"""One referral from Work & Income's own system to each of the others and back, in all that their dialects can say.

Every message goes over a real line: StUF, ZGW, iWmo, FHIR and JSON over HTTP, to systems that keep books of their own.
"""

import dataclasses
import datetime as dt
import itertools
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial

import pytest
from sqlalchemy import select

from connectors.errors import Refusal
from connectors.registry import connector
from hub.models import OutboxRecord, Referral
from hub.wiring import Hub
from schemas.message import Client, Coded, Message, MessageData, source_of
from schemas.vocabulary import KIND_OF_EVENT, Delivery, Event, LifeDomain, MessageKind, Outcome, Status, Urgency
from tests.integration.callers import GGZ, KADE, SPOEL, WI, Site, new_bsn
from workers.connector import ConnectorWorker
from workers.demo import HERE, REGISTER_SECRET
from workers.embedded import worker_of
from workers.inbox import InboxWorker
from workers.partners import Reply
from workers.partners.makers import Wishes, make_partner
from workers.partners.partner import Partner
from workers.relay import Relay
from workers.serve import threaded_server

TEAM = "toegang-broekhoven"
SERVICES = {
    TEAM: ("casusoverleg-broekhoven", LifeDomain.HOUSING),
    KADE: ("hulp-bij-post", LifeDomain.FINANCES),
    GGZ: ("ggz-kennismaking", LifeDomain.MENTAL_HEALTH),
    SPOEL: ("orientatie-groen", LifeDomain.WORK_EDUCATION),
}
AFTER = {
    Event.RECEIVE: Status.RECEIVED,
    Event.ASK: Status.QUESTION,
    Event.ANSWER: Status.RECEIVED,
    Event.WAITLIST: Status.WAITLISTED,
    Event.PROPOSE_REDIRECT: Status.REDIRECT_PROPOSED,
    Event.CONFIRM_REDIRECT: Status.REDIRECTED,
    Event.ACCEPT: Status.ACCEPTED,
    Event.UNDO_ACCEPT: Status.RECEIVED,
    Event.DECLINE: Status.DECLINED,
    Event.PLAN: Status.PLANNED,
    Event.START: Status.STARTED,
    Event.PAUSE: Status.PAUSED,
    Event.RESUME: Status.STARTED,
    Event.COMPLETE: Status.COMPLETED,
    Event.WITHDRAW: Status.WITHDRAWN,
    Event.CLIENT_STOPS: Status.STOPPED_BY_CLIENT,
    Event.END: Status.ENDED,
}
E = Event
BY_SENDER = frozenset({E.ANSWER, E.CONFIRM_REDIRECT, E.WITHDRAW})
WAYS = (
    (
        E.RECEIVE, E.ASK, E.ANSWER, E.WAITLIST, E.ACCEPT, E.UNDO_ACCEPT, E.ACCEPT, E.PLAN, E.START, E.PAUSE, E.RESUME,
        E.COMPLETE,
    ),
    (E.RECEIVE, E.PROPOSE_REDIRECT, E.CONFIRM_REDIRECT),
    (E.RECEIVE, E.DECLINE),
    (E.ACCEPT, E.START, E.CLIENT_STOPS),
    (E.ACCEPT, E.START, E.END),
    (E.WITHDRAW,),
)  # fmt: skip
# What an iWmo provider can say of an assignment; all else it has no message for.
IWMO = frozenset({E.START, E.PAUSE, E.RESUME, E.COMPLETE, E.CLIENT_STOPS, E.END})
WITH = {
    E.ASK: {"note": "Op welke dagen kan het?"},
    E.WAITLIST: {"note": "In januari is er plek."},
    E.PROPOSE_REDIRECT: {"note": "Het maatschappelijk werk past beter."},
    E.UNDO_ACCEPT: {"reason": Coded(code="1", text="Anders")},
    E.DECLINE: {"reason": Coded(code="1", text="Anders")},
    E.PAUSE: {"reason": Coded(code="1", text="Vakantie")},
    E.END: {"reason": Coded(code="1", text="Anders")},
}
_NUMBERS = itertools.count(1)


class Table:
    """A hub with all five kinds of organisation, each with a system of its own at the other end of a real line."""

    def __init__(self, hub: Hub) -> None:
        organisations, self.partners = dict(hub.config.organisations), dict[str, Partner]()
        self.heard: defaultdict[str, list[Message]] = defaultdict(list)
        for code, organisation in hub.config.organisations.items():
            if (organisation.transport or {}).get("url") == HERE:
                partner = make_partner(hub.config, organisation, Wishes(secret="secret"))
                assert isinstance(partner, Partner)
                partner.tell(self.heard[code].append)
                self.partners[code] = partner
                there = {**(organisation.transport or {}), "url": partner.url}
                organisations[code] = dataclasses.replace(organisation, transport=there)
        self.hub = dataclasses.replace(hub, config=dataclasses.replace(hub.config, organisations=organisations))
        self.site = Site(self.hub)
        self._server = threaded_server(self.hub, self.site.web)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        for partner in self.partners.values():
            partner.start(f"http://127.0.0.1:{self._server.server_port}")
        self._workers: list[ConnectorWorker] = [worker_of(self.hub, one) for one in self.hub.config.connected()]
        self._relay = Relay(self.hub.store, self.hub.broker)
        self._inbox = InboxWorker(self.hub.store, self.hub.config, self.hub.broker)

    def until(self, reached: Callable[[], bool], what: str) -> None:
        """Turn the workers until something is so; a test that ends here has found what it looked for."""
        for _ in range(300):
            if reached():
                return
            self._relay.step()
            for worker in self._workers:
                worker.step(0.01)
            self._inbox.step(0.05)
        raise AssertionError(f"it did not come: {what}")

    def until_still(self) -> None:
        """Turn until all that left has arrived."""
        still = select(OutboxRecord.id).where(OutboxRecord.open, OutboxRecord.state != Delivery.QUARANTINED).limit(1)

        def arrived() -> bool:
            with self.hub.store.reading() as session:
                return session.execute(still).first() is None

        self.until(arrived, "all that left has arrived")

    def stuck(self) -> list[tuple[str, str | None]]:
        with self.hub.store.reading() as session:
            found = select(OutboxRecord.kind, OutboxRecord.error).where(OutboxRecord.state == Delivery.QUARANTINED)
            return [(row.kind, row.error) for row in session.execute(found)]

    def refer(self, to: str) -> Referral:
        """Let the suite of Work & Income make a case for this organisation; give the referral that came of it."""
        service, domain = SERVICES[to]
        place = next(_NUMBERS)
        self.partners[WI].tell_hub(
            self._said(
                Event.SEND,
                to,
                MessageData(
                    event=Event.SEND,
                    status=Status.SENT,
                    correlation={"stuf:identificatie": f"0855Z{place:06d}"},
                    client=Client(
                        bsn=new_bsn(), family_name="Voorbeeld", initials="S", given_name="Sam", birth_date="1985-04-03"
                    ),
                    service=Coded(code=service, system="schakel"),
                    life_domains=(domain,),
                    reason="Er is hulp nodig.",
                    urgency=Urgency.ROUTINE,
                    starts_on="2026-11-24",
                ),
            )
        )
        before = self._referrals(to)
        self.until(lambda: len(self._referrals(to)) > len(before), f"the referral to {to}")
        [made] = [one for one in self._referrals(to) if one.id not in {old.id for old in before}]
        self.until_still()
        return made

    def _referrals(self, to: str) -> list[Referral]:
        with self.hub.store.reading() as session:
            return list(session.scalars(select(Referral).where(Referral.sender == WI, Referral.receiver == to)))

    def _said(self, event: Event, to: str, data: MessageData) -> Message:
        moment = dt.datetime.now(dt.UTC)
        return Message(
            id=f"suite-{next(_NUMBERS)}",
            kind=KIND_OF_EVENT[event],
            source=source_of(self.hub.config.organisations[WI].oin, WI),
            time=moment,
            sender=WI,
            receiver=to,
            data=dataclasses.replace(data, occurred_at=moment),
        )

    def status_of(self, referral: Referral) -> Status:
        with self.hub.store.reading() as session:
            return Status(session.scalars(select(Referral.status).where(Referral.id == referral.id)).one())

    def say(self, referral: Referral, event: Event) -> bool:
        """Let the right side say a step in its own system; whether its dialect has a word for it."""
        if event in BY_SENDER:
            return self._suite_says(referral, event)
        received = next(one for one in reversed(self.heard[referral.receiver]) if one.kind is MessageKind.SENT)
        more = {"outcome": Outcome.REACHED} if event is Event.COMPLETE else {}
        try:
            self.partners[referral.receiver].say(
                received, Reply(after=0, event=event, **WITH.get(event, {}), **more), next(_NUMBERS)
            )
        except Refusal:
            return False
        return True

    def _suite_says(self, referral: Referral, event: Event) -> bool:
        data = MessageData(
            referral_id=referral.id,
            referral_number=referral.number,
            correlation=dict(referral.correlation),
            event=event,
            note="Op maandag." if event is Event.ANSWER else None,
        )
        try:
            self.partners[WI].tell_hub(self._said(event, referral.receiver, data))
        except Refusal:
            return False
        return True

    def close(self) -> None:
        for partner in self.partners.values():
            partner.close()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        for worker in self._workers:
            worker.close()
        self._relay.close()
        self._inbox.close()


@pytest.fixture
def table(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> Iterator[Table]:
    monkeypatch.setenv(REGISTER_SECRET, "a secret of the register only")
    with closing(Table(hub)) as made:
        yield made


def _is(table: Table, referral: Referral, status: Status) -> bool:
    return table.status_of(referral) is status


@pytest.mark.parametrize("to", SERVICES)
def test_a_referral_of_work_and_income_goes_there_and_back_through_all_that_can_be_said(table: Table, to: str) -> None:
    said: set[Event] = set()
    for way in WAYS:
        referral = table.refer(to)
        table.until(lambda: any(m.kind is MessageKind.SENT for m in table.heard[to]), "their system has it")
        for event in way:
            if to == KADE and event not in IWMO | BY_SENDER:
                assert not table.say(referral, event), f"iWmo has no word for {event}"
                continue
            if event in (E.ANSWER, E.CONFIRM_REDIRECT) and to == KADE:
                continue
            assert table.say(referral, event), f"{to} can't say {event}"
            table.until(partial(_is, table, referral, AFTER[event]), f"{to} {event}")
            table.until_still()
            said.add(event)
        assert table.stuck() == [], to
    told = {message.kind for message in table.heard[WI]}
    assert {KIND_OF_EVENT[event] for event in said - BY_SENDER} <= told, "Work & Income's own system heard each step"
    expected = (IWMO | {E.WITHDRAW}) if to == KADE else {event for way in WAYS for event in way}
    assert said == expected
    assert connector("work_and_income").unsaid, "what its system can't say is declared"
