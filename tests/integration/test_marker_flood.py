"""Five hundred referrals full of health, and nothing of it within reach of who may sanction or place."""

import dataclasses
import datetime as dt
import json
import re
import secrets
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from hub.broker.protocol import partner_queue
from hub.models import Case, CaseKey, OutboxRecord, Referral, WireRecord
from hub.services.cases import items, meetings
from hub.services.messages.notices import NOTICE
from hub.services.overview.personal_notices import Recipients
from hub.web.words.form_words import ADDRESSES
from hub.wiring import Hub
from schemas.items import NewItem
from schemas.vocabulary import Event, ItemKind, LifeDomain, Purpose
from tests.integration.callers import (
    GGZ,
    KADE,
    SPOEL,
    TEAM,
    WI,
    Lines,
    Site,
    looking_at,
    partner_says,
    someone,
)
from tests.integration.conftest import Ring, add_viewer, open_test_hub
from tests.integration.reach import Onlooker, calls_of, messages_of, pages_of, unhurried
from tests.personas import ILSE, MARLOES, PETER, TOM, person
from workers.notices import NoticeWorker
from workers.relay import Relay

ELS = person("els", "Els van Loon", "toegang-broekhoven", "Toegangsteam Broekhoven", "team_coordinator", Purpose.TRIAGE)
MARKER = re.compile(r"GM[0-9a-f]{10}")
CLIENTS = 20
REFERRALS = {"own dialect": 180, "richest dialect": 120}  # each way thirty times, and twenty
WATCHED = (WI, SPOEL)


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


@pytest.fixture(params=["own dialect", "richest dialect"])
def hub(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Hub]:
    """Give a hub where W&I and the re-integration partner get files and mail: in their own dialect, and in the richest.

    Their own has no place for much of what could leak. FHIR has a place for all of it.
    """
    urls = (f"sqlite:///{tmp_path}/hub.db", f"embedded:///{tmp_path}/broker.db")
    with closing(open_test_hub(*urls)) as made:
        organisations = dict(made.config.organisations)
        for code in WATCHED:
            (tmp_path / code).mkdir()
            transport = {"kind": "files", "folder": str(tmp_path / code)}
            mail = {"mail": f"team@{code}.example"}
            organisations[code] = dataclasses.replace(organisations[code], transport=transport, notify=mail)
            if request.param == "richest dialect":
                rich = {"connector": "mental_health", "dialect": {}, "identifiers": {"ura": (made_up_ura(code),)}}
                organisations[code] = dataclasses.replace(organisations[code], **rich)
        config = dataclasses.replace(made.config, organisations=organisations, mail={"interval_minutes": 1})
        hub = dataclasses.replace(made, config=config)
        hub.broker.declare(hub.queues())
        yield unhurried(hub)


def made_up_ura(code: str) -> str:
    """Give the number that care would know an organisation by."""
    return {WI: "90000001", SPOEL: "90000004"}[code]


def in_queue_for(hub: Hub, code: str) -> list[str]:
    """Give every message that was ever put out for an organisation, as its connector gets it."""
    with hub.store.reading() as session:
        return [
            body.decode() for body in session.scalars(select(OutboxRecord.body).where(OutboxRecord.receiver == code))
        ]


def on_the_line_to(hub: Hub, code: str) -> list[str]:
    """Give all that is kept of what went over an organisation's line, opened."""
    with looking_at(hub) as session:
        asked = select(CaseKey.key, WireRecord).join(CaseKey, CaseKey.owner == WireRecord.case_id)
        rows = session.execute(asked.where(WireRecord.queue == partner_queue(code))).all()
        return [
            " ".join(
                [str(one.line), str(one.losses)]
                + [body.decode("latin-1") for body in (one.mapped, one.sent, one.answer) if body is not None]
            )
            for _key, one in rows
        ]


class Pigeonhole:
    """A mail server's place: keeps all that a mail is made of, since its words are the same for everybody."""

    def __init__(self) -> None:
        self.got: list[str] = []

    def tell(self, address: str, *, notice_id: str) -> None:
        """Take what a mail is made of."""
        self.got.append(f"{address} {notice_id}")


def mails_of(hub: Hub) -> list[str]:
    """Have every notice that waits sent; give what the mails are made of, and what stood in their queue."""
    place = Pigeonhole()
    with hub.store.writing() as work:
        work.execute(update(OutboxRecord).where(OutboxRecord.kind == NOTICE).values(due_at=work.now))
    told = NoticeWorker(Recipients(hub.store, hub.config), hub.broker, place)  # type: ignore[arg-type]
    with closing(Relay(hub.store, hub.broker)) as relay, closing(told) as worker:
        while relay.step() + worker.step(0.1):
            pass
    with hub.store.reading() as session:
        bodies = session.scalars(select(OutboxRecord.body).where(OutboxRecord.kind == NOTICE))
        return place.got + [body.decode() for body in bodies]


