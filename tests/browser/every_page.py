"""Every page of the hub: who opens it, under which address, and what it is. One that is not listed fails a test."""

from collections.abc import Callable
from dataclasses import dataclass, field

from flask import Flask
from playwright.sync_api import Page


@dataclass(frozen=True, kw_only=True)
class Stop:
    """One page as one person sees it. ``path`` names what :func:`tests.browser.furnished.furnish` gives."""

    name: str
    endpoint: str
    who: str | None
    path: str
    what: str
    do: Callable[[Page], None] = field(default=lambda _page: None)
    missing: bool = False  # a page that says that it is not there
    picture: bool = True


def _search(page: Page) -> None:
    page.fill("#vraag", "smulders")
    page.locator(".zoekvak button[type=submit]").click()
    page.locator(".zoekvak__uit mark").first.wait_for()


def _open_all(page: Page) -> None:
    page.evaluate("for (const one of document.querySelectorAll('main details')) one.open = true")


def _decline(page: Page) -> None:
    page.locator("#decline > summary").click()
    page.locator("#decline button[type=submit]").click()
    page.locator("[role=alert]").wait_for()


def _refer(page: Page) -> None:
    page.check("input[value=work_education]")
    page.check("input[value=orientatie-groen]")
    page.fill("textarea[name=reason]", "Een dagdeel meelopen om te kijken of het past.")
    page.check("input[name=basis][value=consent]")
    page.locator("[data-voorbeeld] [data-veld=reason]").wait_for()


def _send_nothing(page: Page) -> None:
    page.locator("[data-verstuur]").click()
    page.locator("[role=alert]").wait_for()


_HOME = "/inwoners/{karin}"


def _stop(name: str, endpoint: str, who: str | None, path: str, what: str, **more: object) -> Stop:
    return Stop(name=name, endpoint=f"web.{endpoint}", who=who, path=path, what=what, **more)  # type: ignore[arg-type]


