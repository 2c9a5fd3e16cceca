"""The wall between municipalities in PostgreSQL: each works as a role that sees and writes its own rows only.

The role decides, not a setting: what a statement sets on a connection can't open another municipality's rows. The
setting ``schakel.municipality`` only fills in the column of new rows, and the role's policy checks what it filled in.
SQLite has no such wall.
"""

from collections.abc import Iterator, Sequence

from psycopg import sql
from sqlalchemy import text
from sqlalchemy.engine import Connection

from hub.models import Record

APP_ROLE = "schakel_app"
_COLUMN = "municipality"
_LONGEST_ROLE = 63  # bytes: PostgreSQL cuts off longer names, and two might become one
# Rows that are nobody's: read by all, written by the owner alone.
SHARED = frozenset({"alembic_version"})
# Single columns that are drawn at random or counted for the whole database: unique over municipalities by themselves.
_DRAWN = frozenset({"id", "number"})
# ... but for a system's id, which is the code of its organisation: a provider may work for two municipalities.
_NAMED = frozenset({"api_clients"})


class WallError(Exception):
    """The wall between municipalities can't be raised; the text says what an administrator must do."""

    permanent = True


def walled_tables() -> list[str]:
    """Give every table that holds rows of a municipality: all that the records know but the shared ones."""
    return sorted(set(Record.metadata.tables) - SHARED)


def role_of(municipality: str) -> str:
    """Give the name of the role under which a municipality's processes work."""
    role = f"{APP_ROLE}_{municipality}"
    if len(role.encode()) > _LONGEST_ROLE:
        raise WallError(f"The code {municipality} is too long for the name of a database role (at most 51 bytes).")
    return role


def raise_walls(connection: Connection, municipality: str, *, one_login: bool) -> None:
    """Put the wall round every table and give the municipality its role. What stands is left as it is.

    ``one_login`` says that the processes sign in as the owner too: then the owner must be able to work as the role.
    """
    _run(connection, "SELECT set_config('schakel.municipality', {}, true)", sql.Literal(municipality))
    for role in (APP_ROLE, role_of(municipality)):
        _make_role(connection, role)
    _put_into(connection, APP_ROLE, role_of(municipality))
    if one_login:
        _put_into(connection, role_of(municipality), str(connection.scalar(text("SELECT current_user::text"))))
    tables = walled_tables()
    for table in tables:
        _add_column(connection, table)
    _bind_references(connection, tables)
    for table in tables:
        _widen_keys(connection, table)
    for table in tables:
        _guard(connection, table, sorted({*_known(connection), municipality}))
    _grant(connection, tables)


def close_to_owner(connection: Connection) -> None:
    """Hold the owner to the walls too: the end of a migration."""
    for table in _standing(connection):
        _run(connection, "ALTER TABLE {} FORCE ROW LEVEL SECURITY", sql.Identifier(table))


def open_to_owner(connection: Connection) -> None:
    """Let the owner see all rows for the rest of this transaction: a migration must not pass over any in silence."""
    for table in _standing(connection):
        _run(connection, "ALTER TABLE {} NO FORCE ROW LEVEL SECURITY", sql.Identifier(table))


def take_down(connection: Connection) -> None:
    """Take the walls away; the column and the wider keys stay, but for those that older migrations refer to."""
    for table in sorted(_NAMED):
        _run(
            connection,
            "ALTER TABLE {table} DROP CONSTRAINT {key}, ADD CONSTRAINT {key} PRIMARY KEY (id)",
            table=sql.Identifier(table),
            key=sql.Identifier(f"pk_{table}"),
        )
    for table in _standing(connection):
        for policy in _policies(connection, table):
            _run(connection, "DROP POLICY {} ON {}", sql.Identifier(policy), sql.Identifier(table))
        for change in ("NO FORCE", "DISABLE"):
            _run(connection, f"ALTER TABLE {{}} {change} ROW LEVEL SECURITY", sql.Identifier(table))


def _run(connection: Connection, statement: str, *parts: sql.Composable, **named: sql.Composable) -> None:
    driver = connection.connection.driver_connection
    # A percent sign would be taken for a parameter by the way that statements go through the engine.
    connection.exec_driver_sql(sql.SQL(statement).format(*parts, **named).as_string(driver).replace("%", "%%"))


