"""What waits for one person: there for who may see it, counted as it is, read where it stands, gone with the access."""

from typing import Any

import pytest
from sqlalchemy import insert, select, update

from hub.app import create_web
from hub.live import NAMESPACE
from hub.models import Alert, OutboxRecord, Referral
from hub.rules.alerts import AlertKind, may_be_named, named
from hub.services.cases import items
from hub.services.overview.alert_views import MOST, waiting, waits
from hub.services.referrals import consents
from hub.services.views.viewer import Viewer
from hub.wiring import Hub
from schemas.consent import NewConsent
from schemas.items import ItemChange
from schemas.vocabulary import ConsentKind, Event, ItemKind, ItemState, LifeDomain
from tests.integration.callers import Site, looking_at, mark_of, now
from tests.integration.test_audit_log import signed_in
from tests.integration.test_items import Write, case_id, hub, write
from tests.integration.test_live_side import Watcher, record, send
from tests.personas import ILSE, MARLOES, NAIMA, PETER, TOM

__all__ = ["case_id", "hub", "write"]  # fixtures
TO_NAIMA = {"text": "Kunt u bellen, @Naima Bouzid? Dan kijk ik mee."}


def count(hub: Hub, who: Viewer) -> int:
    with hub.store.reading() as session:
        return len(waits(session, hub.config, who, now()))


def listed(hub: Hub, who: Viewer) -> list[tuple[str, str, bool]]:
    with looking_at(hub) as session:
        return [(one.kind, one.client_name, one.read) for one in waiting(session, hub.config, who, now())]


def page(hub: Hub, who: Viewer, path: str) -> str:
    return signed_in(Site(hub), who.id).get(path).text


def test_who_is_named_is_called_and_who_may_not_see_it_is_not(hub: Hub, case_id: str, write: Write) -> None:
    write(MARLOES, ItemKind.REMARK, about="case", content=TO_NAIMA)
    assert (count(hub, NAIMA), count(hub, MARLOES), count(hub, TOM)) == (1, 0, 0)
    assert listed(hub, NAIMA) == [(AlertKind.MENTION, "Karin Smulders", False)]
    assert "Kunt u bellen" in page(hub, NAIMA, "/meldingen")
    write(ILSE, ItemKind.REMARK, LifeDomain.MENTAL_HEALTH, content={"text": "@Tom van Riel en @Marloes Verhoeven"})
    write(MARLOES, ItemKind.REMARK, about="case", content={"text": "@Peter Adriaans kijk eens."})
    for who in (TOM, MARLOES, PETER):
        assert (count(hub, who), listed(hub, who)) == (0, [])
        assert "behandel" not in page(hub, who, "/meldingen")


def test_what_waits_is_read_where_it_stands_and_not_by_a_page_that_is_fetched_ahead(
    hub: Hub, case_id: str, write: Write
) -> None:
    first = write(NAIMA, ItemKind.REMARK, about="case", content={"text": "De brief is er."})
    write(MARLOES, ItemKind.REMARK, about="case", parent_id=first.id, content={"text": "Fijn."})
    assert listed(hub, NAIMA) == [(AlertKind.REPLY, "Karin Smulders", False)]
    naima = signed_in(Site(hub), "naima")
    naima.get(f"/inwoners/{case_id}", headers={"Sec-Purpose": "prefetch"})
    assert count(hub, NAIMA) == 1
    naima.get(f"/inwoners/{case_id}")
    assert listed(hub, NAIMA) == [(AlertKind.REPLY, "Karin Smulders", True)]
    assert count(hub, NAIMA) == 0
    write(MARLOES, ItemKind.REMARK, about="case", content=TO_NAIMA)
    naima.post("/meldingen/gelezen", data={"csrf_token": mark_of(naima, "/account")})
    assert count(hub, NAIMA) == 0


def test_what_may_not_be_seen_takes_no_place_among_what_waits(hub: Hub, case_id: str, write: Write) -> None:
    write(MARLOES, ItemKind.REMARK, about="case", content=TO_NAIMA)
    hidden = write(ILSE, ItemKind.REMARK, LifeDomain.MENTAL_HEALTH)
    later = {"person_id": NAIMA.id, "case_id": case_id, "kind": "mention", "item_id": hidden.id, "at": now()}
    with hub.store.writing() as work:
        work.session.execute(insert(Alert), [{**later, "subject": f"hidden {number}"} for number in range(MOST)])
    assert (count(hub, NAIMA), len(listed(hub, NAIMA))) == (1, 1)


