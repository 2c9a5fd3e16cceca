"""What is sent in about somebody else's client changes nothing, and is answered as if there were no such client."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from click.testing import CliRunner
from werkzeug.test import TestResponse

from hub.rules.emergencies import ROLES as HELPERS
from hub.services.access.objections import OFFICER
from hub.services.people.identity import machine_viewer
from hub.services.views.viewer import Viewer
from tests.builders import referral_body
from tests.integration import test_every_way_in as ways
from tests.integration.callers import Site
from tests.integration.conftest import KEY
from tests.integration.reach import messages_of
from tests.integration.test_every_way_in import ROUTES, World, browser, may_hold, words_in
from workers.command import main

world = ways.world
ABSENT = str(uuid4())
REASON = "Zij belt dat zij er een einde aan maakt."
# What a form may hold, each with a value that would do; the ids are filled in.
FORM = {
    "event": "withdraw",
    "note": "Nu niet.",
    "to": "mw-de-kade",
    "kind": "withdrawn",
    "evidence": "besproken",
    "gevaar": "crisis",
    "reden": REASON,
    "belang": "vraag van de inwoner",
    "right": "rectification",
    "about": "family_name",
    "why": "klopt niet",
    "oordeel": "justified",
    "keuze": "justified",
    "gebruiker": "ilse",
}
NAMED_IN_FORMS = ("dossier", "kenmerk", "wie", "inwoner")
FRESH = re.compile(
    r'csrf_token" value="[^"]+"|nonce="[^"]+"|datetime="[^"]+"|data-now="[^"]+"|F-[0-9A-F]{6}|sleutel" value="[^"]+"'
)
_NOT_COMPARED = {
    "Date",
    "Content-Length",
    "Set-Cookie",
    "X-Request-Id",
    "Content-Security-Policy",
    "Reporting-Endpoints",
    "Report-To",
}


def face(answer: TestResponse, asked: str) -> tuple[int, list[tuple[str, str]], str]:
    """Give an answer as it can be compared: status, headers and body, with the id that was asked for masked."""
    text = FRESH.sub("", answer.get_data(as_text=True)).replace(asked, ABSENT)
    headers = sorted(
        (name, value.replace(asked, ABSENT)) for name, value in answer.headers if name not in _NOT_COMPARED
    )
    answer.close()
    return answer.status_code, [(name, value) for name, value in headers if name != "Content-Length"], text


def strangers(world: World) -> Iterator[Viewer]:
    """Give everybody who may know nothing of these clients."""
    for viewer in world.people:
        held = may_hold(world, viewer)
        if world.name not in held and not held & set(world.referral_ids):
            yield viewer


def may_do(endpoint: str, viewer: Viewer) -> bool:
    """Whether the role gives this way in to any client: tried in tests of their own."""
    if endpoint.startswith("web.access.emergency"):
        return viewer.role in HELPERS
    return viewer.role == OFFICER and endpoint.startswith(("web.access", "web.rights", "web.audit_log"))


def posts(world: World) -> list[tuple[str, str]]:
    """Give every page that takes a form, as (endpoint, rule), but for signing in and one's own account."""
    own = ("web.sign_in", "web.account", "web.elsewhere", "web.package")
    return [
        (rule.endpoint, rule.rule)
        for rule in world.web.app.url_map.iter_rules()
        if "POST" in (rule.methods or ()) and rule.endpoint.startswith("web.") and not rule.endpoint.startswith(own)
    ]


def filled(rule: str, one: str) -> str:
    """Give an address with this id wherever it asks for one, and a step where it asks for that."""
    return re.sub(r"<(?:[a-z]+:)?step>", "bezwaar", re.sub(r"<(?:[a-z]+:)?(?!step)[a-z_]+>", one, rule))


def test_no_form_about_somebody_elses_client_changes_anything_or_tells_that_there_is_one(world: World) -> None:
    site, tried = Site(world.hub), 0
    for viewer in strangers(world):
        http = browser(world, viewer)
        page = http.get("/nergens").text
        token = re.search(r'name="csrf_token" value="([^"]+)"', page)
        assert token is not None
        before = site.counts()
        for endpoint, rule in posts(world):
            if may_do(endpoint, viewer):
                continue
            faces = {}
            for one in (ABSENT, *world.cases, *world.referral_ids):
                form = FORM | dict.fromkeys(NAMED_IN_FORMS, one) | {"csrf_token": token[1]}
                with http.session_transaction() as kept:  # what an earlier answer left to be said once
                    kept.pop("_flashes", None)
                answer = http.post(filled(rule, one), data=form)
                assert answer.status_code < 500, (viewer.role, endpoint)
                found = words_in(world, answer.text) - {one}
                assert not found, (viewer.role, endpoint, found)
                faces[one] = face(answer, one)
                tried += 1
            for told in faces.values():
                assert told[:2] == faces[ABSENT][:2], (viewer.role, viewer.purpose, endpoint)
                lines = zip(told[2].split(">"), faces[ABSENT][2].split(">"), strict=True)
                assert [pair for pair in lines if pair[0] != pair[1]] == [], (viewer.role, viewer.purpose, endpoint)
        assert site.counts() == before, viewer.role
    assert tried > 100


