"""Emergency access: who gets it, what it shows, how it ends, and who hears of it."""

import datetime as dt
import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from hub import telemetry
from hub.app import WebProcess, create_web
from hub.models import Case, Emergency
from hub.rules import enumeration
from hub.rules.emergencies import clocks
from hub.services.access.closed_files import close_file
from hub.services.access.emergencies import (
    client_was_told,
    clients_to_tell,
    emergencies,
    end_emergencies,
    judge_emergency,
    open_emergency,
)
from hub.services.access.objections import register_objection
from hub.services.cases.case_view import case_view
from hub.services.errors import Invalid, NotFound
from hub.services.overview.worklist import worklist
from hub.services.record.audit import policy_version
from hub.services.record.clients import find_or_open_case
from hub.services.referrals import sending
from hub.services.referrals.referral_view import referral_view
from hub.services.views.viewer import Viewer
from hub.wiring import Hub
from tests.builders import KARIN, client, new_referral
from tests.integration.callers import looking_at, sign_in_as
from tests.integration.conftest import add_viewer
from tests.integration.test_circumstances import FATIMA, Watcher
from tests.personas import BAS, ILSE, MARLOES, NAIMA, PETER, TOM, person
from workers.timers import Timers

ELS = person("els", "Els van Loon", "toegang-broekhoven", "Toegangsteam Broekhoven", "team_coordinator", "triage")
REASON = "Zij belt dat zij er vannacht een einde aan maakt."
HELPERS = (ILSE, ELS)


@pytest.fixture
def hub(database_hub: Hub) -> Hub:
    with database_hub.store.writing() as work:
        for one in (FATIMA, ELS):
            add_viewer(work, one)
    return database_hub


@pytest.fixture
def case_id(hub: Hub) -> str:
    with hub.store.writing() as work:
        case = find_or_open_case(work, hub.config.municipality.code, client())
        work.session.execute(update(Case).where(Case.id == case.id).values(regisseur_id=MARLOES.id))
    return case.id


def opened(hub: Hub, who: Viewer, whom: str, *, at: dt.datetime | None = None, reason: str = REASON) -> str:
    with hub.store.writing(at) as work:
        return open_emergency(work, hub.config, who, whom=whom, danger="crisis", reason=reason)


def view(hub: Hub, who: Viewer, case_id: str) -> Any:
    with looking_at(hub) as session:
        return case_view(session, hub.config, who, case_id, dt.datetime.now(dt.UTC))


def browser(web: WebProcess, who: Viewer) -> FlaskClient:
    http = web.app.test_client()
    sign_in_as(web.live._hub, http, who.id)
    return http


def post(http: FlaskClient, path: str, **form: str) -> Any:
    """Send a form as the page does, with its token."""
    page = http.get("/nergens").get_data(as_text=True)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token is not None
    return http.post(path, data={**form, "csrf_token": token.group(1)})


@pytest.mark.parametrize("who", HELPERS, ids=lambda who: who.role)
@pytest.mark.parametrize("by", ["bsn", "case"])
def test_a_helper_without_any_tie_sees_a_case_for_an_hour_and_can_only_look(
    hub: Hub, case_id: str, who: Viewer, by: str
) -> None:
    with hub.store.writing() as work:
        referral = sending.send_referral(work, hub.config, MARLOES, new_referral(case_id=case_id))
    with pytest.raises(NotFound):
        view(hub, who, case_id)
    assert opened(hub, who, KARIN if by == "bsn" else case_id) == case_id
    seen = view(hub, who, case_id)
    assert (seen.client_name, seen.may_refer, seen.emergency_until is not None) == ("Karin Smulders", False, True)
    assert [line.id for line in seen.referrals] == [referral.id]
    with looking_at(hub) as session:
        page = referral_view(session, hub.config, who, referral.id, dt.datetime.now(dt.UTC))
    assert page.actions == ()
    assert "bsn" not in dict(page.content)


def test_a_social_worker_may_ask_it_too(hub: Hub, case_id: str) -> None:
    assert opened(hub, NAIMA, KARIN) == case_id
    assert view(hub, NAIMA, case_id).client_name == "Karin Smulders"


