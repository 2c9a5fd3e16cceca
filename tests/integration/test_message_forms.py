"""Each message of a referral opens in its forms to who may see them, byte for byte, and every look is written down."""

import base64
import json
from typing import Any

import pytest
from sqlalchemy import select, update

from hub.models import Case, InboxRecord, OutboxRecord, WireRecord
from hub.services.errors import NotFound
from hub.services.messages.monitor import monitor
from hub.services.referrals.message_view import message_view
from hub.services.views.message import Form, MessageView, Withheld
from hub.services.views.viewer import Viewer
from hub.wiring import Hub
from schemas.vocabulary import Event
from tests.builders import referral_body
from tests.integration.callers import GGZ, KADE, SPOEL, TEAM, WI, Site, looking_at, now, partner_says, someone
from tests.integration.conftest import Ring
from tests.integration.reach import opened
from tests.integration.test_audit_log import records
from tests.integration.test_audit_ways import signed_in
from tests.integration.test_erasure import erase
from tests.personas import BAS, ILSE, MARLOES, NAIMA, PETER, TOM

ALL = {Form.CANONICAL, Form.MAPPED, Form.ANSWER}


class World:
    """One client with a referral to social work, to mental health care and to re-integration, each accepted."""

    def __init__(self, hub: Hub, ring: Ring) -> None:
        self.hub, self.site, self.whom = hub, Site(hub), someone()
        self.ids = {}
        for to, domain in ((KADE, "social_network"), (GGZ, "mental_health"), (SPOEL, "work_education")):
            sent = self.site.send(client=self.whom, to=to, life_domains=[domain], reason="WENSWOORD").json
            self.ids[to], self.case = sent["id"], sent["case_id"]
        ring.until_still()
        for to, event in ((KADE, Event.START), (GGZ, Event.ACCEPT)):
            payload = partner_says(hub, self.ids[to], event, note="ZEGWOORD" if to == GGZ else None)
            assert self.site.bring(to, payload.body, payload.content_type).status_code < 300
        for event in ("receive", "accept"):
            assert self.site.event(self.ids[SPOEL], event, SPOEL).status_code == 200
        ring.until_still()
        with hub.store.writing() as work:
            work.execute(update(Case.__table__).values(regisseur_id=MARLOES.id))

    def first(self, to: str) -> str:
        """Give the message that brought the referral."""
        with self.hub.store.reading() as session:
            asked = select(OutboxRecord.message_id).where(OutboxRecord.referral_id == self.ids[to])
            return str(session.scalars(asked.order_by(OutboxRecord.id)).first())

    def look(self, viewer: Viewer, to: str, message_id: str | None = None) -> MessageView:
        """Open it as someone."""
        with looking_at(self.hub) as session:
            asked = message_id or self.first(to)
            return message_view(session, self.hub.config, viewer, self.ids[to], asked, now())

    def brought(self, to: str) -> str:
        """Give what the partner brought about its referral."""
        with self.hub.store.reading() as session:
            asked = select(InboxRecord.intake_id).where(InboxRecord.referral_id == self.ids[to])
            return str(session.scalars(asked).one())


@pytest.fixture
def world(hub: Hub, ring: Ring) -> World:
    return World(hub, ring)


def test_each_sees_the_forms_that_are_for_him(world: World) -> None:
    assert set(world.look(NAIMA, KADE).forms) == ALL
    assert set(world.look(ILSE, GGZ).forms) == ALL
    sent = world.look(MARLOES, KADE)
    assert set(sent.forms) == {Form.CANONICAL}
    all_of_kade = dict.fromkeys((Form.MAPPED, Form.SENT), Withheld.SNAPSHOT)  # a 301 names all that it does for her
    assert sent.withheld == all_of_kade | {Form.ANSWER: Withheld.RECEIVER}
    behind = world.look(MARLOES, GGZ)
    assert set(behind.forms) == {Form.CANONICAL}
    assert set(behind.withheld.values()) == {Withheld.WALL}
    told = json.loads(behind.forms[Form.CANONICAL].body)
    assert set(told["data"]) <= {"event", "status", "referral_number"}
    assert world.whom["family_name"] not in behind.forms[Form.CANONICAL].body.decode()
    assert set(world.look(TOM, SPOEL).forms) == ALL
    for viewer in (PETER, BAS):
        for to in (KADE, GGZ, SPOEL):
            with pytest.raises(NotFound):
                world.look(viewer, to)
    for viewer, to in ((NAIMA, GGZ), (ILSE, KADE), (TOM, KADE), (TOM, GGZ)):
        with pytest.raises(NotFound):
            world.look(viewer, to)


def test_a_sender_reads_the_translation_of_what_tells_nothing_but_its_own_referral(hub: Hub, ring: Ring) -> None:
    world = World(hub, ring)
    body = {**referral_body(client=world.whom, reason="WENSWOORD"), "service": "maatschappelijk-werk"}
    sent = world.site.post(body, WI)
    assert sent.status_code == 201, sent.text
    world.ids["plain"] = sent.json["id"]
    ring.until_still()
    shown = world.look(MARLOES, "plain")
    assert set(shown.forms) == {Form.CANONICAL, Form.MAPPED}
    assert shown.withheld == {Form.ANSWER: Withheld.RECEIVER}
    assert b"WENSWOORD" in shown.forms[Form.MAPPED].body


