"""What changes an answer for one client: objection, closed file, other municipality, and the municipality's switch."""

import dataclasses
import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from flask_socketio import SocketIOTestClient
from sqlalchemy import insert, update
from sqlalchemy.exc import ProgrammingError

from hub.app import WebProcess, create_web
from hub.live import NAMESPACE
from hub.models import Case, Post
from hub.rules.access import Flag
from hub.services.access.circumstances import circumstances
from hub.services.access.closed_files import close_file, closed_files, open_file
from hub.services.access.objections import lift_objection, register_objection, standing_objections
from hub.services.cases.case_entries import entry_body
from hub.services.cases.case_view import case_view
from hub.services.errors import NotFound
from hub.services.overview.worklist import worklist
from hub.services.record.clients import find_or_open_case
from hub.services.referrals import referrals, sending
from hub.services.referrals.referral_view import referral_view
from hub.services.views.viewer import Viewer
from hub.settings import DEMO_CONFIG, Policy, SettingsError, load_configuration
from hub.wiring import Hub
from schemas.message import Ground
from schemas.referral import NewEvent
from schemas.vocabulary import Basis, Event, LifeDomain, Purpose
from tests.builders import client, new_referral
from tests.integration.callers import GGZ, KADE, WI, Site, looking_at, sign_in_as
from tests.integration.conftest import add_viewer
from tests.personas import ILSE, MARLOES, NAIMA, PETER, WI_SYSTEM, person

FATIMA = person(
    "fatima", "Fatima Idrissi", "gemeente-tilburg", "Gemeente Tilburg", "privacy_officer", Purpose.ACCOUNTABILITY
)
PUBLIC_TASK = Ground(basis=Basis.PUBLIC_TASK, law="participatiewet", purpose=Purpose.GUIDANCE)
CARE = {"to": "ggz-de-leij", "life_domains": (LifeDomain.MENTAL_HEALTH,), "ground": PUBLIC_TASK}


@pytest.fixture
def hub(database_hub: Hub) -> Hub:
    with database_hub.store.writing() as work:
        add_viewer(work, FATIMA)
    return database_hub


@pytest.fixture
def case_id(hub: Hub) -> str:
    with hub.store.writing() as work:
        case = find_or_open_case(work, hub.config.municipality.code, client())
        work.session.execute(update(Case).where(Case.id == case.id).values(regisseur_id=MARLOES.id))
    return case.id


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def send(hub: Hub, case_id: str, **changes: Any) -> str:
    with hub.store.writing() as work:
        return sending.send_referral(work, hub.config, MARLOES, new_referral(case_id=case_id, **changes)).id


def record(hub: Hub, referral_id: str, who: Viewer, *events: Event) -> None:
    for event in events:
        with hub.store.writing() as work:
            locked = referrals.load_for_change(work, referral_id)
            referrals.record_event(work, hub.config, who, locked, NewEvent(event=event))


def sees(hub: Hub, who: Viewer, case_id: str) -> bool:
    try:
        with looking_at(hub) as session:
            case_view(session, hub.config, who, case_id, now())
    except NotFound:
        return False
    return True


def on_worklist(hub: Hub, who: Viewer) -> int:
    with looking_at(hub) as session:
        return len(worklist(session, hub.config, who, now()))


class Watcher:
    def __init__(self, web: WebProcess, viewer: Viewer) -> None:
        http = web.app.test_client()
        sign_in_as(web.live._hub, http, viewer.id)
        self.socket = SocketIOTestClient(web.app, web.live.socketio, namespace=NAMESPACE, flask_test_client=http)

    def watch(self, case_id: str) -> Any:
        return self.socket.emit("watch", {"case": case_id}, namespace=NAMESPACE, callback=True)

    def got(self, name: str) -> list[Any]:
        return [one["args"][0] for one in self.socket.get_received(NAMESPACE) if one["name"] == name]


