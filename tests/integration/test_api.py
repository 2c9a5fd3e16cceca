"""The API as the contract describes it, tried by someone who never saw the code."""

import base64
import datetime as dt
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import jsonschema
import pytest
from openapi_spec_validator import validate
from sqlalchemy import update

from hub.models import ApiClient, Case, Referral
from hub.services.access.gaze import gaze_at
from hub.services.cases.case_view import case_view
from hub.services.errors import NotFound
from hub.services.messages.feed import feed
from hub.services.referrals import referral_answers, referral_finding
from schemas.vocabulary import Event
from tests.builders import referral_body
from tests.integration.callers import GGZ, KADE, SPOEL, TEAM, WI, Site, looking_at, new_bsn, someone
from tests.integration.conftest import open_test_hub
from tests.personas import MARLOES, PETER

PROBLEM = "application/problem+json"
GGZ_REFERRAL: dict[str, Any] = {"to": GGZ, "life_domains": ["mental_health"]}


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Give a site, once on each database: every test has people of its own in it."""
    folder = tmp_path_factory.mktemp("site")
    url = f"sqlite:///{folder}/hub.db"
    if request.param == "postgresql":
        url = request.getfixturevalue("module_database_url")
    with closing(open_test_hub(url, f"embedded:///{folder}/broker.db")) as hub:
        yield Site(hub)


def basic(name: str, secret: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode()}


def ask_token(site: Site, headers: dict[str, str] | None = None, **form: str) -> Any:
    return site.anyone.post("/oauth/token", data={"grant_type": "client_credentials", **form}, headers=headers or {})


# -- tokens ----------------------------------------------------------------------------------------------------------


def test_a_token_comes_for_basic_and_for_form(site: Site) -> None:
    for answer in (
        ask_token(site, basic(WI, "secret")),
        ask_token(site, client_id=WI, client_secret="secret"),
    ):
        assert answer.status_code == 200
        assert answer.json["token_type"] == "Bearer"
        assert answer.json["expires_in"] > 0
        assert answer.headers["API-Version"]
        assert answer.headers["Cache-Control"] == "no-store"
        with_it = site.anyone.get(
            "/api/v1/referrals", headers={"Authorization": f"Bearer {answer.json['access_token']}"}
        )
        assert with_it.status_code == 200


@pytest.mark.parametrize(
    ("headers", "form"),
    [
        (basic(WI, "wrong"), {}),
        (basic("nobody", "secret"), {}),
        ({"Authorization": "Basic ====not-base64"}, {}),
        ({"Authorization": "Basic " + base64.b64encode(b"\xff\xfe:x").decode()}, {}),
        ({}, {"client_id": WI, "client_secret": "wrong"}),
        ({}, {"client_id": "wi-tilburg\0", "client_secret": "secret"}),
        ({}, {"client_id": "' OR 1=1 --", "client_secret": "secret"}),
        ({}, {}),
    ],
)
def test_no_token_comes_for_a_wrong_secret(site: Site, headers: dict[str, str], form: dict[str, str]) -> None:
    answer = ask_token(site, headers, **form)
    assert answer.status_code == 401
    assert answer.content_type == PROBLEM
    assert answer.json["error"] == answer.json["code"] == "invalid_client"
    assert "WWW-Authenticate" in answer.headers


def test_another_grant_is_refused(site: Site) -> None:
    answer = site.anyone.post("/oauth/token", data={"grant_type": "password"}, headers=basic(WI, "secret"))
    assert (answer.status_code, answer.json["error"]) == (400, "unsupported_grant_type")


def test_a_blocked_system_gets_no_token_and_its_old_one_is_refused(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    old = ask_token(site, basic(SPOEL, "secret")).json["access_token"]
    call = {"Authorization": f"Bearer {old}"}
    assert site.anyone.get("/api/v1/referrals", headers=call).status_code == 200
    with site.hub.store.writing() as work:
        work.session.execute(update(ApiClient).where(ApiClient.id == SPOEL).values(active=False))
    try:
        assert ask_token(site, basic(SPOEL, "secret")).status_code == 401
        later = time.monotonic() + 2.5
        monkeypatch.setattr("hub.api.blueprint.time.monotonic", lambda: later)
        assert site.anyone.get("/api/v1/referrals", headers=call).status_code == 401
    finally:
        with site.hub.store.writing() as work:
            work.session.execute(update(ApiClient).where(ApiClient.id == SPOEL).values(active=True))


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer x", "Bearer " + "x" * 5000, "Basic d2k6c2VjcmV0", "Bearer é"])
def test_without_a_good_token_every_route_says_401(site: Site, header: str) -> None:
    for path in ("/referrals", "/referrals/x", "/feed", "/cases/x", "/intake/x", "/referrals/x/trail"):
        answer = site.anyone.get("/api/v1" + path, headers={"Authorization": header.encode().decode("latin-1")})
        assert (answer.status_code, answer.content_type) == (401, PROBLEM)
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert answer.headers["API-Version"]


# -- sending ---------------------------------------------------------------------------------------------------------


def test_a_referral_is_made_with_a_place_and_the_same_call_gives_the_same_answer(site: Site) -> None:
    body = referral_body(client=someone())
    first = site.post(body, key="same")
    assert first.status_code == 201
    assert first.headers["Location"] == f"/api/v1/referrals/{first.json['id']}"
    assert {"status", "delivery", "next_action", "number", "case_id"} <= first.json.keys()
    assert first.json["status"] == "sent"
    assert {"who", "what", "by"} <= first.json["next_action"].keys()
    before = site.counts()
    again = site.post(dict(reversed(body.items())), key="same")
    assert (again.status_code, again.data) == (201, first.data)
    for name in ("Location", "ETag", "API-Version", "Content-Type"):
        assert again.headers[name] == first.headers[name]
    assert site.counts() == before


def test_the_same_key_for_another_body_is_409_and_the_first_answer_stays(site: Site) -> None:
    body = referral_body(client=someone())
    first = site.post(body, key="other body")
    other = site.post({**body, "client_words": "Iets heel anders."}, key="other body")
    assert (other.status_code, other.json["code"]) == (409, "idempotency_key_reused")
    assert site.post(body, key="other body").data == first.data


def test_a_key_is_an_organisations_own(site: Site) -> None:
    assert site.send(WI, key="shared word").status_code == 201
    assert site.send(GGZ, key="shared word").status_code == 201


def test_a_changed_referral_does_not_change_the_answer_to_the_first_call(site: Site) -> None:
    body = referral_body(client=someone())
    first = site.post(body, key="changed since")
    site.event(first.json["id"], "receive", KADE)
    assert site.post(body, key="changed since").data == first.data


@pytest.mark.parametrize("key", [None, "", "x" * 201])
def test_without_a_usable_key_nothing_is_made(site: Site, key: str | None) -> None:
    before = site.counts()
    headers = {} if key is None else {"Idempotency-Key": key}
    answer = site.call("POST", "/referrals", body=referral_body(client=someone()), headers=headers)
    assert (answer.status_code, answer.json["code"]) == (400, "idempotency_key_missing")
    assert site.counts() == before


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"to": "nowhere"}, "to"),
        ({"to": WI}, "to"),
        ({"to": 7}, "to"),
        ({"service": "nothing-like-it"}, "service"),
        ({"service": "ggz-kennismaking"}, "service"),
        ({"life_domains": []}, "life_domains"),
        ({"life_domains": ["money"]}, "life_domains.0"),
        ({"life_domains": "finances"}, "life_domains"),
        ({"reason": ""}, "reason"),
        ({"reason": "   "}, "reason"),
        ({"reason": "x" * 4001}, "reason"),
        ({"reason": None}, "reason"),
        ({"reason": "nul \0 byte"}, "reason"),
        ({"urgency": "now"}, "urgency"),
        ({"urgency": None}, "urgency"),
        ({"strengths": "goed"}, "strengths"),
        ({"strengths": ["x"] * 21}, "strengths"),
        ({"ground": {"basis": "consent"}}, "ground.purpose"),
        ({"ground": {"basis": "because", "purpose": "guidance"}}, "ground.basis"),
        ({"ground": {"basis": "consent", "purpose": "enforcement"}}, "ground.purpose"),
        ({"ground": {"basis": "legal_duty", "law": "avg", "purpose": "statistics"}}, "ground.purpose"),
        ({"ground": []}, "ground"),
        ({"client": None}, "client"),
        ({"client": {}}, "client.bsn"),
        ({"client": someone(bsn="123456789")}, "client.bsn"),
        ({"client": someone(bsn="000000000")}, "client.bsn"),
        ({"client": someone(bsn="９９９９９００１９")}, "client.bsn"),
        ({"client": someone(bsn=999990019)}, "client.bsn"),
        ({"client": someone(bsn="999990019 ")}, "client.bsn"),
        ({"client": someone(bsn=True)}, "client.bsn"),
        ({"client": someone(birth_date="2026-02-30")}, "client.birth_date"),
        ({"client": someone(birth_date="1899-12-31")}, "client.birth_date"),
        ({"client": someone(gender="x")}, "client.gender"),
        ({"client": someone(case_id="x")}, "client.bsn"),
        ({"client": someone(reference="x")}, "client.reference"),
        ({"attachments": [{"name": "a.pdf"}]}, "attachments"),
        ({"status": "completed"}, "status"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_made(site: Site, changes: dict[str, Any], field: str) -> None:
    before = site.counts()
    answer = site.post(referral_body(**{"client": someone(), **changes}))
    assert (answer.status_code, answer.content_type) == (422, PROBLEM)
    assert answer.json["code"] == "invalid"
    assert field in {error["field"] for error in answer.json["errors"]}
    assert all(error["message"] for error in answer.json["errors"])
    assert site.counts() == before


def test_no_answer_repeats_a_citizen_service_number(site: Site) -> None:
    number = new_bsn()
    for body in (
        referral_body(client=someone(bsn=number + "0")),
        referral_body(client={**someone(), number: "x"}),
        referral_body(**{number: number}),
        referral_body(to=number),
        referral_body(service=number),
        referral_body(client={"case_id": number}),
        f'{{"{number}": 1, "{number}": 2}}'.encode(),
        f'{{"client": "{number}"'.encode(),
    ):
        answer = site.post(body)
        assert 400 <= answer.status_code < 500
        assert number not in answer.get_data(as_text=True)


def test_the_municipality_itself_sends_nothing(site: Site) -> None:
    assert site.send("gemeente-tilburg").status_code == 403


def test_who_has_no_part_in_a_case_can_not_refer_from_it(site: Site) -> None:
    sent = site.send(WI).json
    case_id = sent["case_id"]
    before = site.counts()
    foreign = site.post(referral_body(client={"case_id": case_id}, to=GGZ), SPOEL)
    missing = site.post(referral_body(client={"case_id": "no-such-case"}, to=GGZ), SPOEL)
    assert foreign.status_code == missing.status_code == 404
    assert foreign.data == missing.data
    assert site.counts() == before
    assert site.post(referral_body(client={"case_id": case_id}, to=GGZ), WI).status_code == 201
    announced = site.post(referral_body(client={"case_id": case_id}, to=GGZ), KADE)
    assert announced.status_code == 404, "who has only an announcement has no part in the case yet"
    for event in ("receive", "accept"):
        assert site.event(sent["id"], event, KADE).status_code == 200
    assert site.post(referral_body(client={"case_id": case_id}, to=GGZ), KADE).status_code == 201


# -- reading ---------------------------------------------------------------------------------------------------------


def test_the_list_narrows_and_goes_on_by_cursor(site: Site) -> None:
    person = someone()
    made = [site.send(TEAM, client=person, to=to).json for to in (KADE, GGZ, KADE)]
    case_id = made[0]["case_id"]
    site.event(made[0]["id"], "withdraw", TEAM)

    def ids(query: str, by: str = TEAM) -> list[str]:
        answer = site.get(f"/referrals?case={case_id}{query}", by)
        assert answer.status_code == 200
        return [item["id"] for item in answer.json["items"]]

    assert ids("") == [one["id"] for one in made]
    assert ids(f"&to={KADE}") == [made[0]["id"], made[2]["id"]]
    assert ids(f"&from={TEAM}&status=sent") == [made[1]["id"], made[2]["id"]]
    assert ids("&status=withdrawn") == [made[0]["id"]]
    assert ids("&from=someone-else") == []
    seen, after = [], ""
    while True:
        page = site.get(f"/referrals?case={case_id}&limit=1&after={after}", TEAM).json
        seen += [item["id"] for item in page["items"]]
        if page["next"] is None:
            break
        after = page["next"]
    assert seen == [one["id"] for one in made]
    assert ids("", GGZ) == [made[1]["id"]], "an organisation lists what it sent or received, of any case"
    assert ids("", SPOEL) == []


@pytest.mark.parametrize(
    "query", ["after=x", "after=-1", "after=1e3", "after=" + "9" * 30, "limit=many", "after=%D9%A1"]
)
@pytest.mark.parametrize("path", ["/referrals", "/feed"])
def test_a_wrong_cursor_is_refused_and_does_not_begin_again(site: Site, path: str, query: str) -> None:
    answer = site.get(f"{path}?{query}")
    assert (answer.status_code, answer.json["code"]) == (400, "invalid")
    assert answer.json["errors"][0]["field"] == query.partition("=")[0]


@pytest.mark.parametrize(
    "query", ["after=999999999999999999", "after=0&limit=0", "limit=999999999999", "case=%F0%9F%98%80"]
)
def test_a_far_cursor_or_limit_is_no_fault(site: Site, query: str) -> None:
    for path in ("/referrals", "/feed"):
        assert site.get(f"{path}?{query}").status_code == 200


def test_an_etag_spares_a_reader_and_guards_a_writer(site: Site) -> None:
    made = site.send().json["id"]
    first = site.get(f"/referrals/{made}", KADE)
    etag = first.headers["ETag"]
    for known in (etag, f'"other", {etag}', f"W/{etag}", "*"):
        unchanged = site.get(f"/referrals/{made}", KADE, If_None_Match=known)
        assert (unchanged.status_code, unchanged.data, unchanged.headers["ETag"]) == (304, b"", etag)
    assert site.event(made, "receive", KADE, headers={"If-Match": etag}).status_code == 200
    assert site.get(f"/referrals/{made}", KADE, If_None_Match=etag).status_code == 200
    for stale in (etag, '"garbage"', '"0-waiting"', "W/" + etag, '""', "\xff"):
        answer = site.event(made, "accept", KADE, headers={"If-Match": stale})
        assert (answer.status_code, answer.json["code"]) == (412, "version_conflict"), stale
    assert site.get(f"/referrals/{made}", KADE).json["status"] == "received"
    assert site.event(made, "accept", KADE, headers={"If-Match": "*"}).status_code == 200


# -- events ----------------------------------------------------------------------------------------------------------


def test_a_forbidden_event_names_what_is_allowed_and_a_missing_reason_is_422(site: Site) -> None:
    made = site.send().json["id"]
    early = site.event(made, "start", KADE)
    assert (early.status_code, early.json["code"]) == (409, "state_forbids")
    assert "receive" in early.json["allowed"]
    assert site.event(made, "receive", WI).status_code == 409, "the sender does not receive for the receiver"
    assert site.event(made, "receive", KADE).json["status"] == "received"
    silent = site.event(made, "decline", KADE)
    assert (silent.status_code, silent.json["errors"][0]["field"]) == (422, "reason")
    assert site.event(made, "decline", KADE, reason="no_capacity").json["status"] == "declined"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "event"),
        ({"event": "explode"}, "event"),
        ({"event": ["receive"]}, "event"),
        ({"event": "receive", "at": "2026-11-22T10:00:00"}, "at"),
        ({"event": "receive", "at": "2026-03-29T02:30:00"}, "at"),
        ({"event": "receive", "at": "+275760-09-13T00:00:00Z"}, "at"),
        ({"event": "receive", "at": "0000-00-00T24:00:00Z"}, "at"),
        ({"event": "receive", "at": 1700000000}, "at"),
        ({"event": "receive", "at": "0001-01-01T00:00:00+14:00"}, "at"),
        ({"event": "receive", "actor": "someone"}, "actor"),
        ({"event": "receive", "note": {"a": 1}}, "note"),
    ],
)
def test_a_wrong_event_is_named_and_changes_nothing(site: Site, body: dict[str, Any], field: str) -> None:
    made = site.send().json["id"]
    answer = site.call("POST", f"/referrals/{made}/events", KADE, body=body)
    assert answer.status_code == 422
    assert field in {error["field"] for error in answer.json["errors"]}
    assert site.get(f"/referrals/{made}", KADE).json["version"] == 1


def test_a_moment_in_the_future_moves_no_clock_and_no_order(site: Site) -> None:
    made = site.send().json
    site.event(made["id"], "receive", KADE, at="2150-01-01T00:00:00+01:00")
    site.event(made["id"], "accept", KADE)
    told = site.get(f"/referrals/{made['id']}", KADE).json
    assert told["changed_at"] < "2150"
    entries = site.get(f"/cases/{made['case_id']}/timeline", KADE).json["items"]
    assert [entry["kind"] for entry in entries if entry["actor"] == "Maatschappelijk werk De Kade"] == [
        "receive",
        "accept",
    ]


def test_who_is_no_party_meets_exactly_what_is_not_there(site: Site) -> None:
    made = site.send(WI).json
    for method, tail, body in (
        ("GET", "", None),
        ("GET", "/trail", None),
        ("POST", "/events", {"event": "accept"}),
        ("POST", "/events", {"event": "nonsense"}),
        ("POST", "/events", {"event": "decline"}),
    ):
        for headers in ({}, {"If-Match": '"1-waiting"'}, {"If-Match": '"99-x"'}, {"If-None-Match": "*"}):
            there = site.call(method, f"/referrals/{made['id']}{tail}", SPOEL, body=body, headers=headers)
            missing = site.call(method, f"/referrals/{'0' * 36}{tail}", SPOEL, body=body, headers=headers)
            assert (there.status_code, there.data) == (missing.status_code, missing.data)
            assert dict(there.headers) == dict(missing.headers)
    for tail in ("", "/timeline", "/timeline?after=9999"):
        there = site.get(f"/cases/{made['case_id']}{tail}", SPOEL)
        missing = site.get(f"/cases/{'0' * 36}{tail}", SPOEL)
        assert (there.status_code, there.data) == (missing.status_code, missing.data) == (404, missing.data)


# -- trail and feed --------------------------------------------------------------------------------------------------


def test_the_trail_tells_every_step_with_three_receipts(site: Site) -> None:
    made = site.send().json["id"]
    site.event(made, "receive", KADE)
    site.event(made, "accept", KADE, note="Welkom.")
    for by in (WI, KADE):
        items = site.get(f"/referrals/{made}/trail", by).json["items"]
        assert [item["kind"] for item in items if "message" not in item] == ["send", "receive", "accept"]
        assert all(item["at"] and item["organisation"] for item in items)
        sent = next(item for item in items if item["kind"] == "nl.schakel.referrals.sent")
        assert set(sent["message"]["receipts"]) == {"technical", "functional", "business"}
        received = next(item for item in items if item["kind"] == "receive")
        assert sent["message"]["receipts"]["business"] == received["at"]


def test_the_feed_gives_an_organisations_messages_in_order_and_no_one_elses(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.services.messages.feed._SETTLED_AFTER", dt.timedelta(seconds=-5))
    last = site.get("/feed?limit=200", TEAM).json
    while last["next"]:
        last = site.get(f"/feed?limit=200&after={last['next']}", TEAM).json
    person = someone()
    made = [site.send(WI, client=person, to=TEAM).json["id"] for _ in range(3)]
    site.event(made[1], "withdraw", WI)
    site.send(WI, client=person, to=KADE)
    found, after = [], last["cursor"] or "0"
    while True:
        page = site.get(f"/feed?limit=2&after={after}", TEAM).json
        found += page["items"]
        after = page["cursor"]
        if page["next"] is None:
            break
    assert [(item["type"].rpartition(".")[2], item["data"]["referral_id"]) for item in found] == [
        *(("sent", one) for one in made),
        ("withdrawn", made[1]),
    ]
    assert {item["receiver"] for item in found} == {TEAM}
    assert [int(item["sequence"]) for item in found] == sorted(int(item["sequence"]) for item in found)
    assert all(person["bsn"] != item["subject"] for item in found)
    shape = site.anyone.get("/api/v1/schemas/message.json").json
    for item in found:
        jsonschema.validate(item, shape, cls=jsonschema.Draft202012Validator)
        assert item["specversion"] == "1.0"
        assert item["source"].startswith("urn:nld:oin:")
    assert site.get(f"/feed?after={after}", TEAM).json == {"items": [], "next": None, "cursor": after}


def test_what_a_slower_writer_may_still_come_before_is_not_in_the_feed_yet(site: Site) -> None:
    made = site.send(WI, to=TEAM).json["id"]
    with site.hub.store.reading() as session:
        rows = feed(session, TEAM, after=0, limit=10_000)
    assert not any(made.encode() in row.body for row in rows)


# -- cases and the mask ----------------------------------------------------------------------------------------------


def test_a_case_is_the_callers_own_view_with_what_is_withheld_named(site: Site) -> None:
    person = someone()
    mine = site.send(WI, client=person, to=KADE).json
    site.send(KADE, client=person, **GGZ_REFERRAL)
    case = site.get(f"/cases/{mine['case_id']}", WI).json
    assert [line["id"] for line in case["referrals"]] == [mine["id"]]
    assert case["position"] == len(case["timeline"])
    assert [entry["position"] for entry in case["timeline"]] == list(range(1, case["position"] + 1))
    assert [(one["what"], one["rule"]) for one in case["withheld"]] == [("health", "D08")]
    assert all(one["reason"] for one in case["withheld"])
    for after in range(case["position"] + 2):
        later = site.get(f"/cases/{mine['case_id']}/timeline?after={after}", WI).json["items"]
        assert later == case["timeline"][after:]


def test_the_timeline_goes_on_by_cursor(site: Site) -> None:
    made = site.send().json
    site.event(made["id"], "receive", KADE)
    site.event(made["id"], "accept", KADE)
    whole = site.get(f"/cases/{made['case_id']}/timeline", KADE).json
    assert whole["next"] is None
    found, after = [], "0"
    while after is not None:
        page = site.get(f"/cases/{made['case_id']}/timeline?limit=1&after={after}", KADE).json
        found += page["items"]
        after = page["next"]
    assert found == whole["items"]


def test_without_consent_the_regisseur_sees_that_something_runs_and_her_system_the_state_it_sent(site: Site) -> None:
    ground = {"basis": "public_task", "law": "participatiewet", "purpose": "guidance"}
    made = site.send(WI, ground=ground, **GGZ_REFERRAL).json
    for event in ("receive", "accept"):
        site.event(made["id"], event, GGZ)
    with site.hub.store.writing() as work:
        work.session.execute(update(Case).where(Case.id == made["case_id"]).values(regisseur_id=MARLOES.id))
    own = site.get(f"/referrals/{made['id']}", WI).json
    assert (own["status"], own["to"]) == ("accepted", GGZ)
    with looking_at(site.hub) as session:
        referral, regisseur = referral_finding.find_referral(session, made["id"])
        now = dt.datetime.now(dt.UTC)
        look = gaze_at(session, site.hub.config, MARLOES, made["case_id"], regisseur, now)
        answer = referral_answers.referral_answer(site.hub.config, MARLOES, referral, look)
        view = case_view(session, site.hub.config, MARLOES, made["case_id"], now)
    rule = answer["masked"]
    assert rule.startswith("A")
    assert answer == {"id": made["id"], "case_id": made["case_id"], "status": "running", "masked": rule}
    assert [(line.mark, line.masked, line.organisation) for line in view.referrals] == [("running", rule, "")]
    assert {entry.kind for entry in view.entries} == {"masked"}


def test_an_income_consultant_meets_no_client_of_others(site: Site) -> None:
    made = site.send(GGZ, to=TEAM, life_domains=["mental_health"]).json
    now = dt.datetime.now(dt.UTC)
    with looking_at(site.hub) as session, pytest.raises(NotFound):
        case_view(session, site.hub.config, PETER, made["case_id"], now)
    for event in ("receive", "accept"):
        site.event(made["id"], event, TEAM)
    assert site.post(referral_body(client={"case_id": made["case_id"]}, to=WI), TEAM).status_code == 201
    with looking_at(site.hub) as session:
        view = case_view(session, site.hub.config, PETER, made["case_id"], now)
    assert view.client_name
    assert (view.referrals, view.position) == ((), 0)


def test_what_mental_health_says_is_in_no_answer_to_work_and_income(site: Site) -> None:
    made = site.send(WI, **GGZ_REFERRAL).json
    site.event(made["id"], "receive", GGZ)
    site.event(made["id"], "ask", GGZ, note="MERKNOOT depressie")
    site.event(made["id"], "answer", WI, note="ja")
    site.event(made["id"], "decline", GGZ, reason="F33-MERKREDEN", note="MERKNOOT")
    for path in (
        f"/referrals/{made['id']}",
        f"/referrals/{made['id']}/trail",
        f"/cases/{made['case_id']}",
        f"/cases/{made['case_id']}/timeline",
        f"/referrals?case={made['case_id']}",
        "/feed?limit=200",
    ):
        shown = site.get(path, WI).get_data(as_text=True)
        assert "MERK" not in shown, path
    assert "MERKNOOT" in site.get(f"/referrals/{made['id']}/trail", GGZ).get_data(as_text=True)


def test_two_worlds_with_and_without_a_referral_to_mental_health_look_the_same_to_work_and_income(site: Site) -> None:
    worlds = []
    for secret in (False, True):
        person = someone()
        mine = site.send(WI, client=person, to=KADE).json
        if secret:
            hidden = site.send(KADE, client=person, **GGZ_REFERRAL).json
            site.event(hidden["id"], "receive", GGZ)
        site.event(mine["id"], "receive", KADE)
        case = site.get(f"/cases/{mine['case_id']}", WI).json
        listed = site.get(f"/referrals?case={mine['case_id']}", WI).json
        worlds.append(
            (
                case["position"],
                [entry["kind"] for entry in case["timeline"]],
                [entry["position"] for entry in case["timeline"]],
                case["withheld"],
                case["contact"],
                len(case["referrals"]),
                len(listed["items"]),
                site.get(f"/referrals/{mine['id']}", WI).headers["ETag"],
            )
        )
    assert worlds[0] == worlds[1]


def test_the_numbers_on_messages_count_what_their_receiver_got(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """A number that jumps would tell that something happened that the receiver may not know of."""
    monkeypatch.setattr("hub.services.messages.feed._SETTLED_AFTER", dt.timedelta(seconds=-5))
    person = someone()
    hidden = site.send(KADE, client=person, **GGZ_REFERRAL).json
    site.event(hidden["id"], "receive", GGZ)
    mine = site.send(WI, client=person, to=TEAM).json
    site.event(hidden["id"], "accept", GGZ)
    site.event(mine["id"], "receive", TEAM)
    site.event(mine["id"], "accept", TEAM)
    for by, expected in ((TEAM, ["1"]), (WI, ["1", "2"]), (GGZ, ["1"]), (KADE, ["1", "2"])):
        found, after = [], "0"
        while True:
            page = site.get(f"/feed?limit=200&after={after}", by).json
            found += [item["sequence"] for item in page["items"] if item["subject"] == mine["case_id"]]
            after = page["cursor"]
            if page["next"] is None:
                break
        assert found == expected, by


# -- the form of it all ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/nothing", 404),
        ("GET", "/api/v2/referrals", 404),
        ("GET", "/api/", 404),
        ("GET", "/api/v1/referrals/", 404),
        ("GET", "/oauth/nothing", 404),
        ("GET", "/api/v1/referrals/%00", 404),
        ("GET", "/api/v1/cases/a%00b", 404),
        ("GET", "/api/v1/schemas/other.json", 404),
        ("GET", "/api/v1/referrals/%2e%2e%2f%2e%2e%2fetc%2fpasswd", 404),
        ("GET", "/api/v1/referrals/" + "x" * 3000, 404),
        ("GET", "/api/v1/referrals/'; DROP TABLE referrals; --", 404),
        ("GET", "/api/v1/referrals/%F0%9F%98%80", 404),
        ("GET", "/api/v1/referrals?case=%00", 400),
        ("DELETE", "/api/v1/referrals", 405),
        ("PUT", "/api/v1/feed", 405),
        ("TRACE", "/api/v1/referrals", 405),
        ("GET", "/oauth/token", 405),
        ("BREW", "/api/v1/referrals", 405),
    ],
)
def test_every_error_has_one_form_and_the_version(site: Site, method: str, path: str, status: int) -> None:
    answer = site.anyone.open(path, method=method, headers={"Authorization": f"Bearer {site.token(WI)}"})
    assert (answer.status_code, answer.content_type) == (status, PROBLEM)
    assert answer.headers["API-Version"]
    assert (answer.json["status"], bool(answer.json["code"]), bool(answer.json["title"])) == (status, True, True)
    if status == 405:
        assert answer.headers["Allow"]


def test_head_and_options_tell_no_more_than_they_must(site: Site) -> None:
    made = site.send().json["id"]
    head = site.call("HEAD", f"/referrals/{made}", KADE)
    assert (head.status_code, head.data) == (200, b"")
    assert head.headers["ETag"]
    assert site.call("HEAD", f"/referrals/{made}", SPOEL).status_code == 404
    options = site.call("OPTIONS", "/referrals", KADE)
    assert options.headers["Allow"]
    assert "Access-Control-Allow-Origin" not in options.headers


@pytest.mark.parametrize("kind", ["application/xml", "multipart/form-data", "text/csv", "image/png"])
def test_what_says_it_is_no_json_is_not_read_as_json(site: Site, kind: str) -> None:
    before = site.counts()
    answer = site.post(referral_body(client=someone()), content_type=kind)
    assert (answer.status_code, answer.json["code"]) == (415, "unsupported_media_type")
    assert site.counts() == before


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "application/vnd.api+json", None])
def test_json_by_any_of_its_names_is_read(site: Site, kind: str | None) -> None:
    assert site.post(referral_body(client=someone()), content_type=kind).status_code == 201


@pytest.mark.parametrize(
    "body", [b"", b"nothing", b"{", b"\xff\xfe{}", b'{"a":NaN}', b"\x00", b'{"a":1e999}', b"9" * 5000]
)
def test_what_is_no_json_is_400(site: Site, body: bytes) -> None:
    answer = site.post(body)
    assert (answer.status_code, answer.json["code"]) == (400, "malformed")


@pytest.mark.parametrize("body", [b"[]", b"null", b"3", b'"text"', b"true", b"[{}]"])
def test_json_of_another_shape_is_422(site: Site, body: bytes) -> None:
    assert site.post(body).status_code == 422


def test_a_fault_of_ours_is_a_problem_without_a_traceback(
    site: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    secret = new_bsn()

    def broken(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError(secret)

    monkeypatch.setattr("hub.services.referrals.referral_finding.list_referrals", broken)
    answer = site.get("/referrals")
    assert (answer.status_code, answer.content_type) == (500, PROBLEM)
    assert answer.json["code"] == "fault"
    assert answer.headers["API-Version"]
    assert "Traceback" not in answer.get_data(as_text=True)
    assert "999990019" not in answer.get_data(as_text=True)
    assert answer.json["fault"] in caplog.text, "the number leads to the place"
    assert '999990019 Smulders")' not in caplog.messages[-1].partition("raise")[0]


def test_openapi_and_asyncapi_describe_what_there_is(site: Site) -> None:
    document = site.anyone.get("/api/v1/openapi.json").json
    validate(document)
    routes = {
        (rule.rule.removeprefix("/api/v1"), method.lower())
        for rule in site.web.app.url_map.iter_rules()
        if rule.endpoint.startswith("api.") and not rule.rule.endswith((".json", "/<name>"))
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    described = [(path, method) for path, methods in document["paths"].items() for method in methods]
    assert len(routes) == len([path for path, _method in described if "schemas" not in path])
    asyncapi = site.anyone.get("/api/v1/asyncapi.json").json
    assert asyncapi["asyncapi"].startswith("3.")
    assert len(asyncapi["channels"]["partner"]["messages"]) >= len(Event)


@pytest.mark.parametrize(
    ("name", "urn"),
    [("message.json", "urn:nl:schakel:schema:message:1"), ("referral.json", "urn:nl:schakel:schema:referral:1")],
)
def test_the_json_schemas_of_the_messages_can_be_had(site: Site, name: str, urn: str) -> None:
    answer = site.anyone.get(f"/api/v1/schemas/{name}")
    assert (answer.status_code, answer.content_type) == (200, "application/schema+json")
    jsonschema.Draft202012Validator.check_schema(answer.json)
    assert answer.json["$id"] == urn
    assert "#/components" not in answer.get_data(as_text=True)


def test_every_answer_names_the_version_and_is_not_kept(site: Site) -> None:
    made = site.send()
    for answer in (made, site.get("/referrals"), site.get("/feed"), site.anyone.get("/api/v1/openapi.json")):
        assert answer.headers["API-Version"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert made.headers["Cache-Control"] == "no-store"


def test_texts_come_back_as_they_were_given(site: Site) -> None:
    reason = "Robert'); DROP TABLE referrals;-- <script>x()</script> Zoe\u0308 \U0001f469\u200d\U0001f4bb %s {0} ${x}"
    made = site.send(reason=reason, client=someone(family_name="O'Brien-Müller y Zoe\u0308"))
    assert made.status_code == 201
    assert site.get(f"/referrals/{made.json['id']}", KADE).json["content"]["reason"] == reason
    with site.hub.store.reading() as session:
        assert session.get(Referral, made.json["number"]) is not None
