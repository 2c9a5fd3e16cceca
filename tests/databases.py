"""On which databases a file's tests run: on PostgreSQL all of them, on SQLite those where the two may differ.

SQLite is the embedded mode's. What it does otherwise (who waits for whom, what a lock is, what is stored how, what a
query may say) is tried on both; the rest is the same code above it, and is tried on SQLite by the browser's tests and
wherever there is no PostgreSQL.
"""

import os

import pytest

from workers.drill.services import DATABASE_VARIABLE, postgres_programs

ON_BOTH = frozenset(
    f"tests/integration/{name}.py"
    for name in (
        "test_answering",
        "test_api_at_once",
        "test_audit_log",
        "test_capacity",
        "test_case_growth",
        "test_case_keys",
        "test_consent",
        "test_erasure_seen",
        "test_every_change",
        "test_every_way_in",
        "test_handover",
        "test_inzage",
        "test_items",
        "test_key_rotation",
        "test_live_lists",
        "test_live_side",
        "test_new_referral",
        "test_reporting",
        "test_retention",
        "test_search",
        "test_several",
        "test_throttling",
        "test_twin_worlds",
    )
)


def once_each(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out a test on SQLite where it runs on PostgreSQL too and its file is not one for both."""
    if not _postgresql_is_here():
        return
    ids = {item.nodeid for item in items}
    twice = [item for item in items if _is_double(item, ids)]
    if twice:
        config.hook.pytest_deselected(items=twice)
        items[:] = [item for item in items if item not in set(twice)]


def _is_double(item: pytest.Item, ids: set[str]) -> bool:
    file, name = item.location[0], item.nodeid
    if file in ON_BOTH or not file.startswith("tests/integration/") or "[sqlite" not in name:
        return False
    return name.replace("[sqlite", "[postgresql", 1) in ids


def _postgresql_is_here() -> bool:
    return bool(os.environ.get(DATABASE_VARIABLE)) or postgres_programs() is not None
