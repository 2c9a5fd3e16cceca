"""A key for each case: sealed apart, bound to its place, and gone for good once destroyed."""

from typing import Any

import pytest
from sqlalchemy import delete, event, insert, select, text, update
from sqlalchemy.exc import StatementError

from hub.models import Case, CaseKey, DestroyedKey, Intake, OutboxRecord, Referral, TimelineEntry
from hub.models import Client as ClientRecord
from hub.models.ring import KeyMissing, KeyRing, use_keys
from hub.services.cases import case_view
from hub.services.errors import Erased
from hub.services.overview import worklist
from hub.services.record import case_keys
from hub.services.record.clients import find_case
from hub.services.record.timeline import NewEntry, write_entries
from hub.services.referrals import referrals, sending
from hub.store.database import Store
from hub.wiring import Hub
from schemas.vocabulary import Event
from tests.builders import client, new_referral
from tests.integration.callers import GGZ, KADE, WI, Hands, Site, looking_at, now, partner_says, someone
from tests.integration.conftest import KEY
from tests.personas import MARLOES


def send(hub: Hub, **changes: Any) -> Referral:
    with hub.store.writing() as work:
        return sending.send_referral(work, hub.config, MARLOES, new_referral(**changes))


def make_regisseur(hub: Hub, case_id: str) -> None:
    with hub.store.writing() as work:
        work.execute(update(Case).where(Case.id == case_id).values(regisseur_id=MARLOES.id))


def destroy(hub: Hub, case_id: str) -> int:
    with hub.store.writing() as work:
        return case_keys.destroy(work, case_id)


def raw(hub: Hub, table: str, column: str, where: str = "1=1") -> list[bytes]:
    with hub.store.engine.connect() as connection:
        return [bytes(one) for one in connection.execute(text(f"SELECT {column} FROM {table} WHERE {where}")).scalars()]


def test_each_case_has_a_key_of_its_own_and_its_rows_are_sealed_with_it(database_hub: Hub) -> None:
    first, second = send(database_hub), send(database_hub, client=client(bsn="999990101", family_name="Ander"))
    with looking_at(database_hub) as session:
        keys = {key.owner: key for key in session.scalars(select(CaseKey.key))}
    for referral in (first, second):
        key = keys[referral.case_id]
        where = f"case_id = '{referral.case_id}'"
        sealed = raw(database_hub, "referrals", "content", where)
        sealed += raw(database_hub, "outbox", "body", f"{where} AND kind <> 'nudge'")
        assert sealed
        assert {one[1:17] for one in sealed} == {key.id}
    assert keys[first.case_id].id != keys[second.case_id].id


def test_a_column_of_a_case_refuses_what_does_not_say_whose_it_is(database_hub: Hub) -> None:
    referral = send(database_hub)
    entry = {"case_id": referral.case_id, "position": 99, "kind": "note", "at": referral.created_at, "inferred": False}
    with (
        pytest.raises(StatementError, match=r"timeline\.data: say whose this is"),
        database_hub.store.writing() as work,
    ):
        work.execute(insert(TimelineEntry), [{**entry, "data": {"note": "van niemand"}}])


def test_sealed_content_opens_neither_in_another_column_nor_in_another_case(database_hub: Hub) -> None:
    first, second = send(database_hub), send(database_hub, client=client(bsn="999990101", family_name="Ander"))
    (content,) = raw(database_hub, "referrals", "content", f"id = '{first.id}'")
    with database_hub.store.engine.execution_options(schakel_writes=True).begin() as connection:
        swap = text("UPDATE referrals SET content = :content WHERE id = :id")
        connection.execute(swap, {"content": content, "id": second.id})
        connection.execute(
            text("UPDATE cases SET story = :content WHERE id = :id"), {"content": content, "id": first.case_id}
        )
    with pytest.raises(KeyMissing), database_hub.store.writing() as work:
        referrals.load_for_change(work, second.id)
    with pytest.raises(KeyMissing), looking_at(database_hub) as session:
        session.scalars(select(Case.story).where(Case.id == first.case_id)).one()


def test_a_changed_byte_is_noticed(database_hub: Hub) -> None:
    referral = send(database_hub)
    (content,) = raw(database_hub, "referrals", "content")
    with database_hub.store.engine.execution_options(schakel_writes=True).begin() as connection:
        connection.execute(text("UPDATE referrals SET content = :c"), {"c": content[:-1] + bytes([content[-1] ^ 1])})
    with pytest.raises(KeyMissing), looking_at(database_hub) as session:
        session.scalars(select(Referral).where(Referral.id == referral.id)).one()


