"""Everything about one person, and nothing of another: the export is the union of the rows that can be reached."""

import datetime as dt
import json
import random

from sqlalchemy import inspect, select, text

from hub.models import OutboxRecord
from hub.models.record import Record
from hub.rules import lifecycle
from hub.rules.access import Category
from hub.services.access.actors import parts_of
from hub.services.referrals import sending
from hub.services.referrals.referrals import load_for_change, record_event
from hub.services.rights.rights import FORMAT, decide_for_client, inzage, to_json
from hub.services.rights.rights_rows import TABLES
from hub.services.views.viewer import Viewer
from hub.wiring import Hub
from schemas.referral import NewEvent
from schemas.vocabulary import Event, LifeDomain, Outcome, Status
from tests.builders import client, new_referral
from tests.integration.callers import Site, new_bsn, partner_says
from tests.integration.conftest import Ring
from tests.integration.test_digests import an_hour_ago, told
from tests.personas import ILSE, MARLOES, NAIMA, TOM

NOW = dt.datetime(2026, 11, 23, 9, 0, tzinfo=dt.UTC)
WORKERS = {"mw-de-kade": NAIMA, "ggz-de-leij": ILSE, "de-spoel": TOM}
# Tables that name a case and hold nothing for its client: the memory of what is gone has no case any more.
# Of a removed case references alone; and hashes of words that are in the export themselves.
NOT_ABOUT_A_PERSON = {"tombstones", "search_words"}


def make_someone(hub: Hub, chance: random.Random) -> str:
    """Make a client with up to four referrals, each some steps on its way; give the case."""
    person = client(bsn=new_bsn(), family_name=f"Naam{chance.randrange(10**9)}", given_name=None)
    case_id = ""
    for _ in range(chance.randint(1, 4)):
        to = chance.choice(sorted(WORKERS))
        domains = tuple(chance.sample(sorted(LifeDomain), 2))
        if to == "ggz-de-leij":
            domains = (LifeDomain.MENTAL_HEALTH,)
        with hub.store.writing(NOW) as work:
            new = new_referral(to=to, client=person, life_domains=domains, reason=f"Reden {chance.randrange(10**9)}")
            sent = sending.send_referral(work, hub.config, MARLOES, new)
        case_id = sent.case_id
        for _step in range(chance.randint(0, 4)):
            take_a_step(hub, chance, sent.id, WORKERS[to])
    return case_id


def take_a_step(hub: Hub, chance: random.Random, referral_id: str, worker: Viewer) -> None:
    with hub.store.writing(NOW) as work:
        locked = load_for_change(work, referral_id)
        allowed = lifecycle.allowed_events(Status(locked.status), parts_of(worker, locked, None))
        if allowed:
            event = chance.choice(allowed)
            new = NewEvent(event=event, note="Een zin.", reason="other", outcome=Outcome.REACHED)
            record_event(work, hub.config, worker, locked, new)


def reachable(hub: Hub, case_id: str) -> dict[str, int]:
    """Count, without the export's own way, the rows of every table that name this case or its referrals."""
    found: dict[str, int] = {}
    with hub.store.engine.connect() as connection:

        def rows(query: str, **values: object) -> list[object]:
            return list(connection.execute(text(query), values).scalars())

        ids = rows("SELECT id FROM referrals WHERE case_id = :c", c=case_id)
        payloads: set[object] = set()
        for one in ids:
            payloads |= set(rows("SELECT intake_id FROM inbox WHERE referral_id = :r", r=one))
        for table in inspect(hub.store.engine).get_table_names():
            if table in NOT_ABOUT_A_PERSON:
                continue
            names = {column["name"] for column in inspect(hub.store.engine).get_columns(table)}
            number = 0
            if "case_id" in names:
                extra = " AND kind != 'nudge'" if table == "outbox" else ""
                number = len(rows(f'SELECT 1 FROM "{table}" WHERE case_id = :c{extra}', c=case_id))
            elif "referral_id" in names:
                number = sum(len(rows(f'SELECT 1 FROM "{table}" WHERE referral_id = :r', r=one)) for one in ids)
            if number:
                found[table] = number
        found["cases"] = len(rows("SELECT 1 FROM cases WHERE id = :c", c=case_id))
        found["clients"] = len(
            rows("SELECT 1 FROM clients WHERE id = (SELECT client_id FROM cases WHERE id = :c)", c=case_id)
        )
        payloads.discard(None)
        if payloads:
            found["intake"] = len(payloads)
            found["outbox"] += sum(len(rows("SELECT 1 FROM outbox WHERE message_id = :i", i=one)) for one in payloads)
        calls = sum(
            len(rows("SELECT 1 FROM idempotency WHERE location = :l", l=f"/api/v1/referrals/{one}")) for one in ids
        )
        if calls:
            found["idempotency"] = calls
    return found


