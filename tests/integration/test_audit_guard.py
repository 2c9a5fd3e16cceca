"""The database itself keeps the log: what was written stays as it is, until its month is past its term."""

import datetime as dt
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select, text
from sqlalchemy.exc import IntegrityError

from hub.models import AuditRecord, AuditReview
from hub.models.audit_keys import audit_keys
from hub.rules.audit import Deed
from hub.rules.retention import Kind
from hub.services.errors import NotNow
from hub.services.record import audit, retention
from hub.services.record.audit_removal import remove_chain
from hub.services.record.audit_seal import read_outside, seal_all
from hub.services.record.audit_verify import Verdict, export, verify
from hub.wiring import Hub
from schemas.identifiers import new_id
from tests.integration.test_audit_log import fault_of, unguarded
from tests.personas import MARLOES

NOW = dt.datetime.now(dt.UTC)
LONG_AGO = NOW.replace(year=NOW.year - 6, day=3)
ENTRY = audit.Entry(viewer=MARLOES, deed=Deed.CASE_VIEW, case_id=new_id())


def written(hub: Hub, at: dt.datetime, count: int = 3) -> None:
    """Add records of a moment, as they were written then."""
    where = audit.occasion(hub.config, "test")
    shown = audit._shown(ENTRY.sights)
    rows = [audit._row(ENTRY, shown, where, at, audit_keys(hub.store.keys)) for _ in range(count)]
    with hub.store.writing() as work:
        work.session.execute(insert(AuditRecord), rows)


@pytest.fixture
def kept(database_hub: Hub, tmp_path: Path) -> tuple[Hub, Path]:
    """A log with a month of six years ago, sealed in two passes, and one of now; and the file outside."""
    outside = tmp_path / "checkpoints.log"
    for at in (LONG_AGO, LONG_AGO, NOW):
        written(database_hub, at)
        seal_all(database_hub.store, outside)
    return database_hub, outside


def found(hub: Hub, outside: Path) -> Verdict:
    with hub.store.reading() as session:
        return verify(session, read_outside(outside))


REFUSED = [
    "UPDATE audit_records SET body = replace(body, 'marloes', 'ilse')",
    "UPDATE audit_records SET actor = 'ilse'",
    "UPDATE audit_records SET mac = hash",
    "UPDATE audit_records SET seq = seq + 100",
    "UPDATE audit_records SET seq = NULL, prev = NULL, hash = NULL",
    "DELETE FROM audit_records",
    "DELETE FROM audit_checkpoints WHERE number > 1",
    "UPDATE audit_checkpoints SET count = 1",
    "DELETE FROM audit_chains",
    "UPDATE audit_chains SET count = 1",
    "UPDATE audit_chains SET hash = 'x'",
    f"UPDATE audit_chains SET removed_at = CURRENT_TIMESTAMP WHERE chain LIKE '%{NOW:%Y-%m}'",
]


@pytest.mark.parametrize("statement", REFUSED)
def test_the_application_can_t_change_or_remove_what_was_written(kept: tuple[Hub, Path], statement: str) -> None:
    hub, outside = kept
    with pytest.raises(IntegrityError, match="only ever added to"), hub.store.writing() as work:
        work.execute(text(statement))
    assert found(hub, outside).records == 9


def test_a_record_gets_its_place_and_no_other_word(database_hub: Hub) -> None:
    written(database_hub, NOW, 1)
    with pytest.raises(IntegrityError), database_hub.store.writing() as work:
        work.execute(text("UPDATE audit_records SET chain = 'x', seq = 1, prev = 'x', hash = 'x', actor = 'ilse'"))
    with pytest.raises(IntegrityError), database_hub.store.writing() as work:
        work.execute(text("DELETE FROM audit_records"))
    seal_all(database_hub.store, None)
    with database_hub.store.reading() as session:
        assert session.scalars(select(AuditRecord.seq)).one() == 1


def test_a_month_goes_whole_after_five_years_and_the_rest_is_still_well(kept: tuple[Hub, Path]) -> None:
    hub, outside = kept
    with hub.store.writing() as work:
        of_month = work.session.scalars(select(AuditRecord.id).order_by(AuditRecord.at)).first()
        code = hub.config.municipality.code
        review = {"id": new_id(), "record": of_month, "municipality": code, "organisation": "x", "reasons": []}
        work.session.execute(insert(AuditReview), [{**review, "looks": 1, "picked_at": LONG_AGO, "due_at": LONG_AGO}])
    with hub.store.writing() as work:
        made = retention.prepare(work, "test")
    assert made.counts == {Kind.AUDIT: 1}
    assert made.items == [["audit", f"chain {hub.config.municipality.code}-{LONG_AGO:%Y-%m}", ""]]
    with hub.store.writing() as work:
        assert retention.run(work, made.id, made.hash, "test") == {Kind.AUDIT: 1}
    verdict = found(hub, outside)
    assert (verdict.fault, verdict.records, verdict.checkpoints) == (None, 3, 3)
    with hub.store.reading() as session:
        assert session.scalar(select(func.count()).select_from(AuditReview)) == 0
        assert not any(f"{LONG_AGO:%Y-%m}" in line for line in export(session))
    with hub.store.writing() as work:
        assert retention.prepare(work, "test").counts == {}, "what went is not due again"
    written(hub, NOW)
    seal_all(hub.store, outside)
    assert found(hub, outside).fault is None


def test_a_month_is_due_when_its_last_day_is_past_the_term(kept: tuple[Hub, Path]) -> None:
    hub, _outside = kept
    chain = f"{hub.config.municipality.code}-{NOW:%Y-%m}"
    with pytest.raises(NotNow), hub.store.writing() as work:
        remove_chain(work, chain)
    first_of_next = (NOW.replace(day=1) + dt.timedelta(days=32)).replace(day=1, hour=0, minute=0, second=0)
    term = dt.timedelta(days=5 * 365, hours=30)
    for early, counted in ((dt.timedelta(hours=1), 1), (dt.timedelta(hours=-1), 2)):
        with hub.store.writing() as work:
            made = retention.prepare(work, "test", at=first_of_next + term - early)
        assert made.counts[Kind.AUDIT] == counted


def test_a_month_that_is_said_to_be_removed_before_its_term_is_a_fault(kept: tuple[Hub, Path]) -> None:
    hub, outside = kept
    unguarded(hub)
    with hub.store.owning() as connection:
        connection.execute(text("DELETE FROM audit_records"))
        connection.execute(text("UPDATE audit_chains SET removed_at = CURRENT_TIMESTAMP"))
    fault = fault_of(hub, outside)
    assert fault is not None
    assert "before its term" in fault.why
    assert f"{NOW:%Y-%m}" in fault.chain
