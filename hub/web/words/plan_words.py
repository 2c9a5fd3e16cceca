"""How the life domains and the plan are drawn: rows, goals and steps in the order and the words of the screen."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from hub.services.cases.item_views import of_kind
from hub.services.views.case import CaseView, Colleague, ItemView
from hub.services.views.viewer import Viewer
from hub.web.translations import Words, gettext, ngettext
from hub.web.words.dates import local, short_day, today
from hub.web.words.words import LIFE_DOMAINS
from schemas.items import CLIENT
from schemas.vocabulary import ItemKind, ItemState, LifeDomain

_MANY = 12
# Our own plain words; the official anchors of the matrix are licensed.
SCORES = Words(
    {
        1: "het gaat hier helemaal niet",
        2: "het gaat hier moeilijk",
        3: "het gaat met hulp",
        4: "het gaat redelijk",
        5: "het gaat goed",
    }
)
# How a step is drawn: its icon, its state in words.
STEP_MARKS = Words(
    {
        "klaar": ("circle-check", "Klaar"),
        "bezig": ("progress", "Bezig"),
        "open": ("circle", "Nog te doen"),
        "wacht": ("circle-dashed", "Wacht op een andere stap"),
        "telaat": ("clock-exclamation", "Te laat"),
    },
    at=(1,),
)


@dataclass(frozen=True, kw_only=True)
class DomainRow:
    """One life domain: where it began, where it is now, and what was said in between, newest first."""

    code: LifeDomain
    name: str
    icon: str
    scores: tuple[ItemView, ...]

    @property
    def start(self) -> int | None:
        """Give the first score."""
        return int(self.scores[-1].content["score"]) if self.scores else None

    @property
    def now(self) -> int | None:
        """Give the last score."""
        return int(self.scores[0].content["score"]) if self.scores else None


@dataclass(frozen=True, kw_only=True)
class Domains:
    """The thirteen life domains for one viewer: worked at, watched, and those that this viewer never sees."""

    worked_at: tuple[DomainRow, ...]
    watched: tuple[DomainRow, ...]
    closed: tuple[DomainRow, ...]
    started: dt.date | None
    spoken: dt.date | None


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step. ``state`` is ``klaar``, ``bezig``, ``open``, ``wacht`` or ``telaat``; ``first`` goes first."""

    item: ItemView
    state: str
    who: str
    where: str
    when: str
    first: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Goal:
    """One goal with its steps, and a mark for each: ``vol``, ``half`` or nothing."""

    item: ItemView
    steps: tuple[Step, ...]
    marks: tuple[str, ...]

    @property
    def done(self) -> int:
        """Give how many steps are done."""
        return self.marks.count("vol")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The goals that are worked at, and those that are over."""

    goals: tuple[Goal, ...]
    over: tuple[Goal, ...]
    spoken: dt.date | None


def domains_of(view: CaseView) -> Domains:
    """Give the rows of the life domains: those with an open goal first, the others in their fixed order."""
    scores = of_kind(view.items, ItemKind.SCORE)
    goals = [one for one in of_kind(view.items, ItemKind.GOAL) if one.state is ItemState.OPEN]
    busy = {code for goal in goals for code in goal.life_domains}
    rows = [_row(code, scores) for code in LIFE_DOMAINS]
    seen = [row for row in rows if row.code in view.domains or row.scores]
    days = [local(one.created_at).date() for one in scores]
    return Domains(
        worked_at=tuple(row for row in seen if row.code in busy),
        watched=tuple(row for row in seen if row.code not in busy),
        closed=tuple(row for row in rows if row not in seen),
        started=min(days, default=None),
        spoken=max(days, default=None),
    )


def _row(code: LifeDomain, scores: Iterable[ItemView]) -> DomainRow:
    name, icon = LIFE_DOMAINS[code]
    own = sorted((one for one in scores if code in one.life_domains), key=lambda one: one.created_at, reverse=True)
    return DomainRow(code=code, name=name, icon=icon, scores=tuple(own))


def plan_of(view: CaseView, viewer: Viewer) -> Plan:
    """Give the plan as it is drawn: goals as they were written down, each with its steps."""
    steps = of_kind(view.items, ItemKind.STEP)
    goals = [_goal(view, viewer, goal, steps) for goal in of_kind(view.items, ItemKind.GOAL)]
    changed = [local(one.changed_at).date() for one in of_kind(view.items, ItemKind.GOAL, ItemKind.STEP)]
    return Plan(
        goals=tuple(one for one in goals if one.item.state is ItemState.OPEN),
        over=tuple(one for one in goals if one.item.state is not ItemState.OPEN),
        spoken=max(changed, default=None),
    )


def _goal(view: CaseView, viewer: Viewer, goal: ItemView, steps: Iterable[ItemView]) -> Goal:
    own = [step for step in steps if step.parent_id == goal.id]
    drawn = tuple(_step(view, viewer, step, own) for step in own)
    marks = tuple({"klaar": "vol", "bezig": "half"}.get(one.state) or _half(one.item) for one in drawn)
    return Goal(item=goal, steps=drawn, marks=tuple(sorted(marks, key=("vol", "half", "").index)))


def _half(step: ItemView) -> str:
    return "half" if step.state is ItemState.BUSY else ""


def _step(view: CaseView, viewer: Viewer, step: ItemView, others: Iterable[ItemView]) -> Step:
    """Draw a step; of what it waits for only what this viewer sees is told."""
    wanted = set(step.content.get("after") or ())
    waits = [one for one in others if one.id in wanted and one.state is not ItemState.DONE]
    return Step(
        item=step,
        state=_state(step, bool(waits)),
        who=holder_words(view, step),
        where=_where(view, viewer, step),
        when=_when(step),
        first=tuple(str(one.content.get("text", "")) for one in waits if step.state is not ItemState.DONE),
    )


def _state(step: ItemView, waits: bool) -> str:
    if step.state is ItemState.DONE:
        return "klaar"
    if waits:
        return "wacht"
    if step.due_on is not None and step.due_on < today():
        return "telaat"
    return "bezig" if step.state is ItemState.BUSY else "open"


def _when(step: ItemView) -> str:
    if step.state is ItemState.DONE:
        return short_day(local(step.changed_at).date())
    if step.due_on is None:
        return gettext("geen datum")
    late = (today() - step.due_on).days
    if late > 0:
        return ngettext("%(num)s dag te laat", "%(num)s dagen te laat", late)
    return gettext("vandaag") if late == 0 else short_day(step.due_on)


def holder_words(view: CaseView, item: ItemView) -> str:
    """Give who does it: the client by the given name, a person, or an organisation."""
    if item.holder is None:
        return gettext("nog niemand")
    if item.holder == CLIENT:
        return view.client_name.split(maxsplit=1)[0] if view.client_name else gettext("de inwoner")
    return item.holder_name or item.holder


def _where(view: CaseView, viewer: Viewer, item: ItemView) -> str:
    """Give where the person works who does it, if that is elsewhere."""
    if item.holder_id is None or item.holder == viewer.organisation:
        return ""
    return dict(view.parties).get(item.holder or "", "")


def people_of(view: CaseView, viewer: Viewer, item: ItemView | None) -> list[tuple[str, str, list[Colleague]]]:
    """Give whom a form lets choose, by organisation (code, name, people): of a large one only who works on this."""
    known = {viewer.id, item.holder_id if item else None}
    known |= {one.author_id for one in view.items} | {one.holder_id for one in view.items}
    chosen = []
    for code, name in view.parties:
        there = [one for one in view.colleagues if one.organisation == code]
        if len(there) > _MANY:
            there = [one for one in there if one.id in known or one.name == view.contact_name]
        chosen.append((code, name, there))
    return chosen


def who_of(item: ItemView | None) -> str:
    """Give the choice of a form that stands for who does it."""
    if item is None or item.holder is None:
        return ""
    return f"{item.holder}|{item.holder_id}" if item.holder_id else item.holder


def audience_words(item: ItemView) -> str:
    """Give whom an item was meant for, where that is not everyone who may see the plan; else nothing."""
    if item.audience is None:
        return ""
    names = dict.fromkeys([item.owner_name, *item.audience_names])
    if len(names) == 1:
        return gettext("Alleen %(names)s", names=item.owner_name)
    *first, last = names
    return gettext("Alleen %(names)s", names=gettext("%(first)s en %(last)s", first=", ".join(first), last=last))


def never_health(view: CaseView) -> bool:
    """Whether this viewer never sees anything about health, whatever there is."""
    return any(one.what == "health" for one in view.withheld)


def next_appointment(view: CaseView) -> ItemView | None:
    """Give the first appointment from today on that still goes on."""
    coming = [
        one
        for one in of_kind(view.items, ItemKind.APPOINTMENT)
        if one.state is ItemState.OPEN and one.at is not None and local(one.at).date() >= today()
    ]
    return min(coming, key=lambda one: (one.at, one.id), default=None)
