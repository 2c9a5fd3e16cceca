"""What is sent to several: the first to accept gets it, the others are withdrawn with it, and nobody is named."""

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import select

from hub.models import ConsentEvent, OutboxRecord, Referral, TimelineEntry
from hub.rules import lifecycle
from hub.services.errors import Invalid, ServiceError, StateForbids
from hub.services.referrals import referrals, sending
from hub.services.referrals.several import send_several
from hub.services.views.viewer import Viewer
from hub.wiring import Hub
from schemas.referral import NewEvent, NewReferral
from schemas.vocabulary import Delivery, Event, LifeDomain, MessageKind, Purpose, Status
from tests.builders import ground, new_referral
from tests.integration.conftest import Ring
from tests.personas import MARLOES, NAIMA, TOM, person

KADE, SPOEL, GGZ, TEAM = "mw-de-kade", "de-spoel", "ggz-de-leij", "toegang-broekhoven"
ELS = person("els", "Els van Loon", TEAM, "Toegangsteam Broekhoven", "team_coordinator", Purpose.TRIAGE)
DAYTIME = (LifeDomain.DAYTIME_ACTIVITIES,)


def asked(case_id: str, to: str, service: str, purpose: Purpose = Purpose.GUIDANCE) -> NewReferral:
    return new_referral(case_id=case_id, to=to, life_domains=DAYTIME, ground=ground(purpose=purpose), service=service)


def both(case_id: str) -> list[NewReferral]:
    """Give one need for De Kade and De Spoel."""
    kade = new_referral(case_id=case_id, life_domains=DAYTIME)  # the builder names its service
    return [kade, asked(case_id, SPOEL, "orientatie-groen", Purpose.PLACEMENT)]


@pytest.fixture
def case_id(database_hub: Hub) -> str:
    with database_hub.store.writing() as work:
        return sending.send_referral(work, database_hub.config, MARLOES, new_referral(to=GGZ)).case_id


def send(hub: Hub, case_id: str) -> tuple[str, str]:
    with hub.store.writing() as work:
        kade, spoel = send_several(work, hub.config, MARLOES, both(case_id))
        return kade.id, spoel.id


def act(hub: Hub, who: Viewer, referral_id: str, event: Event, reason: str | None = None) -> None:
    with hub.store.writing() as work:
        locked = referrals.load_for_change(work, referral_id)
        referrals.record_event(work, hub.config, who, locked, NewEvent(event=event, reason=reason))


def status(hub: Hub, referral_id: str) -> str:
    with hub.store.reading() as session:
        return session.scalars(select(Referral.status).where(Referral.id == referral_id)).one()


def test_each_gets_a_referral_and_a_consent_of_its_own(database_hub: Hub, case_id: str) -> None:
    ids = send(database_hub, case_id)
    with database_hub.store.reading() as session:
        made = session.scalars(select(Referral).where(Referral.id.in_(ids)).order_by(Referral.number)).all()
        given = select(ConsentEvent.recipient, ConsentEvent.purpose).where(ConsentEvent.referral_id.in_(ids))
        consents = {(row.recipient, row.purpose) for row in session.execute(given)}
    assert len({one.bundle_id for one in made}) == 1
    assert made[0].bundle_id is not None
    assert consents == {(KADE, "guidance"), (SPOEL, "placement")}


def test_who_accepts_gets_it_and_the_others_are_withdrawn_and_told_without_a_name(
    database_hub: Hub, case_id: str
) -> None:
    kade, spoel = send(database_hub, case_id)
    act(database_hub, NAIMA, kade, Event.RECEIVE)
    act(database_hub, TOM, spoel, Event.RECEIVE)
    act(database_hub, TOM, spoel, Event.ACCEPT)
    assert (status(database_hub, kade), status(database_hub, spoel)) == (Status.WITHDRAWN, Status.ACCEPTED)
    with database_hub.store.reading() as session:
        of_kade = select(OutboxRecord.body, OutboxRecord.kind).where(OutboxRecord.referral_id == kade)
        told = [row for row in session.execute(of_kade) if row.kind == MessageKind.WITHDRAWN]
        of_timeline = select(TimelineEntry).where(TimelineEntry.referral_id == kade)
        entry = session.scalars(of_timeline.order_by(TimelineEntry.position.desc())).first()
        assert entry is not None
        said, organisation = dict(entry.data or {}), entry.organisation
    assert len(told) == 1
    assert b'"elsewhere"' in told[0].body
    assert not any(name in told[0].body for name in (b"Spoel", b"de-spoel", TOM.name.encode()))
    assert (said["reason"], organisation) == ("elsewhere", MARLOES.organisation)
    with pytest.raises(StateForbids) as refused:
        act(database_hub, NAIMA, kade, Event.ACCEPT)
    assert "was first" in refused.value.message
    assert "poel" not in refused.value.message
    act(database_hub, TOM, spoel, Event.UNDO_ACCEPT, reason="no_capacity")
    assert status(database_hub, kade) == Status.WITHDRAWN, "what was withdrawn stays so: the sender asks anew"


