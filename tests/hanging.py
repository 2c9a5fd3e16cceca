"""A guard against hanging: a step of a test that takes minutes fails and says where each thread stands.

The rest runs on. It limits no speed: nothing takes near as long on a slow machine. What does not even listen to the
alarm is ended with its process by ``faulthandler_timeout`` (pyproject.toml), and a new worker goes on with the rest.
"""

import faulthandler
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

SECONDS = 300.0
AGAIN = 60.0  # for what hangs once more while it is being ended


class Hung(Exception):
    """A step of a test hangs."""


def _tell(_number: int, _frame: object) -> None:
    faulthandler.dump_traceback(file=sys.__stderr__, all_threads=True)
    raise Hung(f"This step of the test took longer than {SECONDS:.0f} s; where each thread stood is on stderr.")


@contextmanager
def watched() -> Iterator[None]:
    """Let what is done here hang no longer than some minutes."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGALRM, _tell)
    signal.setitimer(signal.ITIMER_REAL, SECONDS, AGAIN)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup() -> Iterator[None]:
    with watched():
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Iterator[None]:
    with watched():
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown() -> Iterator[None]:
    with watched():
        return (yield)