def test_an_objection_closes_the_file_to_all_and_its_live_rooms_at_once(hub: Hub, case_id: str) -> None:
    record(hub, send(hub, case_id), NAIMA, Event.RECEIVE, Event.ACCEPT)
    web = create_web(hub)
    watchers = [Watcher(web, who) for who in (MARLOES, NAIMA)]
    assert all("snapshot" in watcher.watch(case_id) for watcher in watchers)
    with hub.store.writing() as work:
        register_objection(work, MARLOES, case_id)
        register_objection(work, FATIMA, case_id)
    web.live.push(case_id)
    for watcher in watchers:
        assert watcher.got("closed") == [{"case": case_id, "reason": "no_longer_allowed"}]
        assert watcher.watch(case_id) == {"error": "not_found"}
    assert not any(sees(hub, who, case_id) for who in (MARLOES, NAIMA, WI_SYSTEM))
    assert on_worklist(hub, MARLOES) == on_worklist(hub, NAIMA) == 0


def test_an_objection_wakes_every_web_process(hub: Hub, case_id: str) -> None:
    from hub.broker.protocol import LIVE
    from tests.integration.conftest import Ring

    consumer = hub.broker.consumer(LIVE)
    with hub.store.writing() as work:
        register_objection(work, MARLOES, case_id)
    ring = Ring(hub)
    ring.until_still()
    heard = [delivery.body.decode() for delivery in consumer.take(100, 1.0)]
    consumer.close()
    ring.close()
    assert f"{case_id}:0" in heard


def test_nothing_is_sent_and_no_system_reads_while_an_objection_stands(hub: Hub) -> None:
    site = Site(hub)
    made = site.send(WI, client={"bsn": "999990019", "family_name": "Smulders", "birth_date": "1974-03-08"}).json
    with hub.store.writing() as work:
        register_objection(work, FATIMA, made["case_id"])
    again = site.send(KADE, to=GGZ, client={"bsn": "999990019", "family_name": "Smulders", "birth_date": "1974-03-08"})
    assert (again.status_code, again.json["errors"][0]["field"]) == (422, "client")
    for by in (WI, KADE):
        absent = site.get("/referrals/not-there", by)
        for path in (f"/referrals/{made['id']}", f"/referrals/{made['id']}/trail"):
            assert site.get(path, by).json == absent.json
        assert site.get("/referrals", by).json["items"] == []


def test_when_it_is_decided_the_file_opens_again(hub: Hub, case_id: str) -> None:
    with hub.store.writing() as work:
        register_objection(work, MARLOES, case_id)
    for who in (MARLOES, FATIMA):
        with looking_at(hub) as session:
            standing = standing_objections(session, who)
        assert [one.case_id for one in standing] == [case_id]
    with looking_at(hub) as session:
        assert standing_objections(session, NAIMA) == []
    with hub.store.writing() as work:
        lift_objection(work, MARLOES, standing[0].id)
    assert sees(hub, MARLOES, case_id)
    with hub.store.writing() as work:
        register_objection(work, MARLOES, case_id)  # a client may object again
    assert not sees(hub, MARLOES, case_id)


@pytest.mark.parametrize("who", [NAIMA, PETER, ILSE])
def test_only_the_regisseur_and_the_privacy_officer_handle_objections(hub: Hub, case_id: str, who: Viewer) -> None:
    send(hub, case_id)
    with pytest.raises(NotFound), hub.store.writing() as work:
        register_objection(work, who, case_id)
    with hub.store.writing() as work:
        register_objection(work, MARLOES, case_id)
    with looking_at(hub) as session:
        standing = standing_objections(session, MARLOES)
    with pytest.raises(NotFound), hub.store.writing() as work:
        lift_objection(work, who, standing[0].id)


