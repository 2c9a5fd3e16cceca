"""On which foundation a file's tests run: on the real one most of them, on both where the two may differ.

Real are PostgreSQL and RabbitMQ; embedded are SQLite and the broker in a file. Where they do otherwise (who waits for
whom, what a lock is, what is stored how, what a queue promises) both are tried, the brokers by one suite in
tests/contract. The rest is the same code above them: it is tried embedded by the browser's tests, by the drill, and
wherever the real services are not at hand.
"""

import os

import pytest

from workers.drill.services import BROKER_VARIABLE, DATABASE_VARIABLE, RABBIT_PROGRAMS, postgres_programs

_REAL = {"[sqlite": "[postgresql", "[embedded": "[real"}
_EMBEDDED = {real: embedded for embedded, real in _REAL.items()}

# What is said and refused in a dialect and on a page, and who may do what: the same code above either foundation.
ON_THE_EMBEDDED_ONE = frozenset(
    f"tests/integration/{name}.py"
    for name in (
        "test_circumstances",
        "test_corrections",
        "test_emergencies",
        "test_hostile_dialects",
        "test_lines_of_a_partner",
        "test_management",
        "test_message_forms",
        "test_refused_in_words",
        "test_rehearse",
        "test_signed_intake",
        "test_simulators",
        "test_snapshots",
        "test_static_files",
        "test_steps_taken_back",
        "test_systems",
        "test_work_and_income",
        "test_wrong_person",
        "test_zgw_intake",
    )
)

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
    """Leave out of a test that runs on both foundations one of the two, but in the files that are for both."""
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
    others = _EMBEDDED if file in ON_THE_EMBEDDED_ONE else _REAL
    return any(mark in name and name.replace(mark, other, 1) in ids for mark, other in others.items())


def _services_are_here() -> bool:
    postgresql = os.environ.get(DATABASE_VARIABLE) or postgres_programs()
    return bool(postgresql) and bool(os.environ.get(BROKER_VARIABLE) or (RABBIT_PROGRAMS / "rabbitmq-server").exists())