def exported(hub: Hub, case_id: str) -> dict[str, int]:
    with hub.store.reading() as session:
        rows = inzage(session, hub.config, case_id, NOW).rows
    assert [row for row in rows if rows.count(row) > 1] == []
    tables = [row.partition("/")[0] for row in rows]
    return {table: tables.count(table) for table in set(tables)}


def test_for_a_hundred_clients_the_export_is_every_row_that_can_be_reached(database_hub: Hub) -> None:
    chance = random.Random(20261123)
    cases = [make_someone(database_hub, chance) for _ in range(100)]
    assert [case for case in cases if exported(database_hub, case) != reachable(database_hub, case)] == []


def test_what_partners_brought_and_what_calls_were_answered_is_in_it_too(hub: Hub, ring: Ring) -> None:
    site = Site(hub)
    sent = site.send(to="ggz-de-leij", life_domains=["mental_health"]).json
    ring.until_still()
    payload = partner_says(hub, sent["id"], Event.ACCEPT)
    site.bring("ggz-de-leij", payload.body, payload.content_type)
    ring.until_still()
    an_hour_ago(hub)  # what was just under way is no difference
    assert told(site, "ggz-de-leij") != [], "it counts none, and we do"
    found = exported(hub, sent["case_id"])
    assert found == reachable(hub, sent["case_id"])
    assert found["intake"] == found["idempotency"] == 1
    assert found["wire"] and found["differences"]


def test_nothing_of_another_person_is_in_it(database_hub: Hub) -> None:
    chance = random.Random(7)
    hub = database_hub
    cases = [make_someone(hub, chance) for _ in range(5)]
    with hub.store.reading() as session:
        texts = {case: json.dumps(to_json(inzage(session, hub.config, case, NOW))) for case in cases}
        people = {
            case: next(item.data for item in inzage(session, hub.config, case, NOW).items if item.kind == "person")
            for case in cases
        }
    for case, written in texts.items():
        for other, person in people.items():
            assert (person["bsn"] in written) is (person["family_name"] in written) is (case == other)
    assert not [worker.name for worker in (MARLOES, NAIMA, ILSE, TOM) if worker.name in texts[cases[0]]]


def test_each_item_is_given_by_the_rule_for_clients_and_the_rest_is_named_with_its_rule(hub: Hub, ring: Ring) -> None:
    sent = Site(hub).send(to="ggz-de-leij", life_domains=["mental_health"]).json
    with hub.store.reading() as session:
        document = to_json(inzage(session, hub.config, sent["case_id"], NOW))
    assert document["format"] == FORMAT
    assert {item["rule"] for item in document["items"]} == {"A07"}
    assert [(one["kind"], one["rule"]) for one in document["withheld"]] == [("memory", "D00")]
    words = next(item["data"]["content"] for item in document["items"] if item["kind"] == "referral")
    assert words["reason"] == "Hulp bij de post.", "the client sees health content: it is his own"


def test_who_got_which_fields_when_is_told(hub: Hub, ring: Ring) -> None:
    sent = Site(hub).send(to="mw-de-kade").json
    ring.until_still()
    with hub.store.reading() as session:
        found = inzage(session, hub.config, sent["case_id"], NOW).of("sent")
        assert session.scalars(select(OutboxRecord.delivered_at).where(OutboxRecord.receiver == "mw-de-kade")).one()
    assert [item.data["to"] for item in found] == ["mw-de-kade"]
    assert {"client", "reason", "strengths"} <= set(found[0].data["fields"])
    assert found[0].data["delivered_at"]


def test_working_notes_are_not_for_the_client_and_every_table_about_a_case_is_read() -> None:
    assert decide_for_client(Category.PRIVATE_NOTE, LifeDomain.HOUSING).rule == "D07"
    named = {
        table.name
        for table in Record.metadata.sorted_tables
        if {"case_id", "referral_id"} & set(table.c.keys()) and table.name not in NOT_ABOUT_A_PERSON
    }
    assert named == TABLES, "a table that names a case must be read for the client, or say why not"