def test_a_file_is_closed_to_one_person_and_open_to_the_colleagues(hub: Hub, case_id: str) -> None:
    record(hub, send(hub, case_id), NAIMA, Event.RECEIVE, Event.ACCEPT)
    web = create_web(hub)
    naima = Watcher(web, NAIMA)
    assert "snapshot" in naima.watch(case_id)
    with hub.store.writing() as work:
        close_file(work, NAIMA, case_id, "naima")
        close_file(work, FATIMA, case_id, "naima")
    web.live.push(case_id)
    assert naima.got("closed")
    assert not sees(hub, NAIMA, case_id)
    assert on_worklist(hub, NAIMA) == 0
    colleague = dataclasses.replace(NAIMA, id="noor")
    assert sees(hub, colleague, case_id)
    assert sees(hub, MARLOES, case_id)
    with pytest.raises(NotFound), hub.store.writing() as work:
        open_file(work, NAIMA, case_id, NAIMA.id)
    with looking_at(hub) as session:
        assert [(one.case_id, one.person_name) for one in closed_files(session, FATIMA)] == [(case_id, NAIMA.name)]
        assert closed_files(session, NAIMA) == []
    with hub.store.writing() as work:
        open_file(work, FATIMA, case_id, NAIMA.id)
    assert sees(hub, NAIMA, case_id)


def test_a_file_is_not_closed_to_another_by_a_colleague(hub: Hub, case_id: str) -> None:
    with pytest.raises(NotFound), hub.store.writing() as work:
        close_file(work, MARLOES, case_id, "naima")


def test_a_client_of_another_municipality_is_not_there(hub: Hub, case_id: str) -> None:
    record(hub, send(hub, case_id), NAIMA, Event.RECEIVE, Event.ACCEPT)
    elsewhere = update(Case).values(municipality="gemeente-elders")
    if not hub.store.is_sqlite:  # the second wall lets no such row come about; test_row_security.py has what it does
        with pytest.raises(ProgrammingError, match="row-level security"), hub.store.writing() as work:
            work.session.execute(elsewhere)
        return
    with hub.store.writing() as work:
        work.session.execute(elsewhere)
    assert not any(sees(hub, who, case_id) for who in (MARLOES, NAIMA, WI_SYSTEM))
    assert on_worklist(hub, MARLOES) == on_worklist(hub, NAIMA) == 0


def with_policy(hub: Hub, **choices: Any) -> Hub:
    config = dataclasses.replace(hub.config, policy=Policy(**choices))
    return Hub(settings=hub.settings, config=config, store=hub.store, broker=hub.broker)


def test_the_wams_is_a_ground_from_its_day_and_not_before(hub: Hub, case_id: str) -> None:
    today = now().date()
    for wams_from, in_force in ((None, False), (today, True), (today + dt.timedelta(days=1), False)):
        config = with_policy(hub, wams_from=wams_from).config
        with looking_at(hub) as session:
            found = circumstances(session, config, NAIMA, [case_id], now())[case_id]
        assert (Flag.WAMS_IN_FORCE in found.flags) is in_force


def looks(hub: Hub, case_id: str, referral_id: str) -> dict[str, Any]:
    """Give all that the regisseur gets of a care referral: case, work list, page, live."""
    web = create_web(hub)
    with looking_at(hub) as session:
        view = case_view(session, hub.config, MARLOES, case_id, now())
    browser = web.app.test_client()
    sign_in_as(hub, browser, MARLOES.id)
    page = browser.get(f"/inwoners/{case_id}").get_data(as_text=True)
    snapshot = Watcher(web, MARLOES).watch(case_id)["snapshot"]
    return {
        "lines": [(line.id, line.mark, line.masked) for line in view.referrals],
        "entries": {entry.kind for entry in view.entries},
        "page": referral_id in page,
        "live": referral_id in str(snapshot),
    }


@pytest.mark.parametrize("refer", [MARLOES, NAIMA])
def test_of_care_without_consent_the_regisseur_sees_that_it_runs_or_nothing_as_the_switch_says(
    hub: Hub, case_id: str, refer: Viewer
) -> None:
    with hub.store.writing() as work:
        referral_id = sending.send_referral(work, hub.config, refer, new_referral(case_id=case_id, **CARE)).id
    record(hub, referral_id, ILSE, Event.RECEIVE, Event.ACCEPT)
    on = looks(hub, case_id, referral_id)
    rule = "A02"
    assert on == {"lines": [(referral_id, "running", rule)], "entries": {"masked"}, "page": True, "live": True}
    strict = with_policy(hub, masked_care_status_without_consent=False)
    assert looks(strict, case_id, referral_id) == {"lines": [], "entries": set(), "page": False, "live": False}


