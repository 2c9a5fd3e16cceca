"""Coming back to a client: what happened since the last visit, told to who may see it, and never twice."""

import datetime as dt

import pytest
from sqlalchemy import select

from hub.app import create_web
from hub.live import NAMESPACE
from hub.models import Visit
from hub.rules.visits import last_working_day, worth_writing
from hub.services.overview.list_watch import mark_of_list
from hub.services.overview.worklist import worklist
from hub.services.record import visits
from hub.services.views.viewer import Viewer
from hub.wiring import Hub
from schemas.vocabulary import ItemKind, LifeDomain
from tests.integration.callers import Site, looking_at, now
from tests.integration.test_audit_log import signed_in
from tests.integration.test_items import Write, case_id, hub, view, write
from tests.integration.test_live_side import Watcher
from tests.personas import ILSE, MARLOES, NAIMA

__all__ = ["case_id", "hub", "write"]  # fixtures
MINUTE, HOUR = dt.timedelta(minutes=1), dt.timedelta(hours=1)


def look(hub: Hub, who: Viewer, case_id: str, at: dt.datetime) -> list[str]:
    """Look at a client as a visit does; give what is new, newest first."""
    seen = view(hub, who, case_id)
    with hub.store.reading() as session:
        before, read = visits.looks(session, who, seen, at)
    if worth_writing(before, read):
        with hub.store.writing() as work:
            visits.keep(work, who, case_id, read)
    found = visits.since(seen, who, read)
    return [entry.data.get("text", entry.kind) for entry in found.entries] if found is not None else []


def test_a_visit_tells_what_others_did_since_the_last_one_of_what_one_may_see(
    hub: Hub, case_id: str, write: Write
) -> None:
    assert look(hub, MARLOES, case_id, now()) == [], "a first visit has nothing to compare with"
    write(NAIMA, ItemKind.REMARK, about="case", content={"text": "De brief is er."})
    write(ILSE, ItemKind.REMARK, LifeDomain.MENTAL_HEALTH, content={"text": "Over de behandeling."})
    write(MARLOES, ItemKind.REMARK, about="case", content={"text": "Ik bel haar."})
    later = now() + HOUR
    assert look(hub, MARLOES, case_id, later) == ["De brief is er."]
    write(NAIMA, ItemKind.REMARK, about="case", content={"text": "Gelukt."})
    assert look(hub, MARLOES, case_id, later + MINUTE) == ["De brief is er."], "within a visit it stays as it was"
    assert look(hub, MARLOES, case_id, later + 2 * HOUR) == [], "what came in within it, was seen"
    assert look(hub, ILSE, case_id, later) == []


def test_what_a_browser_fetches_ahead_is_no_visit_and_a_look_is(hub: Hub, case_id: str) -> None:
    browser = signed_in(Site(hub), "marloes")
    for sent, kept in (({"Sec-Purpose": "prefetch"}, 0), ({}, 1)):
        assert browser.get(f"/inwoners/{case_id}", headers=sent).status_code == 200
        with hub.store.reading() as session:
            assert len(session.scalars(select(Visit)).all()) == kept


def test_what_comes_in_on_an_open_page_counts_as_seen(hub: Hub, case_id: str, write: Write) -> None:
    web = create_web(hub)
    marloes = Watcher(web, MARLOES)
    position = marloes.watch(case_id)["position"]
    write(NAIMA, ItemKind.REMARK, about="case")
    web.live.push(case_id)
    marloes.socket.emit("seen", {"case": case_id, "after": position}, namespace=NAMESPACE)
    with hub.store.reading() as session:
        assert visits.read_of(session, MARLOES, case_id) is None, "another entry is under way"
    marloes.socket.emit("seen", {"case": case_id, "after": position + 1}, namespace=NAMESPACE)
    assert look(hub, MARLOES, case_id, now() + HOUR) == []
    marloes.socket.disconnect(NAMESPACE)


def test_a_row_of_the_list_counts_what_is_new_of_what_may_be_seen_until_it_was_looked_at(
    hub: Hub, case_id: str, write: Write
) -> None:
    def count() -> tuple[int, list[str]]:
        with looking_at(hub) as session:
            (line,) = worklist(session, hub.config, MARLOES, now())
        return line.news, [entry.kind for entry in line.happened]

    def mark() -> str:
        with hub.store.reading() as session:
            return mark_of_list(session, hub.config, MARLOES, now())

    before, first = count()[0], mark()
    write(ILSE, ItemKind.REMARK, LifeDomain.MENTAL_HEALTH)
    assert (count()[0], mark()) == (before, first), "a count never tells of what may not be seen"
    write(NAIMA, ItemKind.REMARK, about="case")
    assert count()[0] == before + 1
    assert count()[1][0] == "remark_added"
    assert mark() != first, "who has the list open is told"
    look(hub, MARLOES, case_id, now())
    assert count()[0] == 0
    assert count()[1][0] == "remark_added", "what just happened stays to be read"


@pytest.mark.parametrize(("day", "before"), [("2026-11-24", "2026-11-23"), ("2026-11-23", "2026-11-20")])
def test_since_yesterday_is_since_friday_on_a_monday(day: str, before: str) -> None:
    assert last_working_day(dt.datetime.fromisoformat(f"{day}T09:00:00+01:00")).isoformat() == before
