"""Every way in, as everyone: no answer holds a field more than the policy gives. A new way needs a row here."""

import datetime as dt
import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import pytest
from flask.testing import FlaskClient
from flask_socketio import SocketIOTestClient
from sqlalchemy import select, update

from hub.app import WebProcess, create_web
from hub.live import NAMESPACE
from hub.models import Case, Referral
from hub.rules.access import Category, Mask
from hub.rules.access_tables import ROLES
from hub.services.access.access import is_party, may_see, status_decision
from hub.services.access.client_access import may_see_person
from hub.services.access.gaze import gaze_at
from hub.services.cases import items, meetings
from hub.services.people.identity import machine_viewer
from hub.services.referrals import referrals, sending
from hub.services.views.viewer import Viewer
from hub.wiring import Hub
from schemas.items import NewItem
from schemas.message import Ground
from schemas.referral import NewEvent
from schemas.vocabulary import Basis, Event, ItemKind, LifeDomain, Purpose
from tests.builders import client, new_referral
from tests.integration.callers import Site, new_bsn, sign_in_as
from tests.integration.conftest import add_viewer, open_test_hub
from tests.integration.reach import messages_of, opened, unhurried
from tests.personas import BAS, ILSE, MARLOES, NAIMA, PETER, TOM, person
from workers.command import main

# The table ---------------------------------------------------------------------------------------------------------
# What each way in asks of the policy. "nothing": it gives no client's data to anyone; "own": only the asker's own
# account; "counts": numbers of clients, none of them small (test_reporting.py); "decided": each item is put before
# may_see; "party": a referral's own sender and receiver; "overseer" and "operator": by role, and no content;
# "secret": by a key of its own.

