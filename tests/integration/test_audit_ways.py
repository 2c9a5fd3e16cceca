"""Every way in is walked, and leaves in the log what it should: routes, and commands that touch people."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import select, update

from hub.models import Intake, OutboxRecord
from hub.services.cases import items, meetings
from hub.services.record.reviews import pick_looks
from hub.wiring import Hub
from schemas.items import NewItem
from schemas.vocabulary import ItemKind, LifeDomain, Purpose
from tests.integration.callers import GGZ, KADE, WI, Site, mark_of, now
from tests.integration.conftest import KEY, add_viewer
from tests.integration.test_audit_log import of_marloes, records, signed_in
from tests.integration.test_every_way_in import COMMANDS
from tests.personas import MARLOES, person
from workers.command import main

FATIMA = person("fatima", "Fatima Idrissi", "gemeente-tilburg", "Gemeente", "privacy_officer", "accountability")
ELS = person("els", "Els van Loon", "toegang-broekhoven", "Toegangsteam Broekhoven", "team_coordinator", Purpose.TRIAGE)
# What shows nothing of a person, or has its own account in tests/integration: (reason, routes).
NOTHING_OF_A_PERSON = {
    "the description and figures": (
        "openapi",
        "asyncapi",
        "schema_document",
        "connector_document",
        "health.",
        "static",
        "reports.",
    ),
    "signing in and one's own account": ("tokens.", "oauth", "sign_in.", "account.", "elsewhere."),
    "people and systems that sign in, not clients (tests/integration/test_management.py)": ("management",),
    "the policy itself": ("decide",),
    "which of its own messages a connector must hold": ("ask_gate",),
    "public keys": ("read_keys",),
    "room at services": ("room.form",),
    "how far one has read": ("alerts.read_all",),
    "an empty form": ("emergency_form", "package.form", "search.form"),
    "what a client opens without an account, and the hub keeps nothing of": ("package.unseal",),
    "messages and differences by their references": ("messages.show", "differences.show"),
    "the way to where one's work starts": ("worklist.start",),
    "how far the log itself was sealed": ("read_checkpoint",),
}


@dataclass(frozen=True, kw_only=True)
class World:
    """One client, one referral, one payload that can't be read, one look to judge."""

    site: Site
    case: str
    referral: str
    intake: str
    message: str
    review: str
    item: str
    meeting: str
    topic: str
    block: str
    agreed: str

    def page(self, who: str, path: str) -> Any:
        """Open a page."""
        return signed_in(self.site, who).get(path)

    def named(self, who: str) -> Any:
        """Write a message that names Marloes."""
        words = {"kind": "remark", "about": "case", "c_text": "@Marloes Verhoeven kijkt u mee?"}
        return self.form(who, f"/inwoners/{self.case}/vastleggen", **words)

    def form(self, who: str, path: str, **fields: str) -> Any:
        """Send a form."""
        browser = signed_in(self.site, who)
        return browser.post(path, data={**fields, "csrf_token": mark_of(browser, "/account")})


@pytest.fixture
def world(database_hub: Hub) -> World:
    with database_hub.store.writing() as work:
        add_viewer(work, FATIMA)
    site = Site(database_hub)
    made = of_marloes(site)
    site.event(made["id"], "receive", KADE)
    site.bring(GGZ, b"{}", "application/fhir+json")
    with database_hub.store.reading() as session:
        intake = session.scalars(select(Intake.id)).one()
        put_out = select(OutboxRecord.message_id).where(OutboxRecord.referral_id == made["id"])
        message = session.scalars(put_out.order_by(OutboxRecord.id)).first() or ""
    for _ in range(4):
        assert signed_in(site, "ilse").get(f"/inwoners/{of_marloes(site)['case_id']}").status_code == 404
    with database_hub.store.writing() as work:
        assert pick_looks(work, now()) >= 1
        an_hour_ago = now() - dt.timedelta(hours=1)  # the feed waits some seconds with what is new
        work.session.execute(update(OutboxRecord).values(created_at=an_hour_ago))
    page = signed_in(site, "fatima").get("/controle").text
    review = page.split('action="/controle/')[1].split('"')[0]
    goal = NewItem(kind=ItemKind.GOAL, content={"title": "Rust."})
    with database_hub.store.writing() as work:
        item = items.add(work, database_hub.config, MARLOES, made["case_id"], goal).id
    meeting, topic, block, agreed = discussed(database_hub, made["case_id"])
    return World(
        site=site,
        case=made["case_id"],
        referral=made["id"],
        intake=intake,
        message=message,
        review=review,
        item=item,
        meeting=meeting,
        topic=topic,
        block=block,
        agreed=agreed,
    )


