"""The demo's past year: other regisseurs with their clients, and referrals that came to all kinds of ends."""

import datetime as dt
import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial

from hub.rules.working_days import add_working_days
from hub.services.people.identity import person_viewer
from hub.services.referrals import plan_reviews, referrals, sending
from hub.services.referrals.plan_reviews import PLAN_REVIEWED
from hub.services.views.viewer import Viewer
from hub.settings import Configuration
from hub.store.database import UnitOfWork
from hub.wiring import Hub
from schemas.identifiers import bsn_is_valid, derived_id
from schemas.message import Client, Ground
from schemas.referral import NewEvent, NewReferral
from schemas.vocabulary import Basis, Event, Gender, LifeDomain, Outcome, Purpose, Urgency
from workers import demo, demo_people

# The other regisseurs of Marloes' team, with how many clients each of them has.
_TEAM = {
    "Anouk Hendriks": 44,
    "Jeroen Maas": 47,
    "Samira El Idrissi": 52,
    "Wouter Claassen": 49,
    "Ingrid de Beer": 38,
}
_RECEIVERS = {"mw-de-kade": "naima", "ggz-de-leij": "ilse", "de-spoel": "tom", "toegang-broekhoven": "els"}
_REFERRALS = 260
_E, _L = Event, LifeDomain
# Who can be asked for what, how often, and on which ground.
_OFFERS = (
    ("mw-de-kade", "hulp-bij-post", (_L.FINANCES, _L.INSTRUMENTAL_ADL), Purpose.GUIDANCE, 5),
    ("mw-de-kade", "maatschappelijk-werk", (_L.DOMESTIC_RELATIONS, _L.SOCIAL_NETWORK, _L.HOUSING), Purpose.GUIDANCE, 4),
    ("de-spoel", "orientatie-groen", (_L.WORK_EDUCATION, _L.DAYTIME_ACTIVITIES), Purpose.PLACEMENT, 6),
    ("toegang-broekhoven", "casusoverleg-broekhoven", (_L.HOUSING, _L.FINANCES), Purpose.TRIAGE, 3),
    ("ggz-de-leij", "ggz-kennismaking", (_L.MENTAL_HEALTH,), Purpose.TREATMENT, 4),
)
# What happens after how many working days; the range is drawn from.
_COURSES: tuple[tuple[int, tuple[tuple[Event, int, int], ...]], ...] = (
    (9, ((_E.RECEIVE, 0, 1), (_E.ACCEPT, 0, 3), (_E.START, 2, 8), (_E.COMPLETE, 15, 60))),
    (
        3,
        (
            (_E.RECEIVE, 1, 2),
            (_E.ASK, 0, 2),
            (_E.ANSWER, 1, 4),
            (_E.ACCEPT, 0, 3),
            (_E.START, 3, 9),
            (_E.COMPLETE, 60, 240),
        ),
    ),
    (2, ((_E.RECEIVE, 0, 2), (_E.WAITLIST, 1, 4), (_E.ACCEPT, 10, 35), (_E.START, 3, 10), (_E.COMPLETE, 20, 60))),
    (5, ((_E.RECEIVE, 0, 2), (_E.DECLINE, 1, 5))),
    (1, ((_E.RECEIVE, 0, 1), (_E.WITHDRAW, 2, 4))),
    (1, ((_E.RECEIVE, 0, 1), (_E.ACCEPT, 1, 3), (_E.START, 2, 6), (_E.CLIENT_STOPS, 5, 30))),
)
_REASONS = ("no_capacity",) * 5 + ("not_suitable",) * 3 + ("wrong_area", "client_not_reached", "missing_information")
_OUTCOMES = (Outcome.REACHED,) * 5 + (Outcome.PARTLY,) * 4 + (Outcome.NOT_REACHED,) * 2 + (Outcome.UNDETERMINED,)
_BY_SENDER = frozenset({_E.ANSWER, _E.WITHDRAW})
# Within how many working days the next step is due; after any other it is what the service promised.
_TERMS: dict[Event | None, int] = {None: 1, _E.ASK: 2, _E.WAITLIST: 20, _E.ACCEPT: 5, _E.START: 65}
_FEW_DAYS, _LATE_AT_ONE = dt.timedelta(days=4), 2