ROUTES: dict[str, str] = {
    "web.static": "nothing",
    "web.worklist.start": "nothing",
    "web.worklist.show": "decided",
    "web.inbox.detail": "decided",
    "web.alerts.show": "decided",
    "web.alerts.read_all": "own",
    "web.room.form": "nothing",
    "web.room.save": "nothing",
    "web.search.form": "nothing",
    "web.search.find": "decided",
    "web.clients.show": "decided",
    "web.clients.earlier": "decided",
    "web.clients.plan": "decided",
    "web.scores.score": "decided",
    "web.referrals.show": "decided",
    "web.referrals.act": "decided",
    "web.referrals.hurry": "decided",
    "web.referrals.review": "decided",
    "web.new_referral.form": "decided",
    "web.new_referral.send": "decided",
    "web.message_forms.show": "decided",
    "web.message_forms.take": "decided",
    "web.messages.show": "operator",
    "web.messages.handle": "operator",
    "web.differences.show": "operator",
    "web.differences.act": "operator",
    "web.access.show": "overseer",
    "web.access.act": "overseer",
    "web.access.emergency_form": "nothing",
    "web.access.emergency": "decided",
    "web.access.stop": "own",
    "web.audit_log.looks": "overseer",
    "web.audit_log.names": "overseer",
    "web.audit_log.reviews": "overseer",
    "web.audit_log.judge": "overseer",
    "web.consents.register": "decided",
    "web.consents.show": "decided",
    "web.items.add": "decided",
    "web.items.change": "decided",
    "web.items.settle": "decided",
    "web.meetings.show": "decided",
    "web.meetings.plan": "nothing",
    "web.meetings.agenda": "decided",
    "web.meetings.table": "decided",
    "web.meetings.write": "decided",
    "web.meetings.rewrite": "decided",
    "web.meetings.discussed": "decided",
    "web.meetings.name": "decided",
    "web.meetings.seat": "decided",
    "web.meetings.settle": "decided",
    "web.meetings.bring_in_form": "decided",
    "web.meetings.bring_in": "decided",
    "web.appointments.take": "decided",
    "web.own_words.record": "decided",
    "web.documents.add": "decided",
    "web.documents.take": "decided",
    "web.elsewhere.back": "own",
    "web.elsewhere.go": "own",
    "web.new_referral.preview": "decided",
    "web.reporting.show": "counts",
    "web.reporting.take": "counts",
    "web.rights.show": "decided",
    "web.rights.ask_correction": "decided",
    "web.rights.ask_package": "overseer",
    "web.rights.ask_erasure": "overseer",
    "web.rights.take_package": "overseer",
    "web.rights.decide_page": "decided",
    "web.rights.act": "decided",
    "web.rights.give_code": "overseer",
    "web.package.form": "nothing",
    "web.package.unseal": "secret",
    "web.management.show": "operator",
    "web.management.new_form": "operator",
    "web.management.add": "operator",
    "web.management.person": "operator",
    "web.management.act": "operator",
    "web.management_systems.organisations": "operator",
    "web.management_systems.systems": "operator",
    "web.management_systems.system": "operator",
    "web.management_systems.act": "operator",
    "web.sign_in.form": "nothing",
    "web.sign_in.enter": "own",
    "web.sign_in.leave": "own",
    "web.account.show": "own",
    "web.account.switch": "own",
    "web.account.choose_language": "own",
    "web.account.choose_mail": "own",
    "web.account.switch_shortcuts": "own",
    "web.account.end_others": "own",
    "web.account.factor_page": "own",
    "web.account.begin_factor": "own",
    "web.account.confirm_factor": "own",
    "web.account.drop_factor": "own",
    "web.account.picture": "own",
    "web.account.password_form": "own",
    "web.account.change_password": "own",
    "web.account.code_form": "own",
    "web.account.give_code": "own",
    "reports.take": "nothing",
    "tokens.token": "own",
    "health.live": "nothing",
    "health.ready": "nothing",
    "health.metrics": "nothing",
    "api.openapi_document": "nothing",
    "api.asyncapi_document": "nothing",
    "api.schema_document": "nothing",
    "api.connector_document": "nothing",
    "api.read_keys": "nothing",
    "api.decide_questions": "nothing",
    "api.send_referral": "party",
    "api.list_referrals": "decided",
    "api.read_referral": "decided",
    "api.record_event": "party",
    "api.read_trail": "decided",
    "api.read_message": "decided",
    "api.read_feed": "party",
    "api.take_digest": "party",
    "api.read_digest": "party",
    "api.take_payload": "party",
    "api.read_intake": "party",
    "api.read_case": "decided",
    "api.read_timeline": "decided",
    "api.register_consent": "decided",
    "api.read_consents": "decided",
    "api.ask_gate": "decided",
    "api.ask_correction": "decided",
    "api.read_corrections": "decided",
    "api.decide_correction": "party",
    "api.read_checkpoint": "nothing",
}
EVENTS = {
    "connect": "own",
    "disconnect": "own",
    "watch": "decided",
    "unwatch": "own",
    "seen": "own",
    "watch_bell": "decided",
    "watch_worklist": "decided",
    "sit": "decided",
    "writing": "own",
}
# Whoever has a shell on the machine has its keys; these print no client's data, but for what is named here.
COMMANDS: dict[str, str] = {
    "access decide": "nothing",
    "access who-can": "nothing",
    "accounts disable": "overseer",
    "accounts enable": "overseer",
    "accounts end-key": "overseer",
    "accounts end-post": "overseer",
    "accounts key": "overseer",
    "accounts link": "overseer",
    "accounts list": "overseer",
    "accounts post": "overseer",
    "accounts reset-password": "overseer",
    "accounts must-sign": "overseer",
    "accounts webhook-secret": "overseer",
    "messages evidence": "overseer",
    "messages verify": "overseer",
    "accounts person": "nothing",
    "accounts system": "nothing",
    "audit verify": "nothing",
    "audit export": "overseer",
    "audit checkpoint": "nothing",
    "audit who": "overseer",
    "keys status": "nothing",
    "keys rotate": "nothing",
    "keys queue": "nothing",
    "keys announce": "nothing",
    "keys sign-rotate": "nothing",
    "keys export": "secret",
    "keys import": "secret",
    "messages digest": "operator",
    "messages list": "operator",
    "messages retry": "operator",
    "messages settle": "operator",
    "messages reconcile": "operator",
    "messages restored": "operator",
    "rehearse": "operator",
    "retention preview": "overseer",
    "retention run": "overseer",
    "retention hold": "overseer",
    "retention release": "overseer",
    "search rebuild": "nothing",
    "simulate": "nothing",
    "translate": "nothing",
    "demo": "nothing",
    "up": "nothing",
    "migrate": "nothing",
    "web": "nothing",
    "relay": "nothing",
    "inbox": "nothing",
    "connector new": "nothing",
    "mail": "nothing",
    "timers": "nothing",
    "check": "nothing",
    "drill": "nothing",
}