def discussed(hub: Hub, case_id: str) -> tuple[str, str, str, str]:
    """Have the client on the agenda of a team, with a block of notes and something that was agreed."""
    with hub.store.writing() as work:
        add_viewer(work, ELS)
        meeting = meetings.plan(work, hub.config, ELS, work.now + dt.timedelta(days=1), 90, None)
        topic = meetings.bring_in(
            work, hub.config, MARLOES, case_id, meeting.id, question="Wie helpt?", why="Vraagt erom.",
            domains=(LifeDomain.FINANCES,), agreed=True,
        )  # fmt: skip
        more = {"parent_id": topic.id, "meeting_id": meeting.id, "life_domains": (LifeDomain.FINANCES,)}
        minute = NewItem(kind=ItemKind.MINUTE, content={"text": "Belt graag."}, **more)
        agreement = NewItem(
            kind=ItemKind.AGREEMENT, content={"text": "Bellen."}, holder="wi-tilburg", holder_id="marloes", **more
        )
        block, agreed = (items.add(work, hub.config, MARLOES, case_id, new) for new in (minute, agreement))
        return meeting.id, topic.id, block.id, agreed.id


CONSENT = {"to": "de-spoel", "kind": "asked"}
EMERGENCY = {"gevaar": "crisis", "reden": "Belt nu dat hij het niet meer ziet zitten."}
Call = Callable[[World], Any]
# Each route, how it is called here, and what that leaves. The deed alone: whether it was done or refused.
ROUTES: dict[str, tuple[str, Call]] = {
    "api.list_referrals": ("referral.list", lambda w: w.site.get("/referrals")),
    "api.read_case": ("case.view", lambda w: w.site.get(f"/cases/{w.case}", KADE)),
    "api.read_consents": ("case.view", lambda w: w.site.get(f"/cases/{w.case}/consents")),
    "api.read_digest": ("digest.read", lambda w: w.site.get("/digest")),
    "api.take_digest": ("digest.take", lambda w: w.site.call("PUT", "/digest", KADE, body=[])),
    "web.differences.act": ("traffic.handle", lambda w: w.form("bas", f"/berichten/verschillen/{w.case}", actie="ask")),
    "api.read_feed": ("feed.read", lambda w: w.site.get("/feed")),
    "api.read_intake": ("intake.read", lambda w: w.site.get(f"/intake/{w.intake}", GGZ)),
    "api.read_referral": ("referral.view", lambda w: w.site.get(f"/referrals/{w.referral}")),
    "api.read_timeline": ("case.entries", lambda w: w.site.get(f"/cases/{w.case}/timeline", KADE)),
    "api.read_trail": ("referral.trail", lambda w: w.site.get(f"/referrals/{w.referral}/trail")),
    "api.record_event": ("referral.event", lambda w: w.site.event(w.referral, "accept", KADE)),
    "api.register_consent": (
        "consent.change",
        lambda w: w.site.call("POST", f"/cases/{w.case}/consents", WI, body=CONSENT),
    ),
    "api.send_referral": ("referral.send", lambda w: w.site.send()),
    "api.take_payload": ("intake.take", lambda w: w.site.bring(GGZ, b"[]", "application/fhir+json")),
    "web.access.show": ("oversight.view", lambda w: w.page("fatima", "/toegang")),
    "web.access.emergency": ("emergency.open", lambda w: w.form("ilse", "/noodtoegang", wie=w.case, **EMERGENCY)),
    "web.access.stop": ("emergency.open", lambda w: w.form("ilse", f"/noodtoegang/{w.case}/stop")),
    "web.audit_log.judge": ("review.verdict", lambda w: w.form("fatima", f"/controle/{w.review}", oordeel="talked")),
    "web.audit_log.looks": ("audit.view", lambda w: w.page("marloes", f"/inwoners/{w.case}/gekeken")),
    "web.audit_log.names": (
        "audit.names",
        lambda w: w.form("fatima", f"/inwoners/{w.case}/gekeken", belang="review"),
    ),
    "web.audit_log.reviews": ("review.view", lambda w: w.page("fatima", "/controle")),
    "web.clients.show": ("case.view", lambda w: w.page("marloes", f"/inwoners/{w.case}")),
    "web.clients.earlier": ("case.view", lambda w: w.page("marloes", f"/inwoners/{w.case}/tijdlijn?voor=2")),
    "web.clients.plan": ("case.view", lambda w: w.page("marloes", f"/inwoners/{w.case}/plan")),
    "web.scores.score": (
        "item.write",
        lambda w: w.form("marloes", f"/inwoners/{w.case}/leefgebieden", **{"score-finances": "2"}),
    ),
    "web.consents.register": (
        "consent.change",
        lambda w: w.form("marloes", f"/inwoners/{w.case}/toestemming", **CONSENT),
    ),
    "web.items.add": (
        "item.write",
        lambda w: w.form("marloes", f"/inwoners/{w.case}/vastleggen", kind="goal", c_title="Rust."),
    ),
    "web.appointments.take": ("case.view", lambda w: w.page("marloes", f"/inwoners/{w.case}/afspraken/{w.item}.ics")),
    "web.own_words.record": (
        "item.change",
        lambda w: w.form("marloes", f"/inwoners/{w.case}/eigen-woorden", version="0", c_client_words="Rust."),
    ),
    "web.documents.add": ("case.view", lambda w: w.form("marloes", f"/inwoners/{w.case}/documenten")),
    "web.documents.take": ("document.take", lambda w: w.page("marloes", f"/inwoners/{w.case}/documenten/{w.item}")),
    "web.items.change": (
        "item.change",
        lambda w: w.form("marloes", f"/inwoners/{w.case}/onderdelen/{w.item}", version="1", c_title="Meer rust."),
    ),
    "web.items.settle": (
        "item.change",
        lambda w: w.form("marloes", f"/inwoners/{w.case}/onderdelen/{w.item}/stand", version="2", state="done"),
    ),
    "web.consents.show": ("case.view", lambda w: w.page("marloes", f"/inwoners/{w.case}/toestemming")),
    "api.read_message": ("message.view", lambda w: w.site.get(f"/referrals/{w.referral}/messages/{w.message}")),
    "web.message_forms.show": (
        "message.view",
        lambda w: w.page("marloes", f"/verwijzingen/{w.referral}/berichten/{w.message}"),
    ),
    "web.message_forms.take": (
        "message.view",
        lambda w: w.page("marloes", f"/verwijzingen/{w.referral}/berichten/{w.message}/canoniek"),
    ),
    "web.messages.handle": ("traffic.handle", lambda w: w.form("bas", f"/berichten/{w.intake}", actie="retry")),
    "web.new_referral.form": ("case.view", lambda w: w.page("marloes", f"/verwijzingen/nieuw?inwoner={w.case}")),
    "web.new_referral.preview": (
        "case.view",
        lambda w: w.form("marloes", "/verwijzingen/nieuw/voorbeeld", inwoner=w.case, service="orientatie-groen"),
    ),
    "web.new_referral.send": (
        "referral.send",
        lambda w: w.form(
            "marloes", "/verwijzingen/nieuw", inwoner=w.case, sleutel="k-1", life_domains="work_education",
            service="orientatie-groen", reason="Een dagdeel meelopen.", urgency="routine", basis="consent",
            evidence="Mondeling.", strengths="Groene vingers",
        ),
    ),
    "api.read_corrections": ("case.view", lambda w: w.site.get(f"/cases/{w.case}/corrections")),
    "web.rights.show": ("case.view", lambda w: w.page("marloes", f"/inwoners/{w.case}/rechten")),
    "web.rights.ask_erasure": ("client.erase", lambda w: w.form("marloes", f"/inwoners/{w.case}/rechten/vergetelheid")),
    "web.rights.ask_package": ("client.export", lambda w: w.form("marloes", f"/inwoners/{w.case}/rechten/inzage")),
    "web.referrals.show": ("referral.view", lambda w: w.page("marloes", f"/verwijzingen/{w.referral}")),
    "web.referrals.act": (
        "referral.event",
        lambda w: w.form("naima", f"/verwijzingen/{w.referral}/stap", event="start", date=str(now().date())),
    ),
    "web.referrals.hurry": (
        "referral.event",
        lambda w: w.form("marloes", f"/verwijzingen/{w.referral}/bezorging", actie="gebeld"),
    ),
    "web.referrals.review": ("referral.event", lambda w: w.form("naima", f"/verwijzingen/{w.referral}/bekeken")),
    "web.reporting.show": ("report.view", lambda w: w.page("marloes", "/rapportage")),
    "web.reporting.take": ("report.export", lambda w: w.page("marloes", "/rapportage/cijfers.csv")),
    "web.search.find": ("search.view", lambda w: w.form("marloes", "/zoeken", vraag="Zomerplaag")),
    "web.worklist.show": ("worklist.view", lambda w: w.page("marloes", "/werkvoorraad")),
    "web.alerts.show": ("worklist.view", lambda w: w.named("naima") and w.page("marloes", "/meldingen")),
    "web.inbox.detail": ("referral.view", lambda w: w.page("naima", f"/werkvoorraad/{w.referral}")),
    "web.room.save": ("capacity.change", lambda w: w.form("tom", "/ruimte", service="orientatie-groen", places="3")),
    "web.meetings.show": ("worklist.view", lambda w: w.page("marloes", "/overleg")),
    "web.meetings.plan": (
        "meeting.plan",
        lambda w: w.form("els", "/overleg", at_day=str(now().date() + dt.timedelta(days=3)), minutes="60"),
    ),
    "web.meetings.agenda": ("meeting.view", lambda w: w.page("els", f"/overleg/{w.meeting}")),
    "web.meetings.table": ("meeting.view", lambda w: w.page("els", f"/overleg/{w.meeting}/{w.topic}")),
    "web.meetings.write": (
        "item.write",
        lambda w: w.form("els", f"/overleg/{w.meeting}/{w.topic}", kind="decision", c_text="Wij wachten."),
    ),
    "web.meetings.rewrite": (
        "item.change",
        lambda w: w.form(
            "marloes", f"/overleg/{w.meeting}/{w.topic}/blokken/{w.block}", version="1", c_text="Belt liever niet."
        ),
    ),
    "web.meetings.name": (
        "meeting.seat",
        lambda w: w.form("marloes", f"/overleg/{w.meeting}/{w.topic}/naam", version="1", akkoord="nee"),
    ),
    "web.meetings.seat": (
        "meeting.seat",
        lambda w: w.form("els", f"/overleg/{w.meeting}/{w.topic}/aan-tafel", person="naima"),
    ),
    "web.meetings.settle": (
        "item.change",
        lambda w: w.form("marloes", f"/afspraken/{w.agreed}/stand", version="1", state="done"),
    ),
    "web.meetings.discussed": (
        "item.change",
        lambda w: w.form("els", f"/overleg/{w.meeting}/{w.topic}/besproken", version="2"),
    ),
    "web.meetings.bring_in_form": ("case.view", lambda w: w.page("marloes", f"/inwoners/{w.case}/overleg")),
    "web.meetings.bring_in": (
        "item.write",
        lambda w: w.form(
            "marloes", f"/inwoners/{w.case}/overleg", meeting_id=w.meeting, c_question="Wie helpt?",
            c_why="Vraagt erom.", life_domains="finances", akkoord="ja",
        ),
    ),
    # Last: an objection closes the case.
    "web.access.act": (
        "configuration.change",
        lambda w: w.form("fatima", "/toegang/bezwaar", dossier=w.case),
    ),
}  # fmt: skip