@dataclass(frozen=True, kw_only=True)
class _Step:
    """One thing that happened on a day: a referral was sent (no event), or someone did something to it."""

    referral: int
    event: str | None
    case_id: str
    sender: str
    offer: int


def fill(hub: Hub) -> None:
    """Add the past to a demo that was just prepared: a unit of work for each day, at that day's time."""
    dice = random.Random(856)  # noqa: S311 - the same demo every time
    with hub.store.writing() as work:
        cases = _caseloads(work, hub, dice)
        names = sorted({*_RECEIVERS.values(), *(sender for _case_id, sender in cases)})
        people = {name: _viewer(work, hub, name) for name in names}
        now = work.now
    days: defaultdict[dt.date, list[tuple[dt.datetime, _Step]]] = defaultdict(list)
    clock = _Clock(config=hub.config, dice=dice, now=now)
    for number in range(_REFERRALS):
        for at, step in _course(clock, number, cases):
            days[at.date()].append((at, step))
    past = _Past(config=demo.before_systems(hub.config), people=people, dice=dice)
    for _day, steps in sorted(days.items()):
        with hub.store.writing(now=max(at for at, _step in steps)) as work:
            for _at, step in steps:
                past.take(work, step)


def _caseloads(work: UnitOfWork, hub: Hub, dice: random.Random) -> list[tuple[str, str]]:
    """Give each colleague clients; give each case with the name by which its regisseur signs in."""
    bsns = (text for text in (str(number) for number in range(999_991_000, 999_997_000)) if bsn_is_valid(text))
    found = []
    colleagues = [(name.split()[0].lower(), name, clients) for name, clients in _TEAM.items()]
    demo_people.add_people(work, [_regisseur(username, name) for username, name, _clients in colleagues])
    for username, _name, clients in colleagues:
        for _client in range(clients):
            person = Client(
                bsn=next(bsns),
                family_name=dice.choice(demo_people.LAST),
                given_name=dice.choice(demo_people.FIRST),
                birth_date=f"{dice.randint(1955, 2003)}-{dice.randint(1, 12):02d}-{dice.randint(1, 28):02d}",
                gender=dice.choice([Gender.FEMALE, Gender.MALE]),
            )
            regisseur = derived_id("person", username)
            found.append((demo.open_case(work, hub.config, person, regisseur, dice.choice(demo.AREAS)), username))
    return found


def _regisseur(username: str, name: str) -> demo_people.Colleague:
    return demo_people.Colleague(
        username=username,
        name=name,
        organisation="wi-tilburg",
        role="case_director",
        title="klantregisseur",
        purpose=Purpose.GUIDANCE,
    )


@dataclass(frozen=True, kw_only=True)
class _Clock:
    """When what was asked is done: in time, but for a thing or two of each organisation that is some days late now."""

    config: Configuration
    dice: random.Random
    now: dt.datetime
    late: Counter[str] = field(default_factory=Counter)

    def taken(self, found: dt.datetime, at: dt.datetime, term: int, doer: str) -> dt.datetime | None:
        """Give when the step after ``at`` was taken; nothing where it is still to come."""
        due = add_working_days(at, term)
        if found < self.now:
            return found
        if due >= self.now:
            return None
        if self.now - due < _FEW_DAYS and self.late[doer] < _LATE_AT_ONE:
            self.late[doer] += 1
            return None
        return _later(at, term - 1)

    def reviews(self, at: dt.datetime, until: dt.datetime) -> Iterator[dt.datetime]:
        """Give the days on which the plan of help that runs was looked at together."""
        while (at := _later(at, self.dice.randint(52, 63))) < min(until, self.now):
            yield at


