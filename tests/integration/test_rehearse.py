"""A rehearsal tells what the present mapping would make of the last messages, and shows, sends and changes nothing."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select, update

from connectors.errors import Refusal, RefusalCode
from connectors.protocol import Loss, Payload, Reading, Writing
from connectors.registry import connector
from hub.models import Intake, OutboxRecord
from hub.services.messages import rehearsal
from hub.services.messages.comparison import Difference, differences
from hub.wiring import Hub
from schemas.vocabulary import Event
from tests.integration.callers import GGZ, KADE, SPOEL, Site, partner_says, someone
from tests.integration.conftest import KEY, Ring
from tests.integration.test_audit_log import records
from workers.command import main

NAME, WORDS = "Proefdraaier", "PROEFWOORD"
Run = Callable[..., Result]


@pytest.fixture
def run(hub: Hub, ring: Ring, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Give the command, over a hub in which messages went both ways."""
    site = Site(hub)
    for to, event in ((KADE, Event.START), (GGZ, Event.ACCEPT)):
        sent = site.send(to=to, client=someone(family_name=NAME), reason=WORDS).json["id"]
        ring.until_still()
        payload = partner_says(hub, sent, event)
        assert site.bring(to, payload.body, payload.content_type).status_code < 300
        site.bring(to, b"<onzin/>" if to == KADE else b"{}", payload.content_type)
        ring.until_still()
    for name, value in (
        ("SCHAKEL_DATABASE_URL", hub.settings.database_url),
        ("SCHAKEL_BROKER_URL", hub.settings.broker_url),
        ("SCHAKEL_DATA_KEYS", KEY),
        ("SCHAKEL_SECRET_KEY", hub.settings.secret_key),
        ("SCHAKEL_AUDIT_FILE", str(tmp_path / "checkpoints.log")),
    ):
        monkeypatch.setenv(name, value)
    return lambda *asked: CliRunner().invoke(main, ["rehearse", *asked])


class Changed:
    """A connector with one thing changed."""

    def __init__(self, name: str, change: Callable[[Payload], Payload]) -> None:
        self._inner, self._change, self.name = connector(name), change, name

    def write(self, *given: Any) -> Writing:
        """Write, with the change and one loss more."""
        done = self._inner.write(*given)
        losses = (*done.losses, Loss(field="data.client.phone", why="no place"))
        return Writing(payload=self._change(done.payload), reference=done.reference, losses=losses)

    def read(self, *given: Any) -> Reading:
        """Read nothing any more."""
        raise Refusal(RefusalCode.MALFORMED, "This is not read any more.", field="Bericht/Header")


def state(hub: Hub) -> tuple[dict[str, int], list[Any]]:
    """Give what would tell of a change: rows, and where each message and payload stands."""
    with hub.store.reading() as session:
        rows = session.execute(select(OutboxRecord.id, OutboxRecord.state, OutboxRecord.published)).all()
        rows += session.execute(select(Intake.id, Intake.state, Intake.open_messages)).all()
    return Site(hub).counts(), list(map(tuple, rows))


def test_with_nothing_changed_all_is_the_same_both_ways(hub: Hub, run: Run) -> None:
    before = state(hub)
    for name in ("social_work", "mental_health"):
        done = run("--connector", name)
        assert done.exit_code == 0, done.output
        assert "out " in done.output and "in  " in done.output
        assert " 0 differs, 0 now refused, 0 now understood; 0 with new losses." in done.output
    assert state(hub) == before