class Counted:
    """The statements that run on a hub's database."""

    def __init__(self, store: Store) -> None:
        self.seen: list[str] = []
        for engine in (store.engine, store._key_engine):
            event.listen(engine, "before_cursor_execute", self._see)

    def _see(self, _connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        self.seen.append(statement)


def test_a_referral_of_a_known_client_asks_no_statement_for_its_key_and_of_a_new_one_one(database_hub: Hub) -> None:
    for _ in range(2):  # the first makes the keys of the house, the second reads them
        send(database_hub)
    counted = Counted(database_hub.store)
    send(database_hub)
    assert counted.seen
    assert not [one for one in counted.seen if "INTO case_keys" in one or "FROM case_keys" in one]
    counted.seen.clear()
    send(database_hub, client=client(bsn="999990101", family_name="Ander"))
    assert len([one for one in counted.seen if "INTO case_keys" in one]) == 1
    assert not [one for one in counted.seen if "FROM case_keys" in one]


def test_a_work_list_is_read_without_asking_for_each_key(database_hub: Hub) -> None:
    for bsn in ("999990019", "999990101", "999990113"):
        make_regisseur(database_hub, send(database_hub, client=client(bsn=bsn, family_name=f"X{bsn}")).case_id)
    with looking_at(database_hub) as session:
        database_hub.store.keys.forget([key.id for key in session.scalars(select(CaseKey.key))])
    counted = Counted(database_hub.store)
    with looking_at(database_hub) as session:
        lines = worklist.worklist(session, database_hub.config, MARLOES, now())
    assert len(lines) == 3
    of_cases = [one for one in counted.seen if "case_keys" in one and "WHERE case_keys.owner =" not in one]
    assert len(of_cases) == 1, "keys of the house are asked by their name, once in half a minute"


def test_a_key_of_a_transaction_that_failed_does_no_harm(database_hub: Hub) -> None:
    with pytest.raises(ZeroDivisionError), database_hub.store.writing() as work:
        sending.send_referral(work, database_hub.config, MARLOES, new_referral())
        raise ZeroDivisionError
    referral = send(database_hub)
    with database_hub.store.writing() as work, pytest.raises(ZeroDivisionError):
        work.execute(delete(CaseKey).where(CaseKey.owner == referral.case_id))
        work.keys.clear()
        case_keys.make(work, referral.case_id)
        work._connection.rollback()
        raise ZeroDivisionError
    database_hub.store.keys._keys.clear()
    with looking_at(database_hub) as session:
        assert find_case(session, referral.case_id).person.family_name == "Smulders"


def test_of_a_destroyed_case_nothing_opens_and_nothing_breaks(database_hub: Hub) -> None:
    site, hands = Site(database_hub), Hands(database_hub)
    gone = site.send(WI, client=someone(family_name="Weggaart"), reason="GEHEIM", key="once").json
    stays = site.send(WI, client=someone(family_name="Blijfstra")).json
    for one in (gone, stays):
        make_regisseur(database_hub, one["case_id"])
    payload = partner_says(database_hub, gone["id"], Event.START)
    site.bring(KADE, payload.body, payload.content_type)
    site.bring(KADE, payload.body, payload.content_type)
    hands.until_still()
    assert destroy(database_hub, gone["case_id"]) == 3, "the case, and the payload that came twice"
    with looking_at(database_hub) as session:
        person = session.scalars(select(ClientRecord.person).join(Case).where(Case.id == gone["case_id"])).one()
        assert (person.erased, dict(person)) == (True, {})
        assert all(one.erased for one in session.scalars(select(Intake.payload)))
        bodies = session.scalars(select(OutboxRecord.body).where(OutboxRecord.case_id == gone["case_id"])).all()
        assert all(getattr(body, "erased", True) for body in bodies)
        lines = worklist.worklist(session, database_hub.config, MARLOES, now())
        assert sorted(line.client_name for line in lines) == ["", "Blijfstra"]
        view = case_view.case_view(session, database_hub.config, MARLOES, gone["case_id"], now())
        assert (view.client_name, view.client_words) == ("", None)
        assert find_case(session, gone["case_id"]).erased
        assert case_keys.is_destroyed(session, gone["case_id"])
    assert site.get("/referrals").status_code == 200
    assert site.get(f"/referrals/{gone['id']}").status_code == 200
    assert site.get(f"/referrals/{gone['id']}/trail").status_code == 200
    assert site.get("/feed?after=0", KADE).status_code == 200
    hands.close()


def test_nothing_can_be_added_to_an_erased_case(database_hub: Hub) -> None:
    referral = send(database_hub)
    destroy(database_hub, referral.case_id)
    with pytest.raises(Erased), database_hub.store.writing() as work:
        sending.send_referral(work, database_hub.config, MARLOES, new_referral(client=None, case_id=referral.case_id))
    with database_hub.store.writing() as work:
        entry = NewEntry(kind="refused_by_system", data={"codes": ["0001"]})
        position = write_entries(work, referral.case_id, [entry])
    with looking_at(database_hub) as session:
        kept = session.scalars(select(TimelineEntry).where(TimelineEntry.position == position)).one()
        assert kept.data is None
        assert session.scalars(select(DestroyedKey.owner)).all() == [referral.case_id]


def test_what_still_waited_to_leave_is_closed_when_its_case_is_erased(database_hub: Hub) -> None:
    referral = send(database_hub, to=GGZ)
    destroy(database_hub, referral.case_id)
    hands = Hands(database_hub)
    hands.until_still()
    hands.close()
    with looking_at(database_hub) as session:
        row = session.scalars(select(OutboxRecord).where(OutboxRecord.referral_id == referral.id)).one()
    assert (row.open, row.state, row.error) == (False, "refused", "erased: the content was erased")


def test_a_key_that_is_missing_is_not_taken_for_an_erased_one(database_hub: Hub) -> None:
    referral = send(database_hub)
    with database_hub.store.writing() as work:
        work.execute(delete(CaseKey).where(CaseKey.owner == referral.case_id))
    database_hub.store.keys._keys.clear()
    with pytest.raises(KeyMissing), looking_at(database_hub) as session:
        find_case(session, referral.case_id)


def test_the_same_person_is_found_whatever_ring_key_is_the_newest(database_hub: Hub) -> None:
    first = send(database_hub)
    newer = "ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8="
    try:
        use_keys(KeyRing((newer, KEY)))
        assert send(database_hub).case_id == first.case_id
    finally:
        use_keys(KeyRing((KEY,)))
