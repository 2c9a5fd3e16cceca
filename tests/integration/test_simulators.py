"""Partners that misbehave, on a real line: nothing is lost, nothing happens twice, and the order is kept."""

import dataclasses
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import func, select
from werkzeug.serving import make_server

from connectors.transports.files import DropFolder, IntakeFolder
from hub.app import create_web
from hub.models import Intake, OutboxRecord, Referral, TimelineEntry
from hub.services.messages.monitor import monitor
from hub.services.referrals import referrals, sending
from hub.wiring import Hub
from schemas.referral import NewEvent
from schemas.vocabulary import Delivery, Event, LifeDomain, Status
from tests.builders import client, new_referral
from tests.integration.callers import new_bsn, now
from tests.integration.conftest import open_test_hub
from tests.personas import BAS, MARLOES
from workers.embedded import worker_of
from workers.files import FileIntake
from workers.inbox import InboxWorker
from workers.partners import Fault, Manner, Misbehaviour, Reply
from workers.partners.desk import Desk
from workers.partners.makers import Wishes, make_partner
from workers.partners.misbehaviour import UnknownFault, shares_of
from workers.partners.prompt import Prompt
from workers.relay import Relay

KADE, GGZ = "mw-de-kade", "ggz-de-leij"
START_THEN_COMPLETE = Manner(series=((Reply(after=0, event=Event.START), Reply(after=0.2, event=Event.COMPLETE)),))
MANNERS = {
    KADE: START_THEN_COMPLETE,
    GGZ: Manner(series=((Reply(after=0, event=Event.ACCEPT), Reply(after=0.2, event=Event.START)),)),
}
DOMAINS = {KADE: LifeDomain.SOCIAL_NETWORK, GGZ: LifeDomain.MENTAL_HEALTH}
SENT = 6


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    with closing(open_test_hub(f"sqlite:///{tmp_path}/hub.db", f"embedded:///{tmp_path}/broker.db")) as made:
        yield made


class Street:
    """A hub with its web door open, and one partner that is played; turned by hand, with all clocks run ahead."""

    def __init__(self, hub: Hub, code: str, wishes: Wishes) -> None:
        self.hub = hub
        self.code = code
        organisation = hub.config.organisations[code]
        partner = make_partner(hub.config, organisation, dataclasses.replace(wishes, secret="secret"))
        assert isinstance(partner, Desk)
        self.partner = partner
        transport = {"kind": "http", "url": partner.url, "inside": True}
        self.files: FileIntake | None = None
        if wishes.folders is not None:
            out, back = wishes.folders
            transport = {"kind": "files", "folder": str(out), "intake": str(back)}
            self.files = FileIntake(hub, organisation, IntakeFolder(back), DropFolder(out / "answers"))
            (out / "answers").mkdir(parents=True)
        self._worker = worker_of(hub, dataclasses.replace(organisation, transport=transport))
        self._relay = Relay(hub.store, hub.broker)
        self._inbox = InboxWorker(hub.store, hub.config, hub.broker)
        web = create_web(hub)
        self._server = make_server("127.0.0.1", 0, web.app, threaded=True)
        self._serving = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._serving.start()
        partner.start(f"http://127.0.0.1:{self._server.server_port}")

    def turn(self) -> None:
        """One step of everything; what waits for its next try is tried now."""
        self._hurry()
        self._relay.step()
        self._worker.step(0.05)
        if self.files is not None:
            self.files.step()
        self._inbox.step(0.05)

    def _hurry(self) -> None:
        waiting = select(OutboxRecord).where(OutboxRecord.open, OutboxRecord.error.is_not(None))
        waiting = waiting.where(OutboxRecord.state.in_((Delivery.WAITING, Delivery.UNKNOWN)))
        with self.hub.store.writing() as work:
            for row in work.session.scalars(waiting):
                row.due_at = work.now

    def until(self, reached: Callable[[], bool]) -> None:
        for _ in range(600):
            if reached():
                return
            self.turn()
        raise AssertionError(f"it did not come: {self.statuses()} {self.quarantined()}")

    def send(self, count: int = SENT) -> list[str]:
        sent = []
        for _ in range(count):
            with self.hub.store.writing() as work:
                new = new_referral(to=self.code, life_domains=(DOMAINS[self.code],), client=client(bsn=new_bsn()))
                sent.append(sending.send_referral(work, self.hub.config, MARLOES, new).id)
        return sent

    def statuses(self) -> list[str]:
        with self.hub.store.reading() as session:
            return list(session.scalars(select(Referral.status)))

    def all_are(self, status: Status) -> bool:
        return set(self.statuses()) == {status}

    def events(self, referral_id: str) -> list[str]:
        with self.hub.store.reading() as session:
            kinds = select(TimelineEntry.kind).where(TimelineEntry.referral_id == referral_id)
            found = session.scalars(kinds.order_by(TimelineEntry.position)).all()
        return [kind for kind in found if kind in ("send", "accept", "start", "complete")]

    def quarantined(self) -> list[str]:
        with self.hub.store.reading() as session:
            return list(session.scalars(select(Intake.reason_code).where(Intake.state == "quarantined")))

    def intakes(self, state: str) -> int:
        with self.hub.store.reading() as session:
            return session.scalar(select(func.count()).select_from(Intake).where(Intake.state == state)) or 0

    def close(self) -> None:
        self.partner.close()
        self._server.shutdown()
        self._server.server_close()
        self._serving.join()
        self._relay.close()
        self._inbox.close()
        self._worker.close()


