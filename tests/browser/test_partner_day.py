"""A partner's day at the screen, the sender's page open beside it: what one does the other sees without a reload."""

import datetime as dt
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from hub.services.referrals import answering
from schemas.referral import NewEvent
from schemas.vocabulary import Event, LifeDomain, Purpose
from tests.browser.looks import violations
from tests.browser.real_hub import RealHub
from tests.builders import ground
from tests.personas import TOM

pytestmark = pytest.mark.browser
Open = Callable[..., Page]
expect.set_options(timeout=20_000)
PARTS = ("#deel-kop", "#deel-spoor", "#deel-besluit", "#deel-antwoord", "#deel-inhoud", "#deel-anders")
QUESTION, ANSWER = "Op welke dagdelen kan het?", "Op maandag en dinsdag."


def send(real: RealHub) -> str:
    """Send a referral to De Spoel as Marloes."""
    return real.send(
        service="orientatie-groen",
        life_domains=(LifeDomain.WORK_EDUCATION,),
        ground=ground(purpose=Purpose.PLACEMENT),
    ).id


def is_live(page: Page) -> Page:
    expect(page.locator("[data-live]")).to_have_text("Live")
    return page


def test_tom_and_marloes_talk_and_tom_accepts_with_both_pages_open(real: RealHub, open_page: Open) -> None:
    tom = is_live(open_page("tom", "/werkvoorraad"))
    referral_id = send(real)
    row = tom.locator(f"#post-{referral_id}")
    expect(row.locator(".nieuw-label")).to_have_text("Nieuw")
    marloes = is_live(open_page("marloes", f"/verwijzingen/{referral_id}"))

    row.get_by_role("link").click()
    is_live(tom)
    tom.locator("#ask > summary").click()
    tom.get_by_label("Wat wilt u weten?").fill(QUESTION)
    tom.get_by_role("button", name="Vraag versturen").click()
    expect(tom.get_by_role("heading", name="Uw vraag is verstuurd")).to_be_visible()
    expect(tom).to_have_url(f"{real.address}/werkvoorraad/{referral_id}")

    expect(marloes.locator("#gesprek")).to_contain_text(QUESTION)
    expect(marloes.locator("#gesprek .nieuw-label")).to_have_count(1)
    marloes.get_by_label("Uw antwoord aan Leerwerkbedrijf De Spoel").fill(ANSWER)
    marloes.get_by_role("button", name="Antwoord versturen").click()
    expect(marloes.get_by_role("heading", name="Uw antwoord is verstuurd")).to_be_visible()

    is_live(marloes)
    expect(tom.locator("#gesprek")).to_contain_text(ANSWER)
    expect(tom.get_by_text("De naam ziet u als u accepteert.")).to_be_visible()
    tom.get_by_role("button", name="Accepteren").click()
    expect(tom.get_by_role("heading", name="Geaccepteerd")).to_be_visible()
    expect(tom.get_by_role("article").get_by_text("Karin Smulders").first).to_be_visible()

    expect(marloes.locator("#deel-kop .status")).to_have_text("Geaccepteerd")
    expect(marloes.locator("#deel-berichtspoor")).to_contain_text("accepteert de verwijzing")
    # The trail is left out: of our own messages on their way the timeline tells nothing, so a page hears no news of it.
    shown = [marloes.locator(part).inner_text() for part in PARTS]
    marloes.reload()
    assert shown == [marloes.locator(part).inner_text() for part in PARTS]