@pytest.mark.parametrize("who", [MARLOES, PETER, TOM, BAS, FATIMA], ids=lambda who: who.role)
def test_nobody_of_income_placement_or_management_gets_it(hub: Hub, case_id: str, who: Viewer) -> None:
    with pytest.raises(NotFound):
        opened(hub, who, case_id)
    http = browser(create_web(hub), who)
    assert http.get("/noodtoegang").status_code == 404
    assert post(http, "/noodtoegang").status_code == 404


@pytest.mark.parametrize("reason", ["", "Nood.", "a" * 40, "   te   kort     x  ", "x" * 1001])
def test_without_a_reason_that_says_something_it_stays_closed(hub: Hub, case_id: str, reason: str) -> None:
    with pytest.raises(Invalid) as refused:
        opened(hub, ILSE, case_id, reason=reason)
    assert refused.value.field == "reason"
    with pytest.raises(NotFound):
        view(hub, ILSE, case_id)


def test_what_is_not_there_and_what_stays_closed_look_alike(hub: Hub, case_id: str) -> None:
    with hub.store.writing() as work:
        close_file(work, FATIMA, case_id, "ilse")
    http = browser(create_web(hub), ILSE)
    form = {"gevaar": "crisis", "reden": REASON}
    pages = {
        re.sub(
            r'csrf_token" value="[^"]+"|nonce="[^"]+"|F-[0-9A-F]{6}',
            "",
            post(http, "/noodtoegang", **form, wie=whom).text,
        )
        for whom in (case_id, KARIN, "999990020", "not-there", KARIN[:5])
    }
    assert len(pages) == 1
    with hub.store.reading() as session:
        assert session.scalars(select(Emergency)).all() == []


def test_an_objection_stands_before_an_emergency(hub: Hub, case_id: str) -> None:
    opened(hub, ILSE, case_id)
    with hub.store.writing() as work:
        register_objection(work, FATIMA, case_id)
    with pytest.raises(NotFound):
        view(hub, ILSE, case_id)
    with pytest.raises(NotFound):
        opened(hub, ELS, case_id)


def test_after_an_hour_it_is_over_and_the_live_room_closes_by_itself(hub: Hub, case_id: str) -> None:
    opened(hub, ILSE, case_id)
    web = create_web(hub)
    ilse = Watcher(web, ILSE)
    assert "snapshot" in ilse.watch(case_id)
    web.live.sweep()
    assert ilse.got("closed") == []
    past = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=1)
    with hub.store.writing() as work:
        work.session.execute(update(Emergency).values(until=past))
    for watch in web.live.room.cases[case_id].watches.values():
        watch.until = past
    web.live.sweep()
    assert ilse.got("closed") == [{"case": case_id, "reason": "no_longer_allowed"}]
    with pytest.raises(NotFound):
        view(hub, ILSE, case_id)


def test_it_lasts_sixty_minutes_and_not_one_more(hub: Hub, case_id: str) -> None:
    start = dt.datetime.now(dt.UTC)
    opened(hub, ILSE, case_id, at=start)
    for minutes, there in ((59, True), (60, False), (61, False)):
        try:
            with looking_at(hub) as session:
                case_view(session, hub.config, ILSE, case_id, start + dt.timedelta(minutes=minutes))
            found = True
        except NotFound:
            found = False
        assert found is there, minutes


def test_it_can_be_ended_before_its_time(hub: Hub, case_id: str) -> None:
    opened(hub, ILSE, case_id)
    with hub.store.writing() as work:
        end_emergencies(work, ILSE, case_id)
    with pytest.raises(NotFound):
        view(hub, ILSE, case_id)


