"""The ring key changes while work goes on; what was erased stays so, in back-ups too."""

import base64
import dataclasses
import hashlib
import secrets
import shutil
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, func, insert, make_url, select
from sqlalchemy.exc import SQLAlchemyError

from hub.models import CaseKey, Referral
from hub.models.audit_keys import AuditKeys, use_audit_keys
from hub.models.ring import KeyMissing, KeyRing, key_ring, use_keys
from hub.models.shelf import ContentKey
from hub.rules.audit import Deed
from hub.services.errors import Invalid
from hub.services.record import audit, audit_seal, audit_verify, case_keys, key_rotation
from hub.services.record.clients import find_case
from hub.services.referrals import sending
from hub.settings import read_key_file
from hub.store.database import Store
from hub.store.migrate import migrate
from hub.store.tables import table_of
from hub.wiring import Hub, open_hub
from tests.builders import client, new_referral
from tests.integration.callers import now
from tests.integration.conftest import KEY
from tests.personas import MARLOES
from workers.keys import add_key, rotate_all, unfinished

NEW = base64.b64encode(secrets.token_bytes(32)).decode()


@pytest.fixture(autouse=True)
def ring_as_before() -> Iterator[None]:
    yield
    use_keys(KeyRing((KEY,)))


def send(store: Store, config: Any, **changes: Any) -> Referral:
    with store.writing() as work:
        return sending.send_referral(work, config, MARLOES, new_referral(**changes))


def other(number: int) -> dict[str, Any]:
    return {"client": client(bsn=("999990019", "999990101", "999990113")[number], family_name=f"Naam{number}")}


def name_of(store: Store, case_id: str) -> str | None:
    store.keys._keys.clear()
    with store.reading() as session:
        case = find_case(session, case_id)
        return None if case.erased else case.person.family_name


def counts(store: Store) -> dict[str, int]:
    with store.reading() as session:
        return key_rotation.keys_by_ring_key(session)


def test_after_a_rotation_the_old_ring_key_can_be_thrown_away(database_hub: Hub) -> None:
    store, config = database_hub.store, database_hub.config
    sent = [send(store, config, **other(number)) for number in range(3)]
    use_keys(KeyRing((NEW, KEY)))
    assert name_of(store, sent[0].case_id) == "Naam0", "during the change both keys open"
    wrapped, sealed = rotate_all(database_hub)
    assert (wrapped, sealed) == (sum(counts(store).values()), 3), "all keys, and the three nudges that the ring sealed"
    use_keys(KeyRing((NEW,)))
    assert [name_of(store, one.case_id) for one in sent] == ["Naam0", "Naam1", "Naam2"]
    assert send(store, config, **other(1)).case_id == sent[1].case_id, "still found by the BSN"
    assert counts(store) == {key_ring().newest.hex(): sum(counts(store).values())}


def looked(hub: Hub, times: int) -> None:
    for _ in range(times):
        audit.record(hub.store, audit.occasion(hub.config, "test"), [audit.Entry(viewer=MARLOES, deed=Deed.CASE_VIEW)])


def verdict(hub: Hub, outside: Path) -> audit_verify.Verdict:
    hub.store.keys._named.clear()  # as a process that begins anew
    with hub.store.reading() as session:
        return audit_verify.verify(session, audit_seal.read_outside(outside))


def test_the_log_of_access_verifies_when_the_oldest_ring_key_is_gone(database_hub: Hub, tmp_path: Path) -> None:
    outside = tmp_path / "checkpoints.log"
    looked(database_hub, 3)
    audit_seal.seal_all(database_hub.store, outside)
    use_keys(KeyRing((NEW, KEY)))
    rotate_all(database_hub)
    use_keys(KeyRing((NEW,)))
    looked(database_hub, 2)
    audit_seal.seal_all(database_hub.store, outside)
    found = verdict(database_hub, outside)
    assert (found.fault, found.records, found.unsealed) == (None, 5, 0)
    use_audit_keys(AuditKeys(b"another"))
    try:
        assert verdict(database_hub, outside).fault is not None, "a secret from outside the database wins"
    finally:
        use_audit_keys(None)


