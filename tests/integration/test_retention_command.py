"""The command line shows what would go, and removes that and nothing else."""

import datetime as dt
import re
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from hub.models import AuditRecord, Referral
from hub.services.referrals import sending
from hub.services.referrals.referrals import load_for_change, record_event
from hub.settings import from_environment
from hub.wiring import open_hub
from schemas.referral import NewEvent
from schemas.vocabulary import Event
from tests.builders import new_referral
from tests.integration.conftest import KEY, open_test_hub
from tests.personas import MARLOES
from workers.command import main


def test_what_was_previewed_is_removed_by_its_hash_and_written_in_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    urls = (f"sqlite:///{tmp_path}/hub.db", f"embedded:///{tmp_path}/broker.db")
    long_ago = dt.datetime.now(dt.UTC) - dt.timedelta(days=50)
    with closing(open_test_hub(*urls)) as hub:
        with hub.store.writing(long_ago) as work:
            sent = sending.send_referral(work, hub.config, MARLOES, new_referral(to="toegang-centrum"))
        with hub.store.writing(long_ago) as work:
            new = NewEvent(event=Event.WITHDRAW, note="klaar")
            record_event(work, hub.config, MARLOES, load_for_change(work, sent.id), new)
    for name, value in (
        ("SCHAKEL_DATABASE_URL", urls[0]),
        ("SCHAKEL_BROKER_URL", urls[1]),
        ("SCHAKEL_DATA_KEYS", KEY),
        ("SCHAKEL_SECRET_KEY", "0123456789abcdef0123456789abcdef-test"),
    ):
        monkeypatch.setenv(name, value)
    call = CliRunner().invoke
    shown = call(main, ["retention", "preview"])
    assert shown.exit_code == 0, shown.output
    assert sent.id in shown.output
    assert "Smulders" not in shown.output
    found = re.search(r"Preview (\S+), hash (\S+)", shown.output)
    assert found is not None
    assert call(main, ["retention", "run", found[1], "--hash", "0" * 64]).exit_code == 1
    assert call(main, ["retention", "run", found[1], "--hash", found[2]]).exit_code == 0
    assert call(main, ["retention", "run", found[1], "--hash", found[2]]).exit_code == 1
    with closing(open_hub(from_environment())) as hub, hub.store.reading() as session:
        assert session.scalars(select(Referral.id)).all() == []
        deeds = session.scalars(select(AuditRecord.deed).order_by(AuditRecord.number)).all()
        assert deeds == ["retention.preview", "client.erase"]