CALLS: dict[str, tuple[str, str, Any]] = {
    "api.read_referral": ("GET", "/referrals/{id}", None),
    "api.list_referrals": ("GET", "/referrals?case={id}", None),
    "api.read_trail": ("GET", "/referrals/{id}/trail", None),
    "api.read_message": ("GET", "/referrals/{id}/messages/{message}", None),
    "api.record_event": ("POST", "/referrals/{id}/events", {"event": "withdraw", "note": "Nu niet."}),
    "api.read_case": ("GET", "/cases/{id}", None),
    "api.read_timeline": ("GET", "/cases/{id}/timeline?after=0&limit=5", None),
    "api.read_consents": ("GET", "/cases/{id}/consents", None),
    "api.register_consent": ("POST", "/cases/{id}/consents", {"to": "mw-de-kade", "kind": "withdrawn"}),
    "api.read_corrections": ("GET", "/cases/{id}/corrections", None),
    "api.ask_correction": ("POST", "/cases/{id}/corrections", {"field": "family_name", "value": "X", "why": "fout"}),
    "api.decide_correction": ("POST", "/cases/{id}/corrections/{id}/decision", {"decision": "correct"}),
    "api.read_intake": ("GET", "/intake/{id}", None),
    "api.ask_gate": ("POST", "/gate", {"messages": ["{id}"]}),
    "api.send_referral": ("POST", "/referrals", "a referral for the case"),
}


def test_every_call_with_an_id_is_tried() -> None:
    without = {"api.openapi_document", "api.asyncapi_document", "api.schema_document", "api.decide_questions"}
    without |= {"api.connector_document", "api.read_feed", "api.take_payload", "api.read_keys", "api.read_checkpoint"}
    without |= {"api.read_digest", "api.take_digest"}  # keeps a list whatever it names: test_digests.py
    assert {name for name in ROUTES if name.startswith("api.")} - without == set(CALLS)


def test_a_system_gets_one_answer_for_what_is_not_there_and_what_is_not_its_own_and_changes_nothing(
    world: World,
) -> None:
    site, tried = Site(world.hub), 0
    messages = dict(pair.split() for pair in messages_of(world.hub, world.referral_ids))
    assert set(messages) == set(world.referral_ids)
    for code in world.hub.config.organisations:
        with world.hub.store.reading() as session:
            viewer = machine_viewer(session, world.hub.config, code)
        assert viewer is not None
        if may_hold(world, viewer):
            continue
        before = site.counts()
        for name, (method, path, body) in CALLS.items():
            told = {}
            for one in (ABSENT, *world.cases, *world.referral_ids):
                given = body
                if body == CALLS["api.send_referral"][2]:
                    given = referral_body(client={"case_id": one})
                elif name == "api.ask_gate":
                    given = {"messages": [one]}
                key = {"Idempotency-Key": f"walk-{one}", "If-None-Match": '"1"'}
                address = path.replace("{id}", one).replace("{message}", messages.get(one, ABSENT))
                answer = site.call(method, address, code, body=given, headers=key)
                assert answer.status_code < 500, (code, name)
                told[one] = face(answer, one)
                tried += 1
            assert all(one == told[ABSENT] for one in told.values()), (code, name, told)
        after = site.counts()
        assert after == before, (code, {table for table in after if after[table] != before[table]})
    assert tried > 100


COMMANDS = (
    ("audit", "verify"),
    ("audit", "checkpoint"),
    ("keys", "status"),
    ("messages", "list"),
    ("retention", "preview"),
    ("accounts", "list"),
    ("check",),
)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_command_that_ends_prints_no_word_about_a_client(
    world: World, command: tuple[str, ...], tmp_path: Path
) -> None:
    kind = ways.COMMANDS[" ".join(command)]
    settings = world.hub.settings
    environment = {
        "SCHAKEL_DATABASE_URL": settings.database_url,
        "SCHAKEL_BROKER_URL": settings.broker_url,
        "SCHAKEL_DATA_KEYS": KEY,
        "SCHAKEL_SECRET_KEY": settings.secret_key,
        "SCHAKEL_AUDIT_FILE": str(tmp_path / "checkpoints.log"),
    }
    ran = CliRunner().invoke(main, [*command], env=environment)
    assert ran.exit_code in (0, 1), ran.output
    found = words_in(world, ran.output)
    assert not found - (set(world.referral_ids) if kind != "nothing" else set()), (command, found)