# The people and the world ------------------------------------------------------------------------------------------

_ORGANISATION_OF = {
    "work_and_income": "wi-tilburg",
    "access_team": "toegang-centrum",
    "social_work": "mw-de-kade",
    "mental_health": "ggz-de-leij",
    "reintegration": "de-spoel",
    "municipality": "gemeente-tilburg",
}


def _others(hub: Hub) -> list[Viewer]:
    """Give someone of every role and purpose, at an organisation of its kind."""
    found = []
    for role, row in ROLES.items():
        for kind in sorted(row.organisations & set(_ORGANISATION_OF)) if role != "machine" else ():
            code = _ORGANISATION_OF[kind]
            for purpose in sorted(row.purposes):
                name = hub.config.organisations[code].name
                found.append(person(f"{role}-{purpose}", f"Iemand {role} {purpose}", code, name, role, purpose))
    return found


@dataclass(frozen=True, kw_only=True)
class Marked:
    """A word that stands in one field alone: who reads it, reads that field."""

    word: str
    referral_id: str
    category: Category
    owner: str


@dataclass(frozen=True, kw_only=True)
class World:
    """Two clients with help of several kinds, and a word for each field."""

    hub: Hub
    web: WebProcess
    people: tuple[Viewer, ...]
    cases: tuple[str, ...]
    referral_ids: tuple[str, ...]
    items: tuple[str, ...]
    meetings: tuple[str, ...]
    marks: tuple[Marked, ...]
    name: str
    bsn: str


NAME, BSN = "Kwetterdijk", new_bsn()
TASK = Ground(basis=Basis.PUBLIC_TASK, law="participatiewet", purpose=Purpose.GUIDANCE)
HELP: tuple[tuple[str, tuple[LifeDomain, ...], Ground | None, Viewer], ...] = (
    ("mw-de-kade", (LifeDomain.SOCIAL_NETWORK,), None, NAIMA),
    ("ggz-de-leij", (LifeDomain.MENTAL_HEALTH,), TASK, ILSE),
    ("de-spoel", (LifeDomain.WORK_EDUCATION,), TASK, TOM),
)


def _sent(hub: Hub, to: str, domains: tuple[LifeDomain, ...], ground: Ground | None, mark: str, case: Any) -> str:
    given = {"to": to, "life_domains": domains, "reason": f"REDEN{mark}", "client_words": f"WOORD{mark}"}
    if ground is not None:
        given["ground"] = ground
    with hub.store.writing() as work:
        return sending.send_referral(work, hub.config, MARLOES, new_referral(**given, **case)).id


