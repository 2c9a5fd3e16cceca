"""What Work & Income sent, on the list of who works there: what waits, what came back, and no more than the rules."""

import pytest

from hub.services.overview import inbox_list
from hub.services.views.viewer import Viewer
from hub.wiring import Hub
from schemas.vocabulary import Event, LifeDomain, Outcome, Purpose
from tests.integration.callers import Site, looking_at, now
from tests.integration.conftest import add_viewer
from tests.integration.test_audit_log import signed_in
from tests.integration.test_items import case_id, hub
from tests.integration.test_live_side import PUBLIC_TASK, record, send
from tests.personas import ILSE, PETER, TOM, person

__all__ = ["case_id", "hub"]  # fixtures
WOUT = person("wout", "Wout Aerts", "wi-tilburg", "Werk & Inkomen Tilburg", "job_matcher", Purpose.PLACEMENT)


@pytest.fixture
def wout(hub: Hub) -> Viewer:
    with hub.store.writing() as work:
        add_viewer(work, WOUT)
    return WOUT


def page(hub: Hub, who: Viewer) -> str:
    return signed_in(Site(hub), who.id).get("/werkvoorraad").text.partition('id="h-verstuurd"')[2]


def test_who_follows_what_was_sent_reads_what_waits_what_came_back_and_what_runs(
    hub: Hub, case_id: str, wout: Viewer
) -> None:
    asked, done = (send(hub, case_id, ground=PUBLIC_TASK) for _ in range(2))
    record(hub, asked, TOM, Event.RECEIVE)
    record(hub, asked, TOM, Event.ASK, note="Welke dagen?")
    for event in (Event.RECEIVE, Event.ACCEPT, Event.START):
        record(hub, done, TOM, event)
    record(hub, done, TOM, Event.COMPLETE, outcome=Outcome.REACHED)
    shown = page(hub, wout)
    waits, _, rest = shown.partition("Teruggekomen")
    back, _, runs = rest.partition("Loopt bij een ander")
    assert f"/verwijzingen/{asked}" in waits
    assert f"/verwijzingen/{done}" in back
    assert "Leerwerkbedrijf De Spoel" in runs
    assert ILSE.organisation_name not in shown, "of care no more than that something runs, and that is no work"


def test_income_reads_none_of_it_and_why(hub: Hub, case_id: str) -> None:
    shown = page(hub, PETER)
    assert "Niets dat u mag zien" in shown
    assert "Spoel" not in shown
    assert page(hub, TOM) == "", "who receives has an inbox and no more"


def test_what_is_hidden_takes_no_place_on_the_list(
    hub: Hub, case_id: str, wout: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = send(hub, case_id, ground=PUBLIC_TASK)
    hidden = send(hub, case_id, to="ggz-de-leij", life_domains=(LifeDomain.MENTAL_HEALTH,), ground=PUBLIC_TASK)
    monkeypatch.setattr(inbox_list, "_MOST", 1)
    monkeypatch.setattr(inbox_list, "_LINES", inbox_list._LINES.limit(1))
    with looking_at(hub) as session:
        lines = inbox_list.sent_lines(session, hub.config, wout, now())
    assert [line.referral.id for line in lines or () if line.referral] == [shown] and hidden != shown