def test_what_else_the_receiver_does_for_the_client_is_the_receivers_alone(hub: Hub, ring: Ring) -> None:
    """A 301 names all that a provider was assigned, whoever sent it; and a message says how many came before it."""
    site, whom = Site(hub), someone()
    other = site.send(TEAM, client=whom, to=KADE).json["number"]
    sights: list[tuple[set[str], Any, Any]] = []
    for known in (whom, someone()):  # with De Kade at work already, and without
        sent = site.send(WI, client=known, to=KADE).json
        ring.until_still()
        with hub.store.writing() as work:
            work.execute(update(Case.__table__).values(regisseur_id=MARLOES.id))
        with looking_at(hub) as session:
            asked = select(OutboxRecord.message_id).where(OutboxRecord.referral_id == sent["id"])
            message_id = str(session.scalars(asked.order_by(OutboxRecord.id)).first())
            seen = message_view(session, hub.config, MARLOES, sent["id"], message_id, now())
        ours = json.loads(seen.forms[Form.CANONICAL].body)
        sights.append((set(ours) | set(ours["data"]), seen.withheld, [loss for loss in seen.losses if loss]))
        address = f"/referrals/{sent['id']}/messages/{message_id}"
        received = {
            name: base64.b64decode(form["body"]).decode()
            for name, form in site.get(address, KADE).json["forms"].items()
        }
        for text in (*(form.body.decode() for form in seen.forms.values()), opened(site.get(address, WI))):
            assert str(other) not in text and "sequence" not in text and "assignments" not in text
        if known is whom:
            assert json.loads(received["canonical"])["sequence"] == "2"
            assert str(other) in received["canonical"] and str(other) in received["mapped"]
    assert sights[0] == sights[1]


def test_before_it_is_accepted_the_receivers_people_read_nothing(hub: Hub, ring: Ring) -> None:
    site = Site(hub)
    sent = site.send(to=KADE).json["id"]
    ring.until_still()
    with looking_at(hub) as session:
        message_id = session.scalars(select(OutboxRecord.message_id).where(OutboxRecord.referral_id == sent)).first()
        view = message_view(session, hub.config, NAIMA, sent, str(message_id), now())
    assert view.forms == {}
    assert set(view.withheld.values()) == {Withheld.POLICY}


def test_what_a_partner_brought_is_its_own_to_read_and_nobody_elses(world: World) -> None:
    for viewer, to in ((NAIMA, KADE), (ILSE, GGZ)):
        brought = world.look(viewer, to, world.brought(to))
        assert set(brought.forms) == {Form.CANONICAL, Form.RECEIVED, Form.ANSWER}
        said = world.whom["bsn"] if to == KADE else "ZEGWOORD"
        assert brought.incoming and said in brought.forms[Form.RECEIVED].body.decode()
        with pytest.raises(NotFound):
            world.look(MARLOES, to, world.brought(to))
    with world.hub.store.writing() as work:  # one payload about two referrals may hold what is of another client
        work.session.execute(
            update(InboxRecord).where(InboxRecord.intake_id == world.brought(KADE)).values(message_id="first")
        )
        row = work.session.scalars(select(InboxRecord).where(InboxRecord.message_id == "first")).one()
        again = {column.name: getattr(row, column.name) for column in InboxRecord.__table__.columns}
        work.session.add(InboxRecord(**{**again, "message_id": "second", "referral_id": world.ids[GGZ]}))
    assert set(world.look(NAIMA, KADE, str(row.intake_id)).withheld.values()) == {Withheld.OTHERS}


def test_when_consent_ends_no_form_is_read_by_anyone(world: World) -> None:
    said = {"to": KADE, "kind": "withdrawn", "purpose": "guidance", "evidence": "Aan de balie."}
    assert world.site.call("POST", f"/cases/{world.case}/consents", WI, body=said).status_code < 300
    assert set(world.look(MARLOES, KADE).withheld.values()) == {Withheld.ENDED}
    assert world.look(MARLOES, KADE).forms == {}
    with pytest.raises(NotFound):
        world.look(NAIMA, KADE)


def test_of_an_erased_case_there_is_no_message_left(world: World) -> None:
    asked = {to: world.first(to) for to in world.ids}
    erase(world.hub, world.case)
    for to, message_id in asked.items():
        with pytest.raises(NotFound):
            world.look(MARLOES, to, message_id)


