"""The pages of a real hub in a real browser: what happens elsewhere shows without a reload."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from schemas.vocabulary import Event, LifeDomain
from tests.browser.comparable import comparable, reloaded
from tests.browser.real_hub import RealHub

pytestmark = pytest.mark.browser


def settled(page: Page, position: int) -> None:
    """Wait until a page stands at a position of its viewer's timeline."""
    page.wait_for_selector(f'[data-case][data-position="{position}"]', timeout=60_000)


def same_as_reloaded(page: Page) -> None:
    """Compare with a reload, once the page has asked for what an entry alone can't bring (a new organisation)."""
    for _ in range(40):
        if comparable(page) == reloaded(page):
            return
        page.wait_for_timeout(250)
    assert comparable(page) == reloaded(page)


def refer_to_mental_health(page: Page, case_id: str) -> None:
    page.goto(f"{page.url.split('/inwoners')[0]}/verwijzingen/nieuw?inwoner={case_id}")
    page.check("input[value=mental_health]")
    page.check("input[value=ggz-kennismaking]")
    page.fill("textarea[name=reason]", "Karin slaapt slecht en wil daar hulp bij.")
    page.check("input[value='Komt afspraken na']")
    page.check("input[name=basis][value=consent]")
    page.fill("input[name=evidence]", "Gesprek op 12 november")
    page.click("text=Verwijzing versturen")
    page.wait_for_url("**/verwijzingen/*-*")


def test_marloes_refers_to_mental_health_and_sees_it_delivered_and_accepted_without_a_reload(
    real: RealHub, open_page: Callable[..., Page]
) -> None:
    case_id = real.karin()
    watching = open_page("marloes", f"/inwoners/{case_id}")
    watching.wait_for_selector("text=Live")
    refer_to_mental_health(open_page("marloes", f"/inwoners/{case_id}"), case_id)
    watching.wait_for_selector("text=Bezorgd", timeout=20_000)
    watching.wait_for_selector("text=GGZ De Leij accepteert de verwijzing", timeout=20_000)
    same_as_reloaded(watching)


def test_every_kind_of_event_leaves_the_page_as_a_reload_gives_it(
    real: RealHub, open_page: Callable[..., Page]
) -> None:
    page = open_page("marloes", f"/inwoners/{real.karin()}")
    page.wait_for_selector("text=Live")
    referral = real.send()
    for event, data in (
        (Event.RECEIVE, {}),
        (Event.ASK, {"note": "Op welke dagen kan Karin?"}),
    ):
        real.record(referral.id, event, **data)
    from tests.personas import MARLOES

    real.record(referral.id, Event.ANSWER, MARLOES, "marloes", note="Op maandag.")
    for event, data in (
        (Event.WAITLIST, {"note": "In januari is er plek."}),
        (Event.ACCEPT, {}),
        (Event.UNDO_ACCEPT, {"reason": "no_capacity"}),
        (Event.ACCEPT, {}),
        (Event.PLAN, {}),
        (Event.START, {}),
        (Event.PAUSE, {"reason": "other", "note": "Karin is op vakantie."}),
        (Event.RESUME, {}),
        (Event.COMPLETE, {"note": "Het is gelukt."}),
    ):
        real.record(referral.id, event, **data)
    other = real.send()
    real.record(other.id, Event.WITHDRAW, MARLOES, "marloes")
    # opened, two referrals each sent and delivered, twelve events, one withdrawal
    settled(page, 1 + 2 + 12 + 2 + 1)
    same_as_reloaded(page)


def test_a_partner_accepts_on_screen_and_the_regisseur_sees_it(real: RealHub, open_page: Callable[..., Page]) -> None:
    referral = real.send()
    watching = open_page("marloes", f"/inwoners/{real.karin()}")
    watching.wait_for_selector("text=Live")
    tom = open_page("tom", f"/verwijzingen/{referral.id}")
    real.record(referral.id, Event.RECEIVE)
    tom.reload()
    tom.click("button:has-text('Accepteren'), summary:has-text('Accepteren'), a:has-text('Accepteren')")
    watching.wait_for_selector("text=Leerwerkbedrijf De Spoel accepteert de verwijzing", timeout=20_000)


def test_work_and_income_learns_of_mental_health_no_more_than_that_something_runs(
    real: RealHub, open_page: Callable[..., Page]
) -> None:
    peter = open_page("peter", f"/inwoners/{real.karin()}")
    before = comparable(peter)
    real.send(to="ggz-de-leij", life_domains=(LifeDomain.MENTAL_HEALTH,))
    marloes = open_page("marloes", f"/inwoners/{real.karin()}")
    marloes.wait_for_selector("text=GGZ De Leij accepteert de verwijzing", timeout=20_000)
    assert comparable(peter) == before
    same_as_reloaded(peter)


def test_a_browser_that_lost_its_connection_during_two_hundred_updates_ends_as_a_reload(
    real: RealHub, open_page: Callable[..., Page]
) -> None:
    page = open_page("marloes", f"/inwoners/{real.karin()}")
    page.wait_for_selector("text=Live")
    page.context.set_offline(True)
    _stop_sockets(real)
    start = 1
    for _ in range(50):
        referral = real.send()
        real.record(referral.id, Event.RECEIVE)
        real.record(referral.id, Event.ACCEPT)
        start += 4
    page.wait_for_selector("text=Live bijwerken staat even stil", timeout=30_000)
    page.context.set_offline(False)
    settled(page, start)
    same_as_reloaded(page)


def test_a_gap_too_large_to_replay_ends_as_a_reload(
    real: RealHub, open_page: Callable[..., Page], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.live.watching.REPLAY_LIMIT", 20)
    page = open_page("marloes", f"/inwoners/{real.karin()}")
    page.wait_for_selector("text=Live")
    page.context.set_offline(True)
    _stop_sockets(real)
    for _ in range(20):
        real.send()
    page.context.set_offline(False)
    settled(page, 1 + 2 * 20)
    same_as_reloaded(page)


def _stop_sockets(real: RealHub) -> None:
    """Cut the wires: a browser told to be offline keeps the sockets it has."""
    live = real.running.web.live
    for sid in list(live.room.viewers):
        live.socketio.server.disconnect(sid, namespace="/live")
