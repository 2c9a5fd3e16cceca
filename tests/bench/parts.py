"""The five measurements, each with its raw limit taken just before it or after it."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import psutil

from tests.bench import backlog, raw
from tests.bench.goals import Foreign, Goal, Part, share, spread
from tests.bench.site import BACKLOG, RAW, ROOT, Site

CONNECTIONS = 16
PACE = 60.0


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """How long and how much."""

    ring_seconds: float
    raw_seconds: float
    pace_seconds: float
    watched: int
    relay_rows: int
    drain_rows: int
    single: int


FULL = Sizes(
    ring_seconds=12, raw_seconds=4, pace_seconds=10, watched=100, relay_rows=20_000, drain_rows=2_000, single=3_000
)
QUICK = Sizes(ring_seconds=4, raw_seconds=2, pace_seconds=4, watched=40, relay_rows=4_000, drain_rows=500, single=800)


def _load(site: Site, bsns: list[str], **how: object) -> dict[str, Any]:
    found = site.run("load", port=site.web_port, token=site.token, bsns=bsns, connections=CONNECTIONS, **how)
    return dict(found)


def ring(site: Site, sizes: Sizes) -> Part:
    """Referrals per second from HTTP in to the partner's receipt in the database, against bare transactions."""
    bsns = [one.bsn for one in site.clients]
    before = raw.core_transactions(site.raw_url, sizes.raw_seconds)
    _load(site, bsns, seconds=sizes.ring_seconds / 4)
    site.wait_until_empty()
    site.tidy()
    start, others = site.cpu(), Foreign()
    found = _load(site, bsns, seconds=sizes.ring_seconds)
    done = site.wait_until_empty()
    cpu = {name: used - start[name] for name, used in site.cpu().items()} | {"load": found["cpu"]}
    foreign = others.share(sum(cpu.values()))
    after = raw.core_transactions(site.raw_url, sizes.raw_seconds)
    return _ring_part(found, done, cpu, foreign, (before, after))


def _ring_part(
    found: dict[str, Any], done: float, cpu: dict[str, float], foreign: float, bare: Sequence[raw.Rate]
) -> Part:
    count = len(found["accepted"])
    rate, taken = count / (done - found["began"]), count / (found["ended"] - found["began"])
    limit, limit_cpu = (sum(one.per_second for one in bare) / len(bare), sum(one.cpu_us for one in bare) / len(bare))
    posts = [(answered - sent) / 1e6 for _id, sent, answered in found["accepted"]]
    per = {name: used / count * 1e6 for name, used in cpu.items()}
    return Part(
        title="1. Whole ring: POST -> outbox -> relay -> RabbitMQ -> connector -> partner -> receipt stored",
        lines=[
            f"{rate:.0f} referrals/s to the stored receipt ({taken:.0f}/s accepted, {count} referrals, "
            f"{CONNECTIONS} connections, {len(found['others'])} refused); POST {spread(posts)}",
            f"raw: {limit:.0f} SQLAlchemy Core transactions/s of three inserts, one thread "
            f"({limit_cpu:.0f} us CPU each)",
            f"ratio {rate / limit:.2f}; CPU of one POST in the web process {per['web']:.0f} us",
            "CPU us per referral: " + ", ".join(f"{name} {used:.0f}" for name, used in per.items()),
            f"all together {sum(per.values()):.0f} us, {sum(per.values()) / limit_cpu:.1f} bare transactions; "
            f"others took {foreign:.0%} of the cores",
        ],
        goals=[
            Goal(name="ratio", value=rate / limit, bound=0.35, at_least=True),
            Goal(name="never below", value=rate / limit, bound=0.2, at_least=True),
        ],
        values={
            "referrals_per_second": rate,
            "accepted_per_second": taken,
            "core_transactions_per_second": limit,
            "ratio": rate / limit,
            "cpu_us_per_referral": per,
            "cpu_us_per_core_transaction": limit_cpu,
            "foreign_share": foreign,
            "post_ms": {"p50": share(posts, 0.5), "p99": share(posts, 0.99)},
        },
    )


def live(site: Site, sizes: Sizes) -> Part:
    """From an accepted referral to the entry in a browser's place, at a steady pace, against a bare NOTIFY."""
    watched = site.clients[: sizes.watched]
    bare = raw.notify_latency(site.raw_url, PACE, min(sizes.pace_seconds, 5))
    watcher = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.watcher"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert watcher.stdin is not None
    assert watcher.stdout is not None
    asked = {
        "url": f"http://127.0.0.1:{site.web_port}",
        "token": site.token,
        "cases": [one.case_id for one in watched],
    }
    watcher.stdin.write(json.dumps(asked) + "\n")
    watcher.stdin.flush()
    if watcher.stdout.readline().strip() != "watching":
        raise RuntimeError("the watcher does not watch")
    found = _load(site, [one.bsn for one in watched], rate=PACE, seconds=sizes.pace_seconds)
    site.wait_until_empty()
    said, _nothing = watcher.communicate()
    seen = json.loads(said.splitlines()[-1])
    return _live_part(found, seen, bare)