def test_what_is_taken_back_or_may_not_be_seen_any_more_waits_for_nobody(hub: Hub, case_id: str, write: Write) -> None:
    kept = write(MARLOES, ItemKind.REMARK, about="case", content=TO_NAIMA)
    gone = write(MARLOES, ItemKind.REMARK, about="case", content=TO_NAIMA)
    with hub.store.writing() as work:
        items.settle(work, hub.config, MARLOES, gone.id, ItemState.REMOVED, 1)
    assert count(hub, NAIMA) == 1
    with hub.store.writing() as work:  # meant for others from now on
        items.change(work, hub.config, MARLOES, kept.id, ItemChange(version=1, changes={"audience": ("de-spoel",)}))
    assert (count(hub, NAIMA), listed(hub, NAIMA)) == (0, [])


def test_the_end_of_a_consent_ends_what_waits_by_it(hub: Hub, case_id: str, write: Write) -> None:
    write(MARLOES, ItemKind.REMARK, about="case", content=TO_NAIMA)
    with hub.store.writing() as work:
        withdrawn = NewConsent(to="mw-de-kade", kind=ConsentKind.WITHDRAWN)
        consents.register(work, hub.config, MARLOES, case_id, withdrawn)
    assert (count(hub, NAIMA), listed(hub, NAIMA)) == (0, [])


def test_a_question_waits_for_the_senders_side_until_it_is_answered_and_the_answer_for_who_asked(
    hub: Hub, case_id: str
) -> None:
    referral = send(hub, case_id, to="mw-de-kade")
    record(hub, referral, NAIMA, Event.RECEIVE)
    record(hub, referral, NAIMA, Event.ASK, note="Wat is al geprobeerd?")
    assert listed(hub, MARLOES) == [(AlertKind.QUESTION, "Karin Smulders", False)]
    assert (count(hub, MARLOES), count(hub, PETER), count(hub, NAIMA)) == (1, 0, 0)
    signed_in(Site(hub), "marloes").get(f"/verwijzingen/{referral}")
    assert count(hub, MARLOES) == 0
    record(hub, referral, MARLOES, Event.ANSWER, note="Bellen en schrijven.")
    assert listed(hub, MARLOES) == [], "what was answered asks nothing any more"
    assert [kind for kind, _name, _read in listed(hub, NAIMA)] == [AlertKind.ANSWER]


class Ring(Watcher):
    """Someone with a page open that shows a bell."""

    def watch_bell(self) -> Any:
        return self.socket.emit("watch_bell", namespace=NAMESPACE, callback=True)


def test_an_open_page_hears_the_number_when_it_changes_and_nothing_else(hub: Hub, case_id: str, write: Write) -> None:
    web = create_web(hub)
    naima, tom = Ring(web, NAIMA), Ring(web, TOM)
    assert (naima.watch_bell(), tom.watch_bell()) == ({"count": 0}, {"count": 0})
    position = naima.watch(case_id)["position"]
    write(MARLOES, ItemKind.REMARK, about="case", content=TO_NAIMA)
    with hub.store.reading() as session:
        nudges = session.scalars(select(OutboxRecord.body).where(OutboxRecord.kind == "nudge")).all()
        assert b"@naima:0" in nudges
    web.live.bells.look({"naima", "tom"})
    assert (naima.got("bell"), tom.got("bell")) == ([{"count": 1}], [])
    web.live.push(case_id)
    naima.socket.emit("seen", {"case": case_id, "after": position + 1}, namespace=NAMESPACE)
    web.live.bells.look({"naima"})
    assert naima.got("bell") == [{"count": 0}], "seen on an open page is read"
    for one in (naima, tom):
        one.socket.disconnect(NAMESPACE)


def test_an_alert_holds_no_word_of_what_was_written(hub: Hub, case_id: str, write: Write) -> None:
    write(MARLOES, ItemKind.REMARK, about="case", content=TO_NAIMA)
    with hub.store.reading() as session:
        (alert,) = session.scalars(select(Alert)).all()
    assert not {"bellen", "Karin", "Smulders"} & set(repr(vars(alert)).split())


@pytest.mark.parametrize(
    ("text", "there"),
    [
        ("@Jan de Vries, en @Bo.", {"Jan de Vries", "Bo"}),
        ("Mail naar jan@Bo of @Jan", {"Bo", "Jan"}),
        ("Jan de Vries", set()),
        ("@Jan de Vriesman", {"Jan"}),
    ],
)
def test_of_names_that_begin_alike_the_longest_that_stands_there_is_meant(text: str, there: set[str]) -> None:
    known = {"Jan", "Jan de Vries", "Bo"}
    assert named(text, known & may_be_named(text)) == there


def test_the_last_page_of_a_closed_case_calls_nobody(hub: Hub, case_id: str, write: Write) -> None:
    write(MARLOES, ItemKind.REMARK, about="case", content=TO_NAIMA)
    with hub.store.writing() as work:
        ended = now().replace(year=2020)
        of_kade = update(Referral).where(Referral.receiver == "mw-de-kade")
        work.session.execute(of_kade.values(status="completed", changed_at=ended))
    assert (count(hub, NAIMA), listed(hub, NAIMA)) == (0, [])
