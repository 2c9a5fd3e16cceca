"""A referral that does not arrive: its sender has it tried at once, and says that the receiver was called."""

import datetime as dt

import pytest
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from hub.models import OutboxRecord, TimelineEntry
from hub.services.referrals import sending
from hub.wiring import Hub
from schemas.vocabulary import Delivery, MessageKind
from tests.builders import new_referral
from tests.integration.callers import Site, mark_of, sign_in_as
from tests.personas import MARLOES

NEXT = dt.datetime(2031, 1, 1, tzinfo=dt.UTC)


@pytest.fixture
def late(database_hub: Hub) -> str:
    """Give a referral that was tried three times, whose next try is far away."""
    with database_hub.store.writing() as work:
        referral_id = sending.send_referral(work, database_hub.config, MARLOES, new_referral()).id
    _put(database_hub, state=Delivery.WAITING, attempts=3, error="unreachable: no answer", due_at=NEXT)
    return referral_id


class _Browser:
    """Someone at a screen."""

    def __init__(self, hub: Hub, who: str) -> None:
        self.http = Site(hub).web.app.test_client()
        sign_in_as(hub, self.http, who)

    def text(self, referral_id: str) -> str:
        return self.http.get(f"/verwijzingen/{referral_id}").text

    def press(self, referral_id: str, action: str) -> TestResponse:
        fields = {"actie": action, "csrf_token": mark_of(self.http, "/account")}
        return self.http.post(f"/verwijzingen/{referral_id}/bezorging", data=fields, follow_redirects=True)


def _put(hub: Hub, **values: object) -> None:
    with hub.store.writing() as work:
        work.session.execute(update(OutboxRecord).where(OutboxRecord.kind == MessageKind.SENT).values(values))


def _kinds(hub: Hub, referral_id: str) -> list[tuple[str, str | None]]:
    with hub.store.reading() as session:
        rows = session.scalars(
            select(TimelineEntry).where(TimelineEntry.referral_id == referral_id).order_by(TimelineEntry.position)
        )
        return [(row.kind, row.actor) for row in rows][1:]


def _due(hub: Hub) -> dt.datetime:
    with hub.store.reading() as session:
        return session.scalars(select(OutboxRecord.due_at).where(OutboxRecord.kind == MessageKind.SENT)).one()


def test_the_sender_has_a_late_referral_tried_at_once_and_says_that_the_receiver_was_called(
    database_hub: Hub, late: str
) -> None:
    marloes = _Browser(database_hub, "marloes")
    shown = marloes.text(late)
    assert "Ik heb gebeld" in shown and "Nu opnieuw proberen" in shown
    assert "Wij proberen het nu opnieuw" in marloes.press(late, "nu").text
    assert _due(database_hub) < NEXT
    told = marloes.press(late, "gebeld").text
    assert "Vastgelegd dat u heeft gebeld" in told and "heeft gebeld over de verwijzing" in told
    assert _kinds(database_hub, late) == [("tried_at_once", MARLOES.name), ("receiver_called", MARLOES.name)]


def test_what_a_person_must_look_at_is_not_tried_by_its_sender(database_hub: Hub, late: str) -> None:
    _put(database_hub, state=Delivery.QUARANTINED)
    marloes = _Browser(database_hub, "marloes")
    assert "Nu opnieuw proberen" not in marloes.text(late)
    assert "Deze verwijzing wacht niet op een nieuwe poging." in marloes.press(late, "nu").text
    assert (_due(database_hub), _kinds(database_hub, late)) == (NEXT, [])


@pytest.mark.parametrize("who", ["peter", "tom", "ilse"])
def test_nobody_else_has_it_tried(database_hub: Hub, late: str, who: str) -> None:
    assert _Browser(database_hub, who).press(late, "nu").status_code == 404
    assert (_due(database_hub), _kinds(database_hub, late)) == (NEXT, [])