def _brought_in(hub: Hub, chair: Viewer, case_id: str) -> tuple[str, str]:
    """Have a team discuss the client without a name: its people sit at the table, and may not know of whom it is."""
    with hub.store.writing() as work:
        meeting = meetings.plan(work, hub.config, chair, work.now + dt.timedelta(days=2), 90, None)
        topic = meetings.bring_in(
            work, hub.config, MARLOES, case_id, meeting.id, question="Wie helpt?", why="Vraagt erom.",
            domains=(LifeDomain.SOCIAL_NETWORK,), agreed=False,
        )  # fmt: skip
        return meeting.id, topic.id


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder: Path = tmp_path_factory.mktemp("ways")
    on_file = request.param == "sqlite"
    url = f"sqlite:///{folder}/hub.db" if on_file else request.getfixturevalue("module_database_url")
    with closing(open_test_hub(url, f"embedded:///{folder}/broker.db")) as hub:
        others = _others(hub)
        with hub.store.writing() as work:
            for one in others:
                add_viewer(work, one)
        marks, ids = [], []
        for number, (to, domains, ground, helper) in enumerate(HELP):
            mark = f"MERK{number}X"
            referral_id = _sent(hub, to, domains, ground, mark, {"client": client(family_name=NAME, bsn=BSN)})
            for event in (Event.RECEIVE, Event.ACCEPT):
                with hub.store.writing() as work:
                    referral = referrals.load_for_change(work, referral_id)
                    note = f"NOTITIE{mark}" if event is Event.ACCEPT else None
                    referrals.record_event(work, hub.config, helper, referral, NewEvent(event=event, note=note))
            ids.append(referral_id)
            marks += [
                Marked(word=f"REDEN{mark}", referral_id=referral_id, category=Category.GOAL_PLAN, owner="wi-tilburg"),
                Marked(word=f"WOORD{mark}", referral_id=referral_id, category=Category.GOAL_PLAN, owner="wi-tilburg"),
                Marked(word=f"NOTITIE{mark}", referral_id=referral_id, category=Category.PROGRESS, owner=to),
            ]
        with hub.store.writing() as work:
            work.session.execute(update(Case).values(regisseur_id=MARLOES.id))
        with hub.store.reading() as session:
            cases = tuple(session.scalars(select(Case.id)))
        goal = NewItem(kind=ItemKind.GOAL, content={"title": "Rust."}, life_domains=(LifeDomain.SOCIAL_NETWORK,))
        with hub.store.writing() as work:
            written = items.add(work, hub.config, MARLOES, cases[0], goal).id
        meeting, topic = _brought_in(hub, next(one for one in others if one.role == "team_coordinator"), cases[0])
        yield World(
            hub=hub,
            web=create_web(unhurried(hub)),
            people=(MARLOES, PETER, NAIMA, ILSE, TOM, BAS, *others),
            cases=cases,
            referral_ids=tuple(ids),
            items=(written, topic),
            meetings=(meeting,),
            marks=tuple(marks),
            name=NAME,
            bsn=BSN,
        )


def may_hold(world: World, viewer: Viewer) -> set[str]:
    """Give the words that the policy lets this viewer read."""
    held: set[str] = set()
    with world.hub.store.reading() as session:
        rows = session.execute(select(Referral, Case.regisseur_id).join(Case, Case.id == Referral.case_id)).all()
        decided = {}
        for referral, regisseur in rows:
            look = gaze_at(session, world.hub.config, viewer, referral.case_id, regisseur, referral.changed_at)
            decided[referral.id] = (look, referral)
            if status_decision(look, referral).allow:
                held.add(referral.id)
        look = next(iter(decided.values()))[0]
        if may_see_person(look, [referral for _, referral in decided.values()]).allow:
            held.add(world.name)
        for mark in world.marks:
            look, referral = decided[mark.referral_id]
            own_words = viewer.organisation == mark.owner and look.viewer.role != "income_consultant"
            decision = may_see(look, referral, mark.category, owner=mark.owner)
            if decision.mask is Mask.FULL or (own_words and status_decision(look, referral).mask is Mask.FULL):
                held.add(mark.word)
            if is_party(viewer, referral, look.now) and (mark.category is Category.GOAL_PLAN or own_words):
                held.add(mark.word)
    return held


def may_have_number(world: World, viewer: Viewer) -> bool:
    """Whether the policy gives this viewer a client's number through any referral."""
    with world.hub.store.reading() as session:
        rows = session.execute(select(Referral, Case.regisseur_id).join(Case, Case.id == Referral.case_id)).all()
        looks = [
            (gaze_at(session, world.hub.config, viewer, one.case_id, regisseur, one.changed_at), one)
            for one, regisseur in rows
        ]
        return any(may_see(look, one, Category.IDENTIFIER).mask is Mask.FULL for look, one in looks)


