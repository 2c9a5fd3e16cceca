"""The screen speaks Dutch or English, as the person chose; what people wrote themselves stays as it is."""

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from hub.models import Person
from hub.services.views.case import EntryView
from hub.services.views.referral import ActionChoice
from hub.settings import DEMO_CONFIG, Settings
from hub.store.migrate import migrate
from hub.web.fragments import render_entry
from hub.web.screens.steps import read_step
from hub.web.translations import speaking
from hub.wiring import Hub, open_hub
from schemas.identifiers import derived_id
from schemas.vocabulary import Event
from tests.hubs import KEY
from tests.integration.callers import Site, enter, mark_of, now, sign_in_as
from tests.personas import MARLOES
from workers import demo, demo_people

# Words that a Dutch sentence can hardly do without, and an English one never has.
DUTCH = re.compile(
    r"\b(de|het|een|van|voor|niet|naar|bij|uw|wij|geen|dit|dat|ook|als|nog|deze|zijn|wordt|wat|wie|met|vandaag|dagen)\b",
    re.IGNORECASE,
)
QUOTED = ("bdi", "code", "pre")
ALIKE = frozenset({"/inloggen", "/uitloggen"})
MOST_OF_A_KIND = 3
OF_PEOPLE = ("/inwoners/", "/overleg", "/verwijzingen/", "/werkvoorraad")
"""Pages that hold what people wrote, in their own language; templates hold their texts to gettext."""


@pytest.fixture
def site(database_hub: Hub) -> Site:
    return Site(database_hub)


def spoken(answer: object) -> str:
    found = re.search(r'<html lang="(\w+)"', answer.text)  # type: ignore[attr-defined]
    assert found is not None
    return found[1]


def test_the_sign_in_page_is_dutch_until_someone_chooses(site: Site) -> None:
    http = site.web.app.test_client()
    assert spoken(http.get("/inloggen", headers={"Accept-Language": "en"})) == "nl"
    chosen = http.get("/inloggen?taal=en")
    assert spoken(chosen) == "en"
    assert "Sign in" in chosen.text
    assert spoken(http.get("/inloggen")) == "en", "the browser keeps it"
    assert spoken(http.get("/inloggen?taal=xx")) == "en", "what we don't speak is no choice"


def test_what_is_chosen_while_signing_in_goes_with_the_person(site: Site) -> None:
    http = site.web.app.test_client()
    data = {"gebruikersnaam": "marloes", "wachtwoord": "secret", "csrf_token": mark_of(http)}
    assert http.post("/inloggen?taal=en", data=data).status_code == 303
    assert spoken(http.get("/werkvoorraad")) == "en"
    elsewhere = enter(site.web, "marloes")[0]
    assert spoken(elsewhere.get("/werkvoorraad")) == "en", "on another computer too"
    assert spoken(elsewhere.get("/dit-bestaat-niet")) == "en", "where nothing is, too"


def test_the_account_changes_the_language_for_this_person_alone(site: Site) -> None:
    marloes, tom = enter(site.web, "marloes")[0], enter(site.web, "tom")[0]
    token = mark_of(marloes, "/account")
    assert marloes.post("/account/taal", data={"taal": "en", "csrf_token": token}).status_code == 303
    assert spoken(marloes.get("/account")) == "en"
    assert spoken(tom.get("/account")) == "nl"
    assert marloes.post("/account/taal", data={"taal": "xx", "csrf_token": token}).status_code == 404
    assert marloes.post("/account/taal", data={"taal": "nl"}).status_code == 400, "not without the page's own mark"
    with site.hub.store.reading() as session:
        assert dict(session.execute(select(Person.username, Person.language)).all())["marloes"] == "en"


class Reader(HTMLParser):
    """Reads a page: its tags in order, and the text that is ours to translate."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, str | None]] = []
        self.texts: list[str] = []
        self.links: set[str] = set()
        self._open: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append((tag, given.get("class")))
        of_people = tag in QUOTED or given.get("dir") == "auto" or ("lang" in given and tag != "html")
        if tag not in ("input", "meta", "link", "img", "br", "rect", "use", "hr", "path", "circle"):
            self._open.append((tag, of_people))
        named = (given.get(name) for name in ("aria-label", "placeholder", "alt"))
        self.texts += [text for text in named if text and not of_people]
        if tag == "a" and given.get("href"):
            self.links.add(str(given["href"]))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            continue

    def handle_data(self, data: str) -> None:
        if data.strip() and not any(of_people for _tag, of_people in self._open):
            self.texts.append(data.strip())


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    return reader


@pytest.fixture(scope="module")
def demo_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Give the demo's people and clients, without partners; the walks only look."""
    tmp_path = tmp_path_factory.mktemp("demo")
    settings = Settings(
        database_url=f"sqlite:///{tmp_path}/hub.db",
        broker_url=f"embedded:///{tmp_path}/broker.db",
        config_path=DEMO_CONFIG,
        secret_key="0123456789abcdef0123456789abcdef-test",
        data_keys=(KEY,),
        bind="127.0.0.1:0",
        log="text",
    )
    with closing(open_hub(settings)) as hub:
        migrate(hub.store)
        hub.broker.declare(hub.queues())
        demo.prepare(hub)
        yield Site(hub)


