"""Accounts in a real browser: the second step, another post, a session ended elsewhere, and who manages people."""

import datetime as dt
from collections.abc import Callable

import pyotp
import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select, update

from hub.models import Person, Post
from hub.services.people import identity
from hub.store.database import UnitOfWork
from tests.browser.looks import look
from tests.browser.real_hub import RealHub

pytestmark = pytest.mark.browser
OWN = "zeven groene fietsen"


def id_of(work: UnitOfWork, username: str) -> str:
    return work.execute(select(Person.id).where(Person.username == username)).scalar_one()


def fresh_code(real: RealHub, username: str, secret: str) -> str:
    """Give the code of this moment, whatever code was taken before: a test can't wait half a minute."""
    with real.hub.store.writing() as work:
        work.execute(update(Person).where(Person.username == username).values(factor_step=0))
    return pyotp.TOTP(secret).now()


def test_naima_sets_up_a_second_step_and_signs_in_with_it_and_with_a_recovery_code(
    real: RealHub, enter: Callable[..., Page]
) -> None:
    page = enter("naima")
    page.goto(f"{real.address}/account")
    look(page, "account")
    page.get_by_role("link", name="Zet aan").click()
    look(page, "tweede-stap-begin")
    page.get_by_role("button", name="Begin").click()
    secret = "".join(page.locator("code.sleutel").inner_text().split())
    assert page.locator("img.qr").evaluate("image => image.complete && image.naturalWidth > 100")
    look(page, "tweede-stap-plaatje")
    page.fill("#code", "000 000")
    page.get_by_role("button", name="Zet de tweede stap aan").click()
    expect(page.get_by_role("alert")).to_contain_text("klopt niet")
    look(page, "tweede-stap-fout")
    page.fill("#code", pyotp.TOTP(secret).now())
    page.get_by_role("button", name="Zet de tweede stap aan").click()
    codes = page.locator(".herstelcodes code").all_inner_texts()
    assert len(codes) == 10
    look(page, "herstelcodes")
    page.get_by_role("link", name="Ik heb ze bewaard, ga verder").click()
    page.wait_for_url("**/werkvoorraad")
    page.goto(f"{real.address}/account/tweede-stap")
    look(page, "tweede-stap-aan")
    again = enter("naima")
    again.wait_for_url("**/inloggen/code")
    look(again, "code")
    again.fill("#code", "123123")
    again.get_by_role("button", name="Verder").click()
    expect(again.get_by_role("alert")).to_be_visible()
    look(again, "code-fout")
    again.fill("#code", fresh_code(real, "naima", secret))
    again.get_by_role("button", name="Verder").click()
    again.wait_for_url("**/werkvoorraad")
    third = enter("naima")
    third.fill("#code", codes[0].lower())
    third.get_by_role("button", name="Verder").click()
    third.wait_for_url("**/werkvoorraad")


def test_marloes_goes_on_in_another_post_and_back(real: RealHub, enter: Callable[..., Page]) -> None:
    with real.hub.store.writing() as work:
        work.execute(update(Post).where(Post.person_id == id_of(work, "marloes")).values(starts_on=dt.date(2026, 1, 1)))
        identity.add_post(
            work,
            id_of(work, "marloes"),
            organisation="wi-tilburg",
            role="income_consultant",
            purpose="income",
            title="inkomensconsulent",
        )
    page = enter("marloes")
    expect(page.get_by_role("link", name="Mijn account")).to_contain_text("Klantregisseur")
    page.goto(f"{real.address}/account")
    look(page, "account-functies")
    page.get_by_role("button", name="Werk verder als inkomensconsulent").click()
    page.wait_for_url("**/werkvoorraad")
    expect(page.get_by_role("link", name="Mijn account")).to_contain_text("Inkomensconsulent")
    page.goto(f"{real.address}/account")
    page.get_by_role("button", name="Werk verder als klantregisseur").click()
    page.wait_for_url("**/werkvoorraad")
    expect(page.get_by_role("link", name="Mijn account")).to_contain_text("Klantregisseur")


def test_a_session_that_is_ended_elsewhere_loses_its_open_page_by_itself(
    real: RealHub, enter: Callable[..., Page]
) -> None:
    there = enter("marloes")
    there.goto(f"{real.address}/inwoners/{real.karin()}")
    there.wait_for_selector("text=Live")
    here = enter("marloes")
    here.goto(f"{real.address}/account")
    here.get_by_role("button", name="Beëindig de sessie").click()
    expect(here.get_by_role("status").first).to_contain_text("beëindigd")
    expect(there.get_by_text("Karin Smulders").first).to_be_hidden(timeout=20_000)
    there.goto(f"{real.address}/werkvoorraad")
    assert "/inloggen" in there.url
    here.goto(f"{real.address}/werkvoorraad")
    assert "/inloggen" not in here.url


