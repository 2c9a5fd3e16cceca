"""A back-up is made amid the traffic, and restored: what was in it is whole, what was not is named, nothing doubles."""

import dataclasses
import shutil
import sqlite3
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import func, make_url, select
from sqlalchemy.exc import SQLAlchemyError

from connectors.protocol import Payload
from connectors.registry import connector
from hub.models import Case, InboxRecord, Intake, OutboxRecord, Referral, TimelineEntry
from hub.services.messages.intake import take_in
from hub.services.messages.reconciliation import not_here, skip_places
from hub.services.record import key_rotation
from hub.services.record.audit_seal import read_outside, seal_all
from hub.services.record.audit_verify import verify
from hub.services.record.clients import find_case
from hub.services.referrals import referrals, sending
from hub.store.migrate import migrate
from hub.wiring import Hub, open_hub
from schemas.referral import NewEvent
from schemas.vocabulary import Event, MessageKind, Status
from tests.builders import client, new_referral
from tests.integration.callers import new_bsn, now, partner_says
from tests.integration.conftest import Ring
from tests.integration.municipalities import login, plain
from tests.personas import MARLOES
from workers.messages import messages

KADE = "mw-de-kade"


def send(hub: Hub) -> Referral:
    with hub.store.writing() as work:
        return sending.send_referral(work, hub.config, MARLOES, new_referral(client=client(bsn=new_bsn())))


def withdraw(hub: Hub, referral: Referral) -> None:
    with hub.store.writing() as work:
        loaded = referrals.load_for_change(work, referral.id)
        referrals.record_event(work, hub.config, MARLOES, loaded, NewEvent(event=Event.WITHDRAW))


def bring(hub: Hub, payload: Payload) -> str:
    with hub.store.writing() as work:
        known = hub.config.organisations[KADE]
        return take_in(work, hub.config, known, connector(str(known.connector)), payload).state


def status(hub: Hub, referral: Referral) -> str:
    with hub.store.reading() as session:
        return session.scalars(select(Referral.status).where(Referral.id == referral.id)).one()


@contextmanager
def work_going_on(hub: Hub) -> Iterator[None]:
    """Send and read without a pause meanwhile; a fault there fails the test."""
    done, faults, sent = threading.Event(), list[Exception](), list[Referral]()

    def write() -> None:
        while not done.is_set():
            try:
                sent.append(send(hub))
            except (SQLAlchemyError, LookupError) as fault:  # told below, it would go unseen in a thread
                faults.append(fault)

    def read() -> None:
        while not done.is_set():
            try:
                with hub.store.reading() as session:
                    for one in sent[-3:]:
                        assert find_case(session, one.case_id).person.family_name
            except (SQLAlchemyError, LookupError, AssertionError) as fault:
                faults.append(fault)

    threads = [threading.Thread(target=write), threading.Thread(target=read)]
    for thread in threads:
        thread.start()
    while len(sent) < 3 and not faults:
        done.wait(0.01)
    try:
        yield
    finally:
        done.set()
        for thread in threads:
            thread.join()
    assert faults == []
    assert len(sent) >= 3


def back_up(hub: Hub, url: str, file: Path) -> None:
    """Copy the database without stopping it; on PostgreSQL without the keys of content."""
    if hub.store.is_sqlite:
        with closing(sqlite3.connect(str(make_url(url).database))) as source, closing(sqlite3.connect(file)) as kept:
            source.backup(kept, pages=16, sleep=0.001)
        return
    run("pg_dump", "--format=custom", "--exclude-table-data=case_keys", f"--file={file}", plain(url))


