"""A drill from beginning to end: stage, processes, load and faults at once, rest, judgement."""

import contextlib
import datetime as dt
import time
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.exc import SQLAlchemyError

from hub.broker.protocol import BrokerUnavailable, dead_queue
from hub.wiring import Hub
from workers.drill.checker import Told, check
from workers.drill.driver import Driver
from workers.drill.evidence import gather, open_rows
from workers.drill.faults import Faults
from workers.drill.partner import DrillPartner
from workers.drill.plan import ALL_IN_ONE, PARTNERS, Plan, connector_of, make_plan
from workers.drill.processes import answers
from workers.drill.report import Outcome, queue_of, strikes_of
from workers.drill.script import Script
from workers.drill.stage import Options, Stage, prepare
from workers.drill.supervisor import Supervisor

Say = Callable[[str], None]
RECEIPT_WAIT = "5"
SUBSCRIBED = "Consumer subscribed"
_EVERY = 10.0


def run_drill(options: Options, say: Say) -> int:
    """Run one drill and say what came of it; 0 where every promise was kept, else 1."""
    say(f"Seed {options.seed}; repeat with --seed {options.seed}")
    with Stage(options) as stage:
        if options.keep:
            say(f"Folder: {stage.folder}")
        plan = make_plan(
            options.seed,
            options.referrals,
            options.kills,
            embedded=options.embedded,
            broker=stage.rabbit is not None,
        )
        outcome = _play(stage, options, plan, say)
    lines = list(outcome.lines())
    for line in lines:
        say(line)
    return 1 if outcome.troubles or not outcome.findings.well else 0


@dataclass(frozen=True, kw_only=True)
class _Cast:
    """Who plays."""

    hub: Hub
    supervisor: Supervisor
    partners: dict[str, DrillPartner]
    driver: Driver
    faults: Faults
    script: Script
    since: dt.datetime


def _play(stage: Stage, options: Options, plan: Plan, say: Say) -> Outcome:
    with contextlib.ExitStack() as ending:
        script = Script()
        partners = _open_partners(stage, script, ending)
        hub = stage.open_hub()
        ending.callback(hub.close)
        prepare(hub)
        supervisor = Supervisor(stage.folder, stage.environment)
        ending.callback(supervisor.close)
        driver = Driver(plan, stage.url, script)
        ending.callback(driver.close)
        faults = Faults(
            plan,
            supervisor,
            partners,
            hub.broker,
            stage.rabbit,
            lambda: driver.under_way,
            lambda: driver.done and script.outstanding() == 0,
        )
        ending.callback(faults.close)
        cast = _Cast(
            hub=hub,
            supervisor=supervisor,
            partners=partners,
            driver=driver,
            faults=faults,
            script=script,
            since=dt.datetime.now(dt.UTC),
        )
        return _act(cast, stage.port, options, say)


def _open_partners(stage: Stage, script: Script, ending: contextlib.ExitStack) -> dict[str, DrillPartner]:
    """Open the partners' doors, and tell the hub's configuration where they are."""
    partners = {}
    with contextlib.closing(stage.open_hub()) as hub:
        for code in PARTNERS:
            ledger = stage.folder / f"ledger-{code}.db"
            partners[code] = DrillPartner(hub.config, hub.config.organisations[code], ledger, stage.url, script)
            partners[code].start(stage.url)
            ending.callback(partners[code].close)
    stage.know_partners({code: partner.url for code, partner in partners.items()})
    return partners


def _start(cast: _Cast, port: int, *, embedded: bool) -> None:
    start = cast.supervisor.start
    if embedded:
        start(ALL_IN_ONE, "up", mark="Schakel runs at")
    else:
        start("web", "web", mark="the web process serves")
        start("relay", "relay", "--receipt-wait", RECEIPT_WAIT)
        start("inbox", "inbox", mark=SUBSCRIBED)
        start("timers", "timers")
        for code in PARTNERS:
            start(connector_of(code), "connector", code, mark=SUBSCRIBED)
    while not answers(port) or not all(cast.supervisor.is_settled(name) for name in cast.supervisor.names):
        time.sleep(0.1)


def _act(cast: _Cast, port: int, options: Options, say: Say) -> Outcome:
    _start(cast, port, embedded=options.embedded)
    began = time.monotonic()
    cast.driver.start()
    cast.faults.start()
    _wait(cast, lambda: cast.faults.over and cast.driver.done, None, say)
    loaded = time.monotonic()
    in_time = _wait(cast, lambda: _at_rest(cast), options.patience, say)
    rested = time.monotonic()
    dead = _dead_letters(cast.hub) if not options.embedded else 0
    cast.driver.close()
    cast.faults.close()
    cast.supervisor.close()
    if options.embedded:
        dead = _dead_letters(cast.hub)
    attempted, retries = cast.script.counts
    told = Told(attempted=attempted, referrals=cast.script.referrals, events=cast.script.events)
    ledgers = {code: partner.ledger.rows() for code, partner in cast.partners.items()}
    with cast.hub.store.reading() as session:
        evidence = gather(session, cast.hub.config, cast.since, ledgers, dead)
    return Outcome(
        options=options,
        findings=check(told, evidence),
        refusals=cast.script.refusals,
        surprises=tuple(cast.supervisor.surprises),
        strikes=strikes_of(cast.supervisor, cast.faults),
        retries=retries,
        load_seconds=loaded - began,
        drain_seconds=rested - loaded,
        queue=queue_of(cast.faults),
        not_healed=cast.faults.not_healed,
        in_time=in_time,
    )


def _open_rows(cast: _Cast) -> int | None:
    try:
        with cast.hub.store.reading() as session:
            return open_rows(session, cast.since)
    except SQLAlchemyError:
        return None  # the look itself met a fault: look again


def _at_rest(cast: _Cast) -> bool:
    said = cast.driver.done and cast.script.outstanding() == 0
    return said and not any(partner.left for partner in cast.partners.values()) and _open_rows(cast) == 0


def _wait(cast: _Cast, condition: Callable[[], bool], patience: float | None, say: Say) -> bool:
    began = shown = time.monotonic()
    while not condition():
        now = time.monotonic()
        if patience is not None and now - began > patience:
            return False
        if now - shown > _EVERY:
            shown = now
            accepted, strikes = len(cast.script.referrals), len(cast.faults.done)
            say(f"  {accepted} accepted, {_open_rows(cast)} rows open, {strikes} faults done")
        time.sleep(0.25)
    return True


def _dead_letters(hub: Hub) -> int:
    try:
        return sum(hub.broker.health(dead_queue(queue)).messages for queue in hub.queues())
    except BrokerUnavailable:
        return 0