STOPS: tuple[Stop, ...] = (
    _stop("inloggen", "sign_in.form", None, "/inloggen", "Signing in"),
    _stop("inzage-openen", "package.form", None, "/inzage/openen", "A client opens the file with all that is kept"),
    _stop("werkvoorraad", "worklist.show", "marloes", "/werkvoorraad", "The work list of a regisseur"),
    _stop(
        "werkvoorraad-inkomen", "worklist.show", "peter", "/werkvoorraad", "The same page for who decides on benefits"
    ),
    _stop("werkvoorraad-toegangsteam", "worklist.show", "els", "/werkvoorraad", "The page where an access team begins"),
    _stop("postvak", "worklist.show", "tom", "/werkvoorraad", "The inbox of a partner, nothing chosen"),
    _stop("postvak-ggz", "worklist.show", "ilse", "/werkvoorraad", "The inbox of mental health care"),
    _stop(
        "postvak-nieuw", "inbox.detail", "tom", "/werkvoorraad/{fresh}", "A new referral in the inbox, to be answered"
    ),
    _stop(
        "postvak-afwijzen", "inbox.detail", "tom", "/werkvoorraad/{fresh}", "Declining without a reason", do=_decline
    ),
    _stop("postvak-vraag", "inbox.detail", "tom", "/werkvoorraad/{asked}", "A referral about which the partner asked"),
    _stop("ruimte", "room.form", "tom", "/ruimte", "How much room a partner has"),
    _stop("zoeken", "search.form", "marloes", "/zoeken", "Searching: what was found", do=_search),
    _stop("zoeken-voor-wie", "search.form", "marloes", "/zoeken?voor=verwijzing", "For whom a referral is", do=_search),
    _stop("zoeken-leeg", "search.form", "naima", "/zoeken", "Searching: before anything was asked"),
    _stop("inwoner", "clients.show", "marloes", _HOME, "A client, for the regisseur"),
    _stop("inwoner-open", "clients.show", "marloes", _HOME, "Every part of it opened", do=_open_all, picture=False),
    _stop("inwoner-werk-inkomen", "clients.show", "peter", _HOME, "The same client, for who decides on benefits"),
    _stop("inwoner-maatschappelijk-werk", "clients.show", "naima", _HOME, "The same client, for social work"),
    _stop("inwoner-ggz", "clients.show", "ilse", _HOME, "The same client, for mental health care"),
    _stop("inwoner-werkpartner", "clients.show", "tom", _HOME, "The same client, for a re-integration partner"),
    _stop("inwoner-nieuw", "clients.show", "marloes", "/inwoners/{other}", "A client of whom little is known yet"),
    _stop("inwoner-noodtoegang", "clients.show", "ilse", "/inwoners/{emergency}", "A client during emergency access"),
    _stop("tijdlijn", "clients.earlier", "marloes", _HOME + "/tijdlijn?voor=41", "What happened earlier"),
    _stop("plan-op-papier", "clients.plan", "marloes", _HOME + "/plan", "The plan, to print"),
    _stop("toestemming", "consents.show", "marloes", _HOME + "/toestemming", "What the client finds good"),
    _stop("gekeken", "audit_log.looks", "marloes", _HOME + "/gekeken", "Who looked"),
    _stop("rechten", "rights.show", "marloes", _HOME + "/rechten", "What a client can ask: see, correct, erase"),
    _stop("rechten-privacy", "rights.decide_page", "fatima", "/rechten", "Requests, for the privacy officer"),
    _stop("rechten-eigenaar", "rights.decide_page", "marloes", "/rechten", "Requests, for who wrote it down"),
    _stop("rechten-beheer", "rights.decide_page", "bas", "/rechten", "Terms of what is kept, for the operator"),
    _stop("meldingen", "alerts.show", "marloes", "/meldingen", "Who named, answered or asked one"),
    _stop("overleg", "meetings.show", "els", "/overleg", "The meetings of a team"),
    _stop("overleg-agenda", "meetings.agenda", "els", "/overleg/{meeting}", "What a meeting will discuss"),
    _stop("overleg-tafel", "meetings.table", "els", "/overleg/{meeting}/{point}", "One client at the table"),
    _stop(
        "overleg-tafel-gast", "meetings.table", "marloes", "/overleg/{meeting}/{point}", "The same, for who brought it"
    ),
    _stop(
        "overleg-inbrengen", "meetings.bring_in_form", "marloes", _HOME + "/overleg", "Bringing a client to a meeting"
    ),
    _stop("verwijzing-nieuw", "new_referral.form", "marloes", "/verwijzingen/nieuw?inwoner={karin}", "A new referral"),
    _stop(
        "verwijzing-nieuw-voorbeeld",
        "new_referral.form",
        "marloes",
        "/verwijzingen/nieuw?inwoner={karin}",
        "A new referral with what the receiver will get beside it",
        do=_refer,
    ),
    _stop(
        "verwijzing-nieuw-fout",
        "new_referral.form",
        "marloes",
        "/verwijzingen/nieuw?inwoner={karin}",
        "A new referral that lacks something",
        do=_send_nothing,
    ),
    _stop("verwijzing", "referrals.show", "marloes", "/verwijzingen/{asked}", "A referral with a question to answer"),
    _stop(
        "verwijzing-afgewezen", "referrals.show", "marloes", "/verwijzingen/{declined}", "A referral that was declined"
    ),
    _stop(
        "verwijzing-bezorgprobleem", "referrals.show", "marloes", "/verwijzingen/{stuck}", "One that can't be delivered"
    ),
    _stop(
        "bericht", "message_forms.show", "marloes", "/verwijzingen/{told}/berichten/{message}", "A message in its forms"
    ),
    _stop("berichten", "messages.show", "bas", "/berichten", "The traffic, for the operator"),
    _stop("verschillen", "differences.show", "bas", "/berichten/verschillen", "Where a partner's books differ"),
    _stop("rapportage", "reporting.show", "hanna", "/rapportage", "Figures, for a policy adviser"),
    _stop("toegang", "access.show", "fatima", "/toegang", "Emergencies to judge, and who may see what"),
    _stop("toegang-regisseur", "access.show", "marloes", "/toegang", "What the regisseur tells the client"),
    _stop("noodtoegang", "access.emergency_form", "ilse", "/noodtoegang", "Asking for emergency access"),
    _stop("controle", "audit_log.reviews", "fatima", "/controle", "Looks to judge, for the privacy officer"),
    _stop("account", "account.show", "marloes", "/account", "One's own account"),
    _stop("wachtwoord", "account.password_form", "marloes", "/account/wachtwoord", "Another password"),
    _stop("tweede-stap", "account.factor_page", "marloes", "/account/tweede-stap", "The second step of signing in"),
    _stop("beheer", "management.show", "bas", "/beheer", "The people, for the operator"),
    _stop("beheer-nieuw", "management.new_form", "bas", "/beheer/mensen/nieuw", "Adding somebody"),
    _stop("beheer-persoon", "management.person", "bas", "/beheer/mensen/{naima}", "One person and the posts"),
    _stop(
        "beheer-organisaties", "management_systems.organisations", "bas", "/beheer/organisaties", "The organisations"
    ),
    _stop("beheer-systemen", "management_systems.systems", "bas", "/beheer/systemen", "Their systems"),
    _stop(
        "beheer-systeem", "management_systems.system", "bas", "/beheer/systemen/mw-de-kade", "One system and its keys"
    ),
    _stop(
        "niet-gevonden", "clients.show", "tom", "/inwoners/niemand", "What is not there, or not for you", missing=True
    ),
)
# Pages that nobody looks at for their own sake, each with its reason.
WITHOUT_PICTURE = {
    "web.static": "files",
    "web.worklist.start": "leads to where one begins",
    "web.elsewhere.go": "leads to an OpenID provider",
    "web.elsewhere.back": "leads back from an OpenID provider; tests/integration/test_oidc.py reads it",
    "web.account.code_form": "only between password and code; tests/browser/test_accounts_pages.py looks at it",
    "web.account.picture": "the picture on the page of the second step",
    "web.message_forms.take": "a file",
    "web.reporting.take": "a file",
    "web.documents.take": "a file",
    "web.appointments.take": "a file, for a calendar",
}


def not_listed(app: Flask) -> list[str]:
    """Give the pages of an application that are neither listed nor excused, and what is listed and gone."""
    there = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("web.") and "GET" in (rule.methods or ())
    }
    here = {stop.endpoint for stop in STOPS} | set(WITHOUT_PICTURE)
    return sorted(there ^ here)