def _names(connection: Connection, query: str, **values: object) -> list[str]:
    return list(connection.scalars(text(query), values))


def _make_role(connection: Connection, role: str) -> None:
    """Make a role that nobody signs in as. Roles belong to the whole cluster: another database may be first."""
    if _names(connection, "SELECT rolname FROM pg_roles WHERE rolname = :role", role=role):
        return
    may = connection.scalar(text("SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user"))
    if not may:
        raise WallError(
            f"The owner's login may not make database roles. Have an administrator run"
            f' CREATE ROLE "{role}" NOLOGIN; and run schakel migrate again.'
        )
    _run(
        connection,
        "DO $$ BEGIN CREATE ROLE {} NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE;"
        " EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$",
        sql.Identifier(role),
    )


def _put_into(connection: Connection, group: str, role: str) -> None:
    _run(
        connection,
        "DO $$ BEGIN IF NOT pg_has_role({role_name}, {group_name}, 'MEMBER') THEN GRANT {group} TO {role}; END IF;"
        " EXCEPTION WHEN unique_violation THEN NULL; END $$",
        role_name=sql.Literal(role),
        group_name=sql.Literal(group),
        group=sql.Identifier(group),
        role=sql.Identifier(role),
    )


def _add_column(connection: Connection, table: str) -> None:
    """Let each row say whose it is; rows that were there are the municipality's that runs the migration."""
    name = sql.Identifier(table)
    _run(connection, "ALTER TABLE {} ADD COLUMN IF NOT EXISTS municipality VARCHAR(64)", name)
    if _names(
        connection,
        "SELECT attname FROM pg_attribute WHERE attrelid = to_regclass(:t) AND attname = :c AND atthasdef",
        t=f'"{table}"',
        c=_COLUMN,
    ):
        return
    _run(
        connection,
        "UPDATE {} SET municipality = current_setting('schakel.municipality') WHERE municipality IS NULL",
        name,
    )
    _run(
        connection,
        "ALTER TABLE {} ALTER COLUMN municipality SET NOT NULL,"
        " ALTER COLUMN municipality SET DEFAULT current_setting('schakel.municipality', true)",
        name,
    )


def _widen_keys(connection: Connection, table: str) -> None:
    """Let two municipalities use the same user name, message id or key: neither may learn of the other's.

    The municipality comes last. Before there are statistics PostgreSQL takes an index that begins with it for a narrow
    one, since each policy compares it with a constant, and reads the whole table through it.
    """
    query = (
        "SELECT conname, contype::text,"
        " ARRAY(SELECT attname::text FROM unnest(conkey) WITH ORDINALITY AS k(number, place)"
        " JOIN pg_attribute ON attrelid = conrelid AND attnum = k.number ORDER BY place)"
        " FROM pg_constraint WHERE conrelid = to_regclass(:table) AND contype IN ('p', 'u')"
    )
    bound = _bound_columns(table)
    for name, kind, columns in connection.execute(text(query), {"table": f'"{table}"'}).all():
        drawn = len(columns) == 1 and columns[0] in _DRAWN and table not in _NAMED
        wanted = [*(column for column in columns if column != _COLUMN), _COLUMN]
        if drawn or columns == wanted or bound & set(columns):
            continue
        _run(
            connection,
            "ALTER TABLE {table} DROP CONSTRAINT {name}, ADD CONSTRAINT {name} "
            + ("PRIMARY KEY" if kind == "p" else "UNIQUE")
            + " ({columns})",
            table=sql.Identifier(table),
            name=sql.Identifier(name),
            columns=_listed(wanted),
        )


def _bound_columns(table: str) -> set[str]:
    """Give the columns that refer to another walled table: they bind the row to its municipality already."""
    columns = Record.metadata.tables[table].columns
    return {column.name for column in columns if column.foreign_keys}