def test_a_log_that_was_sealed_from_the_ring_keeps_its_secret_when_it_gets_one_of_its_own(
    database_hub: Hub, tmp_path: Path
) -> None:
    store, outside = database_hub.store, tmp_path / "checkpoints.log"
    with store.owning() as connection:
        connection.execute(delete(table_of(CaseKey)).where(table_of(CaseKey).c.owner == "audit"))
    store.keys._named.clear()
    use_audit_keys(AuditKeys(hashlib.sha256(f"audit {KEY}".encode()).digest()))  # as version 0.1 sealed
    try:
        looked(database_hub, 2)
        audit_seal.seal_all(store, outside)
    finally:
        use_audit_keys(None)
    with pytest.raises(audit.AuditUnavailable):
        looked(database_hub, 1)
    migrate(store)
    looked(database_hub, 1)
    found = verdict(database_hub, outside)
    assert (found.fault, found.records, found.unsealed) == (None, 2, 1)


def test_a_rotation_that_was_broken_off_goes_on_where_it_was(database_hub: Hub) -> None:
    store = database_hub.store
    for number in range(3):
        send(store, database_hub.config, **other(number))
    use_keys(KeyRing((NEW, KEY)))
    with store.writing() as work:
        assert key_rotation.rewrap_some(work, 2) == 2
    with pytest.raises(ZeroDivisionError), store.writing() as work:
        key_rotation.rewrap_some(work, 2)
        raise ZeroDivisionError
    assert counts(store)[key_ring().newest.hex()] == 2
    assert unfinished(database_hub)
    rotate_all(database_hub)
    assert not unfinished(database_hub)


def test_reading_and_writing_go_on_during_a_rotation(database_hub: Hub) -> None:
    store, config = database_hub.store, database_hub.config
    first = send(store, config, **other(0))
    done, faults, turns = threading.Event(), [], [0]

    def work_on() -> None:
        while not done.is_set():
            try:
                assert name_of(store, first.case_id) == "Naam0"
                send(store, config, **other(turns[0] % 3))
                turns[0] += 1
            except (AssertionError, LookupError, SQLAlchemyError) as fault:  # told below, it would go unseen here
                faults.append(fault)

    thread = threading.Thread(target=work_on)
    thread.start()
    keys = [KEY]
    for _ in range(4):
        keys.insert(0, base64.b64encode(secrets.token_bytes(32)).decode())
        use_keys(KeyRing(keys))
        rotate_all(database_hub)
    while turns[0] < 5 and not faults:
        time.sleep(0.01)
    done.set()
    thread.join()
    assert faults == []
    rotate_all(database_hub)
    assert set(counts(store)) == {key_ring().newest.hex()}


def test_a_file_of_keys_is_read_again_when_an_unknown_key_is_met(database_hub: Hub, tmp_path: Path) -> None:
    path = tmp_path / "ring"
    path.write_text(f"{KEY}\n")
    settings = dataclasses.replace(database_hub.settings, data_keys=(KEY,), key_file=path)
    with closing(open_hub(settings)) as hub:
        case = send(hub.store, hub.config).case_id
        add_key(path)
        assert (len(read_key_file(path)), read_key_file(path)[1]) == (2, KEY)
        ours, theirs = key_ring(), KeyRing(read_key_file(path))
        use_keys(theirs)  # another process that has read the file already
        rotate_all(hub)
        use_keys(ours)
        assert name_of(hub.store, case) == "Smulders"
        path.write_text("no keys at all\n")
        time.sleep(1.1)
        assert name_of(hub.store, case) == "Smulders", "a broken file leaves the keys as they were"


def test_ten_thousand_keys_are_put_under_a_new_ring_key(
    database_hub: Hub, record_property: Callable[[str, object], None]
) -> None:
    store, keys = database_hub.store, table_of(CaseKey)
    newest = key_ring().newest.hex()
    with store.writing() as work:
        made = [ContentKey.new(f"case-{number}") for number in range(10_000)]
        shared = {"ring_key": newest, "created_at": work.now}
        work.execute(insert(keys), [{"key_id": key.id, "owner": key.owner, "key": key, **shared} for key in made])
    use_keys(KeyRing((NEW, KEY)))
    began = time.monotonic()
    wrapped, _sealed = rotate_all(database_hub)
    record_property("seconds", round(time.monotonic() - began, 2))
    print(f"{wrapped} keys in {time.monotonic() - began:.2f} s")
    assert wrapped >= 10_000
    assert set(counts(store)) == {key_ring().newest.hex()}


