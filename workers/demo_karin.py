"""What stands in the file of Karin when the demo begins: her goals, small steps, scores, and half a year of history.

Everything is written by the people who would write it, through the services, at the moment that it would be written.
"""

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from hub.models import CaseItem
from hub.rules.working_days import AMSTERDAM
from hub.services.cases import documents, items
from hub.services.people.identity import person_viewer
from hub.services.referrals import referrals, sending
from hub.services.views.viewer import Viewer
from hub.settings import Configuration
from hub.store.database import UnitOfWork
from hub.wiring import Hub
from schemas.identifiers import derived_id
from schemas.items import CLIENT, NewItem
from schemas.message import Ground
from schemas.referral import NewEvent, NewReferral
from schemas.vocabulary import Basis, Event, ItemKind, ItemState, LifeDomain, Purpose, Urgency
from workers.demo_documents import PAPERS, Paper, brought

BEGAN = 166  # how many days ago her file was opened
_MARLOES, _NAIMA, _TOM, _ILSE = "marloes", "naima", "tom", "ilse"
_HELP = {
    "mw-de-kade": (_NAIMA, "hulp-bij-post", LifeDomain.FINANCES, Purpose.GUIDANCE, "Samen de post openmaken."),
    "ggz-de-leij": (
        _ILSE,
        "ggz-kennismaking",
        LifeDomain.MENTAL_HEALTH,
        Purpose.TREATMENT,
        "Piekert en slaapt slecht.",
    ),
    "de-spoel": (_TOM, "orientatie-groen", LifeDomain.WORK_EDUCATION, Purpose.PLACEMENT, "Een dagdeel meelopen."),
}
_D = LifeDomain
# By life domain: who writes it down, the score at the start, the score now, and what Karin said about it.
_SCORES: tuple[tuple[LifeDomain, str, int, int, str], ...] = (
    (_D.FINANCES, _MARLOES, 1, 2, "De stapel is weg, de schrik nog niet."),
    (_D.WORK_EDUCATION, _MARLOES, 2, 2, "Ooit, met planten."),
    (_D.DAYTIME_ACTIVITIES, _MARLOES, 2, 3, "Woensdag is nu een dag met iets erin."),
    (_D.HOUSING, _MARLOES, 3, 4, "De lekkage is gemaakt."),
    (_D.DOMESTIC_RELATIONS, _MARLOES, 4, 4, ""),
    (_D.BASIC_ADL, _MARLOES, 5, 5, ""),
    (_D.INSTRUMENTAL_ADL, _MARLOES, 3, 4, "Boodschappen en koken gaan weer vanzelf."),
    (_D.SOCIAL_NETWORK, _MARLOES, 2, 3, "Ik ken nu drie mensen in de tuin."),
    (_D.COMMUNITY_PARTICIPATION, _MARLOES, 2, 2, ""),
    (_D.JUSTICE, _MARLOES, 5, 5, ""),
    (_D.MENTAL_HEALTH, _ILSE, 2, 3, "Minder piekeren, slapen nog niet."),
    (_D.PHYSICAL_HEALTH, _ILSE, 4, 3, "De knie doet weer zeer."),
    (_D.SUBSTANCE_USE, _ILSE, 5, 5, ""),
)


@dataclass(frozen=True, kw_only=True)
class _Step:
    """A step: who does it, how many days ago it was written, when it was done or must be (days from today)."""

    text: str
    who: str
    written: int
    due: int | None = None
    done: int | None = None
    busy: bool = False
    note: str | None = None
    after_previous: bool = False


@dataclass(frozen=True, kw_only=True)
class _Goal:
    title: str
    by: str
    written: int
    domains: tuple[LifeDomain, ...]
    steps: tuple[_Step, ...]
    audience: tuple[str, ...] | None = None


