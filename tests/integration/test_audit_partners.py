"""Partners hold the past of our log: what they kept can't be undone here unseen."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from hub.models.audit_keys import audit_keys, signature_fits
from hub.rules.audit_chain import checkpoint_of
from hub.services.record.audit_seal import seal_all
from hub.wiring import Hub
from tests.integration.callers import GGZ, KADE, Site
from tests.integration.conftest import KEY
from tests.integration.test_audit_log import records, unguarded
from workers.command import main

SECRET = "0123456789abcdef0123456789abcdef-test"


@pytest.fixture
def site(database_hub: Hub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Site:
    for name, value in (
        ("SCHAKEL_DATABASE_URL", database_hub.settings.database_url),
        ("SCHAKEL_BROKER_URL", database_hub.settings.broker_url),
        ("SCHAKEL_DATA_KEYS", KEY),
        ("SCHAKEL_SECRET_KEY", SECRET),
        ("SCHAKEL_AUDIT_FILE", str(tmp_path / "none.log")),
    ):
        monkeypatch.setenv(name, value)
    return Site(database_hub)


def test_a_partner_reads_the_last_checkpoint_and_it_is_signed_and_tells_of_nobody(site: Site) -> None:
    assert site.get("/audit/checkpoint", KADE).status_code == 404, "nothing was sealed yet"
    made = site.send().json
    seal_all(site.hub.store, None)
    site.get(f"/referrals/{made['id']}")
    seal_all(site.hub.store, None)
    answer = site.get("/audit/checkpoint", KADE)
    kept = checkpoint_of(answer.json)
    assert (kept.number, kept.count) == (2, len(records(site.hub)))
    assert signature_fits(audit_keys(site.hub.store.keys).public, kept.signed_text(), kept.signature)
    assert made["id"] not in answer.text
    assert made["case_id"] not in answer.text
    assert site.get("/audit/checkpoint", GGZ).json == answer.json
    assert site.anyone.get("/api/v1/audit/checkpoint").status_code == 401


def test_a_log_cut_and_all_that_knows_of_it_here_is_found_with_what_a_partner_kept(site: Site, tmp_path: Path) -> None:
    kept = tmp_path / "kept-by-de-kade.jsonl"
    for _ in range(3):
        site.send()
        seal_all(site.hub.store, None)
        kept.write_text((kept.read_text() if kept.exists() else "") + site.get("/audit/checkpoint", KADE).text)
    call = CliRunner().invoke
    well = call(main, ["audit", "verify", "--against", str(kept)])
    assert (well.exit_code, well.output[:5]) == (0, "Well:"), well.output
    assert records(site.hub)[-1]["deed"] == "audit.verify"
    unguarded(site.hub)
    with site.hub.store.owning() as connection:
        for statement in (
            "DELETE FROM audit_records WHERE seq IS NULL OR seq > 1",
            "DELETE FROM audit_checkpoints WHERE number > 1",
            "UPDATE audit_chains SET count = 1, checkpoints = 1, hash = (SELECT hash FROM audit_checkpoints)",
        ):
            connection.execute(text(statement))
    assert call(main, ["audit", "verify"]).exit_code == 0, "here alone nothing is seen of it"
    found = call(main, ["audit", "verify", "--against", str(kept)])
    assert found.exit_code == 1
    assert "record 2" in found.output
    assert [one["outcome"] for one in records(site.hub) if one["deed"] == "audit.verify"] == ["ok", "failed"]
    kept.write_text(json.dumps({"chain": 3}))
    assert call(main, ["audit", "verify", "--against", str(kept)]).exit_code == 2