def test_each_route_that_was_called_left_its_deed_in_the_log(world: World) -> None:
    for name, (deed, call) in ROUTES.items():
        before = len(records(world.site.hub))
        answer = call(world)
        assert answer.status_code < 500, name
        left = [one["deed"] for one in records(world.site.hub)[before:]]
        assert deed in left, (name, answer.status_code, left)


# What needs a request of a client first, and is not called here.
WITH_A_REQUEST = {
    "api.ask_correction",
    "api.decide_correction",
    "web.rights.act",
    "web.rights.ask_correction",
    "web.rights.decide_page",
    "web.rights.give_code",
    "web.rights.take_package",
}


def test_each_route_is_called_or_shows_nothing_of_a_person(world: World) -> None:
    quiet = [part for parts in NOTHING_OF_A_PERSON.values() for part in parts]
    routes = {rule.endpoint for rule in world.site.web.app.url_map.iter_rules()}
    unknown = {one for one in routes - ROUTES.keys() - WITH_A_REQUEST if not any(part in one for part in quiet)}
    assert unknown == set(), "call it above, or say why it shows nothing of a person"
    assert routes >= ROUTES.keys()


def digest_file(folder: Path) -> str:
    """Give a file in which a partner tells that nothing is open."""
    file = folder / "digest.csv"
    file.write_text("schakel-digest;1\nnumber;status\n", encoding="utf-8")
    return str(file)


