"""A mail to one person that something waits: wanted, late enough, once, and without a word of what."""

import dataclasses
import datetime as dt
from contextlib import closing

import pytest
from sqlalchemy import select, update

from hub.models import Alert, OutboxRecord, Person
from hub.rules.alerts import AlertKind
from hub.services.messages.notices import NOTICE
from hub.services.overview import personal_notices
from hub.services.overview.personal_notices import Recipients
from hub.services.people import identity
from hub.services.record import alerts
from hub.services.views.viewer import Viewer
from hub.wiring import Hub
from schemas.vocabulary import ItemKind, LifeDomain
from tests.integration.callers import Site, looking_at, mark_of, sign_in_as
from tests.integration.test_alerts import TO_NAIMA
from tests.integration.test_items import Write, case_id, hub, write
from tests.personas import ILSE, MARLOES, NAIMA, TOM
from workers.notices import NoticeWorker
from workers.relay import Relay

__all__ = ["case_id", "hub", "write"]  # fixtures
ADDRESS = "n.bouzid@dekade.example"


class Pigeonhole:
    """A mail server that only remembers to whom it was asked to write, and under which number."""

    def __init__(self) -> None:
        self.got: list[tuple[str, str]] = []

    def tell(self, address: str, *, notice_id: str) -> None:
        self.got.append((address, notice_id))


@pytest.fixture
def mailing(hub: Hub, case_id: str, write: Write) -> Hub:
    """Give a hub that sends mail, at which Marloes named Naima twenty minutes ago and Naima wants to hear of it."""
    config = dataclasses.replace(hub.config, mail={"host": "mail.example"})
    made = Hub(settings=hub.settings, config=config, store=hub.store, broker=hub.broker)
    made.broker.declare(made.queues())
    with made.store.writing() as work:
        identity.set_mail(work, NAIMA.id, ADDRESS)
    write(MARLOES, ItemKind.REMARK, about="case", content=TO_NAIMA)
    _ago(made, Alert, "at", 20)
    return made


def _ago(hub: Hub, record: type, column: str, minutes: int) -> None:
    with hub.store.writing() as work:
        at = work.now - dt.timedelta(minutes=minutes)
        wanted = Alert.read_at.is_(None) if record is Alert else Person.told_at.is_not(None)
        work.session.execute(update(record).where(wanted).values({column: at}))


def _due(hub: Hub) -> int:
    with hub.store.writing() as work:
        return personal_notices.put_due(work, hub.config)


def _mails(hub: Hub) -> list[tuple[str, str]]:
    place = Pigeonhole()
    told = NoticeWorker(Recipients(hub.store, hub.config), hub.broker, place)  # type: ignore[arg-type]
    with closing(Relay(hub.store, hub.broker)) as relay, closing(told) as worker:
        while relay.step() + worker.step(0.05):
            pass
    return place.got


def test_who_wants_it_hears_once_that_something_waits_and_the_row_holds_an_id_alone(mailing: Hub, write: Write) -> None:
    assert _due(mailing) == 1
    assert _due(mailing) == 0, "told once"
    with mailing.store.reading() as session:
        row = session.execute(
            select(OutboxRecord.body, OutboxRecord.case_id, OutboxRecord.receiver).where(OutboxRecord.kind == NOTICE)
        ).one()
    assert (row.body, row.case_id, row.receiver) == (f'{{"person": "{NAIMA.id}"}}'.encode(), None, None)
    assert [address for address, _id in _mails(mailing)] == [ADDRESS]
    write(MARLOES, ItemKind.REMARK, about="case", content=TO_NAIMA)
    _ago(mailing, Alert, "at", 20)
    assert _due(mailing) == 0, "quiet for hours after a mail"
    _ago(mailing, Person, "told_at", 300)
    assert _due(mailing) == 1, "something new waits, and the last mail was long ago"


def test_what_was_read_meanwhile_brings_no_mail(mailing: Hub) -> None:
    assert _due(mailing) == 1
    with mailing.store.writing() as work:
        alerts.read_all(work, NAIMA)
    assert _mails(mailing) == []


def test_being_named_in_what_may_not_be_seen_brings_no_mail_and_delays_none(mailing: Hub, write: Write) -> None:
    def named_by(who: Viewer, domain: LifeDomain | None = None) -> None:
        item = write(who, ItemKind.REMARK, domain, content={"text": f"@{TOM.name}, kijkt u mee?"})
        with mailing.store.writing() as work:
            waited = update(Alert).where(Alert.item_id == item.id).values(at=work.now - dt.timedelta(minutes=20))
            work.session.execute(waited)

    with mailing.store.writing() as work:
        identity.set_mail(work, NAIMA.id, None)
        identity.set_mail(work, TOM.id, "t.vanriel@despoel.example")
    named_by(ILSE, LifeDomain.MENTAL_HEALTH)
    assert _due(mailing) == 0
    named_by(MARLOES)
    assert _due(mailing) == 1, "the first did not make it quiet for hours"
    assert len(_mails(mailing)) == 1
    _ago(mailing, Alert, "at", 310)
    _ago(mailing, Person, "told_at", 300)
    named_by(ILSE, LifeDomain.MENTAL_HEALTH)
    assert _due(mailing) == 0, "what he was told of still waits, and nothing that he may see is new"


def test_nobody_is_told_who_did_not_ask_or_where_no_mail_is_set_up(mailing: Hub) -> None:
    without = dataclasses.replace(mailing.config, mail=None)
    with mailing.store.writing() as work:
        assert personal_notices.put_due(work, without) == 0
        identity.set_mail(work, NAIMA.id, None)
    assert _due(mailing) == 0
    with looking_at(mailing) as session:
        kinds = session.scalars(select(Alert.kind).where(Alert.person_id == NAIMA.id)).all()
    assert kinds == [AlertKind.MENTION]


def test_on_the_own_account_one_says_where_to_and_takes_it_back(mailing: Hub) -> None:
    http = Site(mailing).web.app.test_client()
    sign_in_as(mailing, http, NAIMA.id)
    mark = mark_of(http, "/account")

    def send(**fields: str) -> tuple[int, str]:
        answer = http.post("/account/mail", data={"csrf_token": mark, **fields}, follow_redirects=True)
        return answer.status_code, answer.text

    status, text = send(adres="geen adres", aan="ja")
    assert status == 422 and "Dit is geen mailadres." in text
    assert send(adres="ander@dekade.example", aan="ja")[0] == 200
    with mailing.store.reading() as session:
        assert identity.mail_of(session, NAIMA.id) == "ander@dekade.example"
    assert "U krijgt geen mail meer." in send(aan="nee")[1]
    with mailing.store.reading() as session:
        assert identity.mail_of(session, NAIMA.id) is None


def test_without_mail_there_is_no_such_choice(hub: Hub) -> None:
    http = Site(hub).web.app.test_client()
    sign_in_as(hub, http, NAIMA.id)
    assert "Bericht per mail" not in http.get("/account").text
    mark = mark_of(http, "/account")
    assert http.post("/account/mail", data={"csrf_token": mark, "adres": ADDRESS, "aan": "ja"}).status_code == 404