def test_the_privacy_officer_sees_it_at_once_judges_it_and_a_wrong_one_ends(hub: Hub, case_id: str) -> None:
    opened(hub, ILSE, case_id)
    with hub.store.reading() as session:
        (one,) = emergencies(session, FATIMA)
        assert emergencies(session, MARLOES) == []
    assert (one.person_name, one.reason, one.needs_review) == (ILSE.name, REASON, False)
    page = browser(create_web(hub), FATIMA).get("/toegang").get_data(as_text=True)
    assert ILSE.name in page
    assert REASON in page
    assert "Karin" not in page
    with pytest.raises(NotFound), hub.store.writing() as work:
        judge_emergency(work, MARLOES, one.id, "justified")
    with hub.store.writing() as work:
        judge_emergency(work, FATIMA, one.id, "not_justified")
    with pytest.raises(NotFound):
        view(hub, ILSE, case_id)
    with pytest.raises(NotFound), hub.store.writing() as work:
        judge_emergency(work, FATIMA, one.id, "justified")


def test_the_clocks_are_one_and_three_working_days(hub: Hub, case_id: str) -> None:
    friday = dt.datetime(2026, 11, 20, 15, 0, tzinfo=dt.UTC)
    opened(hub, ILSE, case_id, at=friday)
    with hub.store.reading() as session:
        (one,) = emergencies(session, FATIMA)
    assert one.verdict_by == friday + dt.timedelta(days=3)
    assert one.tell_client_by == friday + dt.timedelta(days=5)
    assert one.until == friday + dt.timedelta(minutes=60)


def test_the_regisseur_hears_that_the_client_must_be_told_and_not_by_whom_it_was(hub: Hub, case_id: str) -> None:
    opened(hub, ILSE, case_id)
    web = create_web(hub)
    page = browser(web, MARLOES).get("/toegang").get_data(as_text=True)
    assert case_id in page
    assert not [word for word in (ILSE.name, "GGZ", "De Leij", REASON, "crisis", "Behandelaar") if word in page]
    with hub.store.reading() as session:
        (task,) = clients_to_tell(session, MARLOES)
        assert clients_to_tell(session, NAIMA) == []
    with pytest.raises(NotFound), hub.store.writing() as work:
        client_was_told(work, NAIMA, task.id)
    assert post(browser(web, MARLOES), "/toegang/verteld", kenmerk=task.id).status_code == 303
    with hub.store.reading() as session:
        assert clients_to_tell(session, MARLOES) == clients_to_tell(session, FATIMA) == []


def test_more_than_three_in_a_month_asks_for_a_review(hub: Hub, case_id: str) -> None:
    now = dt.datetime.now(dt.UTC)
    for days in (40, 20, 10, 5, 1):
        opened(hub, ILSE, case_id, at=now - dt.timedelta(days=days))
    with hub.store.reading() as session:
        found = emergencies(session, FATIMA)
    assert [(one.in_month, one.needs_review) for one in found] == [
        (4, True),
        (3, False),
        (3, False),
        (2, False),
        (1, False),
    ]


def test_the_form_opens_the_case_and_says_what_lacks(hub: Hub, case_id: str) -> None:
    http = browser(create_web(hub), ILSE)
    assert http.get("/noodtoegang").status_code == 200
    wrong = post(http, "/noodtoegang", wie=KARIN, gevaar="crisis", reden="kort")
    assert wrong.status_code == 422
    assert "minstens 20 tekens" in wrong.get_data(as_text=True)
    done = post(http, "/noodtoegang", wie=KARIN, gevaar="crisis", reden=REASON)
    assert (done.status_code, done.headers["Location"]) == (303, f"/inwoners/{case_id}")
    page = http.get(f"/inwoners/{case_id}").get_data(as_text=True)
    assert "U kijkt met noodtoegang" in page
    assert post(http, f"/noodtoegang/{case_id}/stop").status_code == 303
    assert http.get(f"/inwoners/{case_id}").status_code == 404


def test_can_x_ever_see_this_is_answered_on_the_page_with_the_rule(hub: Hub) -> None:
    http = browser(create_web(hub), FATIMA)
    asked = {
        "wie": "work_and_income/enforcer/enforcement",
        "soort": "progress",
        "leefgebied": "social_network",
        "eigenaar": "social_work",
        "herkomst": "guidance",
        "handeling": "view",
    }
    page = http.get("/toegang", query_string=asked).get_data(as_text=True)
    assert "Nee, nooit" in page
    assert "D01" in page
    page = http.get("/toegang", query_string={**asked, "wie": "social_work/social_worker/guidance"}).get_data(
        as_text=True
    )
    assert "Ja, onder deze voorwaarden" in page
    assert "A01" in page
    assert "Kan iemand dit ooit zien?" not in browser(create_web(hub), MARLOES).get("/toegang").get_data(as_text=True)
    assert browser(create_web(hub), NAIMA).get("/toegang").status_code == 404