_GOALS = (
    _Goal(
        title="Ik wil weer een dag met iets erin.",
        by=_MARLOES,
        written=63,
        domains=(_D.DAYTIME_ACTIVITIES, _D.COMMUNITY_PARTICIPATION),
        steps=(
            _Step(text="Kennismaken bij de buurttuin", who=CLIENT, written=63, done=61),
            _Step(text="Twee woensdagochtenden meehelpen", who=CLIENT, written=61, done=41),
            _Step(
                text="Vier weken achter elkaar komen", who=CLIENT, written=41, due=8, busy=True,
                note="Drie van de vier weken zijn gelukt.",
            ),
            _Step(
                text="Samen kijken of een tweede ochtend past", who=_MARLOES, written=12, due=15, after_previous=True
            ),
        ),
    ),
    _Goal(
        title="Ik wil niet meer schrikken van de post.",
        by=_MARLOES,
        written=144,
        domains=(_D.FINANCES,),
        steps=(
            _Step(text="Alle post op één stapel en samen openmaken", who=_NAIMA, written=144, done=140),
            _Step(text="Overzicht maken van alle schulden", who=_NAIMA, written=130, done=96),
            _Step(text="Aanmelden bij Schuldhulp Tilburg", who=_MARLOES, written=30, due=-4, busy=True),
            _Step(
                text="Eerste gesprek over een regeling", who=CLIENT, written=12, due=10, after_previous=True,
                note="Naima gaat mee.",
            ),
        ),
    ),
    _Goal(
        title="Ik wil beter slapen en minder piekeren.",
        by=_ILSE,
        written=88,
        domains=(_D.MENTAL_HEALTH,),
        audience=(),
        steps=(
            _Step(text="Met de huisarts praten over slapen", who=CLIENT, written=88, done=86),
            _Step(text="Kennismaken bij GGZ De Leij", who=_ILSE, written=18, due=3, busy=True),
            _Step(text="Afspreken wat Karin zelf met anderen wil delen", who=CLIENT, written=18, due=21),
        ),
    ),
    _Goal(
        title="Ooit wil ik werken met planten.",
        by=_MARLOES,
        written=12,
        domains=(_D.WORK_EDUCATION,),
        steps=(
            _Step(
                text="Oriëntatie groen bij De Spoel afspreken", who=_TOM, written=12, due=2, busy=True,
                note="De Spoel vraagt welke dagdelen Karin kan.",
            ),
            _Step(text="Een dagdeel meelopen", who=CLIENT, written=12, due=24, after_previous=True),
            _Step(text="Samen terugkijken: past dit bij mij?", who=_MARLOES, written=12, due=50, after_previous=True),
        ),
    ),
)  # fmt: skip
_CONTACTS = (
    (6, "visit", "Koffie gedronken en de post doorgenomen. Karin vertelt veel over de kas.", 45, True),
    (3, "phone", "", 0, False),
    (1, "phone", "Derde week in de tuin is gelukt. Ze is er trots op.", 12, True),
)
_Deed = tuple[int, Callable[[UnitOfWork], object]]


