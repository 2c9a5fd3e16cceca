"""Where nothing is due nothing is opened to write: on SQLite that would hold up whoever does write."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from hub.services.record.timeline import NewEntry, nudge, write_entries
from hub.store.database import UnitOfWork
from hub.wiring import Hub
from tests.integration.test_items import case_id, hub
from workers.relay import Relay
from workers.timers import Timers

__all__ = ["case_id", "hub"]


@contextmanager
def refused(now: dt.datetime | None = None) -> Iterator[UnitOfWork]:
    """Stand where a unit of work is opened, and let nobody in."""
    raise AssertionError(f"something was opened to write at {now}")
    yield


def test_a_second_in_which_nothing_is_due_opens_nothing_to_write(
    hub: Hub, case_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    timers, relay = Timers(hub.store, hub.config, hub.broker, []), Relay(hub.store, hub.broker)
    timers.step()  # the first does what is done each minute and each hour, too
    while relay.step():
        pass
    with monkeypatch.context() as closed:
        closed.setattr(hub.store, "writing", refused)
        assert (timers.step(), relay.step(woken=False)) == (0, 0)
    with hub.store.writing() as work:
        nudge(work, case_id, write_entries(work, case_id, [NewEntry(kind="noted")]))
    assert relay.step(woken=False) == 1  # a lost signal costs one poll
    relay.close()
