"""What the live view must not tell: by presence, or to who lost the right."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask_socketio import SocketIOTestClient
from sqlalchemy import update

from hub.live import NAMESPACE
from hub.models import ApiClient, Case, Person
from hub.wiring import Hub
from tests.integration.callers import GGZ, KADE, WI, Site, sign_in_as, someone
from tests.personas import ILSE, MARLOES, NAIMA


@pytest.fixture
def site(database_hub: Hub) -> Iterator[Site]:
    yield Site(database_hub)


class Watcher:
    """Someone, or a system, that watches."""

    def __init__(self, site: Site, *, person: str | None = None, system: str | None = None) -> None:
        http = site.web.app.test_client()
        if person is not None:
            sign_in_as(site.hub, http, person)
        auth = {"token": site.token(system)} if system else None
        self.socket = SocketIOTestClient(
            site.web.app, site.web.live.socketio, namespace=NAMESPACE, flask_test_client=http, auth=auth
        )

    def watch(self, case_id: str) -> Any:
        return self.socket.emit("watch", {"case": case_id, "after": None}, namespace=NAMESPACE, callback=True)

    def got(self) -> list[tuple[str, Any]]:
        return [(one["name"], one["args"][0]) for one in self.socket.get_received(NAMESPACE)]


def hidden_case(site: Site) -> str:
    """Give a case where Work & Income may know only that something runs."""
    ground = {"basis": "public_task", "law": "participatiewet", "purpose": "guidance"}
    made = site.send(WI, client=someone(), to=GGZ, life_domains=["mental_health"], ground=ground).json
    for event in ("receive", "accept"):
        assert site.event(made["id"], event, GGZ).status_code == 200
    with site.hub.store.writing() as work:
        work.session.execute(update(Case).where(Case.id == made["case_id"]).values(regisseur_id=MARLOES.id))
    return str(made["case_id"])


def test_who_may_not_know_of_a_helper_hears_nothing_when_that_helper_looks(site: Site) -> None:
    case_id = hidden_case(site)
    marloes = Watcher(site, person=MARLOES.id)
    assert "snapshot" in marloes.watch(case_id)
    assert marloes.got() == [("presence", {"case": case_id, "people": []})]
    ilse = Watcher(site, person=ILSE.id)
    assert "snapshot" in ilse.watch(case_id)
    ilse.socket.disconnect(NAMESPACE)
    assert marloes.got() == [], "not even the same list again"


def test_who_may_know_of_a_helper_sees_her_come_and_go(site: Site) -> None:
    made = site.send(WI, to=KADE).json
    for event in ("receive", "accept"):
        site.event(made["id"], event, KADE)
    with site.hub.store.writing() as work:
        work.session.execute(update(Case).where(Case.id == made["case_id"]).values(regisseur_id=MARLOES.id))
    marloes = Watcher(site, person=MARLOES.id)
    marloes.watch(made["case_id"])
    marloes.got()
    naima = Watcher(site, person=NAIMA.id)
    naima.watch(made["case_id"])
    naima.socket.disconnect(NAMESPACE)
    told = [[person["name"] for person in data["people"]] for name, data in marloes.got() if name == "presence"]
    assert told == [["Naima Bouzid"], []]


def test_a_blocked_account_can_not_watch_again_over_the_connection_it_has(site: Site) -> None:
    case_id = hidden_case(site)
    marloes = Watcher(site, person=MARLOES.id)
    marloes.watch(case_id)
    with site.hub.store.writing() as work:
        work.session.execute(update(Person).where(Person.id == MARLOES.id).values(active=False))
    site.web.live.sweep()
    assert ("closed", {"case": case_id, "reason": "signed_out"}) in marloes.got()
    assert marloes.watch(case_id) == {"error": "signed_out"}


def test_a_blocked_system_is_shut_out_like_a_person(site: Site) -> None:
    case_id = hidden_case(site)
    system = Watcher(site, system=GGZ)
    assert "snapshot" in system.watch(case_id)
    with site.hub.store.writing() as work:
        work.session.execute(update(ApiClient).where(ApiClient.id == GGZ).values(active=False))
    site.web.live.sweep()
    assert ("closed", {"case": case_id, "reason": "signed_out"}) in system.got()
    assert system.watch(case_id) == {"error": "signed_out"}