def names_of(hub: Hub) -> re.Pattern[str]:
    """Give what is called as it is called, in any language: organisations, services, people and their titles."""
    config = hub.config
    names = {one.name for one in config.organisations.values()} | {one.name for one in config.services.values()}
    names |= {text for one in demo_people.PEOPLE for text in (one.name, one.title)}
    listed = "|".join(re.escape(one) for one in sorted(names, key=len, reverse=True))
    return re.compile(rf"(?i:{listed})|\b(?:van (?:der |den |de )?|de |den |der )(?=[A-Z])")  # and prefixes of names


def speak(site: Site, code: str) -> None:
    with site.hub.store.writing() as work:
        work.execute(update(Person).values(language=code))


def kind_of(path: str) -> str:
    """Give a path without its references: one page of each kind, a few times."""
    return re.sub(r"/[\w-]*\d[\w-]*", "/*", urlsplit(path).path)


def pages_of(site: Site, http: FlaskClient) -> Iterator[str]:
    """Walk the pages that someone reaches by links, a few of each kind."""
    waiting, seen, often = ["/", "/account", "/dit-bestaat-niet"], set[str](), dict[str, int]()
    while waiting:
        path = waiting.pop(0)
        kind = kind_of(path)
        if path in seen or often.get(kind, 0) >= MOST_OF_A_KIND or kind in ALIKE:
            continue
        seen.add(path)
        often[kind] = often.get(kind, 0) + 1
        answer = http.get(path, follow_redirects=True)
        if answer.mimetype != "text/html":
            continue
        yield path
        waiting += sorted(link for link in read(answer.text).links if link.startswith("/") and "#" not in link)


# Work lists, cases and referrals hold too much of people to tell apart by words; templates hold their texts to gettext.
@pytest.mark.parametrize("username", ["bas", "fatima", "els", "peter"])
def test_every_page_speaks_english_and_is_built_as_the_dutch_one(demo_site: Site, username: str) -> None:
    person_id = derived_id("person", username)
    http, names = demo_site.web.app.test_client(), names_of(demo_site.hub)
    sign_in_as(demo_site.hub, http, person_id)
    walked = list(pages_of(demo_site, http))
    assert len(walked) > 3
    found: dict[str, list[str]] = {}
    for path in walked:
        built = []
        for code in ("nl", "en"):
            speak(demo_site, code)
            page = http.get(path, follow_redirects=True)
            assert page.status_code in (200, 404), path
            assert spoken(page) == code, path
            built.append(read(page.text))
        dutch, english = built
        if path == "/account":  # the button that chooses stands at the other language
            assert Counter(dutch.tags) == Counter(english.tags)
        elif not path.endswith("/gekeken"):  # the first look is told on the second
            assert dutch.tags == english.tags, path
        left = [text for text in english.texts if DUTCH.search(names.sub("", text))]
        if left and not page.request.path.startswith(OF_PEOPLE):
            found[path] = left
    assert not found, "\n".join(f"{path}: {text}" for path, texts in found.items() for text in texts)


def test_what_is_pushed_speaks_the_language_of_who_watches(site: Site) -> None:
    """A push is drawn outside any request: what the thread last spoke must not matter."""
    entry = EntryView(
        case_id="c", position=7, kind="case_opened", at=now(), actor="Marloes", organisation="wi-tilburg",
        organisation_name="Werk & Inkomen", referral=None,
    )  # fmt: skip
    with site.web.app.app_context():
        drawn = [render_entry(entry, replace(MARLOES, language=code)) for code in ("en", "nl", "en")]
    assert ["Case opened" in html for html in drawn] == [True, False, True]
    assert "Dossier gestart" in drawn[1]


def test_what_goes_to_a_partner_as_words_is_dutch_whatever_its_writer_speaks(site: Site) -> None:
    choice = ActionChoice(event=Event.WAITLIST, needs_reason=False, asks=("date", "note"))
    with site.web.app.app_context(), speaking("en"):
        errors, step = read_step(choice, {"date": "2030-03-14", "note": "Bel gerust."}, ())
    assert not errors and step is not None
    assert step.note == "Naar verwachting plek vanaf 14 maart 2030. Bel gerust."
