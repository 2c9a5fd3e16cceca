"""Help that runs is looked at together: that it was done is told, and its clock starts anew."""

import datetime as dt
import re
from typing import Any

import pytest
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from hub.models import Case, OutboxRecord, Referral, TimelineEntry
from hub.rules.working_days import add_working_days
from hub.services.referrals import referrals, sending
from hub.services.views.viewer import Viewer
from hub.store.outbox import NUDGE
from hub.wiring import Hub
from schemas.referral import NewEvent
from schemas.vocabulary import Event, LifeDomain, Purpose
from tests.builders import ground, new_referral
from tests.integration.callers import Site, looking_at, mark_of, now, sign_in_as
from tests.personas import ILSE, MARLOES, NAIMA

LONG_AGO = dt.datetime(2025, 1, 6, 9, 0, tzinfo=dt.UTC)
NOTE = "Met Karin en haar zus: wij gaan zo door."


class _Browser:
    """Someone at a screen."""

    def __init__(self, hub: Hub, who: str) -> None:
        self.http = Site(hub).web.app.test_client()
        sign_in_as(hub, self.http, who)

    def text(self, path: str) -> str:
        return self.http.get(path).text

    def review(self, referral_id: str, **fields: str) -> TestResponse:
        fields = {**fields, "csrf_token": mark_of(self.http, "/account")}
        return self.http.post(f"/verwijzingen/{referral_id}/bekeken", data=fields, follow_redirects=True)


def _running(hub: Hub, by: Viewer = NAIMA, *events: Event, sender: Viewer = MARLOES, **changes: Any) -> str:
    """Give help that was started and has not been looked at since."""
    with hub.store.writing() as work:
        referral_id = sending.send_referral(work, hub.config, sender, new_referral(**changes)).id
    for event in (Event.RECEIVE, Event.ACCEPT, Event.START, *events):
        with hub.store.writing() as work:
            locked = referrals.load_for_change(work, referral_id)
            referrals.record_event(work, hub.config, by, locked, NewEvent(event=event, reason="other"))
    with hub.store.writing() as work:
        work.session.execute(update(Case).values(regisseur_id=MARLOES.id))
        work.session.execute(update(Referral).where(Referral.id == referral_id).values(turn_due_at=LONG_AGO))
    return referral_id


def _stands(hub: Hub, referral_id: str) -> tuple[Any, ...]:
    """Give what the referral stands at, the last that was told of it, and how many messages there are."""
    with looking_at(hub) as session:
        one = session.scalars(select(Referral).where(Referral.id == referral_id)).one()
        told = session.scalars(
            select(TimelineEntry).where(TimelineEntry.referral_id == referral_id).order_by(TimelineEntry.position)
        ).all()
        put_out = session.scalars(select(OutboxRecord.id).where(OutboxRecord.kind != NUDGE)).all()
        return one.status, one.version, one.turn_what, one.turn_due_at, told[-1].kind, told[-1].actor, len(put_out)


@pytest.mark.parametrize(
    ("who", "paused", "kind", "days"),
    [("naima", False, "plan_reviewed", 65), ("marloes", True, "pause_reviewed", 20)],
)
def test_receiver_and_regisseur_say_that_the_help_was_looked_at_and_its_clock_starts_anew(
    database_hub: Hub, who: str, paused: bool, kind: str, days: int
) -> None:
    referral_id = _running(database_hub, NAIMA, *([Event.PAUSE] if paused else []))
    status, version, what, _due, _kind, _actor, messages = _stands(database_hub, referral_id)
    page = f"/verwijzingen/{referral_id}"
    browser = _Browser(database_hub, who)
    assert f'id="{kind}"' in browser.text(page) and "te laat" in browser.text("/werkvoorraad")
    told = browser.review(referral_id, note=NOTE, terug="postvak" if who == "naima" else "")
    assert told.status_code == 200 and "De termijn begint opnieuw." in told.text and NOTE in told.text
    after = _stands(database_hub, referral_id)
    name = {"naima": NAIMA.name, "marloes": MARLOES.name}[who]
    assert (after[:3], after[4:]) == ((status, version + 1, what), (kind, name, messages)), "partners are told nothing"
    assert after[3].date() == add_working_days(now(), days).date()
    assert "te laat" not in browser.text("/werkvoorraad")


def _button(page: str, which: str) -> str:
    """Give how much the button of an answer stands out."""
    found = re.search(rf'id="{which}".*?nl-button--(\w+)', page, re.DOTALL)
    assert found is not None, which
    return found[1]


def test_what_is_asked_first_is_the_main_button(database_hub: Hub) -> None:
    late = _running(database_hub)
    with database_hub.store.writing() as work:
        new = sending.send_referral(work, database_hub.config, MARLOES, new_referral()).id
    naima = _Browser(database_hub, "naima")
    page = naima.text(f"/verwijzingen/{late}")
    assert (_button(page, "plan_reviewed"), _button(page, "complete")) == ("primary", "secondary")
    assert _button(naima.text(f"/verwijzingen/{new}"), "accept") == "primary"
    naima.review(late)
    page = naima.text(f"/verwijzingen/{late}")
    assert (_button(page, "complete"), _button(page, "plan_reviewed")) == ("primary", "secondary")


def test_a_note_that_is_too_long_comes_back_with_the_form_and_nothing_is_recorded(database_hub: Hub) -> None:
    referral_id = _running(database_hub)
    before = _stands(database_hub, referral_id)
    answer = _Browser(database_hub, "naima").review(referral_id, note="x" * 4001)
    assert answer.status_code == 422 and "x" * 4001 in answer.text and "hooguit 4000 tekens" in answer.text
    assert _stands(database_hub, referral_id) == before


def test_what_does_not_run_is_not_looked_at(database_hub: Hub) -> None:
    over = _running(database_hub, NAIMA, Event.END)
    before = _stands(database_hub, over)
    naima = _Browser(database_hub, "naima")
    assert "plan_reviewed" not in naima.text(f"/verwijzingen/{over}")
    assert naima.review(over, note=NOTE).status_code == 409
    assert _stands(database_hub, over) == before


def test_what_mental_health_care_says_of_its_plan_reaches_neither_work_and_income_nor_a_workplace(
    database_hub: Hub,
) -> None:
    treatment = ground(purpose=Purpose.TREATMENT)
    about = {"to": "ggz-de-leij", "life_domains": (LifeDomain.MENTAL_HEALTH,), "ground": treatment}
    referral_id = _running(database_hub, ILSE, sender=NAIMA, **about)
    with database_hub.store.reading() as session:
        case_id = session.scalars(select(Referral.case_id).where(Referral.id == referral_id)).one()
    before = _stands(database_hub, referral_id)
    walled = [_Browser(database_hub, who) for who in ("peter", "tom", "marloes")]
    for browser in walled[:2]:
        assert browser.review(referral_id, note=NOTE).status_code == 404
    assert _stands(database_hub, referral_id) == before
    assert NOTE in _Browser(database_hub, "ilse").review(referral_id, note=NOTE).text
    for browser in walled:
        told = [
            browser.text(path) for path in (f"/inwoners/{case_id}", f"/verwijzingen/{referral_id}", "/werkvoorraad")
        ]
        assert not any(NOTE in page for page in told)
        if browser in walled[:2]:  # the regisseur knows that this help runs, and nothing of what was said
            assert not any("samen bekeken" in page for page in told)