def _bind_references(connection: Connection, tables: Sequence[str]) -> None:
    """Let a row refer to rows of its own municipality only: a reference is checked without regard to policies."""
    query = (
        "SELECT con.conname, con.confdeltype::text, f.relname,"
        " ARRAY(SELECT attname::text FROM unnest(con.conkey) WITH ORDINALITY AS k(number, place)"
        " JOIN pg_attribute ON attrelid = con.conrelid AND attnum = k.number ORDER BY place),"
        " ARRAY(SELECT attname::text FROM unnest(con.confkey) WITH ORDINALITY AS k(number, place)"
        " JOIN pg_attribute ON attrelid = con.confrelid AND attnum = k.number ORDER BY place)"
        " FROM pg_constraint con JOIN pg_class f ON f.oid = con.confrelid"
        " WHERE con.conrelid = to_regclass(:table) AND con.contype = 'f'"
    )
    for table in tables:
        for name, deletion, other, columns, others in connection.execute(text(query), {"table": f'"{table}"'}).all():
            if other not in tables or _COLUMN in columns:
                continue
            _make_referable(connection, other, others)
            _run(
                connection,
                "ALTER TABLE {table} DROP CONSTRAINT {name}, ADD CONSTRAINT {name} FOREIGN KEY ({columns})"
                " REFERENCES {other} ({others})" + _ON_DELETE[deletion],
                table=sql.Identifier(table),
                name=sql.Identifier(name),
                other=sql.Identifier(other),
                columns=_listed([*columns, _COLUMN]),
                others=_listed([*others, _COLUMN]),
                freed=_listed(columns),
            )


_ON_DELETE = {"a": "", "r": " ON DELETE RESTRICT", "c": " ON DELETE CASCADE", "n": " ON DELETE SET NULL ({freed})"}


def _make_referable(connection: Connection, table: str, columns: Sequence[str]) -> None:
    """Give what is referred to a key with the municipality in it."""
    index = f"ux_{table}_{'_'.join(columns)}_{_COLUMN}"[:_LONGEST_ROLE]
    _run(
        connection,
        "CREATE UNIQUE INDEX IF NOT EXISTS {} ON {} ({})",
        sql.Identifier(index),
        sql.Identifier(table),
        _listed([*columns, _COLUMN]),
    )


def _listed(columns: Sequence[str]) -> sql.Composable:
    return sql.SQL(", ").join(sql.Identifier(column) for column in columns)


def _guard(connection: Connection, table: str, municipalities: Sequence[str]) -> None:
    """Let each municipality's role see and write its own rows, and everyone else none: the owner neither."""
    there = set(_policies(connection, table))
    for municipality in municipalities:
        if role_of(municipality) in there:
            continue
        _run(
            connection,
            "CREATE POLICY {role} ON {table} FOR ALL TO {role}"
            " USING (municipality = {code}) WITH CHECK (municipality = {code})",
            role=sql.Identifier(role_of(municipality)),
            table=sql.Identifier(table),
            code=sql.Literal(municipality),
        )
    _run(connection, "ALTER TABLE {} ENABLE ROW LEVEL SECURITY", sql.Identifier(table))


def _grant(connection: Connection, tables: Sequence[str]) -> None:
    group = sql.Identifier(APP_ROLE)
    _run(
        connection,
        "GRANT SELECT, INSERT, UPDATE, DELETE ON {} TO {}",
        sql.SQL(", ").join(map(sql.Identifier, tables)),
        group,
    )
    for table in sorted(SHARED):
        _run(connection, "GRANT SELECT ON {} TO {}", sql.Identifier(table), group)
    for sequence in _sequences(connection, tables):
        _run(connection, "GRANT USAGE ON SEQUENCE {} TO {}", sql.SQL(sequence), group)
    schema = connection.scalar(text("SELECT current_schema()"))
    _run(connection, "GRANT USAGE ON SCHEMA {} TO {}", sql.Identifier(schema), group)


def _sequences(connection: Connection, tables: Sequence[str]) -> Iterator[str]:
    for table in tables:
        for column in Record.metadata.tables[table].columns:
            found = connection.scalar(
                text("SELECT pg_get_serial_sequence(:table, :column)"), {"table": f'"{table}"', "column": column.name}
            )
            if found:
                yield found


def _policies(connection: Connection, table: str) -> list[str]:
    return _names(connection, "SELECT polname FROM pg_policy WHERE polrelid = to_regclass(:table)", table=f'"{table}"')


def _known(connection: Connection) -> list[str]:
    """Give the municipalities that have a role here: a new table must be opened to each of them."""
    return [policy.removeprefix(f"{APP_ROLE}_") for policy in _policies(connection, "clients")]


def _standing(connection: Connection) -> list[str]:
    return _names(
        connection,
        "SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace"
        " AND relkind = 'r' AND relrowsecurity",
    )
