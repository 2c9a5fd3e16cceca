"""The long fuzz, by hand: ``python -m tests.fuzz --minutes 10 [NAME...]``; exit 1 where something fell."""

import argparse
import resource
import secrets
import sys
import time
from pathlib import Path

from connectors.registry import NAMES
from tests.fuzz.campaign import campaign, keep

FOLDER = Path("var/fuzz")


def main() -> int:
    """Fuzz each connector for its share of the time, with bounded memory."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)}; all when none is named")
    parser.add_argument("--minutes", type=float, default=10, help="for all together")
    parser.add_argument("--seed", type=int, default=None, help="repeat a run")
    parser.add_argument("--memory", type=int, default=1500, metavar="MIB", help="more than this is a fault")
    asked = parser.parse_args()
    names = asked.names or NAMES
    if unknown := set(names) - set(NAMES):
        parser.error(f"no such connector: {', '.join(sorted(unknown))}")
    resource.setrlimit(resource.RLIMIT_AS, (asked.memory * 2**20, asked.memory * 2**20))
    seed = secrets.randbelow(1_000_000) if asked.seed is None else asked.seed
    print(f"seed {seed}; {asked.minutes:g} minutes for {len(names)} connectors; at most {asked.memory} MiB", flush=True)
    fell = 0
    for name in names:
        until = time.monotonic() + asked.minutes * 60 / len(names)
        found = campaign(name, seed, lambda _found, until=until: time.monotonic() < until)
        print(f"{name:<18}{found.told()}", flush=True)
        for kind in found.fell:
            print(f"    {kind}")
        keep(name, found, FOLDER)
        fell += len(found.fell)
    if fell:
        print(f"The inputs are in {FOLDER}/.")
    return 1 if fell else 0


if __name__ == "__main__":
    sys.exit(main())