def test_the_page_shows_text_and_no_number_and_gives_the_bytes_to_keep(world: World) -> None:
    path = f"/verwijzingen/{world.ids[KADE]}/berichten/{world.first(KADE)}"
    browser = signed_in(world.site, "naima")
    assert f'href="{path}"' in browser.get(f"/verwijzingen/{world.ids[KADE]}").text
    page = browser.get(path).text
    assert "WENSWOORD" in page and "Wat dit bericht niet kon dragen" in page
    assert world.whom["bsn"] not in page and f"••••••{world.whom['bsn'][-3:]}" in page
    kept = browser.get(f"{path}/vertaald")
    assert kept.data == world.look(NAIMA, KADE).forms[Form.MAPPED].body
    assert kept.headers["Content-Disposition"] == 'attachment; filename="vertaald.bin"'
    assert (kept.mimetype, kept.headers["X-Content-Type-Options"]) == ("application/octet-stream", "nosniff")
    assert browser.get(f"{path}/verzonden").status_code == 404
    assert browser.get(f"{path}/onzin").status_code == 404
    for who, code in (("marloes", 200), ("peter", 404), ("tom", 404), ("bas", 404)):
        assert signed_in(world.site, who).get(path).status_code == code, who
    assert signed_in(world.site, "marloes").get(f"{path}/antwoord").status_code == 404


def test_a_hostile_answer_is_text_on_the_page(world: World) -> None:
    with world.hub.store.writing() as work:
        row = work.session.execute(select(WireRecord.mapped).where(WireRecord.message_id == world.first(KADE))).scalar()
        hostile = type(row).of(b"<script>alert(1)</script>", row.key)  # type: ignore[union-attr]
        work.execute(
            update(WireRecord.__table__)
            .where(WireRecord.message_id == world.first(KADE))
            .values(answer=hostile, answer_type="text/html", answer_size=25)
        )
    path = f"/verwijzingen/{world.ids[KADE]}/berichten/{world.first(KADE)}"
    page = signed_in(world.site, "naima").get(path).text
    assert "<script>alert" not in page and "&lt;script&gt;alert(1)" in page


def test_the_api_gives_a_sender_its_own_words_and_a_receiver_all(world: World) -> None:
    def told(by: str, to: str, message_id: str) -> Any:
        return world.site.get(f"/referrals/{world.ids[to]}/messages/{message_id}", by)

    first = world.first(KADE)
    assert set(told(WI, KADE, first).json["forms"]) == {"canonical"}
    assert set(told(KADE, KADE, first).json["forms"]) == {"canonical", "mapped", "answer"}
    form = told(KADE, KADE, first).json["forms"]["mapped"]
    assert world.whom["bsn"].encode() in base64.b64decode(form["body"]) and form["cut"] is False
    assert set(told(WI, GGZ, world.first(GGZ)).json["withheld"].values()) == {"wall"}
    assert told(SPOEL, KADE, first).status_code == 404
    assert told(KADE, GGZ, world.first(GGZ)).status_code == 404
    assert told(KADE, KADE, "onzin").status_code == 404
    assert set(told(KADE, KADE, world.brought(KADE)).json["forms"]) == {"canonical", "received", "answer"}


def test_the_trail_tells_what_was_lost_and_why(world: World) -> None:
    items = world.site.get(f"/referrals/{world.ids[KADE]}/trail", KADE).json["items"]
    message = next(item["message"] for item in items if "message" in item)
    assert message["dropped_fields"] == [loss["field"] for loss in message["losses"]]
    assert all(loss["why"] for loss in message["losses"]) and message["losses"]
    assert [item["payload"]["id"] for item in items if "payload" in item] == [world.brought(KADE)]
    others = world.site.get(f"/referrals/{world.ids[KADE]}/trail", WI).json["items"]
    assert not [item for item in others if "payload" in item]


def test_every_look_is_written_down_with_what_was_shown(world: World) -> None:
    before = len(records(world.hub))
    world.look(NAIMA, KADE)
    with pytest.raises(NotFound):
        world.look(TOM, KADE)
    seen, refused = records(world.hub)[before:]
    assert (seen["deed"], seen["detail"], seen["outcome"]) == ("message.view", "canonical mapped answer", "ok")
    assert seen["objects"] == [world.ids[KADE], world.first(KADE)]
    assert (refused["deed"], refused["outcome"]) == ("message.view", "denied")


def test_the_operator_sees_how_it_went_and_no_content(world: World) -> None:
    with world.hub.store.writing() as work:
        stuck = update(OutboxRecord.__table__).where(OutboxRecord.message_id == world.first(KADE))
        work.execute(stuck.values(open=True, state="quarantined", error="refused: no", codes=[{"code": "8001"}]))
    with world.hub.store.reading() as session:
        view = monitor(session, world.hub.config, BAS, now())
    [line] = [one for one in view.lines if one.kind == "stuck"]
    assert line.wire is not None and line.wire.line and line.wire.line.endswith(" 200")
    assert set(line.wire.sizes) == {"mapped", "answer"} and line.wire.losses and line.wire.codes == ("8001",)
    page = signed_in(world.site, "bas").get("/berichten").text
    assert "8001" in page and "vertaald" in page
    assert "WENSWOORD" not in page and world.whom["bsn"] not in page and world.whom["family_name"] not in page
