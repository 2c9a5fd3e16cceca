"""Verify an export of the log with the public key alone: no database, no settings, no secret.

``python -m workers.verify_log EXPORT PUBLIC_KEY [CHECKPOINTS ...]``. Exit 0: well. 1: not well. 2: can't be read.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hub.models.audit_keys import signature_fits
from hub.rules.audit_chain import Checkpoint, Checks, Fault, Link, checkpoint_of, first_fault


class UnreadableLog(Exception):
    """The file is not an export of the log."""


def verify_export(export: Path, key: str, *outside: Path) -> tuple[str, bool]:
    """Give what was found in a sentence, and whether it is well. ``outside`` are checkpoints kept elsewhere."""
    links, checkpoints = _read(export)
    kept = sorted(
        {_checkpoint(told) for path in outside for told in _documents(path)}, key=lambda one: (one.chain, one.number)
    )

    def signed(one: Checkpoint) -> bool:
        return one.key == key and signature_fits(key, one.signed_text(), one.signature)

    checks = Checks(signature=signed)
    for chain in sorted({*links, *checkpoints, *(one.chain for one in kept)}):
        points = checkpoints.get(chain, [])
        fault = first_fault(links.get(chain, []), points, checks)
        fault = fault or _unknown(chain, links.get(chain, []), points, [one for one in kept if one.chain == chain])
        if fault is not None:
            return f"NOT WELL: {fault.told()}", False
    count = sum(len(some) for some in links.values())
    return f"Well: {count} records, {sum(len(some) for some in checkpoints.values())} checkpoints.", True


def _unknown(chain: str, links: list[Link], points: list[Checkpoint], kept: list[Checkpoint]) -> Fault | None:
    """Find records that no checkpoint tells of, and checkpoints kept elsewhere that this export does not know."""
    sealed = points[-1].count if points else 0
    if len(links) > sealed:
        return Fault(chain=chain, seq=sealed + 1, why="no checkpoint tells of it")
    known = {one.number: one for one in points}
    before = 0
    for one in kept:
        if one.number in known and known[one.number] != one:
            return Fault(chain=chain, seq=before + 1, why=f"checkpoint {one.number} is another than the one kept")
        before = one.count
    return None


def _read(export: Path) -> tuple[dict[str, list[Link]], dict[str, list[Checkpoint]]]:
    links: dict[str, list[Link]] = {}
    checkpoints: dict[str, list[Checkpoint]] = {}
    for told in _documents(export):
        kind = told.pop("kind", None)
        if kind == "record":
            try:
                link = Link(**told)
            except TypeError as error:
                raise UnreadableLog("A record of the export has other fields than it should.") from error
            if not (isinstance(link.seq, int) and isinstance(link.body, str) and isinstance(link.chain, str)):
                raise UnreadableLog("A record of the export holds values of another kind than it should.")
            links.setdefault(link.chain, []).append(link)
        elif kind == "checkpoint":
            checkpoint = _checkpoint(told)
            checkpoints.setdefault(checkpoint.chain, []).append(checkpoint)
        elif kind != "log":
            raise UnreadableLog("The export holds a line that is neither a record nor a checkpoint.")
    return links, checkpoints


def _checkpoint(told: dict[str, Any]) -> Checkpoint:
    try:
        return checkpoint_of(told)
    except ValueError as error:
        raise UnreadableLog("A checkpoint has other fields, or values of another kind, than it should.") from error


def _documents(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, start=1):
            try:
                told = json.loads(line)
            except ValueError as error:
                raise UnreadableLog(f"Line {number} of {path.name} is not JSON.") from error
            if not isinstance(told, dict):
                raise UnreadableLog(f"Line {number} of {path.name} is not a JSON object.")
            yield told


def main() -> int:
    """Verify what the command line names."""
    if len(sys.argv) < 3:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        told, well = verify_export(Path(sys.argv[1]), sys.argv[2], *map(Path, sys.argv[3:]))
    except (UnreadableLog, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    print(told)
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
