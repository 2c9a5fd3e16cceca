"""Two municipalities' hubs at work on one PostgreSQL, each with a virtual host of its own at one RabbitMQ."""

import dataclasses
import secrets
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import select

from hub.models import Client, OutboxRecord, Referral
from hub.services.referrals import sending
from hub.store.walls import role_of, walled_tables
from hub.wiring import Hub, open_hub
from schemas.vocabulary import Delivery, Event, Status
from tests.builders import client, new_referral
from tests.integration.callers import new_bsn, partner_says
from tests.integration.conftest import Ring
from tests.integration.municipalities import BREDA, TILBURG, hub_of, in_municipality, login, plain, settle
from tests.integration.test_back_up import books, bring, status
from tests.personas import MARLOES
from workers.drill.rabbit import Rabbit

pytestmark = [pytest.mark.postgresql, pytest.mark.rabbitmq]
BSNS = [new_bsn() for _ in range(3)]


@pytest.fixture
def side_by_side(database_url: str, postgres_url: str, rabbit: Rabbit, tmp_path: Path) -> Iterator[dict[str, Hub]]:
    """Give a hub for each, as its own login, with the same organisations; the tables were made by the owner."""
    with ExitStack() as stack:
        made = {}
        for code in (TILBURG, BREDA):
            with closing(hub_of(code, database_url, tmp_path)) as owner:
                settle(owner)
            url = stack.enter_context(login(postgres_url, database_url, (role_of(code),)))
            name = f"{code}-{secrets.token_hex(4)}"
            settings = dataclasses.replace(owner.settings, database_url=url, broker_url=rabbit.virtual_host(name))
            stack.callback(rabbit.ctl, "delete_vhost", name)
            hub = stack.enter_context(closing(open_hub(settings)))
            hub.broker.declare(hub.queues())
            made[code] = hub
        yield made


def send(hub: Hub, bsn: str) -> Referral:
    someone = in_municipality(MARLOES, hub.config.municipality.code)
    with hub.store.writing() as work:
        new = new_referral(client=client(bsn=bsn, family_name=hub.config.municipality.code))
        return sending.send_referral(work, hub.config, someone, new)


def live(hub: Hub, ring: Ring, sent: list[Referral]) -> None:
    """Refer the same people as the other does, to social work, which starts with each."""
    sent += [send(hub, bsn) for bsn in BSNS]
    ring.until_still()
    for one in sent:
        bring(hub, partner_says(hub, one.id, Event.START))
    ring.until(lambda: all(status(hub, one) == Status.STARTED for one in sent))
    ring.until_still()


def test_two_hubs_work_side_by_side_and_nothing_crosses(side_by_side: dict[str, Hub], database_url: str) -> None:
    sent: dict[str, list[Referral]] = {code: [] for code in side_by_side}
    with ExitStack() as stack:
        rings = {code: stack.enter_context(closing(Ring(hub))) for code, hub in side_by_side.items()}
        threads = [
            threading.Thread(target=live, args=(hub, rings[code], sent[code])) for code, hub in side_by_side.items()
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        kept = {code: set(books(ring)) for code, ring in rings.items()}
    assert [len(names) for names in kept.values()] == [3, 3]
    assert not kept[TILBURG] & kept[BREDA]
    for code, hub in side_by_side.items():
        assert [status(hub, one) for one in sent[code]] == [Status.STARTED] * 3
        with hub.store.reading() as session:
            assert {one.id for one in session.scalars(select(Referral))} == {one.id for one in sent[code]}
            assert {one.person["family_name"] for one in session.scalars(select(Client))} == {code}
            taken = select(OutboxRecord.state).where(OutboxRecord.receiver == "mw-de-kade")
            assert set(session.scalars(taken)) == {Delivery.PROCESSED}
    assert owners_of_all_rows(database_url) == {TILBURG, BREDA}


def owners_of_all_rows(url: str) -> set[str]:
    """Give whose rows there are, seen from above all walls; each table's are both's, or nobody's at all."""
    found = set()
    with psycopg.connect(plain(url)) as connection:
        for table in walled_tables():
            query = sql.SQL("SELECT municipality, count(*) FROM {} GROUP BY 1").format(sql.Identifier(table))
            counts = dict(connection.execute(query).fetchall())
            assert len(counts) in (0, 2), table
            if table in ("referrals", "clients", "cases"):
                assert counts == {TILBURG: 3, BREDA: 3}, table
            found |= set(counts)
    return found