@pytest.fixture
def street(hub: Hub) -> Iterator[Callable[..., Street]]:
    """Give the maker of a street, which is cleared up after the test."""
    made: list[Street] = []

    def make(code: str, *, pause: float = 0.6, folders: tuple[Path, Path] | None = None, **shares: float) -> Street:
        luck = Misbehaviour({Fault(name): share for name, share in shares.items()}, seed=7, pause=pause)
        made.append(Street(hub, code, Wishes(manner=MANNERS[code], misbehaviour=luck, folders=folders)))
        return made[-1]

    yield make
    for one in made:
        one.close()


def check_once_and_in_order(street: Street, sent: list[str]) -> None:
    """Lost 0, duplicated 0, order kept: each referral is in the partner's books once, and its story is whole."""
    brought = [row for row in street.partner.ledger.rows() if row[2] == "SENT"]
    assert len(brought) == len(sent)
    last = "complete" if street.code == KADE else "start"
    for referral_id in sent:
        events = street.events(referral_id)
        assert events[0] == "send"
        assert events[-1] == last
        assert sorted(events) == sorted(set(events)), "each step once"


def ended(code: str) -> Status:
    return Status.COMPLETED if code == KADE else Status.STARTED


@pytest.mark.parametrize("code", [KADE, GGZ])
@pytest.mark.parametrize("fault", ["slow", "down", "errors", "silence"])
def test_what_the_partner_does_wrong_in_taking_loses_and_doubles_nothing(
    street: Callable[..., Street], code: str, fault: str
) -> None:
    one = street(code, **{fault: 0.4})
    sent = one.send()
    one.until(lambda: one.all_are(ended(code)))
    check_once_and_in_order(one, sent)
    assert one.quarantined() == []
    if fault != "slow":
        with one.hub.store.reading() as session:
            assert (session.scalar(select(func.max(OutboxRecord.attempts))) or 0) > 1, "the fault did not happen"
    if fault == "silence":
        assert any(row[3] > 1 for row in one.partner.ledger.rows()), "the fault did not happen"


@pytest.mark.parametrize("code", [KADE, GGZ])
def test_what_the_partner_refuses_is_told_and_stays_before_a_person(street: Callable[..., Street], code: str) -> None:
    one = street(code, refuse=1.0)
    one.send(2)
    one.until(lambda: set(deliveries(one)) <= {Delivery.REFUSED, Delivery.QUARANTINED})
    assert one.statuses() == [Status.SENT, Status.SENT], "a fault of systems never changes what people decided"
    assert one.partner.ledger.rows() == []


def deliveries(one: Street) -> list[str]:
    with one.hub.store.reading() as session:
        return list(session.scalars(select(Referral.delivery)))


@pytest.mark.parametrize("code", [KADE, GGZ])
def test_an_answer_brought_twice_has_its_effect_once(street: Callable[..., Street], code: str) -> None:
    one = street(code, duplicates=1.0)
    sent = one.send()
    one.until(lambda: one.all_are(ended(code)) and one.intakes("duplicate") == 2 * SENT)
    check_once_and_in_order(one, sent)
    assert one.quarantined() == []


def test_answers_in_the_wrong_order_have_their_effect_in_the_right_one(street: Callable[..., Street]) -> None:
    one = street(KADE, reordered=1.0, pause=30)
    sent = one.send()
    one.until(lambda: one.all_are(Status.COMPLETED))
    check_once_and_in_order(one, sent)
    for referral_id in sent:
        assert one.events(referral_id)[-2:] == ["start", "complete"]
    with one.hub.store.reading() as session:
        first = session.scalars(select(Intake.identification).order_by(Intake.received_at).limit(1)).one()
    assert first is not None
    assert one.quarantined() == []


