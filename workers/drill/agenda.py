"""Work for later, done by a few threads in the order in which it falls due, and again until it is done."""

import heapq
import itertools
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from workers.drill.caller import PAUSE

Work = Callable[[], bool]


@dataclass(order=True)
class _Entry:
    at: float
    place: int
    work: Work = field(compare=False)


class Agenda:
    """Does each work when it falls due; one that gives false is done again after a pause."""

    def __init__(self, name: str, threads: int) -> None:
        self._entries: list[_Entry] = []
        self._places = itertools.count()
        self._change = threading.Condition()
        self._busy = 0
        self._closing = False
        self._threads = [
            threading.Thread(target=self._run, name=f"{name} {number}", daemon=True) for number in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    @property
    def left(self) -> int:
        """How much is not done."""
        with self._change:
            return len(self._entries) + self._busy

    def later(self, seconds: float, work: Work) -> None:
        """Have something done."""
        with self._change:
            heapq.heappush(self._entries, _Entry(time.monotonic() + seconds, next(self._places), work))
            self._change.notify()

    def close(self) -> None:
        """Stop; what is left stays undone."""
        with self._change:
            self._closing = True
            self._change.notify_all()
        for thread in self._threads:
            thread.join()

    def _take(self) -> _Entry | None:
        with self._change:
            while not self._closing:
                wait = self._entries[0].at - time.monotonic() if self._entries else None
                if wait is not None and wait <= 0:
                    self._busy += 1
                    return heapq.heappop(self._entries)
                self._change.wait(wait)
        return None

    def _run(self) -> None:
        while (entry := self._take()) is not None:
            done = False
            try:
                done = entry.work()
            finally:
                with self._change:
                    self._busy -= 1
                    if not done:
                        entry.at = time.monotonic() + PAUSE
                        heapq.heappush(self._entries, entry)
