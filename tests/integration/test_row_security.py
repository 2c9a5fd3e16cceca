"""The second wall: PostgreSQL shows and takes a municipality's own rows only, whatever is asked and however."""

import os
import random
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import psycopg
import pytest
from psycopg import errors, sql
from sqlalchemy import func, select, text, update
from sqlalchemy.engine import make_url
from sqlalchemy.exc import IntegrityError, ProgrammingError

from hub.models import (
    ApiClient,
    Case,
    Client,
    Idempotency,
    InboxRecord,
    OutboxRecord,
    Person,
    Record,
    Referral,
    TimelineEntry,
)
from hub.rules.access import decide
from hub.rules.access_question import Question
from hub.rules.access_tables import Action, BasisState, Category, Relation, RelationState
from hub.services.record.clients import find_case_of_bsn
from hub.services.record.idempotency import Kept, remember
from hub.services.referrals import referrals, sending
from hub.store.guard import WallDown
from hub.store.migrate import is_up_to_date, migrate
from hub.store.walls import APP_ROLE, SHARED, WallError, close_to_owner, open_to_owner, role_of, walled_tables
from hub.wiring import Hub
from schemas.referral import NewEvent
from schemas.vocabulary import Basis, Event, LifeDomain, Purpose
from tests.builders import KARIN, client, new_referral
from tests.conftest import _fresh_database
from tests.integration.callers import new_bsn
from tests.integration.municipalities import (
    BREDA,
    CODES,
    GOIRLE,
    TILBURG,
    hub_of,
    in_municipality,
    login,
    plain,
    settle,
)
from tests.personas import MARLOES, NAIMA
from workers.drill.services import postgres_programs

pytestmark = pytest.mark.postgresql

QUESTIONS = int(os.environ.get("SCHAKEL_TEST_QUESTIONS", "10000"))
SEED = int(os.environ.get("SCHAKEL_TEST_SEED", "20261122"))
KINDS: tuple[type[Record], ...] = (Client, Case, Referral, TimelineEntry, OutboxRecord, Person, ApiClient)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("municipalities")


@pytest.fixture(scope="module")
def hubs(module_database_url: str, folder: Path) -> Iterator[dict[str, Hub]]:
    """Three municipalities on one database, each with the same ten people's numbers and more of its own."""
    with ExitStack() as stack:
        made = {code: stack.enter_context(closing(hub_of(code, module_database_url, folder))) for code in CODES}
        shared = [KARIN, *(new_bsn() for _ in range(9))]
        for hub in made.values():
            settle(hub)
            for bsn in (*shared, new_bsn(), new_bsn()):
                live_through(hub, bsn)
        yield made


def live_through(hub: Hub, bsn: str) -> None:
    """Send a referral for someone, and have it received."""
    code = hub.config.municipality.code
    with hub.store.writing() as work:
        sent = sending.send_referral(
            work, hub.config, in_municipality(MARLOES, code), new_referral(client=client(bsn=bsn))
        )
        loaded = referrals.load_for_change(work, sent.id)
        naima = in_municipality(NAIMA, code)
        referrals.record_event(work, hub.config, naima, loaded, NewEvent(event=Event.RECEIVE))


def key_of(record: Record) -> tuple[object, ...]:
    return tuple(getattr(record, column.name) for column in type(record).__table__.primary_key)  # type: ignore[attr-defined]


def keys(hub: Hub, kind: type[Record]) -> list[tuple[object, ...]]:
    with hub.store.reading() as session:
        return [key_of(row) for row in session.scalars(select(kind))]


@pytest.fixture
def above(module_database_url: str, hubs: dict[str, Hub]) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """The administrator's own connection, above every wall."""
    with psycopg.connect(plain(module_database_url), autocommit=True) as connection:
        yield connection


def inside(hub: Hub, url: str | None = None) -> psycopg.Connection[tuple[object, ...]]:
    """Give a connection just as the hub makes it, or the same with another login."""
    parts = make_url(hub.store.url)
    if url is not None:
        parts = parts.set(username=make_url(url).username, password=make_url(url).password)
    said = parts.translate_connect_args(username="user", database="dbname") | dict(parts.query)
    return psycopg.connect(**said, autocommit=True)