def test_what_marloes_is_writing_stays_when_tom_was_first(real: RealHub, open_page: Open) -> None:
    referral_id = send(real)
    as_tom(real, referral_id, Event.ASK, note=QUESTION)
    marloes = is_live(open_page("marloes", f"/verwijzingen/{referral_id}"))
    field = marloes.get_by_label("Uw antwoord aan Leerwerkbedrijf De Spoel")
    field.fill("Op maan")
    as_tom(real, referral_id, Event.ACCEPT)
    expect(marloes.get_by_text("Er is net iets veranderd bij deze verwijzing")).to_be_visible()
    expect(field).to_have_value("Op maan")
    expect(field).to_be_focused()
    expect(marloes.locator("#deel-kop .status")).to_have_text("Geaccepteerd")
    steps = marloes.locator("#deel-berichtspoor li")
    for days in (3, 4):  # the second changes no state
        before = steps.count()
        as_tom(real, referral_id, Event.PLAN, at=dt.datetime.now(dt.UTC) + dt.timedelta(days=days))
        expect(steps).not_to_have_count(before)
    expect(marloes.get_by_text("Er is net iets veranderd bij deze verwijzing")).to_be_visible()


def as_tom(real: RealHub, referral_id: str, event: Event, **more: object) -> None:
    with real.hub.store.writing() as work:
        new = NewEvent(event=event, **more)  # type: ignore[arg-type]
        answering.answer(work, real.hub.config, real.person(TOM, "tom"), referral_id, new)  # type: ignore[arg-type]


def test_on_a_phone_the_list_and_the_referral_are_two_pages(real: RealHub, open_page: Open) -> None:
    referral_id = send(real)
    tom = open_page("tom", "/werkvoorraad?stand=nieuw", width=390)
    expect(tom.locator(".inbox__detail")).to_be_hidden()
    assert violations(tom) == []
    tom.locator(f"#post-{referral_id}").get_by_role("link").click()
    expect(tom.get_by_role("navigation", name="Binnengekomen verwijzingen")).to_be_hidden()
    tom.locator("#waitlist > summary").click()
    tom.get_by_label("Vanaf wanneer is er plek?").fill("2030-01-14")
    assert violations(tom) == []
    assert tom.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    tom.get_by_role("button", name="Op de wachtlijst zetten").click()
    expect(tom.locator("#gesprek")).to_contain_text("Naar verwachting plek vanaf 14 januari 2030.")
    tom.get_by_role("link", name="Terug naar postvak in").click()
    expect(tom.locator(f"#post-{referral_id}")).to_contain_text("Op de wachtlijst")


def test_tom_declines_names_who_fits_better_and_says_how_much_room_there_is(real: RealHub, open_page: Open) -> None:
    referral_id = send(real)
    tom = open_page("tom", f"/werkvoorraad/{referral_id}")
    tom.locator("#decline > summary").click()
    tom.get_by_role("button", name="Afwijzing versturen").click()
    expect(tom.get_by_role("alert")).to_contain_text("Kies een reden")
    assert violations(tom) == []
    tom.get_by_label("Een andere organisatie past beter").check()
    tom.locator("#decline-proposed").select_option(label="Hulp bij post en overzicht")
    tom.get_by_role("button", name="Afwijzing versturen").click()
    expect(tom.get_by_role("heading", name="De afwijzing is verstuurd")).to_be_visible()
    expect(tom).to_have_url(f"{real.address}/werkvoorraad")
    marloes = open_page("marloes", f"/verwijzingen/{referral_id}")
    expect(marloes.get_by_role("link", name="Nieuwe verwijzing maken")).to_be_visible()
    expect(marloes.locator("#gesprek")).to_contain_text("Voorstel: Hulp bij post en overzicht")
    assert violations(marloes) == []

    tom.get_by_role("link", name="Uw ruimte aanpassen").click()
    tom.locator("#orientatie-groen-places").fill("drie")
    tom.get_by_role("button", name="Bewaren, Oriëntatie groen").click()
    expect(tom.get_by_role("alert")).to_contain_text("Plekken")
    tom.locator("#orientatie-groen-places").fill("3")
    tom.get_by_role("button", name="Bewaren, Oriëntatie groen").click()
    expect(tom.get_by_role("heading", name="Bewaard: Oriëntatie groen")).to_be_visible()
    assert violations(tom) == []
    tom.goto(f"{real.address}/werkvoorraad")
    expect(tom.get_by_text("Oriëntatie groen: 3 plekken")).to_be_visible()