def _course(clock: _Clock, number: int, cases: list[tuple[str, str]]) -> Iterator[tuple[dt.datetime, _Step]]:
    """Give what happened to one referral, up to now."""
    dice = clock.dice
    case_id, sender = dice.choice(cases)
    offer = dice.choices(range(len(_OFFERS)), weights=[one[4] for one in _OFFERS])[0]
    _often, course = dice.choices(_COURSES, weights=[one[0] for one in _COURSES])[0]
    to, service, *_rest = _OFFERS[offer]
    slow = 3 if to == "ggz-de-leij" else 1
    promised = 1 if _is_urgent(number) else clock.config.services[service].reply_days
    at = _working_hour(clock.now - dt.timedelta(days=round(dice.triangular(1, 340, 20))))
    before: Event | None = None
    step = partial(_Step, referral=number, case_id=case_id, sender=sender, offer=offer)
    yield at, step(event=None)
    for event, least, most in course:
        waited = dice.randint(least, most) * (slow if event is not _E.COMPLETE else 1)
        after = _later(at, waited)
        if before is _E.START:
            for reviewed in clock.reviews(at, after):
                yield (at := reviewed), step(event=PLAN_REVIEWED)
        term = _TERMS.get(before, promised)
        found = clock.taken(after, at, term, sender if event in _BY_SENDER else to)
        if found is None:
            return
        at, before = found, event
        yield at, step(event=event)


def _later(at: dt.datetime, working_days: int) -> dt.datetime:
    return add_working_days(at, working_days).astimezone(dt.UTC) + dt.timedelta(minutes=7)


def _is_urgent(number: int) -> bool:
    return number % 10 == 7


def _working_hour(at: dt.datetime) -> dt.datetime:
    return add_working_days(at.replace(hour=9, minute=0, second=0, microsecond=0), 1).astimezone(dt.UTC)


@dataclass(frozen=True, kw_only=True)
class _Past:
    """Who did it, and the referrals that were sent so far."""

    config: Configuration
    people: dict[str, Viewer]
    dice: random.Random
    sent: dict[int, str] = field(default_factory=dict)

    def take(self, work: UnitOfWork, step: _Step) -> None:
        """Let one thing happen."""
        to = _OFFERS[step.offer][0]
        if step.event is None:
            new = _new(self.dice, step)
            self.sent[step.referral] = sending.send_referral(work, self.config, self.people[step.sender], new).id
            return
        actor = self.people[step.sender if step.event in _BY_SENDER else _RECEIVERS[to]]
        if step.event == PLAN_REVIEWED:
            plan_reviews.tell_of_review(work, actor, self.sent[step.referral])
            return
        locked = referrals.load_for_change(work, self.sent[step.referral])
        referrals.record_event(work, self.config, actor, locked, _event(self.dice, Event(step.event)))


def _event(dice: random.Random, event: Event) -> NewEvent:
    return NewEvent(
        event=event,
        reason=dice.choice(_REASONS) if event is Event.DECLINE else None,
        note={Event.ASK: "Wat is er al geprobeerd?", Event.ANSWER: "Dat hebben we samen besproken."}.get(event),
        outcome=dice.choice(_OUTCOMES) if event is Event.COMPLETE else None,
    )


def _new(dice: random.Random, step: _Step) -> NewReferral:
    to, service, domains, purpose, _often = _OFFERS[step.offer]
    return NewReferral(
        to=to,
        service=service,
        case_id=step.case_id,
        life_domains=(dice.choice(domains),),
        reason="Samen besproken wat er nodig is.",
        strengths=("Komt afspraken na",),
        urgency=Urgency.URGENT if _is_urgent(step.referral) else Urgency.ROUTINE,
        ground=Ground(basis=Basis.CONSENT, purpose=purpose, evidence="besproken"),
    )


def _viewer(work: UnitOfWork, hub: Hub, username: str) -> Viewer:
    found = person_viewer(work.session, hub.config, derived_id("person", username))
    assert found is not None  # added when the demo was prepared
    return found