def test_a_changed_mapping_is_told_by_its_places_and_never_by_a_value(
    hub: Hub, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def shorter(payload: Payload) -> Payload:
        return Payload(body=payload.body.replace(NAME.encode(), b"Anders"), content_type=payload.content_type)

    monkeypatch.setattr(rehearsal, "connector", lambda name: Changed(name, shorter))
    done = run("--connector", "social_work", "--way", "out")
    assert done.exit_code == 1
    assert "/Achternaam" in done.output.replace("/Naam\n", "/Achternaam\n")
    assert "newly lost: data.client.phone" in done.output and "1 with new losses" in done.output
    assert NAME not in done.output and "Anders" not in done.output
    assert records(hub)[-1]["detail"] == "social_work masked"


def test_what_is_read_no_more_is_told(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rehearsal, "connector", lambda name: Changed(name, lambda payload: payload))
    done = run("--connector", "mental_health", "--way", "in")
    assert done.exit_code == 1
    assert "now refused: malformed: This is not read any more. (Bericht/Header)" in done.output


def test_what_was_refused_and_is_understood_now_is_told(hub: Hub, run: Run) -> None:
    with hub.store.writing() as work:
        good = select(Intake.payload).where(Intake.organisation == KADE, Intake.state == "applied")
        bad = work.session.scalars(
            select(Intake).where(Intake.organisation == KADE, Intake.state == "quarantined")
        ).one()
        key = bad.payload.key  # type: ignore[attr-defined]
        payload = type(bad.payload).of(bytes(work.session.scalars(good).one()), key)  # type: ignore[attr-defined]
        work.execute(update(Intake.__table__).where(Intake.id == bad.id).values(payload=payload))
    done = run("--connector", "social_work", "--way", "in")
    assert done.exit_code == 1
    assert "1 now understood" in done.output


def test_values_are_shown_for_a_ground_only_and_each_message_is_written_down_first(
    hub: Hub, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def shorter(payload: Payload) -> Payload:
        return Payload(body=payload.body.replace(NAME.encode(), b"Anders"), content_type=payload.content_type)

    monkeypatch.setattr(rehearsal, "connector", lambda name: Changed(name, shorter))
    assert run("--connector", "social_work", "--show").exit_code == 2
    done = run("--connector", "social_work", "--way", "out", "--show", "--ground", "change")
    assert f"was {NAME!r}, now 'Anders'" in done.output
    whole, one = records(hub)[-2:]
    assert (whole["deed"], whole["detail"]) == ("message.rehearse", "social_work shown change")
    assert one["subject"] and one["objects"] and one["detail"] == "social_work shown change"


def test_who_does_not_speak_so_is_a_wrong_call(run: Run) -> None:
    assert run("--connector", "social_work", "--organisation", GGZ).exit_code == 2
    done = run("--connector", "social_work", "--organisation", KADE, "--last", "1", "--way", "out")
    assert done.exit_code == 0 and done.output.startswith("out ")
    assert "1 rehearsed" in done.output


def test_differences_are_told_in_the_terms_of_the_format() -> None:
    xml = differences(b'<a xmlns="urn:x"><b>1</b><b>2</b></a>', b'<a xmlns="urn:x"><b>1</b><b k="v">3</b></a>')
    assert xml == (
        Difference(path="a/b[2]", was="2", now="3"),
        Difference(path="a/b[2]/@k", was=None, now="v"),
    )
    json = differences(b'{"a": [{"b": 1}], "c": {}}', b'{"a": [{"b": true}]}')
    assert json == (Difference(path="a[1].b", was="1", now="True"), Difference(path="c", was="{}", now=None))
    assert differences(b"x\ny", b"x\nz") == (Difference(path="line 2", was="y", now="z"),)
    assert [one.path for one in differences(b"<a> <b/></a>", b"<a><b/></a>")] == ["(layout)"]
    assert [one.path for one in differences(b"\xff", b"\xfe")] == ["(bytes)"]
    assert differences(b"<a/>", b"<a/>") == ()


def test_what_the_hub_itself_refused_is_no_news(hub: Hub, run: Run, ring: Ring) -> None:
    sent = Site(hub).send(to=KADE, client=someone()).json["id"]
    ring.until_still()
    payload = partner_says(hub, sent, Event.START)
    site = Site(hub)
    site.bring(KADE, payload.body, payload.content_type)
    ring.until_still()
    site.bring(KADE, payload.body.replace(b">", b"> ", 1), payload.content_type)  # the same identification again
    done = run("--connector", "social_work", "--way", "in")
    assert "0 differs, 0 now refused, 0 now understood" in done.output
    assert done.exit_code == 0, done.output


def test_a_file_with_a_line_that_is_refused_still_is_no_news(hub: Hub, run: Run, ring: Ring) -> None:
    site = Site(hub)
    ground = {"basis": "public_task", "purpose": "placement", "law": "participatiewet"}
    one = site.send(
        to=SPOEL, client=someone(), service="orientatie-groen", life_domains=["work_education"], ground=ground
    )
    lines = ("registratienummerRv;status;datum", f"{one.json['number']};gestart;2026-11-02", "2;begonnen;2026-11-02")
    assert site.bring(SPOEL, "\n".join(lines).encode(), "text/csv").status_code == 200
    ring.until_still()
    done = run("--connector", "reintegration", "--way", "in")
    assert "2 rehearsed: 2 same" in done.output
    assert done.exit_code == 0, done.output
    assert all(line.split()[1] == SPOEL for line in done.output.splitlines()[:-1])