def test_who_declines_leaves_it_to_the_others(database_hub: Hub, case_id: str) -> None:
    kade, spoel = send(database_hub, case_id)
    act(database_hub, NAIMA, kade, Event.RECEIVE)
    act(database_hub, NAIMA, kade, Event.DECLINE, reason="no_capacity")
    act(database_hub, TOM, spoel, Event.RECEIVE)
    act(database_hub, TOM, spoel, Event.ACCEPT)
    assert (status(database_hub, kade), status(database_hub, spoel)) == (Status.DECLINED, Status.ACCEPTED)


def _accept(
    hub: Hub, who: Viewer, referral_id: str, together: threading.Barrier, ends: dict[str, BaseException | None]
) -> None:
    together.wait()
    ends[referral_id] = None
    try:
        act(hub, who, referral_id, Event.ACCEPT)
    except ServiceError as error:
        ends[referral_id] = error


def test_of_two_who_accept_at_once_one_gets_it_and_the_other_is_told(database_hub: Hub, case_id: str) -> None:
    for _ in range(4):
        kade, spoel = send(database_hub, case_id)
        act(database_hub, NAIMA, kade, Event.RECEIVE)
        act(database_hub, TOM, spoel, Event.RECEIVE)
        together = threading.Barrier(2)
        ends: dict[str, BaseException | None] = {}
        racers = [
            threading.Thread(target=_accept, args=(database_hub, *one, together, ends))
            for one in ((NAIMA, kade), (TOM, spoel))
        ]
        for one in racers:
            one.start()
        for one in racers:
            one.join()
        won = [referral_id for referral_id, error in ends.items() if error is None]
        lost = [error for error in ends.values() if error is not None]
        assert len(won) == 1, ends
        assert [type(error) for error in lost] == [StateForbids]
        after = {referral_id: status(database_hub, referral_id) for referral_id in (kade, spoel)}
        assert after == {one: Status.ACCEPTED if one in won else Status.WITHDRAWN for one in (kade, spoel)}


@pytest.mark.parametrize(
    "wanted",
    [
        pytest.param(
            lambda case: [both(case)[0], asked(case, GGZ, "ggz-kennismaking", Purpose.TREATMENT)],
            id="they share no need",
        ),
        pytest.param(lambda case: [both(case)[0]] * 2, id="the same twice"),
        pytest.param(lambda case: [*both(case), *both(case)], id="four"),
        pytest.param(
            lambda case: [both(case)[0], new_referral(to=SPOEL, service="orientatie-groen", life_domains=DAYTIME)],
            id="two clients",
        ),
    ],
)
def test_what_does_not_go_together_is_not_sent_at_all(
    database_hub: Hub, case_id: str, wanted: Callable[[str], list[NewReferral]]
) -> None:
    with pytest.raises(Invalid), database_hub.store.writing() as work:
        send_several(work, database_hub.config, MARLOES, wanted(case_id))
    with database_hub.store.reading() as session:
        assert session.scalars(select(Referral.id).where(Referral.bundle_id.is_not(None))).all() == []


def test_the_systems_of_who_was_too_late_take_the_withdrawal(hub: Hub, ring: Ring) -> None:
    with hub.store.writing() as work:
        apart = sending.send_referral(work, hub.config, MARLOES, new_referral(to=GGZ))
        kade, spoel = (one.id for one in send_several(work, hub.config, MARLOES, both(apart.case_id)))
        finances = {"case_id": apart.case_id, "life_domains": (LifeDomain.FINANCES,)}
        team = new_referral(
            to=TEAM, service="casusoverleg-broekhoven", ground=ground(purpose=Purpose.TRIAGE), **finances
        )
        late, early = (one.id for one in send_several(work, hub.config, MARLOES, [new_referral(**finances), team]))
    ring.until_still()
    for who, first in ((NAIMA, kade), (ELS, early)):
        for event in (Event.RECEIVE, Event.ACCEPT):
            if (event, status(hub, first)) != (Event.RECEIVE, Status.RECEIVED):
                act(hub, who, first, event)
    ring.until_still()
    with hub.store.reading() as session:
        withdrawn = select(OutboxRecord.referral_id, OutboxRecord.state).where(
            OutboxRecord.kind == MessageKind.WITHDRAWN
        )
        states = {row.referral_id: row.state for row in session.execute(withdrawn)}
    assert states == {spoel: Delivery.PROCESSED, late: Delivery.PROCESSED}
    assert status(hub, apart.id) in lifecycle.OPEN, "another referral of the client is left alone"