def owners(connection: psycopg.Connection[tuple[object, ...]], table: str = "clients") -> set[object]:
    rows = connection.execute(sql.SQL("SELECT DISTINCT municipality FROM {}").format(sql.Identifier(table)))
    return {row[0] for row in rows.fetchall()}


def test_the_same_person_lives_in_three_municipalities_and_none_sees_another(hubs: dict[str, Hub]) -> None:
    """Random reads by key, through the hub's own sessions: a row is there for its own municipality alone."""
    drawn = random.Random(SEED)
    whose = {kind: {code: set(keys(hub, kind)) for code, hub in hubs.items()} for kind in KINDS}
    for kind, by_code in whose.items():
        assert all(by_code.values()), f"each municipality has {kind.__tablename__}"
    asked = crossed = own = 0
    for _ in range(QUESTIONS // 500):
        code = drawn.choice(CODES)
        with hubs[code].store.reading() as session:
            for _ in range(500):
                kind, other = drawn.choice(KINDS[:-1]), drawn.choice(CODES)  # the codes of systems are the same in each
                key = drawn.choice(sorted(whose[kind][other], key=str))
                conditions = [
                    column == value
                    for column, value in zip(kind.__table__.primary_key, key, strict=True)  # type: ignore[attr-defined]
                ]
                found = session.execute(select(func.count()).select_from(kind).where(*conditions)).scalar_one()
                asked += 1
                own += found if other == code else 0
                crossed += found if other != code else 0
    assert asked >= QUESTIONS // 500 * 500
    assert crossed == 0
    assert own > asked / 5, "the questions must be able to be answered"
    cases = {code: find(hub, KARIN) for code, hub in hubs.items()}
    assert len(set(cases.values())) == 3, "the same number is three people's files"


def find(hub: Hub, bsn: str) -> str:
    with hub.store.reading() as session:
        known = find_case_of_bsn(session, hub.config.municipality.code, bsn)
        assert known is not None
        return known.id


def test_the_service_that_asks_for_another_municipality_finds_nobody(hubs: dict[str, Hub]) -> None:
    """A mistake in the first wall: the code names another municipality. The second wall holds."""
    with hubs[TILBURG].store.reading() as session:
        assert find_case_of_bsn(session, BREDA, KARIN) is None


def test_nobody_changes_removes_or_makes_rows_of_another(hubs: dict[str, Hub]) -> None:
    before = {kind: len(keys(hubs[BREDA], kind)) for kind in KINDS}
    theirs, ours = [key[0] for key in keys(hubs[BREDA], Referral)], len(keys(hubs[TILBURG], Referral))
    with hubs[TILBURG].store.writing() as work:
        changed = work.execute(update(Referral).where(Referral.number.in_(theirs)).values(version=99))
        assert changed.rowcount == 0
        assert work.execute(text("UPDATE referrals SET version = version")).rowcount == ours
        gone = "DELETE FROM outbox WHERE municipality <> 'gemeente-tilburg'"
        assert work.execute(text(gone)).rowcount == 0
    for statement in (
        "UPDATE clients SET municipality = 'gemeente-breda'",
        "INSERT INTO clients (id, municipality, bsn_index, person, created_at)"
        " VALUES ('x', 'gemeente-breda', 'x', 'x', now())",
        "INSERT INTO idempotency (organisation, key, body_hash, status, answer, at, municipality)"
        " VALUES ('a', 'b', 'c', 201, 'x', now(), 'gemeente-goirle')",
    ):
        with pytest.raises(ProgrammingError, match="row-level security"), hubs[TILBURG].store.writing() as work:
            work.execute(text(statement))
    assert {kind: len(keys(hubs[BREDA], kind)) for kind in KINDS} == before


def test_no_row_refers_to_another_municipality(hubs: dict[str, Hub]) -> None:
    """References are checked without policies: each carries the municipality, so a known id opens nothing."""
    case = find(hubs[BREDA], KARIN)
    entry = "INSERT INTO timeline (case_id, position, kind, at, inferred) VALUES (:case, 999, 'sent', now(), false)"
    with pytest.raises(IntegrityError, match="foreign key"), hubs[TILBURG].store.writing() as work:
        work.execute(text(entry), {"case": case})


def test_keys_of_one_municipality_are_free_in_another(hubs: dict[str, Hub]) -> None:
    kept = Kept(status=201, location="/x", answer={"id": "x"})
    for hub in hubs.values():
        with hub.store.writing() as work:
            remember(work, "wi-tilburg", "the-same-key", "hash", kept, case_id=find(hub, KARIN))
            record = {"sender": "ggz-de-leij", "message_id": "the-same", "body_hash": "h", "state": "applied"}
            work.session.add(InboxRecord(**record, received_at=work.now))
    assert all(len(keys(hub, Idempotency)) == 1 for hub in hubs.values())
    assert all(len(keys(hub, InboxRecord)) == 1 for hub in hubs.values())


def test_rules_and_rows_agree_about_municipalities_in_random_worlds(hubs: dict[str, Hub]) -> None:
    """Who asks about whom: the rules say no by D15 where PostgreSQL gives no row; what the rules allow is a row."""
    drawn = random.Random(SEED + 1)
    clients = [(code, key[0]) for code, hub in hubs.items() for key in keys(hub, Client)]
    rows: dict[str, set[object]] = {code: {key[0] for key in keys(hub, Client)} for code, hub in hubs.items()}
    allowed = differences = 0
    for _ in range(QUESTIONS):
        asks, (whose, which) = drawn.choice(CODES), drawn.choice(clients)
        answer = decide(a_question(drawn, other=asks != whose))
        there = which in rows[asks]
        allowed += answer.allow
        if (answer.rule == "D15" and there) or (answer.allow and not there):
            differences += 1
        if there and asks != whose:
            differences += 1
    assert differences == 0
    assert allowed > QUESTIONS / 500, "among the questions must be some with the answer yes"


def a_question(drawn: random.Random, *, other: bool) -> Question:
    """Draw a question that often enough is answered with yes."""
    org, role, purpose = drawn.choice(
        [
            ("work_and_income", "case_director", Purpose.GUIDANCE),
            ("work_and_income", "income_consultant", Purpose.INCOME),
            ("social_work", "social_worker", Purpose.GUIDANCE),
            ("mental_health", "practitioner", Purpose.TREATMENT),
            ("reintegration", "job_coach", Purpose.PLACEMENT),
            ("municipality", "privacy_officer", Purpose.ACCOUNTABILITY),
        ]
    )
    return Question(
        actor_org=org,
        actor_role=role,
        actor_purpose=purpose,
        relation=drawn.choice([Relation.REGIE, Relation.REFERRAL_RECEIVER, Relation.REFERRAL_SENDER, Relation.NONE]),
        relation_state=drawn.choice([RelationState.ACTIVE, RelationState.ACTIVE, RelationState.ENDED]),
        legal_basis=drawn.choice([Basis.CONSENT, Basis.CONSENT, Basis.PUBLIC_TASK]),
        law=drawn.choice(["", "wmo_2015", "participatiewet"]),
        basis_state=BasisState.VALID,
        owner_org=drawn.choice(["work_and_income", "social_work", "mental_health"]),
        origin_purpose=drawn.choice([Purpose.GUIDANCE, Purpose.INCOME, Purpose.TREATMENT]),
        life_domain=drawn.choice([LifeDomain.SOCIAL_NETWORK, LifeDomain.FINANCES, LifeDomain.MENTAL_HEALTH]),
        data_category=drawn.choice(list(Category)),
        action=Action.VIEW,
        in_scope=True,
        flags=frozenset({"other_municipality"}) if other else frozenset(),
    )


def test_every_table_has_its_wall_or_stands_on_the_list_of_shared_ones(
    above: psycopg.Connection[tuple[object, ...]],
) -> None:
    rows = above.execute(
        "SELECT relname, relrowsecurity AND relforcerowsecurity,"
        " (SELECT count(*) FROM pg_policy WHERE polrelid = c.oid)"
        " FROM pg_class c WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
    ).fetchall()
    walls = {name: (stands, policies) for name, stands, policies in rows}
    assert set(walls) == set(Record.metadata.tables) | SHARED
    assert {name for name, wall in walls.items() if wall != (True, len(CODES))} == SHARED == {"alembic_version"}
    assert set(walled_tables()) == set(walls) - SHARED


def test_no_index_begins_with_the_municipality(above: psycopg.Connection[tuple[object, ...]]) -> None:
    """Every policy compares it with a constant: without statistics such an index is taken, and read from end to end."""
    rows = above.execute(
        "SELECT relname, array_length(indkey::int[], 1) FROM pg_index JOIN pg_class ON oid = indexrelid"
        " JOIN pg_attribute ON attrelid = indrelid AND attnum = indkey[0]"
        " WHERE attname = 'municipality' AND relnamespace = 'public'::regnamespace"
    ).fetchall()
    assert rows == []


@pytest.fixture(params=["superuser", "login of its own"])
def connection(
    request: pytest.FixtureRequest, hubs: dict[str, Hub], postgres_url: str, module_database_url: str
) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """A connection of Tilburg's hub, signed in as superuser and as a login that is nothing more than its role."""
    if request.param == "superuser":
        with inside(hubs[TILBURG]) as made:
            yield made
        return
    with login(postgres_url, module_database_url, (role_of(TILBURG),)) as url, inside(hubs[TILBURG], url) as made:
        yield made


def test_settings_that_stay_behind_open_nothing(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    """SET without LOCAL survives the commit, and the next user of the connection finds it."""
    connection.execute("SET schakel.municipality = 'gemeente-breda'")
    assert owners(connection) == {TILBURG}
    with pytest.raises(errors.InsufficientPrivilege, match="row-level security"):
        connection.execute(
            "INSERT INTO idempotency (organisation, key, body_hash, status, answer, at)"
            " VALUES ('a', 'left behind', 'c', 201, 'x', now())"
        )
    for way_back in ("RESET ALL", "RESET ROLE", "RESET schakel.municipality"):
        connection.execute(way_back)
        assert owners(connection) == {TILBURG}, way_back
        assert connection.execute("SHOW schakel.municipality").fetchone() == (TILBURG,) or way_back == "RESET ROLE"
    connection.execute("SET row_security = off")
    with pytest.raises(errors.InsufficientPrivilege, match="would be affected by row-level security"):
        connection.execute("SELECT * FROM clients")


def test_nothing_that_the_role_may_do_gets_past_the_wall(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    for statement in (
        "ALTER TABLE clients DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE clients NO FORCE ROW LEVEL SECURITY",
        "CREATE POLICY open ON clients USING (true)",
        "DROP TABLE clients CASCADE",
        "TRUNCATE clients CASCADE",
        "CREATE VIEW all_clients AS SELECT * FROM clients",
        "CREATE FUNCTION all_clients() RETURNS SETOF clients LANGUAGE sql SECURITY DEFINER AS 'SELECT * FROM clients'",
        "COPY clients TO PROGRAM 'cat'",
        "UPDATE alembic_version SET version_num = '0001'",
    ):
        with pytest.raises(errors.InsufficientPrivilege):
            connection.execute(statement)
    with connection.cursor().copy("COPY clients (municipality) TO STDOUT") as copied:
        assert {row[0] for row in copied.rows()} == {TILBURG}
    row = "a\tcopied\tc\t201\tx\t2026-11-22\tgemeente-breda\n"
    columns = "organisation, key, body_hash, status, answer, at, municipality"
    with (
        pytest.raises(errors.FeatureNotSupported, match="row-level security"),
        connection.cursor().copy(f"COPY idempotency ({columns}) FROM STDIN") as copy,
    ):
        copy.write(row)


def test_a_login_of_its_own_has_no_way_out(hubs: dict[str, Hub], postgres_url: str, module_database_url: str) -> None:
    with login(postgres_url, module_database_url, (role_of(TILBURG),)) as url, inside(hubs[TILBURG], url) as connection:
        for statement in ("SET ROLE hub", f'SET ROLE "{role_of(BREDA)}"', "SET SESSION AUTHORIZATION hub"):
            with pytest.raises((errors.InsufficientPrivilege, errors.InvalidParameterValue)):
                connection.execute(statement)
        for statement in ("SET ROLE NONE", "RESET SESSION AUTHORIZATION", "DISCARD ALL"):
            connection.execute(statement)
            assert owners(connection) == {TILBURG}, statement
        with pytest.raises(errors.InsufficientPrivilege):
            connection.execute(f'GRANT "{role_of(BREDA)}" TO CURRENT_USER')


def test_the_whole_hub_runs_under_a_login_of_its_own(
    hubs: dict[str, Hub], postgres_url: str, module_database_url: str, folder: Path
) -> None:
    with (
        login(postgres_url, module_database_url, (role_of(GOIRLE),)) as url,
        closing(hub_of(GOIRLE, url, folder, owner_url=module_database_url)) as hub,
    ):
        assert is_up_to_date(hub.store)
        assert not hub.store.login_may_bypass()
        assert hubs[GOIRLE].store.login_may_bypass(), "the superuser of the other tests"
        live_through(hub, new_bsn())
        migrate(hub.store)


def test_whoever_is_in_no_municipality_sees_no_row(
    hubs: dict[str, Hub], postgres_url: str, module_database_url: str
) -> None:
    """Not even with the setting: and who isn't in the group may not ask at all."""
    with login(postgres_url, module_database_url, (APP_ROLE,)) as url, psycopg.connect(plain(url)) as connection:
        connection.execute("SET schakel.municipality = 'gemeente-tilburg'")
        for table in walled_tables():
            assert owners(connection, table) == set(), table
    with (
        login(postgres_url, module_database_url, ()) as url,
        psycopg.connect(plain(url)) as connection,
        pytest.raises(errors.InsufficientPrivilege),
    ):
        owners(connection)


def test_a_pooled_connection_that_became_a_superusers_is_not_used_again(hubs: dict[str, Hub]) -> None:
    """Signed in as superuser only: what SET ROLE NONE left behind is noticed without asking the server."""
    store = hubs[TILBURG].store
    with store.writing() as work:
        work.execute(text("SET ROLE NONE"))
        seen = work.execute(text("SELECT count(DISTINCT municipality) FROM clients")).scalar_one()
        assert seen == len(CODES), "this is what a login above the wall can't be kept from"
    for _ in range(5):
        with store.reading() as session:
            assert session.execute(text("SELECT DISTINCT municipality FROM clients")).scalars().all() == [TILBURG]


def fresh_start(hubs: dict[str, Hub], folder: Path, code: str = TILBURG) -> None:
    """Begin as a new process does."""
    hub = hubs[code]
    with closing(hub_of(code, hub.settings.database_url, folder)) as other, other.store.reading() as session:
        session.execute(text("SELECT 1"))


def test_a_view_shows_what_its_owner_may_see_and_the_hub_refuses_to_run_beside_it(
    hubs: dict[str, Hub], above: psycopg.Connection[tuple[object, ...]], folder: Path
) -> None:
    try:
        above.execute("CREATE VIEW everyone AS SELECT municipality FROM clients")
        fresh_start(hubs, folder)
        above.execute(f"GRANT SELECT ON everyone TO {APP_ROLE}")
        with inside(hubs[TILBURG]) as connection:
            assert owners(connection, "everyone") == set(CODES), "a superuser's view is a hole"
        with pytest.raises(WallDown, match="everyone shows rows by its owner's rights"):
            fresh_start(hubs, folder)
        above.execute("ALTER VIEW everyone SET (security_invoker = true)")
        with inside(hubs[TILBURG]) as connection:
            assert owners(connection, "everyone") == {TILBURG}
        fresh_start(hubs, folder)
    finally:
        above.execute("DROP VIEW IF EXISTS everyone")


HOLES = {
    "materialised view": (
        f"CREATE MATERIALIZED VIEW hole AS SELECT * FROM clients; GRANT SELECT ON hole TO {APP_ROLE}",
        "DROP MATERIALIZED VIEW hole",
        "hole shows rows by its owner's rights",
    ),
    "function": (
        "CREATE FUNCTION hole() RETURNS SETOF clients LANGUAGE sql SECURITY DEFINER AS 'SELECT * FROM clients'",
        "DROP FUNCTION hole",
        "the function hole runs by its owner's rights",
    ),
    "table without a wall": (
        f"CREATE TABLE hole (id int); GRANT SELECT ON hole TO {APP_ROLE}",
        "DROP TABLE hole",
        "the table hole has no wall",
    ),
    "wall switched off": (
        "ALTER TABLE timeline DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE timeline ENABLE ROW LEVEL SECURITY",
        "the table timeline has no wall",
    ),
    "wall that spares the owner": (
        "ALTER TABLE timeline NO FORCE ROW LEVEL SECURITY",
        "ALTER TABLE timeline FORCE ROW LEVEL SECURITY",
        "the table timeline has no wall",
    ),
    "policy that lets all": (
        "CREATE POLICY hole ON clients USING (true)",
        "DROP POLICY hole ON clients",
        "the table clients has no wall, or one with a hole",
    ),
    "role above walls": (
        f"ALTER ROLE {APP_ROLE} BYPASSRLS",
        f"ALTER ROLE {APP_ROLE} NOBYPASSRLS",
        f"the role {APP_ROLE} may pass every wall",
    ),
    "role in two municipalities": (
        f'GRANT "{role_of(BREDA)}" TO "{role_of(TILBURG)}"',
        f'REVOKE "{role_of(BREDA)}" FROM "{role_of(TILBURG)}"',
        "another municipality's role",
    ),
    "role that owns a table": (
        f'CREATE TABLE hole (id int); ALTER TABLE hole OWNER TO "{role_of(TILBURG)}"',
        "DROP TABLE hole",
        "owns tables",
    ),
}


@pytest.mark.parametrize("hole", HOLES)
def test_a_process_refuses_to_begin_beside_a_hole(
    hole: str, hubs: dict[str, Hub], above: psycopg.Connection[tuple[object, ...]], folder: Path
) -> None:
    make, mend, told = HOLES[hole]
    fresh_start(hubs, folder)
    try:
        above.execute(make.encode())
        with pytest.raises(WallDown, match=told):
            fresh_start(hubs, folder)
    finally:
        above.execute(mend.encode())
    fresh_start(hubs, folder)


def test_a_login_in_two_municipalities_is_refused(
    hubs: dict[str, Hub], postgres_url: str, module_database_url: str, folder: Path
) -> None:
    with (
        login(postgres_url, module_database_url, (role_of(TILBURG), role_of(BREDA))) as url,
        closing(hub_of(TILBURG, url, folder)) as hub,
        pytest.raises(WallDown, match="another municipality's role"),
    ):
        hub.store.answers()


def test_a_dump_by_the_role_holds_its_own_rows_or_nothing(
    hubs: dict[str, Hub], postgres_url: str, module_database_url: str
) -> None:
    program = f"{postgres_programs()}/pg_dump"
    with login(postgres_url, module_database_url, (role_of(TILBURG),)) as url:
        command = [program, "--data-only", "--table=clients", "--inserts", plain(url)]
        refused = subprocess.run(command, capture_output=True, text=True, check=False)
        assert refused.returncode != 0
        assert "row-level security" in refused.stderr
        given = subprocess.run([*command, "--enable-row-security"], capture_output=True, text=True, check=True)
    assert TILBURG in given.stdout
    assert BREDA not in given.stdout


def test_the_owner_is_walled_too_and_a_migration_is_not(
    hubs: dict[str, Hub], postgres_url: str, database_url: str, folder: Path
) -> None:
    """An owner that is no superuser: it makes roles and tables, and sees rows only while it migrates."""
    with login(postgres_url, database_url, (), "CREATEROLE") as owner:
        with psycopg.connect(plain(database_url), autocommit=True) as connection:
            name = sql.Identifier(str(make_url(owner).username))
            connection.execute(sql.SQL("GRANT CREATE, USAGE ON SCHEMA public TO {}").format(name))
        with closing(hub_of(TILBURG, database_url, folder, owner_url=owner)) as hub:
            migrate(hub.store)
            insert = (
                "INSERT INTO idempotency (organisation, key, body_hash, status, answer, at)"
                " VALUES ('a', 'b', 'c', 201, 'x', now())"
            )
            with psycopg.connect(plain(database_url)) as connection:
                connection.execute("SET schakel.municipality = 'gemeente-tilburg'")
                connection.execute(insert.encode())
            with psycopg.connect(plain(owner)) as connection:
                connection.execute("SET schakel.municipality = 'gemeente-tilburg'")
                assert owners(connection, "idempotency") == set()
                with pytest.raises(errors.InsufficientPrivilege, match="row-level security"):
                    connection.execute(insert.encode())
            counted = text("SELECT count(*) FROM idempotency")
            with hub.store.owning() as connection:
                open_to_owner(connection)
                assert connection.execute(counted).scalar_one() == 1, "a migration passes over no row"
                close_to_owner(connection)
            with hub.store.owning() as connection:
                assert connection.execute(counted).scalar_one() == 0


def test_one_login_for_all_runs_the_hub_and_the_check_tells_of_it(
    postgres_url: str, database_url: str, folder: Path
) -> None:
    """A small place: the owner's login runs the processes too. They work as the role; a note says what that leaves."""
    code = f"gemeente-{uuid.uuid4().hex[:8]}"
    with login(postgres_url, database_url, (), "CREATEROLE") as owner:
        with psycopg.connect(plain(database_url), autocommit=True) as connection:
            name = sql.Identifier(str(make_url(owner).username))
            connection.execute(sql.SQL("GRANT CREATE, USAGE ON SCHEMA public TO {}").format(name))
        with closing(hub_of(code, owner, folder)) as hub:
            settle(hub)
            live_through(hub, new_bsn())
            assert hub.store.login_may_bypass()


def test_who_may_not_make_roles_is_told_what_to_ask(postgres_url: str, database_url: str, folder: Path) -> None:
    code = f"gemeente-{uuid.uuid4().hex[:8]}"
    with login(postgres_url, database_url, ()) as owner:
        with psycopg.connect(plain(database_url), autocommit=True) as connection:
            name = sql.Identifier(str(make_url(owner).username))
            connection.execute(sql.SQL("GRANT CREATE, USAGE ON SCHEMA public TO {}").format(name))
        with closing(hub_of(code, owner, folder)) as hub, pytest.raises(WallError, match="CREATE ROLE"):
            migrate(hub.store)


def test_a_code_that_would_be_cut_off_is_refused() -> None:
    with pytest.raises(WallError, match="too long"):
        role_of("g" * 52)


def test_migrations_at_once_in_several_databases_share_their_roles(postgres_url: str, folder: Path) -> None:
    """Roles belong to the cluster: of those that make the same one all end well, and a second run changes nothing."""
    code = f"gemeente-{uuid.uuid4().hex[:8]}"
    with ExitStack() as stack:
        urls = [stack.enter_context(_fresh_database(postgres_url)) for _ in range(3)]
        for _ in range(2):
            running = [migration(code, url, folder) for url in urls]
            assert [(process.communicate()[1], process.returncode) for process in running] == [("", 0)] * len(urls)


def migration(code: str, url: str, folder: Path) -> subprocess.Popen[str]:
    """Start ``schakel migrate`` for a municipality."""
    with closing(hub_of(code, url, folder)) as hub:
        environment = {
            **os.environ,
            "SCHAKEL_DATABASE_URL": url,
            "SCHAKEL_BROKER_URL": f"embedded:///{folder}/{make_url(url).database}.db",
            "SCHAKEL_CONFIG": str(hub.settings.config_path),
            "SCHAKEL_SECRET_KEY": hub.settings.secret_key,
            "SCHAKEL_DATA_KEYS": hub.settings.data_keys[0],
        }
    command = [sys.executable, "-c", "from workers.command import main; main()", "migrate"]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_a_database_without_its_shape_is_told_from_one_that_is_away(database_url: str, folder: Path) -> None:
    code = f"gemeente-{uuid.uuid4().hex[:8]}"
    with closing(hub_of(code, database_url, folder)) as hub:
        assert not is_up_to_date(hub.store)
        migrate(hub.store)
        assert is_up_to_date(hub.store)
