"""``python -m tests.bench``: print the figures, each beside its raw limit of this run; also write var/bench.json."""

import argparse
import datetime as dt
import json
import sys
from collections.abc import Callable

from hub.telemetry import configure_logging
from tests.bench import parts
from tests.bench.day import EVENTS, day
from tests.bench.dialects import dialects
from tests.bench.goals import Part, machine
from tests.bench.longcase import page
from tests.bench.paint import paint
from tests.bench.parts import FULL, QUICK, Sizes
from tests.bench.site import ROOT, Site
from tests.bench.trust import trust
from tests.bench.viewers import crowd_of, viewers
from workers.drill.processes import ServiceUnavailable
from workers.drill.services import find_chromium

PARTS: dict[str, Callable[[Site, Sizes], Part]] = {
    "ring": parts.ring,
    "live": parts.live,
    "relay": parts.relay,
    "drain": parts.drain,
    "trust": lambda site, sizes: trust(site, sizes.single),
    "memory": lambda site, _sizes: parts.memory(site),
    "viewers": lambda site, sizes: viewers(site, crowd_of(quick=sizes is QUICK), str(find_chromium() or "")),
    "page": lambda site, sizes: page(site, times=20 if sizes is QUICK else 60),
    "paint": lambda site, _sizes: paint(site, str(find_chromium() or "")),
    "day": lambda site, sizes: day(site, str(find_chromium() or ""), EVENTS if sizes is FULL else 18),
    "dialects": lambda _site, sizes: dialects(sizes.single // 10),
}


def main() -> int:
    """Measure what was asked and tell it."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; all when none is named")
    parser.add_argument("--quick", action="store_true", help="small sizes: some 30 s, noisier")
    asked = parser.parse_args()
    unknown = set(asked.parts) - set(PARTS)
    if unknown:
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    configure_logging("text")
    sizes = QUICK if asked.quick else FULL
    done: list[Part] = []
    try:
        with Site(clients=1000) as site:
            print(machine(), flush=True)
            for name in asked.parts or PARTS:
                done.append(PARTS[name](site, sizes))
                print(f"\n{done[-1].told()}", flush=True)
    except ServiceUnavailable as error:
        print(f"Can't measure here: {error}", file=sys.stderr)
        return 1
    print(f"\nAt the end: {machine()}")
    _write(done, quick=asked.quick)
    return 0


def _write(done: list[Part], *, quick: bool) -> None:
    path = ROOT / "var" / "bench.json"
    path.parent.mkdir(exist_ok=True)
    document = {
        "at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "quick": quick,
        "machine": machine(),
        "parts": [one.as_json() for one in done],
    }
    path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
