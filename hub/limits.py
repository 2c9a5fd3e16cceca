"""How often someone may ask. Counted in the memory of each web process: with four of them, four times as much.

The form is the generic cell rate algorithm (ITU-T I.371): one number for each asker, the moment at which everything
taken so far would have been spread out evenly.
"""

import math
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask import current_app, g, request
from werkzeug.exceptions import TooManyRequests

from hub.settings import Rate

EXTENSION = "schakel-limits"
_MOST_KNOWN = 50_000
_DOORS = ("/inloggen", "/oauth/", "/csp-meldingen", "/inzage/")
_NOT_COUNTED = ("/static/", "/health/", "/metrics")


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """Whether it may be; ``wait`` in seconds until it may, ``left`` how many more at once."""

    rate: Rate
    wait: float
    left: int


class TooOften(TooManyRequests):
    """Asked too often; ``retry_after`` is in whole seconds."""


class Allowance:
    """One rate, and how much of it each asker has used."""

    def __init__(self, rate: Rate, clock: Callable[[], float] = time.monotonic) -> None:
        self.rate = rate
        self._clock = clock
        self._step = 1 / rate.per_second
        self._even: dict[str, float] = {}
        self._lock = threading.Lock()

    def take(self, asker: str) -> Verdict:
        """Take one, if it may be."""
        with self._lock:
            now = self._clock()
            even = max(self._even.get(asker, now), now)
            ahead = even + self._step - now - self.rate.burst * self._step
            if ahead > 1e-9:
                return Verdict(rate=self.rate, wait=ahead, left=0)
            if len(self._even) >= _MOST_KNOWN:
                self._forget(now)
            self._even[asker] = even + self._step
            return Verdict(rate=self.rate, wait=0.0, left=int(-ahead / self._step + 1e-6))

    def _forget(self, now: float) -> None:
        """Let go of who has rested long enough; if nobody has, of everybody, rather than grow without end."""
        self._even = {asker: even for asker, even in self._even.items() if even > now}
        if len(self._even) >= _MOST_KNOWN:
            self._even = {}


class Limits:
    """The rates of one web process."""

    def __init__(self, rates: Mapping[str, Rate]) -> None:
        self.kinds = {kind: Allowance(rate) for kind, rate in rates.items()}

    def take(self, kind: str, asker: str) -> None:
        """Take one for the request that runs; ``TooOften`` where that is one too many."""
        verdict = g.verdict = self.kinds[kind].take(asker)
        if verdict.wait:
            raise TooOften(retry_after=math.ceil(verdict.wait))


def limit_address() -> None:
    """Take one for the address that asks, before anything is read or looked up."""
    if request.path.startswith(_NOT_COUNTED):
        return
    entering = request.path.startswith(_DOORS) and request.method == "POST"
    limit("door" if entering else "address", request.remote_addr or "")


def limit(kind: str, asker: str) -> None:
    """Take one of a kind; an application without limits (a page on its own in a test) counts nothing."""
    limits: Limits | None = current_app.extensions.get(EXTENSION)
    if limits is not None:
        limits.take(kind, asker)


def rate_headers() -> dict[str, str]:
    """Give the policy that holds for who asks; how much is left is told only once it is too much.

    (draft-ietf-httpapi-ratelimit-headers, section 3.) An answer must not differ by how busy its reader was.
    """
    verdict: Verdict | None = g.get("verdict")
    if verdict is None:
        return {}
    rate = verdict.rate
    told = {"RateLimit-Policy": f"{rate.burst};w={math.ceil(rate.burst / rate.per_second)}"}
    if verdict.wait:
        told |= {"RateLimit-Limit": str(rate.burst), "RateLimit-Remaining": "0"}
        told["RateLimit-Reset"] = str(math.ceil(verdict.wait))
    return told
