"""Many who watch: from the commit of an event to its receipt by each who may see it, with one web process and with two.

Beside it the raw limit: a bare Socket.IO server that sends a text of the same size to as many.
"""

import json
import signal
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import psutil
from sqlalchemy import update

from hub.models import Case, OutboxRecord
from hub.services.people.identity import hash_secret
from hub.services.referrals.referrals import load_for_change, record_event
from hub.services.referrals.sending import send_referral
from hub.services.views.viewer import Viewer
from hub.store.database import UnitOfWork
from schemas.message import Ground
from schemas.referral import NewEvent, NewReferral
from schemas.vocabulary import Basis, Delivery, Event, LifeDomain, Purpose, Urgency
from tests.bench.goals import Goal, Part, share, spread
from tests.bench.people import Place, hire
from tests.bench.site import ROOT, SENDER, Site
from workers.drill.processes import answers, free_port, wait_until

# Who watches a case: its regisseur, and some of each of these.
REGISSEUR = ("wi-tilburg", "case_director", Purpose.GUIDANCE)
TEAM = (
    ("wi-tilburg", "income_consultant", Purpose.INCOME),
    ("mw-de-kade", "social_worker", Purpose.GUIDANCE),
    ("toegang-broekhoven", "team_member", Purpose.TRIAGE),
    ("ggz-de-leij", "practitioner", Purpose.TREATMENT),
    ("de-spoel", "job_coach", Purpose.PLACEMENT),
)
WRITERS = 3


@dataclass(frozen=True, kw_only=True)
class Crowd:
    """How many watch how many cases, and how much happens there."""

    cases: int
    each: int
    rate: int
    seconds: int


FULL = Crowd(cases=50, each=20, rate=50, seconds=20)
QUICK = Crowd(cases=10, each=20, rate=20, seconds=6)


@dataclass(frozen=True, kw_only=True)
class Seat:
    """Someone who is signed in and watches one case."""

    cookie: str
    case: str


@dataclass(frozen=True, kw_only=True)
class Scene:
    """One case with what happens there: a question and its answer, again and again."""

    case: str
    referral: str
    asker: Viewer
    answerer: Viewer


def crowd_of(*, quick: bool) -> Crowd:
    """Give the size of a run."""
    return QUICK if quick else FULL


def viewers(site: Site, crowd: Crowd, chromium: str) -> Part:
    """Measure one web process, two, and the bare server."""
    scenes, seats = arrange(site, crowd)
    found = {}
    for processes in (1, 2):
        with web(site, processes) as ports:
            found[processes] = _measured(site, crowd, scenes, seats, ports, chromium if processes == 1 else "")
    return _part(crowd, found, bare(crowd, seats, found[1]["octets"]))


def arrange(site: Site, crowd: Crowd) -> tuple[list[Scene], list[Seat]]:
    """Give the cases with what happens there, and who watches them."""
    site.hold_relay()
    scenes, seats = [], []
    secret = hash_secret("nobody signs in with it")
    for known in site.clients[: crowd.cases]:
        with site.hub.store.writing() as work:
            people = [hire(work, site, place, secret) for place in _places(crowd.each)]
            work.session.execute(update(Case).where(Case.id == known.case_id).values(regisseur_id=people[0][0].id))
            seats += [Seat(cookie=cookie, case=known.case_id) for _viewer, cookie in people]
            by_organisation = {viewer.organisation: viewer for viewer, _cookie in reversed(people)}
            scenes.append(_scene(work, site, known.case_id, by_organisation))
    with site.hub.store.writing() as work:  # what leaves for partners is measured elsewhere
        work.session.execute(update(OutboxRecord).values(state=Delivery.PROCESSED, open=False))
    site.signal("relay", signal.SIGCONT)
    site.tidy()
    return scenes, seats


def _places(count: int) -> list[Place]:
    return [TEAM[number % len(TEAM)] if number else REGISSEUR for number in range(count)]


def _scene(work: UnitOfWork, site: Site, case: str, people: dict[str, Viewer]) -> Scene:
    """Refer to three: the people of all five organisations have something to do with the client."""
    config, sender = site.hub.config, people[SENDER]
    made = {}
    for to, service, domain in (
        ("de-spoel", None, LifeDomain.WORK_EDUCATION),
        ("mw-de-kade", None, LifeDomain.FINANCES),
        ("ggz-de-leij", "ggz-kennismaking", LifeDomain.MENTAL_HEALTH),
    ):
        new = NewReferral(
            to=to,
            service=service,
            case_id=case,
            life_domains=(domain,),
            reason="Weer een dag met iets erin.",
            urgency=Urgency.ROUTINE,
            ground=Ground(basis=Basis.CONSENT, purpose=Purpose.GUIDANCE, evidence="gesprek"),
        )
        made[to] = send_referral(work, config, sender, new).id
        record_event(work, config, people[to], load_for_change(work, made[to]), NewEvent(event=Event.RECEIVE))
    return Scene(case=case, referral=made["de-spoel"], asker=people["de-spoel"], answerer=sender)


