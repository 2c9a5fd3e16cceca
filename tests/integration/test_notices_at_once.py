"""Two that tell the same organisation at the same moment don't wait for each other."""

import dataclasses
import threading
import time
from collections.abc import Callable

from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from hub.broker.protocol import NOTICES
from hub.models import OutboxRecord
from hub.services.messages.notices import put_notices
from hub.services.referrals import referrals, sending
from hub.settings import Configuration
from hub.wiring import Hub
from tests.builders import new_referral
from tests.integration.callers import KADE
from tests.personas import MARLOES


def telling(config: Configuration) -> Configuration:
    """Give the configuration in which De Kade is told by mail."""
    kade = dataclasses.replace(config.organisations[KADE], notify={"mail": "post@example.org"})
    return dataclasses.replace(
        config, mail={"interval_minutes": 15}, organisations={**config.organisations, KADE: kade}
    )


def test_who_holds_a_case_and_who_tells_first_both_come_to_their_end(database_hub: Hub) -> None:
    hub, config = database_hub, telling(database_hub.config)
    with hub.store.writing() as work:
        made = sending.send_referral(work, hub.config, MARLOES, new_referral())
    faults: list[OperationalError] = []
    told = threading.Event()

    def tells_first() -> None:
        with hub.store.writing() as work:
            put_notices(work, config, [KADE])
            told.set()
            time.sleep(0.5)  # so that the other holds the referral
            referrals.load_for_change(work, made.id)

    def holds_the_referral() -> None:
        told.wait()
        with hub.store.writing() as work:
            referrals.load_for_change(work, made.id)
            put_notices(work, config, [KADE])
            time.sleep(1)

    def run(step: Callable[[], None]) -> None:
        try:
            step()
        except OperationalError as error:
            faults.append(error)

    threads = [threading.Thread(target=run, args=(step,)) for step in (tells_first, holds_the_referral)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults
    with hub.store.reading() as session:
        rows = select(func.count()).select_from(OutboxRecord).where(OutboxRecord.queue == NOTICES)
        assert session.execute(rows).scalar_one() == 1
