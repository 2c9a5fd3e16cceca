"""What a partner still has to do, and when."""

import datetime as dt
import heapq
import itertools
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

AGAIN = 1.0


@dataclass(order=True)
class _Due:
    at: dt.datetime
    place: int
    work: Callable[[], bool] = field(compare=False)


class Diary:
    """Does each thing when it is due, in one thread; what says that it did not succeed is done again a second later."""

    def __init__(self, name: str) -> None:
        self._due: list[_Due] = []
        self._places = itertools.count()
        self._change = threading.Condition()
        self._closing = False
        self._thread = threading.Thread(target=self._do, name=name, daemon=True)

    def open(self) -> None:
        """Begin."""
        self._thread.start()

    def later(self, seconds: float, work: Callable[[], bool]) -> None:
        """Put something in the diary; ``work`` says whether it is done."""
        with self._change:
            at = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=seconds)
            heapq.heappush(self._due, _Due(at, next(self._places), work))
            self._change.notify_all()

    def close(self) -> None:
        """End, whatever is still in it."""
        with self._change:
            self._closing = True
            self._change.notify_all()
        if self._thread.is_alive():
            self._thread.join()

    def _do(self) -> None:
        while True:
            with self._change:
                if self._closing:
                    return
                now = dt.datetime.now(dt.UTC)
                if not self._due or self._due[0].at > now:
                    wait = (self._due[0].at - now).total_seconds() if self._due else None
                    self._change.wait(wait)
                    continue
                due = heapq.heappop(self._due)
            if not due.work() and not self._closing:
                self.later(AGAIN, due.work)
