"""The page of a client with three years and 400 entries beside one with 10: time, statements and weight.

Beside it the raw limit: as many statements that ask nothing, one after another.
"""

import datetime as dt
import gzip
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from sqlalchemy import event, select, text, update

from hub.app import create_web
from hub.models import Case
from hub.services.cases import items
from hub.services.people.identity import hash_secret
from hub.services.referrals.referrals import load_for_change, record_event
from hub.services.referrals.sending import send_referral
from hub.services.views.viewer import Viewer
from hub.store.database import UnitOfWork
from schemas.items import NewItem
from schemas.message import Ground
from schemas.referral import NewEvent, NewReferral
from schemas.vocabulary import Basis, Event, ItemKind, ItemState, LifeDomain, Outcome, Purpose, Urgency
from tests.bench.goals import Goal, Part, share, spread
from tests.bench.people import hire
from tests.bench.site import Site

SHORT, LONG = 10, 400
YEARS = 3
_OTHERS = (
    ("de-spoel", "job_coach", Purpose.PLACEMENT, LifeDomain.WORK_EDUCATION),
    ("mw-de-kade", "social_worker", Purpose.GUIDANCE, LifeDomain.FINANCES),
    ("toegang-broekhoven", "team_member", Purpose.TRIAGE, LifeDomain.HOUSING),
)
_COURSE = (
    (Event.RECEIVE, {}),
    (Event.ASK, {"note": "Kan het ook op dinsdag?"}),
    (Event.ANSWER, {"note": "Ja, dat kan."}),
    (Event.ACCEPT, {}),
    (Event.START, {}),
    (Event.COMPLETE, {"outcome": Outcome.PARTLY}),
)


class History:
    """Writes what people would write in a case in the course of years, each by its service and at its own moment."""

    def __init__(self, site: Site, case_id: str, entries: int) -> None:
        self.site, self.case, self.wanted = site, case_id, entries
        secret = hash_secret("nobody signs in with it")
        with site.hub.store.writing() as work:
            self.regisseur, self.cookie = hire(work, site, ("wi-tilburg", "case_director", Purpose.GUIDANCE), secret)
            work.session.execute(update(Case).where(Case.id == case_id).values(regisseur_id=self.regisseur.id))
            self.others = {to: hire(work, site, (to, role, goal), secret)[0] for to, role, goal, _domain in _OTHERS}
        began = dt.datetime.now(dt.UTC) - dt.timedelta(days=365 * YEARS)
        self._moments = iter(began + dt.timedelta(days=365 * YEARS * place / entries) for place in range(entries * 2))
        self._goal: str | None = None

    def write(self) -> int:
        """Write until the case has so many entries; give how many it has."""
        for turn, deed in enumerate(self._deeds()):
            if self._position() >= self.wanted or turn > self.wanted:
                break
            deed(turn)
        return self._position()

    def _position(self) -> int:
        with self.site.hub.store.reading() as session:
            return int(session.execute(select(Case.position).where(Case.id == self.case)).scalar_one())

    def _deeds(self) -> Iterator[Any]:
        while True:
            yield from (self._talk, self._score, self._plan, self._spoken, self._talk, self._refer)

    @contextmanager
    def _at(self) -> Iterator[UnitOfWork]:
        with self.site.hub.store.writing(now=next(self._moments)) as work:
            yield work

    def _add(self, kind: ItemKind, words: dict[str, Any], **more: Any) -> str:
        with self._at() as work:
            new = NewItem(kind=kind, content=words, life_domains=(LifeDomain.FINANCES,), **more)
            return items.add(work, self.site.hub.config, self.regisseur, self.case, new).id

    def _talk(self, turn: int) -> None:
        first = self._add(ItemKind.REMARK, {"text": f"Wie belt er over de huur ({turn})?"}, about="case")
        self._add(ItemKind.REMARK, {"text": "Dat doe ik, vandaag nog. Ik laat het hier weten."}, parent_id=first)

    def _score(self, turn: int) -> None:
        self._add(ItemKind.SCORE, {"score": 1 + turn % 5, "note": "Het gaat weer iets beter dan in het voorjaar."})

    def _plan(self, turn: int) -> None:
        if self._goal is None or turn % 5 == 0:
            self._goal = self._add(ItemKind.GOAL, {"title": f"Ik wil rust over geld ({turn})."})
        step = self._add(ItemKind.STEP, {"text": "Samen de post van deze week openen"}, parent_id=self._goal)
        with self._at() as work:
            items.settle(work, self.site.hub.config, self.regisseur, step, ItemState.DONE, 1)

    def _spoken(self, _turn: int) -> None:
        self._add(ItemKind.CONTACT, {"how": "phone", "minutes": 12, "reached": True, "text": "Even gebeld."})

    def _refer(self, turn: int) -> None:
        to, _role, _purpose, domain = _OTHERS[turn % len(_OTHERS)]
        config = self.site.hub.config
        new = NewReferral(
            to=to,
            case_id=self.case,
            life_domains=(domain,),
            reason="Samen kijken wat er nodig is.",
            urgency=Urgency.ROUTINE,
            ground=Ground(basis=Basis.CONSENT, purpose=Purpose.GUIDANCE, evidence="gesprek"),
        )
        with self._at() as work:
            sent = send_referral(work, config, self.regisseur, new).id
        for what, said in _COURSE:
            who: Viewer = self.regisseur if what is Event.ANSWER else self.others[to]
            with self._at() as work:
                record_event(work, config, who, load_for_change(work, sent), NewEvent(event=what, **said))