def test_the_regisseur_finds_on_the_work_list_whom_to_tell_and_by_when(hub: Hub, case_id: str) -> None:
    began = dt.datetime.now(dt.UTC)
    opened(hub, ILSE, case_id)
    http = browser(create_web(hub), MARLOES)
    page = http.get("/werkvoorraad").get_data(as_text=True)
    assert "Vertel de inwoner" in page
    assert "Karin Smulders" in page[page.index("Vertel de inwoner") :]
    with looking_at(hub) as session:
        tasks = [line for line in worklist(session, hub.config, MARLOES, began) if line.reason == "tell_emergency"]
    assert len(tasks) == 1
    assert tasks[0].due_at is not None
    assert abs(tasks[0].due_at - clocks(began).tell_client_by) < dt.timedelta(minutes=1)
    with looking_at(hub) as session:
        later = worklist(session, hub.config, MARLOES, began + dt.timedelta(days=9))
    assert [line.urgency for line in later if line.reason == "tell_emergency"] == ["late"]
    with hub.store.writing() as work:
        register_objection(work, FATIMA, case_id)
    page = http.get("/werkvoorraad").get_data(as_text=True)
    assert "Vertel de inwoner" in page, "the duty stays where the file is closed"
    assert "Karin Smulders" not in page
    with hub.store.writing() as work:
        client_was_told(work, MARLOES, clients_to_tell(work.session, MARLOES)[0].id)
    assert "Vertel de inwoner" not in http.get("/werkvoorraad").get_data(as_text=True)


def test_a_verdict_that_is_late_shows_on_the_page_and_in_the_figures(hub: Hub, case_id: str) -> None:
    opened(hub, ILSE, case_id)
    http = browser(create_web(hub), FATIMA)
    timers = Timers(hub.store, hub.config, hub.broker, [])
    assert "zonder oordeel" not in http.get("/toegang").get_data(as_text=True)
    timers.step()
    assert (telemetry.VERDICTS_LATE._value.get(), telemetry.CLIENTS_UNTOLD._value.get()) == (0, 0)
    past = dt.datetime.now(dt.UTC) - dt.timedelta(minutes=1)
    with hub.store.writing() as work:
        work.session.execute(update(Emergency).values(verdict_by=past, tell_client_by=past))
    assert "1 keer noodtoegang zonder oordeel" in http.get("/toegang").get_data(as_text=True)
    Timers(hub.store, hub.config, hub.broker, []).step()
    assert (telemetry.VERDICTS_LATE._value.get(), telemetry.CLIENTS_UNTOLD._value.get()) == (1, 1)
    with hub.store.writing() as work:
        judge_emergency(work, FATIMA, emergencies(work.session, FATIMA)[0].id, "justified")
    assert "zonder oordeel" not in http.get("/toegang").get_data(as_text=True)


def test_an_emergency_shows_who_and_what_is_needed_and_not_the_number_of_the_client(hub: Hub, case_id: str) -> None:
    opened(hub, ILSE, case_id)
    seen = view(hub, ILSE, case_id)
    assert (seen.whys["person"].rule, seen.whys["person"].until) == ("A11", seen.emergency_until)
    assert (seen.whys["bsn"].allowed, seen.bsn_tail) == (False, None)


def test_the_officer_reads_that_enforcement_never_sees_anything_and_when_that_was_gone_through(hub: Hub) -> None:
    page = browser(create_web(hub), FATIMA).get("/toegang").get_data(as_text=True)
    part = page[page.index('id="handhaving"') :].partition("</section>")[0]
    assert "Regel D01" in part
    assert policy_version() in part
    assert "sindsdien niet veranderd" in part
    assert str(enumeration.PATHS) in part
