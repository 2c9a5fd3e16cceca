"""Five hundred referrals full of health, and nothing of it within reach of who may sanction or place."""

import json
import re
import secrets
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from hub.models import Case, OutboxRecord, Referral
from hub.settings import DEMO_CONFIG
from hub.wiring import Hub
from schemas.vocabulary import Event
from tests.integration.callers import GGZ, KADE, SPOEL, TEAM, WI, Lines, Site, listening, partner_says, someone
from tests.integration.conftest import Ring, open_test_hub
from tests.integration.reach import Onlooker, calls_of, messages_of, pages_of, unhurried
from tests.personas import MARLOES, PETER, TOM

MARKER = re.compile(r"GM[0-9a-f]{10}")
CLIENTS, REFERRALS = 50, 500
PACKAGE = {
    WI: "Werk & Inkomen",
    SPOEL: "Leerwerkbedrijf De Spoel",
}


def marker() -> str:
    """Give a word that stands nowhere else."""
    return f"GM{secrets.token_hex(5)}"


def health(to: str, person: dict[str, Any], number: int) -> dict[str, Any]:
    """Give a referral about health with a marker in each field that holds text."""
    basis = "consent" if number % 2 else "legal_duty"
    return {
        "to": to,
        "client": person,
        "life_domains": [("mental_health", "substance_use", "physical_health")[number % 3]],
        "reason": f"{marker()} {marker()}",
        "client_words": marker(),
        "strengths": [marker(), marker()],
        "ground": {
            "basis": basis,
            **({} if basis == "consent" else {"law": "wgbo"}),
            "purpose": "treatment",
            "evidence": marker(),
        },
    }


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    """Give a hub whose W&I and re-integration partner have systems too: each drops files, in the richest dialect."""
    text = DEMO_CONFIG.read_text(encoding="utf-8")
    for code in PACKAGE:  # what is local to its own dialect means nothing in the other
        own = rf"^\[organisations\.{code}\.dialect.*?(?=^\[(?!organisations\.{code}\.))"
        text = re.sub(own, "", text, flags=re.MULTILINE | re.DOTALL)
    for code, name in PACKAGE.items():
        folder = tmp_path / code
        folder.mkdir()
        start = text.index(f"[organisations.{code}]")
        entry = text[start : text.index("\n[", start + 1)]
        told = re.sub(r'connector = "[a-z_]+"', 'connector = "mental_health"', entry)
        told = told.replace("uzi =", "ura =").replace('kvk = "90000004"', 'kvk = "90000004", ura = "90000004"')
        text = re.sub(rf"(?m)^\[organisations\.{code}\..*\n(?:(?!\[).*\n)*", "", text)  # of its own dialect
        text = text.replace(entry, f'{told}transport = {{ kind = "files", folder = "{folder}" }}\n')
        assert name in told
    config = tmp_path / "organisations.toml"
    config.write_text(text, encoding="utf-8")
    urls = (f"sqlite:///{tmp_path}/hub.db", f"embedded:///{tmp_path}/broker.db")
    with closing(open_test_hub(*urls, config_path=config)) as made:
        yield unhurried(made)


@pytest.fixture
def heard() -> Iterator[Lines]:
    with listening() as lines:
        yield lines


def in_queue_for(hub: Hub, code: str) -> list[str]:
    """Give every message that was ever put out for an organisation, as its connector gets it."""
    with hub.store.reading() as session:
        return [
            body.decode() for body in session.scalars(select(OutboxRecord.body).where(OutboxRecord.receiver == code))
        ]


def test_five_hundred_referrals_about_health_leave_no_word_within_reach_of_work_and_income_or_reintegration(
    hub: Hub, tmp_path: Path, heard: Lines
) -> None:
    site = Site(hub)
    people = [someone(family_name=f"Bekende{number}") for number in range(CLIENTS)]
    cases = [site.send(WI, client=one, to=SPOEL, life_domains=["work_education"]).json["case_id"] for one in people]
    with hub.store.writing() as work:
        work.session.execute(update(Case).values(regisseur_id=MARLOES.id))
    onlookers = [Onlooker(site.web, one.id) for one in (MARLOES, PETER, TOM)]
    for onlooker in onlookers:
        onlooker.watch(cases)

    ways = [(KADE, GGZ), (GGZ, KADE), (TEAM, GGZ), (GGZ, SPOEL), (GGZ, WI), (WI, GGZ)]
    ids: list[str] = []
    with closing(Ring(hub)) as ring:
        for number in range(REFERRALS):
            sender, to = ways[number % len(ways)]
            body = health(to, people[number % CLIENTS], number)
            if sender == WI:  # what W&I writes itself it knows; what GGZ answers is what counts
                body |= {"reason": "Kennismaken.", "client_words": None, "strengths": []}
                body["ground"] = {"basis": "consent", "purpose": "guidance"}
                body = {key: value for key, value in body.items() if value is not None}
            answer = site.send(sender, **body)
            assert answer.status_code == 201, answer.get_data(as_text=True)
            ids.append(answer.json["id"])
            if to == GGZ:
                said = {"note": marker()}
                site.event(ids[-1], "receive", GGZ)
                assert site.event(ids[-1], "ask", GGZ, **said).status_code == 200
            if number % 50 == 0:
                payload = partner_says(hub, ids[-1], Event.ACCEPT, note=marker())
                if to in (GGZ, KADE):
                    site.bring(to, payload.body, payload.content_type)
        ring.until_still()
    for case_id in cases:
        site.web.live.push(case_id)
    for onlooker in onlookers:
        onlooker.listen()

    filled = {
        "case_id": cases,
        "referral_id": ids[::7],
        "intake_id": ["00000000-0000-4000-8000-000000000000"],
        "name": ["message", "social_work"],
        "file": ["README.md"],
        "person_id": ["tom", "marloes"],
        "organisation_code": [WI, SPOEL],
        "referral_id message_id": messages_of(hub, ids[::7]),
        "form": ["canoniek", "vertaald", "antwoord"],
    }
    assert len(filled["referral_id message_id"]) > len(ids[::7])
    found: dict[str, dict[str, str]] = {
        f"pages of {one.id}": pages_of(site.web, one.id, filled) for one in (MARLOES, PETER, TOM)
    }
    for code in (WI, SPOEL):
        found[f"API of {code}"] = calls_of(site, code, {**filled, "referral_id": ids})
        found[f"queue of {code}"] = {str(number): body for number, body in enumerate(in_queue_for(hub, code))}
        found[f"files of {code}"] = {
            file.name: file.read_bytes().decode("latin-1") for file in (tmp_path / code).iterdir()
        }
        assert found[f"files of {code}"], "its connector wrote nothing: this would prove nothing"
    for onlooker, one in zip(onlookers, (MARLOES, PETER, TOM), strict=True):
        found[f"pushes to {one.id}"] = {str(number): text for number, text in enumerate(onlooker.got)}
    found["log"] = {str(number): line for number, line in enumerate(heard.lines)}

    leaks = [
        (where, what, MARKER.findall(text)[:2])
        for where, texts in found.items()
        for what, text in texts.items()
        if MARKER.search(text)
    ]
    places = sorted({(where, re.sub(r"[0-9a-f-]{36}|[0-9]+", "N", what)) for where, what, _ in leaks})
    assert places == []
    with hub.store.reading() as session:
        kept = json.dumps(list(session.scalars(select(Referral.content))))
    assert len(set(MARKER.findall(kept))) > 5 * REFERRALS * 0.6, "the markers are in the hub, or this proves nothing"