def page(site: Site, *, times: int) -> Part:
    """Measure both."""
    histories = [
        History(site, known.case_id, wanted) for wanted, known in zip((SHORT, LONG), site.clients[-2:], strict=True)
    ]
    found: dict[int, dict[str, Any]] = {one.wanted: {"entries": one.write()} for one in histories}
    site.tidy()
    for one in histories:
        found[one.wanted] |= _measured(site, one.cookie, one.case, times)
    statements = found[LONG]["statements"]
    return _part(found, _bare(site, statements, times))


def _measured(site: Site, cookie: str, case_id: str, times: int) -> dict[str, Any]:
    taken: list[float] = []
    with httpx.Client(base_url=f"http://127.0.0.1:{site.web_port}", headers={"Cookie": cookie}) as client:
        for _ in range(times + 5):
            began = time.perf_counter()
            answer = client.get(f"/inwoners/{case_id}")
            taken.append((time.perf_counter() - began) * 1000)
            answer.raise_for_status()
            if answer.is_redirect:
                raise RuntimeError("the page asks to sign in")
    return {
        "ms": taken[5:],
        "kb": len(answer.content) / 1000,
        "kb_packed": len(gzip.compress(answer.content, 5)) / 1000,
        "statements": _statements(site, cookie, case_id),
    }


def _statements(site: Site, cookie: str, case_id: str) -> int:
    """Count what one page asks of the database, in a web process of our own."""
    asked: list[str] = []

    def count(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        asked.append(statement)

    client = create_web(site.hub).app.test_client()
    name, value = cookie.split("=", 1)
    client.set_cookie(name, value)
    event.listen(site.hub.store.engine, "after_cursor_execute", count)
    try:
        for _ in range(2):  # the first also meets what is kept for later
            asked.clear()
            client.get(f"/inwoners/{case_id}")
    finally:
        event.remove(site.hub.store.engine, "after_cursor_execute", count)
    return len(asked)


def _bare(site: Site, statements: int, times: int) -> list[float]:
    nothing, taken = text("SELECT 1"), []
    with site.hub.store.engine.connect() as connection:
        for _ in range(times):
            began = time.perf_counter()
            for _statement in range(statements):
                connection.execute(nothing)
            taken.append((time.perf_counter() - began) * 1000)
    return taken


def _part(found: dict[int, dict[str, Any]], bare: list[float]) -> Part:
    lines = [
        f"{one['entries']} entries: {spread(one['ms'])}; {one['statements']} statements; "
        f"{one['kb']:.0f} kB of HTML, {one['kb_packed']:.1f} kB packed"
        for one in found.values()
    ]
    lines.append(f"raw: {found[LONG]['statements']} statements that ask nothing: {spread(bare)}")
    slower = share(found[LONG]["ms"], 0.5) / share(found[SHORT]["ms"], 0.5)
    return Part(
        title=f"9. The page of a client with {YEARS} years and {LONG} entries, beside one with {SHORT}",
        lines=[*lines, f"ratio {slower:.2f}; of the raw limit {share(found[LONG]['ms'], 0.5) / share(bare, 0.5):.1f}"],
        goals=[
            Goal(name="long / short", value=slower, bound=2.5, at_least=False),
            Goal(name="p99", value=share(found[LONG]["ms"], 0.99), bound=300, at_least=False, unit=" ms"),
        ],
        values={
            "pages": {
                str(one["entries"]): {name: value for name, value in one.items() if name != "ms"}
                | {"p50_ms": share(one["ms"], 0.5), "p99_ms": share(one["ms"], 0.99)}
                for one in found.values()
            },
            "bare_ms": share(bare, 0.5),
        },
    )