def words_in(world: World, text: str) -> set[str]:
    """Give the marked words, names, ids and numbers that an answer holds."""
    looked_for = {mark.word for mark in world.marks} | set(world.referral_ids) | {world.name, world.bsn}
    return {word for word in looked_for if word in text}


def browser(world: World, viewer: Viewer) -> FlaskClient:
    http = world.web.app.test_client()
    sign_in_as(world.hub, http, viewer.id)
    return http


def addresses(world: World, method: str) -> list[tuple[str, str]]:
    """Give every address of this method with each id there is, and one that is not: (endpoint, path)."""
    values = {
        "message_id": tuple(pair.split()[1] for pair in messages_of(world.hub, world.referral_ids)),
        "form": ("canoniek", "vertaald", "ontvangen"),
        "case_id": (*world.cases, "not-there"),
        "referral_id": (*world.referral_ids, "not-there"),
        "item_id": (*world.items, "not-there"),
        "meeting_id": (*world.meetings, "not-there"),
        "filename": ("styles/base.css",),
        "name": ("message.json",),
    }
    found = []
    for rule in world.web.app.url_map.iter_rules():
        if method not in (rule.methods or ()):
            continue
        paths = [rule.rule]
        for argument in rule.arguments:
            pattern = re.compile(rf"<(?:[a-z]+:)?{argument}>")
            paths = [pattern.sub(value, path) for path in paths for value in values.get(argument, ("not-there",))]
        found += [(rule.endpoint, path) for path in paths]
    return found


# The walk ----------------------------------------------------------------------------------------------------------


def test_every_route_has_a_row_and_every_row_a_route(world: World) -> None:
    assert {rule.endpoint for rule in world.web.app.url_map.iter_rules()} == set(ROUTES)


def test_every_live_event_and_every_command_has_a_row(world: World) -> None:
    server = world.web.live.socketio.server
    assert server is not None
    assert set(server.handlers[NAMESPACE]) == set(EVENTS)

    def leaves(command: click.Command, name: str) -> Iterator[str]:
        if isinstance(command, click.Group):
            for part, child in command.commands.items():
                yield from leaves(child, f"{name} {part}".strip())
        else:
            yield name

    assert set(leaves(main, "")) == set(COMMANDS)


def test_everybody_is_here(world: World) -> None:
    assert {viewer.role for viewer in world.people} == set(ROLES) - {"machine", "client", "representative"}


def test_no_page_tells_anybody_a_field_too_many(world: World) -> None:
    told = 0
    pages = [(endpoint, path) for endpoint, path in addresses(world, "GET") if not endpoint.startswith("api.")]
    for viewer in world.people:
        http, held = browser(world, viewer), may_hold(world, viewer)
        for endpoint, path in pages:
            answer = http.get(path)
            # What was asked for stands in the answer of an address: that is no news to the asker.
            found = words_in(world, answer.get_data(as_text=True)) - {part for part in path.split("/") if part}
            if endpoint == "web.message_forms.take" and may_have_number(world, viewer):
                found -= {world.bsn}  # a page shows three of its digits, a file is as it went
            assert found <= held, (viewer.role, viewer.purpose, endpoint, sorted(found - held))
            assert answer.status_code < 500, (viewer.role, path)
            answer.close()
            told += len(found)
    assert told > 0