def test_bas_adds_sanne_who_chooses_a_password_and_is_blocked_while_she_looks(
    real: RealHub, enter: Callable[..., Page]
) -> None:
    bas = enter("bas")
    bas.get_by_role("link", name="Beheer", exact=True).click()
    look(bas, "beheer")
    bas.get_by_role("link", name="Iemand toevoegen").click()
    bas.get_by_role("button", name="Toevoegen").click()
    expect(bas.get_by_role("alert")).to_contain_text("nog niemand toegevoegd")
    look(bas, "beheer-nieuw-fout")
    bas.get_by_label("Naam", exact=True).fill("Sanne Vos")
    bas.get_by_label("Gebruikersnaam").fill("s.vos")
    bas.get_by_label("Functie en doel").select_option("wi-tilburg/case_director/guidance")
    look(bas, "beheer-nieuw")
    bas.get_by_role("button", name="Toevoegen").click()
    password = bas.locator("[data-geheim]").inner_text()
    look(bas, "beheer-persoon-nieuw")
    sanne = enter("s.vos", password)
    sanne.wait_for_url("**/account/wachtwoord")
    look(sanne, "wachtwoord")
    for name, value in (("wachtwoord", password), ("nieuw", "kort"), ("nogmaals", "kort")):
        sanne.fill(f"#{name}", value)
    sanne.get_by_role("button", name="Wijzig wachtwoord").click()
    expect(sanne.get_by_role("alert")).to_contain_text("te kort")
    look(sanne, "wachtwoord-fout")
    for name, value in (("wachtwoord", password), ("nieuw", OWN), ("nogmaals", OWN)):
        sanne.fill(f"#{name}", value)
    sanne.get_by_role("button", name="Wijzig wachtwoord").click()
    sanne.wait_for_url("**/werkvoorraad")
    bas.get_by_role("link", name="Beheer", exact=True).first.click()
    bas.get_by_role("link", name="Sanne Vos").click()
    expect(bas.locator("[data-geheim]")).to_have_count(0)
    bas.locator("summary", has_text="Functie toevoegen").click()
    look(bas, "beheer-persoon-functie")
    bas.get_by_role("button", name="Blokkeer").click()
    expect(bas.get_by_role("status").first).to_contain_text("geblokkeerd")
    look(bas, "beheer-persoon-geblokkeerd")
    sanne.goto(f"{real.address}/werkvoorraad")
    assert "/inloggen" in sanne.url


def test_the_operators_pages_of_organisations_and_systems_are_accessible(
    real: RealHub, enter: Callable[..., Page]
) -> None:
    bas = enter("bas")
    bas.goto(f"{real.address}/beheer/organisaties")
    look(bas, "beheer-organisaties")
    bas.get_by_role("link", name="Systemen").click()
    look(bas, "beheer-systemen")
    bas.get_by_role("link", name="Maatschappelijk werk De Kade").click()
    bas.get_by_role("button", name="Maak een nieuw geheim").click()
    expect(bas.locator("[data-geheim]")).to_be_visible()
    look(bas, "beheer-systeem-geheim")
    bas.get_by_label("Sleutel of certificaat toevoegen").fill("geen sleutel")
    bas.get_by_role("button", name="Voeg toe").click()
    expect(bas.get_by_role("alert")).to_contain_text("niet toegevoegd")
    look(bas, "beheer-systeem-fout")


def test_who_manages_an_organisation_has_its_people_and_no_systems(real: RealHub, enter: Callable[..., Page]) -> None:
    with real.hub.store.writing() as work:
        identity.add_post(
            work,
            id_of(work, "peter"),
            organisation="wi-tilburg",
            role="case_director",
            purpose="guidance",
            title="teamleider",
            manages=True,
        )
    peter = enter("peter")
    peter.goto(f"{real.address}/account")
    peter.get_by_role("button", name="Werk verder als teamleider").click()
    peter.get_by_role("link", name="Beheer", exact=True).click()
    expect(peter.get_by_role("link", name="Marloes Verhoeven")).to_be_visible()
    expect(peter.get_by_text("Naima Bouzid")).to_have_count(0)
    expect(peter.get_by_role("link", name="Systemen")).to_have_count(0)
    look(peter, "beheer-eigen-organisatie")
    peter.get_by_role("link", name="Peter Adriaans", exact=True).click()
    expect(peter.get_by_text("Dit is uw eigen account")).to_be_visible()
    look(peter, "beheer-eigen-account")