def test_with_consent_the_switch_changes_nothing(hub: Hub, case_id: str) -> None:
    consent = Ground(basis=Basis.CONSENT, purpose=Purpose.GUIDANCE, evidence="gesprek")
    referral_id = send(hub, case_id, **{**CARE, "ground": consent})
    strict = with_policy(hub, masked_care_status_without_consent=False)
    assert looks(hub, case_id, referral_id) == looks(strict, case_id, referral_id)
    assert looks(strict, case_id, referral_id)["live"]


def test_no_live_push_of_care_reaches_the_regisseur_where_the_switch_is_off(hub: Hub, case_id: str) -> None:
    counts = {}
    for masked in (True, False):
        web = create_web(with_policy(hub, masked_care_status_without_consent=masked))
        marloes = Watcher(web, MARLOES)
        marloes.watch(case_id)
        record(hub, send(hub, case_id, **CARE), ILSE, Event.RECEIVE, Event.ACCEPT)
        web.live.push(case_id)
        counts[masked] = len(marloes.got("entry"))
        assert marloes.got("closed") == []
    assert counts[True] > 0
    assert counts[False] == 0


def config_with(tmp_path: Any, policy: str) -> Callable[[], Any]:
    text = DEMO_CONFIG.read_text(encoding="utf-8")
    start, end = text.index("[policy]"), text.index("[organisations.gemeente-tilburg]")
    file = tmp_path / "organisations.toml"
    file.write_text(f"{text[:start]}{policy}\n{text[end:]}", encoding="utf-8")
    return lambda: load_configuration(file)


def test_the_choices_stand_in_the_configuration_and_are_on_and_off_by_default(tmp_path: Any) -> None:
    assert load_configuration(DEMO_CONFIG).policy == config_with(tmp_path, "")().policy == Policy()
    chosen = "[policy]\nmasked_care_status_without_consent = false\nwams_from = 2027-01-01"
    assert config_with(tmp_path, chosen)().policy == Policy(
        masked_care_status_without_consent=False, wams_from=dt.date(2027, 1, 1)
    )


@pytest.mark.parametrize(
    "choice", ['masked_care_status_without_consent = "nee"', 'wams_from = "morgen"', "masked_care_status = false"]
)
def test_a_choice_that_can_not_be_read_stops_the_start(tmp_path: Any, choice: str) -> None:
    with pytest.raises(SettingsError, match=r"\[policy\]"):
        config_with(tmp_path, f"[policy]\n{choice}")()


@pytest.mark.parametrize(
    ("purpose", "ends_on", "closed"),
    [("income", None, True), ("income", dt.date(2026, 6, 1), False), ("triage", None, False)],
)
def test_who_also_holds_a_hat_of_income_sees_nothing_of_guidance(
    hub: Hub, case_id: str, purpose: str, ends_on: dt.date | None, closed: bool
) -> None:
    record(hub, send(hub, case_id), NAIMA, Event.RECEIVE, Event.ACCEPT)
    assert sees(hub, NAIMA, case_id)
    with hub.store.writing() as work:
        post = {"id": "hat", "person_id": NAIMA.id, "organisation": "wi-tilburg", "role": "income_consultant"}
        starts = dt.date(2026, 1, 1)
        work.session.execute(insert(Post).values(**post, purpose=purpose, title="x", starts_on=starts, ends_on=ends_on))
    assert sees(hub, NAIMA, case_id) is not closed
    assert on_worklist(hub, NAIMA) == (0 if closed else 1)


