"""A correction is the owner's, keeps the old version hidden, and reaches everybody who received the error."""

import json

import pytest
from sqlalchemy import select, update

from hub.models import Case, Client, Correction, OutboxRecord, Referral
from hub.services.cases.case_view import full_name
from hub.services.errors import Invalid, NotFound, StateForbids
from hub.services.record.clients import find_case
from hub.services.rights import correction_view, corrections
from hub.wiring import Hub
from schemas.vocabulary import MessageKind
from tests.integration.callers import GGZ, KADE, Site, someone
from tests.integration.conftest import Ring
from tests.personas import ILSE, MARLOES, NAIMA, PETER


def a_case(hub: Hub, ring: Ring) -> tuple[str, dict[str, str]]:
    """Make a case that three organisations know: by their systems, and one on screen."""
    site, whom = Site(hub), someone(family_name="Foutnaam")
    ids = {}
    for to, domain in ((KADE, "social_network"), (GGZ, "mental_health"), ("toegang-centrum", "housing")):
        sent = site.send(client=whom, to=to, life_domains=[domain], reason="FOUTE reden").json
        ids[to] = sent["id"]
        ring.until_still()
    with hub.store.writing() as work:
        work.execute(update(Case.__table__).values(regisseur_id=MARLOES.id))
    return sent["case_id"], ids


def asked(hub: Hub, case_id: str, field: str, value: object, referral_id: str | None = None) -> str:
    with hub.store.writing() as work:
        made = corrections.ask(
            work, hub.config, MARLOES, case_id, field=field, value=value, why="klopt niet", referral_id=referral_id
        )
        return made.id


def done(hub: Hub, correction_id: str) -> Correction:
    with hub.store.writing() as work:
        return corrections.correct(work, hub.config, MARLOES, correction_id)


def lines(hub: Hub, correction: Correction) -> dict[str, str]:
    with hub.store.reading() as session:
        return {one.organisation: one.state for one in correction_view.notices(session, hub.config, correction)}


def test_a_wrong_name_is_put_right_and_every_receiver_shows_how_far_it_is(hub: Hub, ring: Ring) -> None:
    case_id, _ids = a_case(hub, ring)
    correction = done(hub, asked(hub, case_id, "family_name", "Goednaam"))
    assert set(lines(hub, correction)) == {KADE, GGZ, "toegang-centrum"}
    ring.until_still()
    told = lines(hub, correction)
    assert set(told) == {KADE, GGZ, "toegang-centrum"}
    assert set(told.values()) <= {"delivered", "processed"}
    with hub.store.reading() as session:
        assert full_name(find_case(session, case_id).person).endswith("Goednaam")
        kept = session.scalars(select(Correction)).one()
        assert (kept.before or {})["value"] == "Foutnaam"
        sent = session.scalars(select(OutboxRecord.body).where(OutboxRecord.kind == MessageKind.CORRECTED)).all()
    assert {json.loads(body)["data"]["client"]["family_name"] for body in sent} == {"Goednaam"}
    taken = {one: [row[2] for row in ring.partners[one].ledger.rows()] for one in (KADE, GGZ)}
    assert taken == {KADE: ["SENT", "SENT"], GGZ: ["SENT", "CORRECTED"]}, "iWmo: the same assignment again"


def test_what_a_dialect_cannot_carry_is_left_to_a_phone_until_it_is_confirmed(hub: Hub, ring: Ring) -> None:
    case_id, ids = a_case(hub, ring)
    correction = done(hub, asked(hub, case_id, "strengths", "Kookt graag\nHeeft een buurvrouw", ids[KADE]))
    ring.until_still()
    assert lines(hub, correction) == {KADE: "phone"}, "iWmo has no place for what goes well"
    for stranger in (ILSE, NAIMA):
        if stranger.organisation != KADE:
            with pytest.raises(NotFound), hub.store.writing() as work:
                corrections.confirm(work, stranger, correction.id, KADE)
    with hub.store.writing() as work:
        corrections.confirm(work, MARLOES, correction.id, KADE)
    assert lines(hub, correction) == {KADE: "confirmed"}
    with hub.store.reading() as session:
        content = session.scalars(select(Referral.content).where(Referral.id == ids[KADE])).one()
    assert content["strengths"] == ["Kookt graag", "Heeft een buurvrouw"]


def test_only_who_received_the_error_is_told(hub: Hub, ring: Ring) -> None:
    case_id, ids = a_case(hub, ring)
    correction = done(hub, asked(hub, case_id, "reason", "De juiste reden", ids["toegang-centrum"]))
    assert lines(hub, correction) == {"toegang-centrum": "delivered"}


def test_only_the_owner_decides_and_once(hub: Hub, ring: Ring) -> None:
    case_id, ids = a_case(hub, ring)
    correction_id = asked(hub, case_id, "reason", "Beter", ids[KADE])
    for other in (NAIMA, ILSE):
        with pytest.raises(NotFound), hub.store.writing() as work:
            corrections.correct(work, hub.config, other, correction_id)
    with hub.store.writing() as work:
        corrections.decline(work, hub.config, MARLOES, correction_id, "Dit staat zo in de brief.")
    with pytest.raises(StateForbids):
        done(hub, correction_id)
    with hub.store.reading() as session:
        assert (
            session.scalars(select(Referral.content).where(Referral.id == ids[KADE])).one()["reason"] == "FOUTE reden"
        )
        assert session.scalars(select(OutboxRecord.id).where(OutboxRecord.kind == MessageKind.CORRECTED)).all() == []


def test_who_may_not_see_it_asks_nothing_and_wrong_values_are_named(hub: Hub, ring: Ring) -> None:
    case_id, ids = a_case(hub, ring)
    with pytest.raises(NotFound), hub.store.writing() as work:
        corrections.ask(work, hub.config, PETER, case_id, field="family_name", value="X", why="")
    with pytest.raises(NotFound), hub.store.writing() as work:
        corrections.ask(
            work, hub.config, ILSE, case_id, field="reason", value="X", why="", referral_id=ids["toegang-centrum"]
        )
    for field, value in (("birth_date", "gisteren"), ("gender", "x"), ("family_name", " "), ("bsn", "999990019")):
        with pytest.raises(Invalid) as caught:
            asked(hub, case_id, field, value)
        assert caught.value.field in ("value", "field")
    with hub.store.reading() as session:
        assert session.scalars(select(Client.person)).one()["family_name"] == "Foutnaam"