# Each command that touches people, how it is called here, and what that leaves.
CALLS: dict[str, tuple[str, Callable[[World, Path], list[str]]]] = {
    "accounts person": (
        "account.change",
        lambda w, p: ["nieuw", "--name", "N. Ieuw", "--organisation", "wi-tilburg", "--role", "case_director"],
    ),
    "accounts system": ("account.change", lambda w, p: ["de-spoel"]),
    "accounts list": ("account.list", lambda w, p: []),
    "accounts disable": ("account.change", lambda w, p: ["tom"]),
    "accounts enable": ("account.change", lambda w, p: ["tom"]),
    "accounts reset-password": ("account.change", lambda w, p: ["tom"]),
    "audit verify": ("audit.verify", lambda w, p: []),
    "audit export": ("audit.export", lambda w, p: [str(p / "log.jsonl")]),
    "audit who": ("audit.view", lambda w, p: [w.case]),
    "messages evidence": ("client.export", lambda w, p: [w.referral]),
    "messages digest": ("digest.take", lambda w, p: [KADE, digest_file(p)]),
    "rehearse": ("message.rehearse", lambda w, p: ["--connector", "social_work"]),
    "messages settle": ("traffic.handle", lambda w, p: [w.intake, "--reason", "Dubbel gebracht."]),
    "retention preview": ("retention.preview", lambda w, p: []),
    "retention hold": ("client.hold", lambda w, p: [w.case, "--reason", "complaint"]),
    "keys export": ("key.use", lambda w, p: [str(p / "keys.json")]),
    "keys import": ("key.use", lambda w, p: [str(p / "keys.json")]),
    "keys announce": ("key.use", lambda w, p: []),
    "keys queue": ("key.use", lambda w, p: ["de-spoel"]),
}
ELSEWHERE = {
    "one function with those above (accounts)": {
        "accounts end-key",
        "accounts end-post",
        "accounts key",
        "accounts link",
        "accounts must-sign",
        "accounts post",
        "accounts webhook-secret",
    },
    "one function with settle": {"messages retry"},
    "their own tests": {"retention run", "retention release"},
    "references only": {"messages list", "messages reconcile"},
    "places in the feed, and nobody": {"messages restored"},
    "a file that was brought, and no database": {"messages verify"},
}


def test_each_command_that_touches_people_leaves_its_deed_in_the_log(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    touching = {name for name, asks in COMMANDS.items() if asks in ("overseer", "operator", "secret")}
    assert touching - CALLS.keys() - set.union(*ELSEWHERE.values()) == set()
    hub = world.site.hub
    for name, value in (
        ("SCHAKEL_DATABASE_URL", hub.settings.database_url),
        ("SCHAKEL_BROKER_URL", hub.settings.broker_url),
        ("SCHAKEL_DATA_KEYS", KEY),
        ("SCHAKEL_SECRET_KEY", hub.settings.secret_key),
        ("SCHAKEL_AUDIT_FILE", str(tmp_path / "checkpoints.log")),
    ):
        monkeypatch.setenv(name, value)
    for name, (deed, arguments) in CALLS.items():
        before = len(records(hub))
        done = CliRunner().invoke(main, [*name.split(), *arguments(world, tmp_path)])
        assert done.exit_code == 0, (name, done.output)
        assert [one["deed"] for one in records(hub)[before:]] == [deed], name