def test_each_line_and_entry_says_why_it_is_seen_and_of_a_masked_one_nothing_more_than_the_rule(
    hub: Hub, case_id: str
) -> None:
    send(hub, case_id)
    send(hub, case_id, **CARE)
    with looking_at(hub) as session:
        view = case_view(session, hub.config, MARLOES, case_id, now())
    whys = {line.masked: line.why for line in view.referrals}
    plain, masked = whys[None], whys["A02"]
    assert plain is not None
    assert masked is not None
    assert (plain.rule, plain.basis, plain.granted_by) == ("A02", Basis.CONSENT, "Werk & Inkomen Tilburg")
    assert (masked.rule, masked.basis, masked.law, masked.since, masked.granted_by) == ("A02", "", "", None, None)
    web = create_web(hub)
    regions = Watcher(web, MARLOES).watch(case_id)["snapshot"]["regions"]
    browser = web.app.test_client()
    sign_in_as(hub, browser, MARLOES.id)
    page = browser.get(f"/inwoners/{case_id}").get_data(as_text=True)
    told = plain.reason.replace("'", "&#39;")
    assert told in page
    assert told in regions["verwijzingen"]
    assert told in regions["tijdlijn"]


def test_each_group_of_what_is_known_of_a_client_says_by_which_decision_it_is_seen(hub: Hub, case_id: str) -> None:
    record(hub, send(hub, case_id), NAIMA, Event.RECEIVE, Event.ACCEPT)
    rules = {}
    for who in (MARLOES, NAIMA, PETER):
        with looking_at(hub) as session:
            view = case_view(session, hub.config, who, case_id, now())
        assert {name for name, why in view.whys.items() if not why.allowed} == {"words"} & set(hidden(who))
        rules[who.id] = {name: why.rule for name, why in view.whys.items()}
        assert all(entry.why is not None for entry in view.entries)
    assert rules["marloes"] == {"person": "A01", "bsn": "A01", "words": "A01", "contact": "A01"}
    assert rules["naima"] == {"person": "A04", "bsn": "A04", "words": "A04", "contact": "A04"}
    assert rules["peter"]["words"] == "D02"


def hidden(who: Viewer) -> tuple[str, ...]:
    return ("words",) if who.role == "income_consultant" else ()


def test_the_api_says_of_each_entry_why_and_of_a_masked_one_no_date_and_no_ground(hub: Hub, case_id: str) -> None:
    send(hub, case_id)
    send(hub, case_id, **CARE)
    body = Site(hub).get(f"/cases/{case_id}/timeline", WI).json["items"]
    plain = [entry["why"] for entry in body if entry["data"].get("referral_id") and entry["kind"] != "masked"]
    assert plain
    assert all({"rule", "reason", "purpose", "basis"} <= set(why) for why in plain)
    for who in (MARLOES, PETER):
        with looking_at(hub) as session:
            entries = [entry_body(entry) for entry in case_view(session, hub.config, who, case_id, now()).entries]
        for entry in entries:
            if entry["kind"] == "masked":
                assert set(entry["why"]) == {"rule", "reason", "purpose"}
            else:
                assert entry["why"]["rule"]
    watched = Watcher(create_web(hub), MARLOES)
    snapshot = watched.watch(case_id)["snapshot"]
    assert "Waarom zie ik deze gegevens?" in snapshot["regions"]["kop"]


def test_a_referral_says_of_each_part_why_and_of_what_is_withheld_too(hub: Hub, case_id: str) -> None:
    referral_id = send(hub, case_id)
    for who, content in ((MARLOES, True), (NAIMA, False)):
        with looking_at(hub) as session:
            view = referral_view(session, hub.config, who, referral_id, now())
        assert set(view.whys) == {"person", "content", "words"}
        assert view.whys["content"].allowed is content is bool(view.content)
        assert view.line.why is not None
    browser = create_web(hub).app.test_client()
    sign_in_as(hub, browser, NAIMA.id)
    page = browser.get(f"/verwijzingen/{referral_id}").get_data(as_text=True)
    assert "Nog niet zichtbaar voor uw organisatie" in page
    assert "Regel D11" in page
