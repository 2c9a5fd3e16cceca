"""A day on two screens: what somebody does on one page, until it stands in the document of a colleague's.

Each event is one of those of a usual day: a question and its answer, a remark, an agreement, a step and how far it is.
Beside it the raw limit: a bare Socket.IO server that sends a text of the same size to one viewer, at the same pace.
"""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from sqlalchemy import select

from hub.models import CaseItem
from hub.services.cases import items
from hub.services.referrals.referrals import load_for_change, record_event
from hub.services.views.viewer import Viewer
from hub.store.database import UnitOfWork
from schemas.items import NewItem
from schemas.referral import NewEvent
from schemas.vocabulary import Event, ItemKind, ItemState, LifeDomain
from tests.bench.goals import Part, share, spread
from tests.bench.site import Site
from tests.bench.viewers import Crowd, Scene, arrange, bare, child, web

EVENTS = 72
PAUSE = 0.25
_MONEY = (LifeDomain.FINANCES,)


@dataclass(frozen=True, kw_only=True)
class Seen:
    """One event: what it was, and the milliseconds from its commit to the other screen."""

    what: str
    ms: float


def day(site: Site, chromium: str, events: int = EVENTS) -> Part:
    """Measure the day, and the bare server after it."""
    crowd = Crowd(cases=1, each=6, rate=4, seconds=events // 4)
    scenes, seats = arrange(site, crowd)
    with web(site, 1) as ports:
        sockets = child("sockets", {"seats": [{"port": ports[0], "cookie": seats[0].cookie, "case": seats[0].case}]})
        there = {"chromium": chromium, "url": f"http://127.0.0.1:{ports[0]}"}
        glass = child("glass", there | {"cookie": seats[0].cookie, "case": seats[0].case})
        time.sleep(1.0)
        commits = list(_happen(site, scenes[0], events))
        time.sleep(2.0)
        on_screen = json.loads(glass.communicate()[0].splitlines()[-1])["came"]
        octets = json.loads(sockets.communicate()[0].splitlines()[-1])["octets"]
    seen = [Seen(what=what, ms=at - done) for (what, done), (_position, at) in zip(commits, on_screen, strict=False)]
    raw = bare(replace(crowd, each=1), seats[:1], octets, each=1)
    return _part(seen, len(commits), raw, octets)


def _happen(site: Site, scene: Scene, events: int) -> Iterator[tuple[str, float]]:
    """Let one thing after another happen; give what it was, and the moment of its commit by the machine's clock."""
    for number in range(events):
        what, deed = _DEEDS[number % len(_DEEDS)]
        deed(site, scene)
        yield what, time.time_ns() / 1e6
        time.sleep(PAUSE)


def _event(site: Site, scene: Scene, who: Viewer, event: Event) -> None:
    with site.hub.store.writing() as work:
        locked = load_for_change(work, scene.referral)
        record_event(work, site.hub.config, who, locked, NewEvent(event=event, note="Kan het ook op dinsdag?"))


def _add(site: Site, scene: Scene, who: Viewer, new: NewItem) -> None:
    with site.hub.store.writing() as work:
        items.add(work, site.hub.config, who, scene.case, new)


def _newest(work: UnitOfWork, scene: Scene, kind: ItemKind) -> str:
    query = select(CaseItem.id).where(CaseItem.case_id == scene.case, CaseItem.kind == kind)
    return work.session.scalars(query.order_by(CaseItem.created_at.desc()).limit(1)).one()


def _step(site: Site, scene: Scene) -> None:
    with site.hub.store.writing() as work:
        goal = _newest(work, scene, ItemKind.GOAL)
        new = NewItem(kind=ItemKind.STEP, content={"text": "Samen de post openen"}, parent_id=goal, life_domains=_MONEY)
        items.add(work, site.hub.config, scene.answerer, scene.case, new)


def _done(site: Site, scene: Scene) -> None:
    with site.hub.store.writing() as work:
        now, _who = items.load(work, site.hub.config, scene.answerer, _newest(work, scene, ItemKind.STEP))
        items.settle(work, site.hub.config, scene.answerer, now.id, ItemState.DONE, now.version)


_REMARK = NewItem(kind=ItemKind.REMARK, content={"text": "Het ging goed vandaag."}, about="case")
_GOAL = NewItem(kind=ItemKind.GOAL, content={"title": "Ik wil rust."}, life_domains=_MONEY)
_DEEDS: tuple[tuple[str, Callable[[Site, Scene], None]], ...] = (
    ("a question", lambda site, scene: _event(site, scene, scene.asker, Event.ASK)),
    ("an answer", lambda site, scene: _event(site, scene, scene.answerer, Event.ANSWER)),
    ("a remark", lambda site, scene: _add(site, scene, scene.answerer, _REMARK)),
    ("a goal", lambda site, scene: _add(site, scene, scene.answerer, _GOAL)),
    ("a step", _step),
    ("a step that is done", _done),
)


def _part(seen: list[Seen], happened: int, raw: list[float], octets: int) -> Part:
    waits = [one.ms for one in seen]
    kinds = {one.what: [other.ms for other in seen if other.what == one.what] for one in seen}
    return Part(
        title=f"9. A day on two screens: {happened} events one after another, one Chromium that watches the client",
        lines=[
            f"commit -> document {spread(waits)} ({len(waits)} events, {happened - len(waits)} not seen)",
            *(f"  {what}: {spread(ms)} ({len(ms)})" for what, ms in kinds.items()),
            f"raw: a bare Socket.IO emit of {octets} octets to one viewer: {spread(raw)}",
        ],
        values={
            "document_ms": {"p50": share(waits, 0.5), "p99": share(waits, 0.99)},
            "by_kind_ms": {what: {"p50": share(ms, 0.5), "p99": share(ms, 0.99)} for what, ms in kinds.items()},
            "bare_ms": {"p50": share(raw, 0.5), "p99": share(raw, 0.99)},
            "not_seen": happened - len(waits),
        },
    )