def _live_part(found: dict[str, Any], seen: dict[str, Any], bare: list[float]) -> Part:
    came = {referral_id: at for referral_id, kind, at in seen["came"] if kind == "send"}
    from_sent = [(came[one] - sent) / 1e6 for one, sent, _answered in found["accepted"] if one in came]
    from_answer = [max(came[one] - answered, 0) / 1e6 for one, _sent, answered in found["accepted"] if one in came]
    lost = len(found["accepted"]) - len(from_sent)
    rate = len(found["accepted"]) / (found["ended"] - found["began"])
    return Part(
        title=f"2. Event to browser at {PACE:.0f} referrals/s, the ring at work, one websocket watching the cases",
        lines=[
            f"request sent -> entry received: {spread(from_sent)} ({len(from_sent)} referrals at {rate:.0f}/s, "
            f"{lost} not seen, {len(seen['closed'])} watches closed)",
            f"request answered -> entry received: {spread(from_answer)}",
            f"raw: NOTIFY -> listener awake {spread(bare)}",
        ],
        goals=[
            Goal(name="p50", value=share(from_sent, 0.5), bound=14, at_least=False, unit=" ms"),
            Goal(name="p99", value=share(from_sent, 0.99), bound=50, at_least=False, unit=" ms"),
        ],
        values={
            "sent_to_entry_ms": {"p50": share(from_sent, 0.5), "p99": share(from_sent, 0.99)},
            "answered_to_entry_ms": {"p50": share(from_answer, 0.5), "p99": share(from_answer, 0.99)},
            "notify_ms": {"p50": share(bare, 0.5), "p99": share(bare, 0.99)},
            "not_seen": lost,
        },
    )


def relay(site: Site, sizes: Sizes) -> Part:
    """Outbox to broker, against the highest safe rate of the same library on the same kind of queue."""
    body = backlog.a_body(site)
    limits = [raw.confirmed_in_window(site.broker_url, RAW, body, sizes.relay_rows)]
    start = site.cpu()["relay"]
    rate = backlog.relay_rate(site, body, sizes.relay_rows)
    used = (site.cpu()["relay"] - start) / sizes.relay_rows * 1e6
    limits.append(raw.confirmed_in_window(site.broker_url, RAW, body, sizes.relay_rows))
    raw.purge(site.broker_url, RAW, BACKLOG)
    limit = sum(one.per_second for one in limits) / 2
    return Part(
        title=f"3. Relay: {sizes.relay_rows} rows of {len(body)} octets from outbox to quorum queue, confirmed",
        lines=[
            f"{rate:.0f} messages/s, {used:.0f} us CPU of the relay each",
            f"raw: {limit:.0f}/s pika SelectConnection, window {raw.WINDOW} ({limits[-1].cpu_us:.0f} us CPU each)",
            f"ratio {rate / limit:.2f}",
        ],
        goals=[Goal(name="ratio", value=rate / limit, bound=0.5, at_least=True)],
        values={"messages_per_second": rate, "raw_per_second": limit, "ratio": rate / limit, "relay_cpu_us": used},
    )


def drain(site: Site, sizes: Sizes) -> Part:
    """Outbox to inbox, against one-by-one confirms."""
    body = backlog.a_body(site)
    limit = raw.confirmed_one_by_one(site.broker_url, RAW, body, sizes.single).per_second
    messages, cpu = _measured(site, lambda: backlog.drain_rate(site, sizes.drain_rows))
    receipts, receipt_cpu = _measured(site, lambda: backlog.receipt_rate(site, sizes.drain_rows))
    raw.purge(site.broker_url, RAW)
    return Part(
        title=f"4. Backlog drain, {sizes.drain_rows} rows, outbox -> relay -> RabbitMQ -> inbox commit",
        lines=[
            f"{messages:.0f} partner's messages/s with full effect (state, timeline, clock, message to the sender, "
            f"nudge); inbox {cpu / sizes.drain_rows * 1e6:.0f} us CPU each",
            f"{receipts:.0f} receipts/s from the queue to the inbox commit; inbox "
            f"{receipt_cpu / sizes.drain_rows * 1e6:.0f} us CPU each",
            f"raw: {limit:.0f}/s pika BlockingConnection, confirmed one by one",
            f"ratio {messages / limit:.2f} (messages), {receipts / limit:.2f} (receipts)",
        ],
        goals=[
            Goal(name="messages", value=messages / limit, bound=0.85, at_least=True),
            Goal(name="receipts", value=receipts / limit, bound=0.85, at_least=True),
        ],
        values={"messages_per_second": messages, "receipts_per_second": receipts, "raw_per_second": limit},
    )


def _measured(site: Site, work: Callable[[], float]) -> tuple[float, float]:
    before = site.cpu()["inbox"]
    rate = work()
    site.wait_until_empty()
    return rate, site.cpu()["inbox"] - before


def memory(site: Site) -> Part:
    """Resident and proportional memory of each process, after all of the above."""
    rows, values = [], {}
    for name, parts in site.everyone().items():
        resident = sum(one.memory_info().rss for one in parts) / 2**20
        try:
            proportional = sum(one.memory_full_info().pss for one in parts) / 2**20
        except (psutil.AccessDenied, AttributeError):
            proportional = float("nan")
        rows.append(f"{name:<12}{resident:7.0f} MiB RSS {proportional:7.0f} MiB PSS   {len(parts)} process(es)")
        values[name] = {"rss_mib": resident, "pss_mib": proportional}
    ours = sum(values[name]["pss_mib"] for name in ("web", "relay", "inbox", "connector"))
    rows.append(f"the product's four processes together {ours:.0f} MiB PSS")
    return Part(title="5. Memory", lines=rows, values={"processes": values, "at": time.time()})