class _Karin:
    """Writes the file of one client; ``at`` is the day on which the demo begins."""

    def __init__(self, hub: Hub, config: Configuration, case_id: str, today: dt.date) -> None:
        self._hub, self._config, self._case_id, self._today = hub, config, case_id, today
        self._ids: dict[str, str] = {}

    def write(self) -> None:
        """Write everything in the order in which it happened, each on its own day."""
        deeds = sorted(self._deeds(), key=lambda deed: -deed[0])
        start = dt.datetime.combine(self._today, dt.time(9, 0), AMSTERDAM).astimezone(dt.UTC)
        for number, (days_ago, deed) in enumerate(deeds):
            with self._hub.store.writing(
                now=start - dt.timedelta(days=days_ago) + dt.timedelta(minutes=number)
            ) as work:
                deed(work)

    def _deeds(self) -> Iterator[_Deed]:
        for receiver, days_ago in (("mw-de-kade", 60), ("ggz-de-leij", 88), ("de-spoel", 1)):
            yield days_ago, lambda work, receiver=receiver: self._refer(work, receiver)  # type: ignore[misc]
        for domain, by, start, now, said in _SCORES:
            first = 88 if by == _ILSE else 145
            yield first, self._adds(by, ItemKind.SCORE, {"score": start}, (domain,))
            if now == start:
                continue
            words = {"score": now, **({"note": said} if said else {})}
            yield 12, self._adds(by, ItemKind.SCORE, words, (domain,))
        for goal in _GOALS:
            yield from self._goal(goal)
        for days_ago, how, text, minutes, reached in _CONTACTS:
            words = {"how": how, "reached": reached, **({"text": text, "minutes": minutes} if text else {})}
            yield days_ago, self._adds(_MARLOES, ItemKind.CONTACT, words, ())
        for paper in PAPERS:
            yield paper.days_ago, lambda work, paper=paper: self._keep(work, paper)  # type: ignore[misc]
        yield 1, self._appointment

    def _keep(self, work: UnitOfWork, paper: Paper) -> None:
        documents.add(work, self._config, self._viewer(work, paper.by), self._case_id, brought(paper))

    def _goal(self, goal: _Goal) -> Iterator[_Deed]:
        yield goal.written, lambda work: self._add_goal(work, goal)
        before = ""
        for step in goal.steps:
            yield step.written, lambda work, step=step, before=before: self._add_step(work, goal, step, before)  # type: ignore[misc]
            if step.busy:
                yield step.written, lambda work, step=step: self._settle(work, goal, step, ItemState.BUSY)  # type: ignore[misc]
            if step.done is not None:
                yield step.done, lambda work, step=step: self._settle(work, goal, step, ItemState.DONE)  # type: ignore[misc]
            before = step.text

    def _viewer(self, work: UnitOfWork, username: str) -> Viewer:
        found = person_viewer(work.session, self._config, derived_id("person", username))
        assert found is not None  # one of the demo's people
        return found

    def _adds(
        self, by: str, kind: ItemKind, words: dict[str, object], domains: tuple[LifeDomain, ...]
    ) -> Callable[[UnitOfWork], CaseItem]:
        return lambda work: self._add(work, by, NewItem(kind=kind, content=words, life_domains=domains))

    def _add(self, work: UnitOfWork, by: str, new: NewItem) -> CaseItem:
        return items.add(work, self._config, self._viewer(work, by), self._case_id, new)

    def _add_goal(self, work: UnitOfWork, goal: _Goal) -> None:
        new = NewItem(
            kind=ItemKind.GOAL, content={"title": goal.title}, life_domains=goal.domains, audience=goal.audience
        )
        self._ids[goal.title] = self._add(work, goal.by, new).id

    def _add_step(self, work: UnitOfWork, goal: _Goal, step: _Step, before: str) -> None:
        words: dict[str, object] = {"text": step.text}
        if step.note:
            words["note"] = step.note
        if step.after_previous:
            words["after"] = [self._ids[before]]
        doer = None if step.who == CLIENT else self._viewer(work, step.who)
        new = NewItem(
            kind=ItemKind.STEP,
            content=words,
            parent_id=self._ids[goal.title],
            life_domains=goal.domains,
            audience=goal.audience,
            holder=doer.organisation if doer else CLIENT,
            holder_id=doer.id if doer else None,
            due_on=self._today + dt.timedelta(days=step.due) if step.due is not None else None,
        )
        self._ids[step.text] = self._add(work, goal.by, new).id

    def _settle(self, work: UnitOfWork, goal: _Goal, step: _Step, state: ItemState) -> None:
        actor = self._viewer(work, goal.by)
        item = items.load(work, self._config, actor, self._ids[step.text])[0]
        items.settle(work, self._config, actor, item.id, state, item.version)

    def _appointment(self, work: UnitOfWork) -> None:
        tomorrow = dt.datetime.combine(self._today + dt.timedelta(days=1), dt.time(10, 0), AMSTERDAM)
        words = {"what": "Koffie en de post doornemen", "place": "thuis"}
        new = NewItem(kind=ItemKind.APPOINTMENT, content=words, at=tomorrow.astimezone(dt.UTC))
        self._add(work, _MARLOES, new)

    def _refer(self, work: UnitOfWork, receiver: str) -> None:
        username, service, domain, purpose, why = _HELP[receiver]
        new = NewReferral(
            to=receiver,
            service=service,
            case_id=self._case_id,
            life_domains=(domain,),
            reason=why,
            client_words="Ik wil weer een dag met iets erin.",
            strengths=("Komt afspraken na",),
            urgency=Urgency.ROUTINE,
            ground=Ground(basis=Basis.CONSENT, purpose=purpose, evidence="Besproken aan de keukentafel."),
        )
        referral = sending.send_referral(work, self._config, self._viewer(work, _MARLOES), new)
        events = {
            "mw-de-kade": (NewEvent(event=Event.RECEIVE), NewEvent(event=Event.ACCEPT), NewEvent(event=Event.START)),
            "ggz-de-leij": (NewEvent(event=Event.RECEIVE), NewEvent(event=Event.ACCEPT), NewEvent(event=Event.START)),
            "de-spoel": (NewEvent(event=Event.RECEIVE), NewEvent(event=Event.ASK, note="Op welke dagdelen kan Karin?")),
        }
        for event in events[receiver]:
            locked = referrals.load_for_change(work, referral.id)
            referrals.record_event(work, self._config, self._viewer(work, username), locked, event)


def write(hub: Hub, config: Configuration, case_id: str, today: dt.date) -> None:
    """Write the file of Karin."""
    _Karin(hub, config, case_id, today).write()