@pytest.mark.parametrize("code", [KADE, GGZ])
@pytest.mark.parametrize("fault", ["encoding", "half"])
def test_what_can_not_be_read_is_kept_apart_and_the_sound_answer_counts(
    street: Callable[..., Street], code: str, fault: str
) -> None:
    one = street(code, **{fault: 1.0})
    sent = one.send(3)
    one.until(lambda: one.all_are(ended(code)))
    check_once_and_in_order(one, sent)
    assert one.quarantined() == ["malformed"] * 6
    with one.hub.store.reading() as session:
        lines = monitor(session, one.hub.config, BAS, now()).lines
    assert [line.kind for line in lines] == ["quarantined"] * 6


def test_everything_at_once_and_still_each_step_once(street: Callable[..., Street]) -> None:
    one = street(
        KADE, slow=0.2, down=0.2, errors=0.3, silence=0.3, duplicates=0.5, reordered=0.3, encoding=0.3, half=0.3
    )
    sent = one.send(10)
    one.until(lambda: one.all_are(Status.COMPLETED))
    check_once_and_in_order(one, sent)


@pytest.mark.parametrize("fault", [None, "slow", "down", "errors", "refuse", "silence", "duplicates", "half"])
def test_a_partner_with_folders_is_played_too(street: Callable[..., Street], tmp_path: Path, fault: str | None) -> None:
    shares = {} if fault is None else {fault: 0.4}
    one = street(KADE, folders=(tmp_path / "out", tmp_path / "back"), **shares)
    sent = one.send()
    refused = 0
    if fault == "refuse":
        one.until(lambda: all(is_settled(one, referral_id) for referral_id in sent))
        refused = deliveries(one).count(Delivery.REFUSED)
        assert 0 < refused < SENT
        assert len(one.partner.ledger.rows()) == SENT - refused
        return
    one.until(lambda: one.all_are(Status.COMPLETED))
    check_once_and_in_order(one, sent)
    assert (one.quarantined() != []) == (fault == "half")


def is_settled(one: Street, referral_id: str) -> bool:
    with one.hub.store.reading() as session:
        row = session.execute(select(Referral.status, Referral.delivery).where(Referral.id == referral_id)).one()
    return row.delivery == Delivery.REFUSED or row.status == Status.COMPLETED


def test_the_shares_are_read_and_a_fault_that_is_not_on_the_list_is_refused() -> None:
    assert shares_of(["errors=0.3", "half"]) == {Fault.ERRORS: 0.3, Fault.HALF: 1.0}
    for wrong in ("rudeness=0.3", "errors=2", "errors=often"):
        with pytest.raises(UnknownFault):
            shares_of([wrong])


def test_one_seed_draws_the_same_luck_each_time() -> None:
    def drawn(seed: int) -> list[bool]:
        luck = Misbehaviour({Fault.ERRORS: 0.5}, seed=seed)
        return [luck.draws(Fault.ERRORS) for _ in range(40)]

    assert drawn(3) == drawn(3) != drawn(4)


def test_a_partner_is_answered_for_by_typing_and_shows_no_content(hub: Hub, street: Callable[..., Street]) -> None:
    shown: list[str] = []
    one = Street(hub, GGZ, Wishes())
    try:
        prompt = Prompt(one.partner, shown.append)
        first, second = one.send(2)
        one.until(lambda: len(one.partner.ledger.rows()) == 2)
        assert shown == [f"[1] sent  {first}", f"[2] sent  {second}"]
        assert prompt.take("accept 1")
        assert prompt.take("receive")
        one.until(lambda: sorted(one.statuses()) == [Status.ACCEPTED, Status.RECEIVED])
        assert one.events(first) == ["send", "accept"]
        assert prompt.take("ask 2 Is er een huisarts?")
        one.until(lambda: sorted(one.statuses()) == [Status.ACCEPTED, Status.QUESTION])
        assert prompt.take("accept 9")
        assert shown[-1] == "There is no such referral yet."
        assert not prompt.take("quit")
        assert "Smulders" not in " ".join(shown)
    finally:
        one.close()


def test_a_withdrawal_is_shown_with_the_number_of_its_referral(hub: Hub) -> None:
    shown: list[str] = []
    one = Street(hub, KADE, Wishes())
    try:
        Prompt(one.partner, shown.append)
        (sent,) = one.send(1)
        one.until(lambda: len(shown) == 1)
        with hub.store.writing() as work:
            referrals.record_event(
                work, hub.config, MARLOES, referrals.load_for_change(work, sent), NewEvent(event=Event.WITHDRAW)
            )
        one.until(lambda: len(shown) == 2)
        assert shown[1].startswith("[1] withdrawn")
    finally:
        one.close()
