"""RabbitMQ is away for a while: people go on working, the page says what is so, and everything arrives after."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from sqlalchemy import select

from hub.models import OutboxRecord
from schemas.vocabulary import Delivery, LifeDomain
from tests.browser.real_hub import RealHub
from tests.browser.test_real_hub import refer_to_mental_health
from workers.drill.rabbit import Rabbit

pytestmark = [pytest.mark.browser, pytest.mark.postgresql, pytest.mark.rabbitmq]


@pytest.fixture
def real(tmp_path: Path, browser: Browser, database_url: str, broker_url: str) -> Iterator[RealHub]:
    """Give a hub on PostgreSQL and RabbitMQ, all in this process."""
    running = RealHub(tmp_path, database_url=database_url, broker_url=broker_url)
    yield running
    running.close()


def test_while_the_broker_is_away_sending_goes_on_and_the_page_says_so(
    real: RealHub,
    open_page: Callable[..., Page],
    rabbit: Rabbit,
) -> None:
    case_id = real.karin()
    page = open_page("marloes", f"/inwoners/{case_id}")
    rabbit.shut_down()
    try:
        refer_to_mental_health(page, case_id)
        page.wait_for_selector("text=ligt even stil")
        page.goto(f"{real.address}/inwoners/{case_id}")
        page.wait_for_selector("text=ligt even stil")
        with real.hub.store.reading() as session:
            rows = session.scalars(select(OutboxRecord).where(OutboxRecord.receiver == "ggz-de-leij")).all()
        assert [(row.open, row.attempts) for row in rows] == [(True, 0)]
    finally:
        rabbit.start_again()
    page.wait_for_selector("text=Bezorgd", timeout=90_000)
    page.wait_for_selector("text=ligt even stil", state="hidden")
    page.wait_for_selector("text=GGZ De Leij accepteert de verwijzing", timeout=60_000)
    with real.hub.store.reading() as session:
        rows = session.scalars(select(OutboxRecord).where(OutboxRecord.receiver == "ggz-de-leij")).all()
    assert [(row.state, row.attempts) for row in rows] == [(Delivery.PROCESSED, 1)]


def test_the_ring_turns_in_the_browser_on_postgresql_and_rabbitmq(
    real: RealHub,
    open_page: Callable[..., Page],
) -> None:
    page = open_page("marloes", f"/inwoners/{real.karin()}")
    page.wait_for_selector("text=Live")
    real.send(to="ggz-de-leij", life_domains=(LifeDomain.MENTAL_HEALTH,), service="ggz-kennismaking")
    page.wait_for_selector("text=GGZ De Leij accepteert de verwijzing", timeout=60_000)
