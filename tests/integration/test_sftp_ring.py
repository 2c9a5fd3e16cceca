"""A partner with an SFTP server: its referral arrives there, its answer is taken there, each with its effect once."""

import logging
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from hub.models import Intake, OutboxRecord
from hub.wiring import Hub
from schemas.vocabulary import Event
from tests.integration.callers import KADE
from tests.integration.conftest import Ring
from tests.integration.test_ring import answer, read, send
from tests.sftp_server import PASSWORD, SftpServer
from workers.embedded import worker_of
from workers.files import FileIntake, files_of


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SftpServer]:
    root = tmp_path / "partner"
    for name in ("out", "in"):
        (root / name).mkdir(parents=True)
    monkeypatch.setenv("TEST_SFTP_PASSWORD", PASSWORD)
    logging.getLogger("paramiko").setLevel(logging.CRITICAL)
    with closing(SftpServer(root)) as made:
        yield made


@pytest.fixture
def over_sftp(ring: Ring, server: SftpServer) -> Iterator[tuple[Ring, FileIntake]]:
    """Give the ring with De Kade's worker and folder at that server."""
    known = replace(ring.hub.config.organisations[KADE], transport=server.settings)
    ring.workers.pop(KADE).close()
    ring.workers[KADE] = worker_of(ring.hub, known)
    intake = files_of(ring.hub, known)
    assert intake is not None and intake.pause == 30.0
    yield ring, intake
    lines: list[Any] = [intake._incoming._folder, intake._outgoing, ring.workers[KADE]._transport]
    for one in lines:
        one._line.close()


def looked(intake: FileIntake, monkeypatch: pytest.MonkeyPatch, *, times: int = 2) -> int:
    """Look some times, three seconds apart."""
    taken, moment = 0, 1_000.0
    with monkeypatch.context() as patch:
        for _ in range(times):
            moment += 3
            patch.setattr("connectors.transports.dropped.time.time", lambda at=moment: at)
            taken += intake.step()
    return taken


def files_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_a_referral_goes_out_and_its_answer_comes_back_by_sftp(
    hub: Hub, over_sftp: tuple[Ring, FileIntake], server: SftpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    ring, intake = over_sftp
    referral = send(hub)
    ring.until_still()
    assert read(hub, referral).delivery == "delivered", "a file that lies there has no functional receipt yet"
    (name,) = files_in(server.root / "out")
    assert name.endswith(".xml")

    payload = answer(hub, referral, Event.START)
    (server.root / "in" / "999900006.xml").write_bytes(payload.body)
    assert looked(intake, monkeypatch) == 1
    ring.until_still()
    assert read(hub, referral).status == "started"
    (moved,) = files_in(server.root / "in")
    assert moved.startswith("taken/") and "999900006" not in moved
    assert len(files_in(server.root / "out")) == 2, "and the dialect's own answer lies with the partner"


def test_a_file_that_was_stored_and_not_moved_is_a_duplicate_at_the_next_look(
    hub: Hub, over_sftp: tuple[Ring, FileIntake], server: SftpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    ring, intake = over_sftp
    referral = send(hub)
    ring.until_still()
    body = answer(hub, referral, Event.START).body
    for _ in range(2):  # the second time is what a kill between storing and moving leaves
        (server.root / "in" / "a.xml").write_bytes(body)
        assert looked(intake, monkeypatch) == 1
        ring.until_still()
    with hub.store.reading() as session:
        states = session.scalars(select(Intake.state).where(Intake.organisation == KADE)).all()
        effects = select(func.count()).where(OutboxRecord.queue == "inbox", OutboxRecord.kind == "intake")
        assert session.scalar(effects) == 1
    assert sorted(states) == ["applied", "duplicate"]


def test_a_server_that_is_away_holds_up_no_message_for_good(
    hub: Hub, over_sftp: tuple[Ring, FileIntake], server: SftpServer
) -> None:
    ring, _intake = over_sftp
    server.cut = 1
    referral = send(hub)
    ring.until_still()
    with hub.store.writing() as work:
        row = work.session.scalars(select(OutboxRecord).where(OutboxRecord.receiver == KADE)).one()
        assert (row.state, row.open) == ("unknown", True)
        row.due_at = work.now
    ring.until_still()
    assert read(hub, referral).delivery == "delivered"
    assert len(files_in(server.root / "out")) == 1