def run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture
def fresh_url(database_hub: Hub, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Give the URL of a new and empty database."""
    if database_hub.store.is_sqlite:
        yield f"sqlite:///{tmp_path}/restored.db"
        return
    if shutil.which("pg_dump") is None:
        pytest.skip("pg_dump is not installed")
    from tests.conftest import _fresh_database

    with _fresh_database(request.getfixturevalue("postgres_url")) as url:
        yield url


@contextmanager
def backing_up_login(hub: Hub, request: pytest.FixtureRequest) -> Iterator[str]:
    """Give the URL with which a back-up is made: walls and their owner alike would hide rows from it."""
    url = hub.settings.database_url
    server = url if hub.store.is_sqlite else request.getfixturevalue("postgres_url")
    with nullcontext(url) if hub.store.is_sqlite else login(server, url, ("pg_read_all_data",), "BYPASSRLS") as made:
        yield made


@contextmanager
def restored_hub(old: Hub, file: Path, url: str, keys: dict[str, object]) -> Iterator[Hub]:
    """Restore as docs/backup.md says: content, migrate, keys, places; with a broker that holds nothing."""
    if old.store.is_sqlite:
        shutil.copy(file, str(make_url(url).database))
    else:
        run("pg_restore", f"--dbname={plain(url)}", "--no-owner", str(file))
    broker = f"embedded:///{file.parent}/broker-after.db"
    with closing(open_hub(dataclasses.replace(old.settings, database_url=url, broker_url=broker))) as hub:
        migrate(hub.store)
        with hub.store.writing() as work:
            key_rotation.import_keys(work, keys)
        with hub.store.writing() as work:
            skip_places(work, 1000)
        hub.broker.declare(hub.queues())
        yield hub


def sent_ids(hub: Hub) -> dict[str, str | None]:
    """Give the messages to social work by id, with the reference that their dialect carries."""
    with hub.store.reading() as session:
        rows = session.execute(
            select(OutboxRecord.message_id, OutboxRecord.reference).where(OutboxRecord.receiver == KADE)
        ).all()
    return {row.message_id: row.reference for row in rows}


def assert_whole(hub: Hub) -> None:
    """Positions without a gap, every referral with its message, every payload that waits with its way in."""
    with hub.store.reading() as session:
        for case_id, position in session.execute(select(Case.id, Case.position)).all():
            found = session.scalars(select(TimelineEntry.position).where(TimelineEntry.case_id == case_id)).all()
            assert sorted(found) == list(range(1, position + 1))
        told = select(OutboxRecord.referral_id).where(OutboxRecord.kind == MessageKind.SENT)
        assert session.scalars(select(Referral.id).where(Referral.id.not_in(told))).all() == []
        waiting = set(session.scalars(select(Intake.id).where(Intake.state == "received")))
        assert waiting <= set(session.scalars(select(OutboxRecord.message_id).where(OutboxRecord.open)))
        known = set(session.scalars(select(Intake.id)))
        assert set(session.scalars(select(InboxRecord.intake_id))) <= known


def books(ring: Ring) -> dict[str, int]:
    """Give what stands in social work's own books: each message, and how often it came."""
    return {name: wire for _place, name, _kind, wire in ring.partners[KADE].ledger.rows()}


def place_of(hub: Hub, referral: Referral) -> int:
    """Give the place in the feed of the last message about a referral."""
    with hub.store.reading() as session:
        places = select(func.max(OutboxRecord.id)).where(OutboxRecord.referral_id == referral.id)
        return int(session.scalars(places).one() or 0)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Past:
    """What happened before the disaster, and what others know of it."""

    file: Path
    keys: dict[str, object]
    checkpoints: Path
    known: Referral
    withdrawn: Referral
    lost: Referral
    before: Payload
    after: Payload
    of_lost: Payload
    books: list[tuple[str, str]]
    sent: dict[str, str | None]
    place: int


def live(hub: Hub, folder: Path, url: str) -> Past:
    """Live through a day: a back-up in the middle of the traffic, and an hour of work that is not in it."""
    checkpoints = folder / "checkpoints.log"
    with closing(Ring(hub)) as ring:
        started, known = send(hub), send(hub)
        before = partner_says(hub, started.id, Event.START)
        bring(hub, before)
        ring.until_still()
        seal_all(hub.store, checkpoints)
        under_way = [send(hub), send(hub)]
        ring.relay.step()  # with the broker, and not yet with the partner
        with work_going_on(hub):
            back_up(hub, url, folder / "back-up")
        lost = send(hub)
        withdraw(hub, under_way[0])
        after, of_lost = partner_says(hub, known.id, Event.START), partner_says(hub, lost.id, Event.START)
        bring(hub, after)
        bring(hub, of_lost)
        ring.until_still()
        assert status(hub, known) == status(hub, lost) == Status.STARTED
        seal_all(hub.store, checkpoints)
        with hub.store.reading() as session:
            keys = key_rotation.export_keys(session, now())
        kept = [(name, kind) for _place, name, kind, _wire in ring.partners[KADE].ledger.rows()]
    return Past(
        file=folder / "back-up",
        keys=keys,
        checkpoints=checkpoints,
        known=known,
        withdrawn=under_way[0],
        lost=lost,
        before=before,
        after=after,
        of_lost=of_lost,
        books=kept,
        sent=sent_ids(hub),
        place=place_of(hub, lost),
    )


@pytest.fixture
def past(database_hub: Hub, request: pytest.FixtureRequest, tmp_path: Path) -> Past:
    if not database_hub.store.is_sqlite and shutil.which("pg_dump") is None:
        pytest.skip("pg_dump is not installed")
    with backing_up_login(database_hub, request) as url:
        return live(database_hub, tmp_path, url)


@pytest.fixture
def restored(database_hub: Hub, past: Past, fresh_url: str) -> Iterator[Hub]:
    with restored_hub(database_hub, past.file, fresh_url, past.keys) as hub:
        yield hub


def ring_with_books(hub: Hub, past: Past) -> Ring:
    ring = Ring(hub)
    for name, kind in past.books:
        ring.partners[KADE].ledger.first_time(name, kind)
    return ring


def test_a_back_up_that_was_made_amid_the_traffic_is_whole(restored: Hub, past: Past) -> None:
    assert_whole(restored)
    assert status(restored, past.known) == Status.SENT, "its start came after the back-up"
    with restored.store.reading() as session:
        assert find_case(session, past.known.case_id).person.family_name == "Smulders"
        assert session.scalars(select(Referral.id).where(Referral.id == past.lost.id)).all() == []


def test_the_log_is_whole_up_to_the_back_up_and_the_checkpoints_outside_know_of_more(restored: Hub, past: Past) -> None:
    outside = read_outside(past.checkpoints)
    with restored.store.reading() as session:
        inside = verify(session, ())
        assert inside.fault is None
        assert inside.records > 0
        assert verify(session, outside[: inside.checkpoints]).fault is None
        beyond = verify(session, outside).fault
    assert beyond is not None
    assert f"checkpoint {outside[inside.checkpoints].number} outside the database" in beyond.why
    assert beyond.seq == inside.records + 1


def test_the_messages_that_are_missing_are_named_exactly(restored: Hub, past: Past) -> None:
    here = sent_ids(restored)
    gone = {reference for message_id, reference in past.sent.items() if message_id not in here}
    lost = [name for name, _kind in past.books if name.rpartition(":")[2] in gone]
    assert 2 <= len(lost) < len(past.books)
    with restored.store.reading() as session:
        assert not_here(session, KADE, [name for name, _kind in past.books]) == lost
        assert not_here(session, KADE, past.sent) == [one for one in past.sent if one not in here]
        assert not_here(session, "ggz-de-leij", [past.books[0][0]]) == [past.books[0][0]], "another's are not its own"


def test_partners_that_kept_their_books_get_nothing_twice_and_nothing_under_another_id(
    restored: Hub, past: Past
) -> None:
    with closing(ring_with_books(restored, past)) as ring:
        ring.until_still()
        assert set(books(ring)) == {name for name, _kind in past.books}
        assert max(books(ring).values()) == 2, "what was under way went again, under its own id"
        assert bring(restored, past.before) == "duplicate"
        assert bring(restored, past.after) == "received"
        ring.until_still()
        assert bring(restored, past.after) == "duplicate"
        assert bring(restored, past.of_lost) == "received"
        ring.until_still()
        assert status(restored, past.known) == Status.STARTED
        assert set(books(ring)) == {name for name, _kind in past.books}
    with restored.store.reading() as session:
        starts = select(func.count()).where(
            TimelineEntry.referral_id == past.known.id, TimelineEntry.kind == Event.START
        )
        assert session.scalar(starts) == 1
        assert session.scalars(select(Intake.state).where(Intake.state == "quarantined")).all() == ["quarantined"], (
            "what tells of a lost referral stands before a person"
        )
    assert_whole(restored)


def test_what_is_done_anew_is_not_taken_for_what_was_lost(restored: Hub, past: Past) -> None:
    """A case's positions begin again where the back-up was: ids of messages and places in the feed must not."""
    with closing(ring_with_books(restored, past)) as ring:
        withdraw(restored, past.withdrawn)  # at the very position where the lost withdrawal stood
        fresh = send(restored)
        ring.until_still()
        told = [name for name in books(ring) if name not in dict(past.books)]
    assert len(told) == 2
    assert place_of(restored, fresh) > past.place, "a partner that read the feed to its end then finds what is new"


def test_the_command_names_what_is_missing(database_hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, file = send(database_hub), tmp_path / "list"
    settings = {
        "SCHAKEL_DATABASE_URL": database_hub.settings.database_url,
        "SCHAKEL_BROKER_URL": database_hub.settings.broker_url,
        "SCHAKEL_SECRET_KEY": database_hub.settings.secret_key,
        "SCHAKEL_DATA_KEYS": ",".join(database_hub.settings.data_keys),
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    here = sorted(sent_ids(database_hub))
    file.write_text("\n".join([*here, "", "gone-1"]) + "\n")
    result = CliRunner().invoke(messages, ["reconcile", KADE, str(file)])
    assert (result.exit_code, result.stdout) == (1, "not here  gone-1\n1 are not here.\n")
    file.write_text("\n".join(here))
    assert CliRunner().invoke(messages, ["reconcile", KADE, str(file)]).exit_code == 0
    assert CliRunner().invoke(messages, ["reconcile", "nobody", str(file)]).exit_code == 2
    assert CliRunner().invoke(messages, ["restored", "--skip", "500"]).exit_code == 0
    assert place_of(database_hub, send(database_hub)) > place_of(database_hub, first) + 500


@pytest.mark.postgresql
def test_the_owner_of_the_tables_can_not_make_a_back_up_with_holes(
    database_url: str, postgres_url: str, tmp_path: Path
) -> None:
    """Walls hold the owner too: it is refused rather than given the rows that it may see, which are none."""
    from tests.integration.municipalities import GOIRLE, hub_of

    if shutil.which("pg_dump") is None:
        pytest.skip("pg_dump is not installed")
    with login(postgres_url, postgres_url, (), "CREATEROLE CREATEDB") as owner:
        import psycopg

        url = make_url(owner)
        with psycopg.connect(plain(postgres_url), autocommit=True) as connection:
            connection.execute(f'ALTER DATABASE "{make_url(database_url).database}" OWNER TO "{url.username}"')
        url = url.set(database=make_url(database_url).database)
        with psycopg.connect(plain(database_url), autocommit=True) as connection:
            connection.execute(f'ALTER SCHEMA public OWNER TO "{url.username}"')
        whole = url.render_as_string(hide_password=False)
        with closing(hub_of(GOIRLE, whole, tmp_path)) as hub:
            migrate(hub.store)
        done = subprocess.run(
            ("pg_dump", f"--file={tmp_path}/none", plain(whole)), capture_output=True, text=True, check=False
        )
        with psycopg.connect(plain(database_url), autocommit=True) as connection:
            connection.execute(f'REASSIGN OWNED BY "{url.username}" TO CURRENT_USER')
            connection.execute(f'DROP OWNED BY "{url.username}"')
    assert done.returncode != 0
    assert "row-level security" in done.stderr
