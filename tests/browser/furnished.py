"""A whole hub in which every page has something to show: people, referrals in every state, requests and refusals."""

import dataclasses
import datetime as dt
import time
from collections.abc import Callable

from playwright.sync_api import Browser, Page
from sqlalchemy import select, update

from hub.models import Case, CaseItem, Meeting, OutboxRecord, Person, Referral
from hub.services.messages import digest_book
from hub.services.record.reviews import pick_looks
from schemas.digest import DigestLine
from schemas.vocabulary import Basis, Event, LifeDomain, Purpose, Status
from tests.browser.real_hub import RealHub
from tests.builders import ground
from tests.personas import MARLOES
from workers.demo_people import PASSWORD

_WORK = {
    "to": "de-spoel",
    "service": "orientatie-groen",
    "life_domains": (LifeDomain.WORK_EDUCATION,),
    "ground": ground(basis=Basis.PUBLIC_TASK, law="participatiewet", purpose=Purpose.GUIDANCE, evidence="besproken"),
    "reason": "Een dagdeel meelopen om te kijken of het past.",
    "strengths": ("Is graag buiten", "Komt op tijd"),
    "client_words": "Ik wil rustig beginnen, en het liefst buiten.",
}
QUESTION = "Op welke dagdelen kan het? En is er vervoer nodig?"


def furnish(real: RealHub, browser: Browser) -> dict[str, str]:
    """Let things happen, and give the names that stand in the addresses of the pages."""
    karin, others = real.karin(), _others(real)
    fresh = real.send(case_id=others[0], **_WORK)
    asked = real.send(case_id=karin, **{**_WORK, "client_words": "Ooit wil ik werken met planten."})
    for event, said in ((Event.RECEIVE, {}), (Event.ASK, {"note": QUESTION})):
        real.record(asked.id, event, **said)
    waits = real.send(case_id=others[1], **_WORK)
    real.record(waits.id, Event.RECEIVE)
    in_three_weeks = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=21)
    real.record(waits.id, Event.WAITLIST, note="Half december is er weer plek.", expected_on=in_three_weeks)
    declined = real.send(case_id=others[2], **_WORK)
    real.record(declined.id, Event.RECEIVE)
    real.record(declined.id, Event.DECLINE, reason="no_capacity", note="Tot januari is het vol.")
    told = real.send(case_id=karin, to="mw-de-kade")  # whose own system takes it
    real.partners.pop("ggz-de-leij").close()
    stuck = real.send(
        case_id=karin,
        to="ggz-de-leij",
        service="ggz-kennismaking",
        life_domains=(LifeDomain.MENTAL_HEALTH,),
        reason="Karin slaapt slecht en wil daar hulp bij.",
    )
    message = _taken(real, told.id)
    _partners_books_differ(real, asked)
    _people_ask(real, browser, karin, others[3])
    return {
        "karin": karin,
        "other": others[4],
        "emergency": others[3],
        "fresh": fresh.id,
        "asked": asked.id,
        "declined": declined.id,
        "told": told.id,
        "stuck": stuck.id,
        "message": message,
        "naima": _person(real, "naima"),
        **_meeting(real),
    }


def signed_in(page: Page, address: str, username: str, language: str = "nl") -> Page:
    """Sign somebody in, in the language that was chosen on the page to sign in."""
    page.goto(f"{address}/inloggen?taal={language}")
    page.fill("#gebruikersnaam", username)
    page.fill("#wachtwoord", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_url(lambda url: "/inloggen" not in url)
    return page


def _others(real: RealHub) -> list[str]:
    """Give the cases of some other clients of Marloes."""
    marloes = dataclasses.replace(MARLOES, id=_person(real, "marloes"))
    with real.hub.store.reading() as session:
        query = select(Case.id).where(Case.regisseur_id == marloes.id, Case.story.is_(None)).order_by(Case.id)
        return list(session.scalars(query.limit(8)))


def _person(real: RealHub, username: str) -> str:
    with real.hub.store.reading() as session:
        return session.scalars(select(Person.id).where(Person.username == username)).one()


def _meeting(real: RealHub) -> dict[str, str]:
    """Give the coming meeting of the team, and what is discussed there of Karin if of anybody."""
    with real.hub.store.reading() as session:
        meeting = session.scalars(select(Meeting.id).order_by(Meeting.starts_at.desc())).first()
        points = session.execute(select(CaseItem.id, CaseItem.case_id).where(CaseItem.meeting_id == meeting)).all()
    karin = [one for one in points if one.case_id == real.karin()]
    return {"meeting": str(meeting), "point": str((karin or points)[0].id)}


def _taken(real: RealHub, referral_id: str) -> str:
    """Wait until the partner's system took a message, and give its id."""
    until = time.monotonic() + 60
    query = select(OutboxRecord.message_id).where(
        OutboxRecord.referral_id == referral_id, OutboxRecord.delivered_at.is_not(None)
    )
    while time.monotonic() < until:
        with real.hub.store.reading() as session:
            found = session.scalars(query.order_by(OutboxRecord.id)).first()
        if found is not None:
            return str(found)
        time.sleep(0.05)
    raise AssertionError("the partner's system did not take it")


def _partners_books_differ(real: RealHub, referral: Referral) -> None:
    with real.hub.store.writing() as work:
        work.session.execute(update(Referral).values(changed_at=work.now - dt.timedelta(hours=1)))
        theirs = work.session.execute(select(Referral.id, Referral.status).where(Referral.receiver == "de-spoel")).all()
    lines = (
        DigestLine(status=Status.STARTED, reference="SPOEL-2026-114"),
        *(
            DigestLine(status=Status.STARTED if row.id == referral.id else Status(row.status), referral_id=row.id)
            for row in theirs
        ),
    )
    with real.hub.store.writing() as work:
        digest_book.receive(work, real.hub.config, "de-spoel", lines)


def _people_ask(real: RealHub, browser: Browser, karin: str, other: str) -> None:
    """Let people do on the pages what only people do: ask for a client, look in an emergency, try other pages."""
    todo: tuple[tuple[str, Callable[[Page], None]], ...] = (
        ("marloes", lambda page: _rights(page, real.address, karin)),
        ("ilse", lambda page: _tries(page, real.address, other)),
    )
    for username, deed in todo:
        context = browser.new_context()
        page = signed_in(context.new_page(), real.address, username)
        deed(page)
        context.close()
    with real.hub.store.writing() as work:
        pick_looks(work, work.now)


def _rights(page: Page, address: str, case_id: str) -> None:
    home = f"{address}/inwoners/{case_id}/rechten"
    for name in ("Karin vraagt om inzage", "Karin wil gewist worden"):
        page.goto(home)
        page.get_by_role("button", name=name).click()
        page.wait_for_load_state()
    page.goto(home)
    page.select_option("#about", "/given_name")
    page.fill("#right", "Karina")
    page.fill("#why", "Zo staat het in het paspoort.")
    page.get_by_role("button", name="Verzoek versturen").click()
    page.wait_for_load_state()


def _tries(page: Page, address: str, case_id: str) -> None:
    for number in range(4):
        page.goto(f"{address}/inwoners/00000000-0000-4000-8000-00000000000{number}")
    page.goto(f"{address}/noodtoegang")
    page.fill("#wie", case_id)
    page.locator("input[name=gevaar]").first.check()
    page.fill("#reden", "Belt huilend op en is alleen thuis, ik moet weten wie er helpt.")
    page.get_by_role("button", name="Een uur toegang").click()
    page.wait_for_load_state()