class BackUp:
    """A copy of the whole database, keys included: the worst that can lie about."""

    def __init__(self, hub: Hub, folder: Path) -> None:
        self._url = make_url(hub.settings.database_url)  # the owner's: a municipality's role dumps nothing
        self._file = folder / "back-up"
        if hub.store.is_sqlite:
            with (
                closing(sqlite3.connect(str(self._url.database))) as source,
                closing(sqlite3.connect(self._file)) as kept,
            ):
                source.backup(kept)
        else:
            self._run("pg_dump", "--format=custom", f"--file={self._file}", self._plain(self._url))

    def restore(self, fresh_url: str, folder: Path) -> str:
        if self._url.get_backend_name() == "sqlite":
            shutil.copy(self._file, folder / "restored.db")
            return f"sqlite:///{folder}/restored.db"
        self._run("pg_restore", f"--dbname={self._plain(make_url(fresh_url))}", "--no-owner", str(self._file))
        return fresh_url

    @staticmethod
    def _plain(url: Any) -> str:
        return str(url.set(drivername="postgresql").render_as_string(hide_password=False))

    @staticmethod
    def _run(*command: str) -> None:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


@pytest.fixture
def restored_url(database_hub: Hub, request: pytest.FixtureRequest) -> str:
    if database_hub.store.is_sqlite:
        return ""
    if shutil.which("pg_dump") is None:
        pytest.skip("pg_dump is not installed")
    from tests.conftest import _fresh_database

    made = _fresh_database(request.getfixturevalue("postgres_url"))
    url = made.__enter__()
    request.addfinalizer(lambda: made.__exit__(None, None, None))
    return url


def test_an_erased_case_stays_unreadable_in_a_back_up_and_the_others_read(
    database_hub: Hub, tmp_path: Path, restored_url: str
) -> None:
    store, config = database_hub.store, database_hub.config
    gone, stays = send(store, config, **other(0)), send(store, config, **other(1))
    back_up = BackUp(database_hub, tmp_path)
    with store.writing() as work:
        case_keys.destroy(work, gone.case_id)
    use_keys(KeyRing((NEW, KEY)))
    rotate_all(database_hub)
    with store.reading() as session:
        export = key_rotation.export_keys(session, now())
    use_keys(KeyRing((NEW,)))  # the old key of the ring is thrown away
    with closing(Store(back_up.restore(restored_url, tmp_path), config.municipality.code)) as restored:
        with pytest.raises(KeyMissing):
            name_of(restored, stays.case_id)
        with restored.writing() as work:
            came, destroyed = key_rotation.import_keys(work, export)
        assert came == len(export["keys"])
        assert destroyed == 1
        assert name_of(restored, gone.case_id) is None
        assert name_of(restored, stays.case_id) == "Naam1"
        with restored.writing() as work:
            assert key_rotation.import_keys(work, export)[1] == 0, "once more changes nothing"


def test_an_older_export_never_brings_a_destroyed_key_back(database_hub: Hub) -> None:
    store = database_hub.store
    gone = send(store, database_hub.config)
    with store.reading() as session:
        older = key_rotation.export_keys(session, now())
    with store.writing() as work:
        case_keys.destroy(work, gone.case_id)
    with store.writing() as work:
        key_rotation.import_keys(work, older)
    assert name_of(store, gone.case_id) is None
    assert gone.case_id not in [one.owner for one in _owners(store)]


def _owners(store: Store) -> Any:
    with store.reading() as session:
        return session.execute(select(CaseKey.owner)).all()


def test_an_export_that_was_tampered_with_is_refused_and_changes_nothing(database_hub: Hub) -> None:
    store = database_hub.store
    send(store, database_hub.config)
    with store.reading() as session:
        export = key_rotation.export_keys(session, now())
        before = session.scalar(select(func.count()).select_from(CaseKey))
    export["keys"][0]["owner"], export["keys"][1]["owner"] = export["keys"][1]["owner"], export["keys"][0]["owner"]
    for wrong in (export, {"format": 2}, {}, {**export, "keys": [{"id": "zz"}]}):
        with pytest.raises(Invalid), store.writing() as work:
            key_rotation.import_keys(work, wrong)
    with store.reading() as session:
        assert session.scalar(select(func.count()).select_from(CaseKey)) == before


def test_an_export_holds_no_key_that_opens_without_the_ring(database_hub: Hub) -> None:
    send(database_hub.store, database_hub.config)
    with database_hub.store.reading() as session:
        keys = session.scalars(select(CaseKey.key)).all()
        export = key_rotation.export_keys(session, now())
    text = str(export)
    for key in keys:
        assert key.secret.hex() not in text
        assert base64.b64encode(key.secret).decode() not in text
