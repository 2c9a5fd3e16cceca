"""The faults of a drill, done at their time while the load runs."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from hub.broker.protocol import Broker, BrokerUnavailable
from workers.drill.partner import DrillPartner
from workers.drill.plan import ALL_IN_ONE, Fault, Plan, Strike, connector_of
from workers.drill.rabbit import Rabbit
from workers.drill.supervisor import Supervisor

log = structlog.get_logger()

# How long a strike waits for its moment, while there is load at all.
_AIM = 120.0
_BROKER_AWAY = 2.0
_HEAL_PATIENCE = 180.0


@dataclass
class Faults:
    """Does the strikes of the plan. ``healed_after`` is how long a dead queue stayed dead, in seconds."""

    plan: Plan
    supervisor: Supervisor
    partners: dict[str, DrillPartner]
    broker: Broker
    rabbit: Rabbit | None
    calls_under_way: Callable[[], int]
    load_is_over: Callable[[], bool]
    done: list[Strike] = field(default_factory=list)
    bitten: int = 0
    healed_after: float | None = None
    not_healed: str | None = None
    _stop: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        """Begin."""
        self._begin(self._run, "faults")

    @property
    def over(self) -> bool:
        """Whether every strike was done, and what it broke is seen to be whole again."""
        return not any(thread.is_alive() for thread in self._threads)

    def close(self) -> None:
        """Do no more."""
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _begin(self, work: Callable[[], None], name: str) -> None:
        thread = threading.Thread(target=work, name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _run(self) -> None:
        began = time.monotonic()
        for strike in self.plan.strikes:
            if self._stop.wait(max(began + strike.at - time.monotonic(), 0)):
                return
            self._strike(strike)
            self.done.append(strike)

    def _strike(self, strike: Strike) -> None:
        if strike.fault is Fault.KILL:
            self._kill(strike)
        elif self.rabbit is not None and strike.fault is Fault.BROKER:
            self.rabbit.kill()
            self._stop.wait(_BROKER_AWAY)
            self.rabbit.start_again()
        elif self.rabbit is not None:
            self.rabbit.leave_queue_down(strike.target)
            queue = strike.target
            self._begin(lambda: self._watch_healing(queue), f"healing of {queue}")

    def _kill(self, strike: Strike) -> None:
        while not self.supervisor.is_settled(strike.target) and not self._stop.wait(0.05):
            pass
        if self._stop.is_set():
            return
        if strike.aimed and strike.target == "web":
            self._until(lambda: self.calls_under_way() > 0)
            self.supervisor.kill(strike.target)
        elif strike.aimed:
            self._kill_in_flight(strike.target)
        else:
            self.supervisor.kill(strike.target)

    def _kill_in_flight(self, target: str) -> None:
        """Kill who delivers after the partner wrote the message down and before it answers."""
        prey = [partner for code, partner in self.partners.items() if target in (ALL_IN_ONE, connector_of(code))]
        struck = threading.Event()

        def trap() -> None:
            if not struck.is_set():
                struck.set()
                self.supervisor.kill(target)
                self.bitten += 1

        for partner in prey:
            partner.set_trap(trap)
        self._until(struck.is_set)
        for partner in prey:
            partner.set_trap(None)
        if not struck.is_set():
            struck.set()
            self.supervisor.kill(target)

    def _until(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + _AIM
        while not condition() and time.monotonic() < deadline and not self._stop.wait(0.002):
            if self.load_is_over():
                return

    def _watch_healing(self, queue: str) -> None:
        """See how long it takes the hub to notice a dead queue and make it anew."""
        began = time.monotonic()
        while time.monotonic() - began < _HEAL_PATIENCE and not self._stop.wait(0.5):
            try:
                health = self.broker.health(queue)
            except BrokerUnavailable:
                continue
            if health.usable and health.consumers:
                self.healed_after = time.monotonic() - began
                return
        self.not_healed = queue