def at_a_table(hub: Hub, case_id: str) -> tuple[str, str]:
    """Have mental health care bring a client in at a team, where Work & Income and the work side sit too."""
    with hub.store.writing() as work:
        add_viewer(work, ELS)
        meeting = meetings.plan(work, hub.config, ELS, work.now + dt.timedelta(days=1), 60, None)
        topic = meetings.bring_in(
            work, hub.config, ILSE, case_id, meeting.id, question=f"{marker()}?", why=marker(),
            domains=(LifeDomain.MENTAL_HEALTH,), agreed=True,
        )  # fmt: skip
        meetings.invite(work, hub.config, ILSE, topic.id, TOM.id)
        for kind in (ItemKind.MINUTE, ItemKind.DECISION, ItemKind.AGREEMENT):
            new = NewItem(
                kind=kind, content={"text": marker()}, parent_id=topic.id, meeting_id=meeting.id, holder=SPOEL,
                holder_id=TOM.id, life_domains=(LifeDomain.MENTAL_HEALTH,),
            )  # fmt: skip
            items.add(work, hub.config, ILSE, case_id, new)
        return meeting.id, topic.id


def test_a_flood_of_referrals_about_health_leaves_no_word_within_reach_of_work_and_income_or_reintegration(
    hub: Hub, tmp_path: Path, heard: Lines, request: pytest.FixtureRequest
) -> None:
    referrals = REFERRALS[request.node.callspec.params["hub"]]
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
        for number in range(referrals):
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
            if number % 20 == 0 and to in (GGZ, KADE):
                payload = partner_says(hub, ids[-1], Event.ACCEPT, note=marker())
                site.bring(to, payload.body, payload.content_type)
        ring.until_still()
    meeting, topic = at_a_table(hub, cases[0])
    for case_id in cases:
        site.web.live.push(case_id)
    for onlooker in onlookers:
        onlooker.listen()

    filled = {
        "case_id": cases,
        "referral_id": ids[::7],
        "intake_id": ["00000000-0000-4000-8000-000000000000"],
        "meeting_id": [meeting],
        "item_id": [topic],
        "name": ["message", "social_work"],
        "file": ["README.md"],
        "person_id": ["tom", "marloes"],
        "organisation_code": [WI, SPOEL],
        "referral_id message_id": messages_of(hub, ids[::7]),
        "form": list(ADDRESSES.values()),
    }
    assert len(filled["referral_id message_id"]) > len(ids[::7])
    found: dict[str, dict[str, str]] = {
        f"pages of {one.id}": pages_of(site.web, one.id, filled) for one in (MARLOES, PETER, TOM)
    }
    for code in WATCHED:
        found[f"API of {code}"] = calls_of(site, code, {**filled, "referral_id": ids})
        found[f"queue of {code}"] = {str(number): body for number, body in enumerate(in_queue_for(hub, code))}
        found[f"files of {code}"] = {
            file.name: file.read_bytes().decode("latin-1") for file in (tmp_path / code).iterdir()
        }
        assert found[f"files of {code}"], "its connector wrote nothing: this would prove nothing"
        found[f"line to {code}"] = {str(number): text for number, text in enumerate(on_the_line_to(hub, code))}
        assert len(found[f"line to {code}"]) >= len(found[f"files of {code}"])
    for onlooker, one in zip(onlookers, (MARLOES, PETER, TOM), strict=True):
        found[f"pushes to {one.id}"] = {str(number): text for number, text in enumerate(onlooker.got)}
    found["mail"] = {str(number): text for number, text in enumerate(mails_of(hub))}
    assert any(f"team@{WI}.example" in text for text in found["mail"].values())
    found["log"] = {str(number): line for number, line in enumerate(heard.lines)}

    digests = [path for path in found[f"API of {WI}"] if "digest" in path]
    forms = [text for path, text in found[f"API of {WI}"].items() if "/messages/" in path and text.startswith("200")]
    shown = [text for path, text in found["pages of marloes"].items() if "/berichten/" in path and "200" in text[:3]]
    assert digests and len(forms) > 10 and len(shown) > 10, "the newest ways in are not really walked"
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
    assert len(set(MARKER.findall(kept))) > 5 * referrals * 0.6, "the markers are in the hub, or this proves nothing"
