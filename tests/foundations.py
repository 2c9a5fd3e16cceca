"""On which foundation a file's tests run: on the real one all of them, on the embedded one where the two may differ.

Real are PostgreSQL and RabbitMQ; embedded are SQLite and the broker in a file. Where they do otherwise (who waits for
whom, what a lock is, what is stored how, what a queue promises) both are tried, the brokers by one suite in
tests/contract. The rest is the same code above them: it is tried embedded by the browser's tests, by the drill, and
wherever the real services are not at hand.
"""

import os

import pytest

from workers.drill.services import BROKER_VARIABLE, DATABASE_VARIABLE, RABBIT_PROGRAMS, postgres_programs

_REAL = {"[sqlite": "[postgresql", "[embedded": "[real"}

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
        "test_handover",
        "test_inzage",
        "test_items",
        "test_key_rotation",
        "test_live_lists",
        "test_live_side",
        "test_new_referral",
        "test_receipt_overtakes",
        "test_retention",
        "test_ring",
        "test_search",
        "test_several",
        "test_throttling",
    )
)


def once_each(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out an embedded test where it runs on the real services too and its file is not one for both."""
    if not _services_are_here():
        return
    ids = {item.nodeid for item in items}
    twice = [item for item in items if _is_double(item, ids)]
    if twice:
        config.hook.pytest_deselected(items=twice)
        items[:] = [item for item in items if item not in set(twice)]


def _is_double(item: pytest.Item, ids: set[str]) -> bool:
    file, name = item.location[0], item.nodeid
    if file in ON_BOTH or not file.startswith("tests/integration/"):
        return False
    return any(mark in name and name.replace(mark, real, 1) in ids for mark, real in _REAL.items())


def _services_are_here() -> bool:
    postgresql = os.environ.get(DATABASE_VARIABLE) or postgres_programs()
    return bool(postgresql) and bool(os.environ.get(BROKER_VARIABLE) or (RABBIT_PROGRAMS / "rabbitmq-server").exists())
