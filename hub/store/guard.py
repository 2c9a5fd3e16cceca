"""Look whether the wall between municipalities stands: at the first connection of each process, before any question."""

from collections.abc import Sequence
from typing import Any, Protocol

from hub.store.walls import APP_ROLE, SHARED, role_of

_ROLES = """
SELECT r.rolname, r.rolsuper, r.rolbypassrls,
       EXISTS (SELECT FROM pg_class c WHERE c.relowner = r.oid AND c.relkind IN ('r', 'p')
               AND c.relnamespace = current_schema()::regnamespace)
FROM pg_roles r WHERE pg_has_role(%s, r.oid, 'MEMBER')
"""
_REACHED = """
SELECT c.relname, c.relkind::text, c.relrowsecurity AND c.relforcerowsecurity,
       COALESCE('security_invoker=true' = ANY (c.reloptions) OR 'security_invoker=on' = ANY (c.reloptions), false),
       ARRAY(SELECT concat_ws(' | ', p.polpermissive::text, p.polcmd::text, pg_get_expr(p.polqual, c.oid),
                              pg_get_expr(p.polwithcheck, c.oid))
             FROM pg_policy p WHERE p.polrelid = c.oid AND EXISTS (
                 SELECT FROM unnest(p.polroles) AS one WHERE one = 0 OR pg_has_role(current_user, one, 'MEMBER')))
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname !~ '^(pg_|information_schema$)'
  AND has_schema_privilege(n.oid, 'USAGE')
  AND has_any_column_privilege(c.oid, 'SELECT, INSERT, UPDATE')
ORDER BY c.relname
"""
_FUNCTIONS = """
SELECT p.proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE p.prosecdef AND n.nspname !~ '^(pg_|information_schema$)'
  AND has_schema_privilege(n.oid, 'USAGE') AND has_function_privilege(p.oid, 'EXECUTE')
ORDER BY p.proname
"""


class WallDown(Exception):
    """The database would let this process see another municipality's rows; the text says where, and what to do."""

    permanent = True


class Cursor(Protocol):
    """What is needed of the driver."""

    def execute(self, query: Any, params: Any = None) -> Any:
        """Ask."""

    def fetchall(self) -> Sequence[Any]:
        """Give the rows."""


def gaps(cursor: Cursor, municipality: str) -> list[str]:
    """Give every way round the wall that this connection has; nothing where the wall stands."""
    return [*_role_gaps(cursor, municipality), *_table_gaps(cursor, municipality), *_function_gaps(cursor)]


def login_may_bypass(cursor: Cursor) -> bool:
    """Whether the login itself is above the wall: then only the role it works as keeps it inside."""
    cursor.execute("SELECT session_user::text")
    login = cursor.fetchall()[0][0]
    cursor.execute(_ROLES, (login,))
    return any(superuser or bypass or owner for _name, superuser, bypass, owner in cursor.fetchall())


def _role_gaps(cursor: Cursor, municipality: str) -> list[str]:
    cursor.execute("SELECT current_user::text")
    working = cursor.fetchall()[0][0]
    if working != role_of(municipality):
        return [f"it works as {working}, not as {role_of(municipality)}: run schakel migrate"]
    found = _login_gaps(cursor, working)
    cursor.execute(_ROLES, (working,))
    for name, superuser, bypass, owner in cursor.fetchall():
        if superuser or bypass:
            found.append(f"the role {name} may pass every wall: take SUPERUSER and BYPASSRLS from it")
        if owner:
            found.append(f"the role {name} owns tables: give them to the login that runs schakel migrate")
        if _is_another(name, working):
            found.append(f"{working} is a member of {name}, another municipality's role: revoke that")
    return found


def _login_gaps(cursor: Cursor, working: str) -> list[str]:
    """A login in two municipalities is a way over; one above the wall needs none (``login_may_bypass`` tells of it)."""
    if login_may_bypass(cursor):
        return []
    cursor.execute("SELECT session_user::text")
    login = cursor.fetchall()[0][0]
    cursor.execute(_ROLES, (login,))
    others = [name for name, *_rights in cursor.fetchall() if _is_another(name, working)]
    return [f"its login is a member of {name}, another municipality's role: revoke that" for name in others]


def _is_another(role: str, working: str) -> bool:
    return role.startswith(f"{APP_ROLE}_") and role != working


def _table_gaps(cursor: Cursor, municipality: str) -> list[str]:
    quoted = municipality.replace("'", "''")
    own = f"((municipality)::text = '{quoted}'::text)"
    expected = f"true | * | {own} | {own}"
    found = []
    cursor.execute(_REACHED)
    for name, kind, forced, invoker, policies in cursor.fetchall():
        if name in SHARED:
            continue
        if kind in ("r", "p"):
            if not forced or policies != [expected]:
                found.append(f"the table {name} has no wall, or one with a hole: run schakel migrate")
        elif kind != "v" or not invoker:
            found.append(f"{name} shows rows by its owner's rights: revoke it, or make it a security_invoker view")
    return found


def _function_gaps(cursor: Cursor) -> list[str]:
    cursor.execute(_FUNCTIONS)
    return [f"the function {name} runs by its owner's rights: revoke EXECUTE" for (name,) in cursor.fetchall()]
