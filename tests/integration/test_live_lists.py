"""Who has a work list open hears that it changed when, and only when, it shows something else than before."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import update

from hub.app import WebProcess, create_web
from hub.live import NAMESPACE
from hub.models import Case
from hub.services.people import sessions
from hub.services.record.clients import find_or_open_case
from hub.services.referrals import consents
from hub.services.views.viewer import Viewer
from hub.web.hub_backend import HubBackend
from hub.wiring import Hub
from schemas.consent import NewConsent
from schemas.message import Ground
from schemas.vocabulary import Basis, ConsentKind, Event, LifeDomain, Purpose
from tests.builders import client
from tests.integration.callers import someone
from tests.integration.test_live_side import PUBLIC_TASK, Watcher, record, send
from tests.personas import ILSE, MARLOES, TOM

CONSENT = Ground(basis=Basis.CONSENT, purpose=Purpose.GUIDANCE, evidence="gesprek")
HEALTH = {"to": "ggz-de-leij", "life_domains": (LifeDomain.MENTAL_HEALTH,)}
CHANGED = [{"changed": True}]


@pytest.fixture
def hub(database_hub: Hub) -> Hub:
    """De Spoel works on screen."""
    organisations = dict(database_hub.config.organisations)
    organisations["de-spoel"] = replace(organisations["de-spoel"], transport=None)
    return replace(database_hub, config=replace(database_hub.config, organisations=organisations))


@pytest.fixture
def web(hub: Hub) -> WebProcess:
    return create_web(hub)


def new_case(hub: Hub, regisseur: str | None = MARLOES.id, **person: Any) -> str:
    with hub.store.writing() as work:
        case = find_or_open_case(work, hub.config.municipality.code, replace(client(), **person))
        work.session.execute(update(Case).where(Case.id == case.id).values(regisseur_id=regisseur))
    return case.id


@pytest.fixture
def case_id(hub: Hub) -> str:
    return new_case(hub)


class Reader(Watcher):
    """Someone whose browser has a work list open."""

    def __init__(self, web: WebProcess, viewer: Viewer) -> None:
        super().__init__(web, viewer)
        self.viewer = viewer

    def mark(self, hub: Hub) -> str:
        return HubBackend(hub, None).worklist_mark(self.viewer)  # type: ignore[arg-type]

    def open(self, mark: str | None = None) -> Any:
        return self.socket.emit("watch_worklist", {"mark": mark}, namespace=NAMESPACE, callback=True)

    def told(self, *cases: str) -> list[Any]:
        self.web.live.lists.look(set(cases))
        return self.got("worklist")


@pytest.fixture
def readers(web: WebProcess) -> Iterator[dict[str, Reader]]:
    """Marloes, Tom and Ilse, each with the own list open."""
    found = {one.id: Reader(web, one) for one in (MARLOES, TOM, ILSE)}
    for reader in found.values():
        assert reader.open()["watching"] is True
    yield found
    for reader in found.values():
        reader.socket.disconnect(NAMESPACE)


def test_each_hears_of_the_own_list_alone(hub: Hub, readers: dict[str, Reader], case_id: str) -> None:
    referral = send(hub, case_id)
    assert readers["marloes"].told(case_id) == CHANGED
    assert readers["tom"].got("worklist") == CHANGED
    assert readers["ilse"].got("worklist") == []
    record(hub, referral, TOM, Event.RECEIVE)
    assert [readers[name].told(case_id) for name in ("marloes", "tom", "ilse")] == [CHANGED, CHANGED, []]
    assert [readers[name].told(case_id) for name in ("marloes", "tom", "ilse")] == [[], [], []], "nothing happened"


def test_nobody_hears_of_what_the_list_does_not_show(hub: Hub, readers: dict[str, Reader], case_id: str) -> None:
    send(hub, case_id)
    readers["tom"].told(case_id)
    elsewhere = send(hub, case_id, **HEALTH, ground=PUBLIC_TASK)
    record(hub, elsewhere, ILSE, Event.RECEIVE)
    assert readers["tom"].told(case_id) == [], "a helper of whom the own referral does not tell"
    strange = new_case(hub, regisseur=None, bsn=someone()["bsn"])
    send(hub, strange, **HEALTH, ground=PUBLIC_TASK)
    readers["marloes"].got("worklist")
    assert readers["marloes"].told(strange) == readers["tom"].told(strange) == []


def test_a_masked_referral_that_only_runs_on_tells_the_regisseur_nothing(
    hub: Hub, readers: dict[str, Reader], case_id: str
) -> None:
    referral = send(hub, case_id, **HEALTH, ground=PUBLIC_TASK)
    record(hub, referral, ILSE, Event.RECEIVE)
    record(hub, referral, ILSE, Event.ACCEPT)
    readers["marloes"].told(case_id)
    record(hub, referral, ILSE, Event.START)
    assert readers["marloes"].told(case_id) == [], "her list says that it runs, and it does"


def test_when_the_right_ends_the_list_is_said_to_have_changed(
    hub: Hub, readers: dict[str, Reader], case_id: str
) -> None:
    referral = send(hub, case_id, **HEALTH, ground=CONSENT)
    record(hub, referral, ILSE, Event.RECEIVE)
    assert readers["ilse"].told(case_id) == CHANGED
    with hub.store.writing() as work:
        consents.register(work, hub.config, MARLOES, case_id, NewConsent(to="ggz-de-leij", kind=ConsentKind.WITHDRAWN))
    assert readers["ilse"].told(case_id) == CHANGED
    assert readers["ilse"].told(case_id) == [], "and never again of that client"


def test_who_comes_back_hears_whether_the_list_is_as_it_was_drawn(hub: Hub, web: WebProcess, case_id: str) -> None:
    for viewer in (MARLOES, TOM):
        reader = Reader(web, viewer)
        drawn = reader.mark(hub)
        assert reader.open(drawn) == {"watching": True, "changed": False}
        referral = send(hub, case_id)
        assert Reader(web, viewer).open(drawn) == {"watching": True, "changed": True}
        record(hub, referral, TOM, Event.RECEIVE)
        assert Reader(web, viewer).open(reader.mark(hub)) == {"watching": True, "changed": False}
        assert Reader(web, viewer).open(None)["changed"] is True


def test_the_sweep_finds_what_a_lost_nudge_left_and_who_came_into_a_list_without_one(
    hub: Hub, web: WebProcess, readers: dict[str, Reader], case_id: str
) -> None:
    send(hub, case_id)
    given = new_case(hub, bsn=someone()["bsn"])
    web.live.lists.sweep()
    assert web.live.lists._heard == {case_id, given}
    assert readers["marloes"].told(*web.live.lists._heard) == CHANGED, "once for both"
    web.live.lists._heard.clear()
    web.live.lists.sweep()
    assert web.live.lists._heard == set()


def test_who_is_signed_out_is_told_so_and_hears_no_more(
    hub: Hub, web: WebProcess, readers: dict[str, Reader], case_id: str
) -> None:
    with hub.store.writing() as work:
        sessions.end_all(work, TOM.id, "signed_out")
    web.live.sweep()
    assert readers["tom"].got("worklist") == [{"ended": "signed_out"}]
    send(hub, case_id)
    assert readers["tom"].told(case_id) == []
    assert readers["tom"].open() == {"error": "signed_out"}
    assert readers["marloes"].told(case_id) == CHANGED


@pytest.mark.parametrize("asked", [[], {"mark": 7}, {"mark": ["x"]}, {"mark": {"a": "b"}}])
def test_a_hostile_question_about_a_list_gets_an_error_or_a_plain_answer(web: WebProcess, asked: Any) -> None:
    reader = Reader(web, TOM)
    answer = reader.socket.emit("watch_worklist", asked, namespace=NAMESPACE, callback=True)
    assert answer in ({"error": "invalid"}, {"watching": True, "changed": True})
    reader.socket.disconnect(NAMESPACE)
