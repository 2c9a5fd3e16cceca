"""What a drill will do, worked out beforehand from one seed: the load, the life of each referral, and the faults."""

import random
from dataclasses import dataclass
from enum import StrEnum

from schemas.identifiers import bsn_is_valid
from schemas.vocabulary import Event, Status

SENDER = "wi-tilburg"
SOCIAL_WORK = "mw-de-kade"
MENTAL_HEALTH = "ggz-de-leij"
PARTNERS = (SOCIAL_WORK, MENTAL_HEALTH)
ALL_IN_ONE = "up"
REFERRALS_PER_CASE = 5


@dataclass(frozen=True, kw_only=True)
class Story:
    """How one referral goes: what the partner answers, what the sender adds, and where that must end."""

    name: str
    answers: tuple[Event, ...] = ()
    after_answer: tuple[Event, ...] = ()
    sender: Event | None = None
    entries: tuple[Event, ...] = ()
    status: Status = Status.SENT

    @property
    def events(self) -> tuple[Event, ...]:
        """Give what people do after the sending, in no order."""
        return (*self.answers, *self.after_answer, *((self.sender,) if self.sender else ()))


_TAKEN_ON = (Event.RECEIVE, Event.ACCEPT)
QUIET = Story(name="quiet")
WITHDRAWN = Story(name="withdrawn", sender=Event.WITHDRAW, entries=(Event.WITHDRAW,), status=Status.WITHDRAWN)
ACCEPTED = Story(name="accepted", answers=(Event.ACCEPT,), entries=_TAKEN_ON, status=Status.ACCEPTED)
STARTED = Story(name="started", answers=(Event.START,), entries=(*_TAKEN_ON, Event.START), status=Status.STARTED)
COMPLETED = Story(
    name="completed",
    answers=(Event.START, Event.COMPLETE),
    entries=(*_TAKEN_ON, Event.START, Event.COMPLETE),
    status=Status.COMPLETED,
)
ASKED = Story(
    name="asked",
    answers=(Event.ASK,),
    sender=Event.ANSWER,
    after_answer=(Event.ACCEPT,),
    entries=(Event.RECEIVE, Event.ASK, Event.ANSWER, Event.ACCEPT),
    status=Status.ACCEPTED,
)
# Social work's dialect has no words for accepting or asking, and its municipality none but the order and its end.
STORIES = {
    SOCIAL_WORK: (STARTED, COMPLETED, WITHDRAWN, QUIET),
    MENTAL_HEALTH: (ACCEPTED, STARTED, COMPLETED, ASKED, WITHDRAWN, QUIET),
}


@dataclass(frozen=True, kw_only=True)
class PlannedReferral:
    """One referral of the load; ``at`` counts seconds from the start."""

    index: int
    at: float
    bsn: str
    to: str
    story: Story
    sender_after: float
    answer_after: float


class Fault(StrEnum):
    """What a strike does."""

    KILL = "kill"
    BROKER = "kill broker"
    QUEUE_DOWN = "leave queue down"


@dataclass(frozen=True, kw_only=True)
class Strike:
    """One fault. An ``aimed`` kill waits for the moment at which something is under way between two processes."""

    at: float
    fault: Fault
    target: str
    aimed: bool = False


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A whole drill."""

    seed: int
    seconds: float
    referrals: tuple[PlannedReferral, ...]
    strikes: tuple[Strike, ...]


def connector_of(organisation: str) -> str:
    """Give the name of the connector process of an organisation."""
    return f"connector-{organisation}"


TARGETS = ("web", "relay", "inbox", *(connector_of(organisation) for organisation in PARTNERS))
_SECONDS_PER_KILL = 5.0
_SECONDS_PER_BROKER = 20.0
_SLOWEST_LOAD = 25.0


def make_plan(seed: int, referrals: int, kills: int, *, embedded: bool, broker: bool) -> Plan:
    """Work out a drill. ``broker`` says whether the broker is ours to kill."""
    dice = random.Random(seed)  # noqa: S311 - the same drill for the same seed, not a secret
    targets = (ALL_IN_ONE,) if embedded else TARGETS
    # Room for each process to come up again, so that a kill meets a process at work and not one at its start.
    busy = max(len(targets), 2) * kills * _SECONDS_PER_KILL + (2 * _SECONDS_PER_BROKER if broker and kills else 0)
    seconds = max(busy, referrals / _SLOWEST_LOAD, 5.0)
    strikes = [strike for target in targets for strike in _kills(dice, target, kills, seconds)]
    if broker and kills:
        down = dice.choice(("inbox", *(f"partner.{organisation}" for organisation in PARTNERS)))
        strikes.append(Strike(at=seconds * dice.uniform(0.2, 0.4), fault=Fault.BROKER, target="broker"))
        strikes.append(Strike(at=seconds * dice.uniform(0.5, 0.7), fault=Fault.QUEUE_DOWN, target=down))
    return Plan(
        seed=seed,
        seconds=seconds,
        referrals=_load(dice, referrals, seconds),
        strikes=tuple(sorted(strikes, key=lambda strike: strike.at)),
    )


def _kills(dice: random.Random, target: str, kills: int, seconds: float) -> list[Strike]:
    """Spread the kills of one process: one in each equal part of the time, at a random moment of it."""
    part = seconds * 0.9 / max(kills, 1)
    return [
        Strike(
            at=seconds * 0.05 + part * (number + dice.uniform(0.1, 0.9)),
            fault=Fault.KILL,
            target=target,
            # Every other one: a purely random moment rarely falls between a delivery and its receipt.
            aimed=number % 2 == 0 and target not in ("relay", "inbox"),
        )
        for number in range(kills)
    ]


def _load(dice: random.Random, referrals: int, seconds: float) -> tuple[PlannedReferral, ...]:
    people = dice.sample(_bsns(), max(referrals // REFERRALS_PER_CASE, 1))
    planned = []
    for index in range(referrals):
        to = dice.choice(PARTNERS)
        planned.append(
            PlannedReferral(
                index=index,
                at=seconds * index / max(referrals, 1),
                bsn=dice.choice(people),
                to=to,
                story=dice.choice(STORIES[to]),
                sender_after=dice.uniform(0, 6),
                answer_after=dice.uniform(0, 3),
            )
        )
    return tuple(planned)


def _bsns() -> list[str]:
    return [text for text in (str(number) for number in range(999_900_000, 999_990_000)) if bsn_is_valid(text)]