def test_no_search_tells_anybody_a_field_too_many(world: World) -> None:
    """Whatever is searched for; what was asked stands in the answer, which is no news to the asker."""
    with world.hub.store.reading() as session:
        numbers = [f"V-{one.created_at.year}-{one.number}" for one in session.scalars(select(Referral))]
    told = 0
    for viewer in world.people:
        http, held = browser(world, viewer), may_hold(world, viewer)
        mark = re.search(r'name="csrf_token" value="([^"]+)"', http.get("/nergens").text)
        assert mark is not None
        for question in (world.name, world.name[:4], world.bsn, "Karin", "hulp", "De Spoel", *numbers):
            answer = http.post("/zoeken", data={"vraag": question, "csrf_token": mark[1]}, headers={"X-Fragment": "1"})
            assert answer.status_code == 200
            found = words_in(world, answer.text) - {question}
            assert found <= held, (viewer.role, viewer.purpose, question, sorted(found - held))
            assert world.name in held or not any(case_id in answer.text for case_id in world.cases)
            told += len(found)
    assert told > 0


def test_no_call_of_the_api_tells_any_system_a_field_too_many(world: World) -> None:
    site, told = Site(world.hub), 0
    calls = [(endpoint, path) for endpoint, path in addresses(world, "GET") if endpoint.startswith("api.")]
    for code, organisation in world.hub.config.organisations.items():
        with world.hub.store.reading() as session:
            viewer = machine_viewer(session, world.hub.config, code)
        assert viewer is not None, organisation.name
        held = may_hold(world, viewer)
        for endpoint, path in calls:
            answer = site.get(path.removeprefix("/api/v1"), code)
            text = opened(answer) if endpoint == "api.read_message" and answer.status_code == 200 else answer.text
            found = words_in(world, text) - {part for part in path.split("/") if part}
            if endpoint in ("api.read_feed", "api.read_message"):
                # What was sent to it, cut when it left: the BSN of its own referrals.
                found -= {world.bsn} if any(word in held for word in world.referral_ids) else set()
                found -= {world.name}
            assert found <= held, (code, endpoint, sorted(found - held))
            told += len(found)
    assert told > 0


def test_a_stranger_gets_nothing_by_any_way(world: World) -> None:
    http = world.web.app.test_client()
    for method in ("GET", "POST"):
        for endpoint, path in addresses(world, method):
            answer = http.open(path, method=method)
            text = answer.get_data(as_text=True).replace(path, "")
            answer.close()
            found = words_in(world, text) - {part for part in path.split("/") if part}
            assert found == set(), (endpoint, path)
            if ROUTES[endpoint] not in ("nothing", "own"):
                assert answer.status_code in (302, 303, 400, 401, 403, 404, 405, 415, 429), (endpoint, answer.status)


def test_what_is_not_there_and_what_is_not_yours_have_one_answer(world: World) -> None:
    fresh = re.compile(r'csrf_token" value="[^"]+"|nonce="[^"]+"|datetime="[^"]+"|data-now="[^"]+"')
    for viewer in world.people:
        http, held = browser(world, viewer), may_hold(world, viewer)
        if world.name in held or held & set(world.referral_ids):
            continue
        for kind, ids in (("inwoners", world.cases), ("verwijzingen", world.referral_ids)):
            absent = http.get(f"/{kind}/not-there")
            for one in ids:
                answer = http.get(f"/{kind}/{one}")
                assert answer.status_code == absent.status_code == 404, (viewer.role, kind)
                same = [fresh.sub("", page.text).replace(one, "not-there") for page in (answer, absent)]
                assert same[0] == same[1], (viewer.role, kind)


def test_no_live_watch_tells_anybody_a_field_too_many(world: World) -> None:
    opened = 0
    for viewer in world.people:
        http, held = browser(world, viewer), may_hold(world, viewer)
        socket = SocketIOTestClient(world.web.app, world.web.live.socketio, namespace=NAMESPACE, flask_test_client=http)
        for case_id in (*world.cases, "not-there"):
            answer = socket.emit("watch", {"case": case_id, "after": None}, namespace=NAMESPACE, callback=True)
            found = words_in(world, str(answer))
            assert found <= held, (viewer.role, viewer.purpose, sorted(found - held))
            opened += "snapshot" in answer
        assert words_in(world, str(socket.get_received(NAMESPACE))) <= held
        socket.disconnect(NAMESPACE)
    assert opened > 0