@contextmanager
def web(site: Site, processes: int) -> Iterator[list[int]]:
    """Give the ports of so many fresh web processes."""
    ports = [free_port() for _ in range(processes)]
    before = site.environment
    for number, port in enumerate(ports):
        site.environment = before | {"SCHAKEL_BIND": f"127.0.0.1:{port}"}
        site.spawn(f"web {number + 1}", [*site.program, "web"])
    site.environment = before
    try:
        for port in ports:
            wait_until(lambda port=port: answers(port), 240, "a web process did not start")  # type: ignore[misc]
        yield ports
    finally:
        for number in range(processes):
            process = site.processes.pop(f"web {number + 1}")
            process.terminate()
            process.wait(30)


def _measured(
    site: Site, crowd: Crowd, scenes: list[Scene], seats: list[Seat], ports: list[int], chromium: str
) -> dict[str, Any]:
    webs = [psutil.Process(site.processes[f"web {number + 1}"].pid) for number in range(len(ports))]
    before = [one.memory_info().rss for one in webs]
    asked = [
        {"port": ports[number % len(ports)], "cookie": seat.cookie, "case": seat.case}
        for number, seat in enumerate(seats)
    ]
    sockets = child("sockets", {"seats": asked})
    memory = sum(one.memory_info().rss for one in webs) - sum(before)
    url = f"http://127.0.0.1:{ports[0]}"
    first = {"chromium": chromium, "url": url, "cookie": seats[0].cookie, "case": seats[0].case}
    glass = child("glass", first) if chromium else None
    time.sleep(2.0)
    cpu = sum(_cpu(one) for one in webs)
    commits, late = _happen(site, crowd, scenes)
    wait = time.monotonic() + 30
    while _is_behind(site) and time.monotonic() < wait:
        time.sleep(0.2)
    time.sleep(1.0)
    cpu = sum(_cpu(one) for one in webs) - cpu
    seen = json.loads(sockets.communicate()[0].splitlines()[-1])
    on_screen = json.loads(glass.communicate()[0].splitlines()[-1]) if glass else None
    return _figures(crowd, seats, commits, seen) | {
        "cpu": cpu,
        "memory": memory / len(seats),
        "late": late,
        "dom_ms": _on_screen(on_screen, commits[seats[0].case]) if on_screen else [],
    }


def _is_behind(site: Site) -> bool:
    """Whether nudges still wait to leave."""
    with site.hub.store.reading() as session:
        return (
            session.query(OutboxRecord.id).filter(OutboxRecord.open, OutboxRecord.kind == "nudge").first() is not None
        )


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def child(module: str, asked: dict[str, Any]) -> subprocess.Popen[str]:
    """Start a process of the bench that watches, and wait until it does."""
    process = subprocess.Popen(
        [sys.executable, "-m", f"tests.bench.{module}"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(asked) + "\n")
    process.stdin.flush()
    if process.stdout.readline().strip() != "watching":
        raise RuntimeError(f"{module} does not watch")
    return process


def _happen(site: Site, crowd: Crowd, scenes: list[Scene]) -> tuple[dict[str, list[int]], float]:
    """Let things happen at a steady pace; give the moments of the commits by case, and how late the last one was."""
    commits: defaultdict[str, list[int]] = defaultdict(list)
    begin, total, late = time.monotonic() + 0.2, crowd.rate * crowd.seconds, [0.0]

    def write(mine: int) -> None:
        for number in range(mine, total, WRITERS):
            time.sleep(max(begin + number / crowd.rate - time.monotonic(), 0))
            scene = scenes[number % len(scenes)]
            asks = len(commits[scene.case]) % 2 == 0
            what = NewEvent(event=Event.ASK if asks else Event.ANSWER, note="Kan het ook op dinsdag?")
            with site.hub.store.writing() as work:
                locked = load_for_change(work, scene.referral)
                record_event(work, site.hub.config, scene.asker if asks else scene.answerer, locked, what)
            commits[scene.case].append(time.monotonic_ns())
        late[0] = max(late[0], time.monotonic() - begin - total / crowd.rate)

    writers = [threading.Thread(target=write, args=(mine,)) for mine in range(WRITERS)]
    for one in writers:
        one.start()
    for one in writers:
        one.join()
    if any(len(moments) % 2 for moments in commits.values()):  # the next run begins with a question again
        for scene in scenes:
            if len(commits[scene.case]) % 2:
                with site.hub.store.writing() as work:
                    locked = load_for_change(work, scene.referral)
                    record_event(
                        work, site.hub.config, scene.answerer, locked, NewEvent(event=Event.ANSWER, note="Ja.")
                    )
                commits[scene.case].append(time.monotonic_ns())
    return commits, late[0]


def _figures(
    crowd: Crowd, seats: Sequence[Seat], commits: dict[str, list[int]], seen: dict[str, Any]
) -> dict[str, Any]:
    """Match each viewer's entries with the commits: in order, each who sees the referral sees all of them."""
    came: defaultdict[int, list[int]] = defaultdict(list)
    for viewer, kind, _position, _sent, at in seen["came"]:
        if kind in ("ask", "answer"):
            came[viewer].append(at)
    waits, missed = [], 0
    for viewer, moments in came.items():
        happened = commits[seats[viewer].case]
        missed += len(happened) - len(moments)
        waits += [max(at - done, 0) / 1e6 for at, done in zip(moments, happened, strict=False)]
    events = sum(len(moments) for moments in commits.values())
    return {
        "waits": waits,
        "events": events,
        "received": len(waits),
        "missed": missed,
        "seeing": len(came) / crowd.cases,
        "closed": len(seen["closed"]),
        "octets": seen["octets"],
    }


def _on_screen(seen: dict[str, Any], commits: list[int]) -> list[float]:
    """Give milliseconds from commit to document; the browser tells the time by the machine's clock."""
    ahead = time.time_ns() - time.monotonic_ns()
    return [at - (done + ahead) / 1e6 for (_position, at), done in zip(seen["came"], commits, strict=False)]


def bare(crowd: Crowd, seats: Sequence[Seat], octets: int, each: int = 4) -> list[float]:
    """Give the milliseconds that a bare Socket.IO server needs for a text of this size, to so many for each case."""
    port = free_port()
    few = replace(crowd, seconds=min(crowd.seconds, 10))
    several = len(seats) * each // crowd.each
    arguments = [str(one) for one in (port, several, few.rate, few.seconds, octets)]
    server = subprocess.Popen([sys.executable, "-m", "tests.bench.bare", *arguments], cwd=ROOT)
    try:
        wait_until(lambda: answers(port), 240, "the bare server did not start")
        asked = [{"port": port, "cookie": "a=b", "case": str(number // each)} for number in range(several)]
        sockets = child("sockets", {"seats": asked})
        time.sleep(few.seconds + 3)
        seen = json.loads(sockets.communicate()[0].splitlines()[-1])
    finally:
        server.terminate()
        server.wait(10)
    return [(at - sent) / 1e6 for _viewer, _kind, _position, sent, at in seen["came"]]


def _part(crowd: Crowd, found: dict[int, dict[str, Any]], limit: list[float]) -> Part:
    lines, values = [], {}
    for processes, one in found.items():
        each = one["cpu"] / max(one["received"], 1) * 1e6
        lines += [
            f"{processes} web process{'es' if processes > 1 else ''}: commit -> receipt {spread(one['waits'])} "
            f"({one['events']} events, {one['received']} receipts by {one['seeing']:.1f} viewers a case, "
            f"{one['missed']} not seen, {one['closed']} closed; the writer was {one['late']:.1f} s late)",
            f"  CPU of the web side {each:.0f} us a receipt, {one['cpu'] / one['events'] * 1e6:.0f} us an event; "
            f"memory {one['memory'] / 1024:.0f} KiB a viewer",
        ]
        if one["dom_ms"]:
            lines.append(f"  a Chromium among them: commit -> document {spread(one['dom_ms'])}")
        values[str(processes)] = {name: value for name, value in one.items() if name not in ("waits", "dom_ms")} | {
            "ms": {"p50": share(one["waits"], 0.5), "p99": share(one["waits"], 0.99)},
            "document_ms": {"p50": share(one["dom_ms"], 0.5), "p99": share(one["dom_ms"], 0.99)},
        }
    lines.append(f"raw: a bare Socket.IO emit of as much to as many: {spread(limit)}")
    best = found[1]["waits"]
    return Part(
        title=f"8. {crowd.cases * crowd.each} viewers on {crowd.cases} cases, {crowd.rate} events/s",
        lines=lines,
        goals=[
            Goal(name="p50", value=share(best, 0.5), bound=60, at_least=False, unit=" ms"),
            Goal(name="p99", value=share(best, 0.99), bound=300, at_least=False, unit=" ms"),
        ],
        values={"processes": values, "bare_ms": {"p50": share(limit, 0.5), "p99": share(limit, 0.99)}},
    )
