"""Seal the audit log: records get their place in a chain, and each pass ends in a signed checkpoint.

Writers don't queue behind a chain: they add records without a place, and the sealer puts them in theirs a second
later. A record that does not bear the mac of a writer gets no place; ``verify`` names it.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from hub.models import AuditChain, AuditCheckpoint, AuditRecord
from hub.models.audit_keys import AuditKeys, audit_keys
from hub.rules.audit_chain import FIRST, Checkpoint, canonical, checkpoint_of, link_hash
from hub.store.database import Store, UnitOfWork
from hub.store.tables import table_of
from schemas.fields import moment_text

log = structlog.get_logger()

BATCH = 1000
_RECORDS, _CHAINS, _CHECKPOINTS = table_of(AuditRecord), table_of(AuditChain), table_of(AuditCheckpoint)
_WAITING = (
    select(_RECORDS.c.number, _RECORDS.c.municipality, _RECORDS.c.at, _RECORDS.c.body, _RECORDS.c.mac)
    .where(_RECORDS.c.seq.is_(None))
    .order_by(_RECORDS.c.number)
    .limit(BATCH)
)
_ANY_WAITS = select(_RECORDS.c.number).where(_RECORDS.c.seq.is_(None)).limit(1)
_LOCK = (
    select(_CHAINS)
    .where(_CHAINS.c.chain.in_(bindparam("chains", expanding=True)))
    .order_by(_CHAINS.c.chain)  # one order of locks for every sealer
    .with_for_update()
)
_PLACE = update(_RECORDS).where(_RECORDS.c.number == bindparam("row"))
_GROW = update(_CHAINS).where(_CHAINS.c.chain == bindparam("which"))


def seal(work: UnitOfWork) -> list[Checkpoint]:
    """Give the oldest records without a place theirs, at most ``BATCH``; give the checkpoint of each chain that grew.

    Two sealers beside each other take turns: the chain's own row is the lock.
    """
    chains = sorted({chain_of(row) for row in work.execute(_WAITING)})
    if not chains:
        return []
    insert_ignoring: Any = sqlite_insert if work.dialect == "sqlite" else postgresql_insert
    begun = [{"chain": chain, "count": 0, "hash": FIRST, "checkpoints": 0} for chain in chains]
    work.execute(insert_ignoring(_CHAINS).on_conflict_do_nothing(), begun)
    heads = {row["chain"]: row for row in work.execute(_LOCK, {"chains": chains}).mappings()}
    keys = audit_keys(work.shelf)
    by_chain: defaultdict[str, list[Any]] = defaultdict(list)
    forged = 0
    for row in work.execute(_WAITING):  # anew: another sealer may have been before us
        if not keys.mac_fits(row.body, row.mac):
            forged += 1
        elif chain_of(row) in heads:
            by_chain[chain_of(row)].append(row)
    if forged:
        log.error("audit records without a writer's mac are not sealed", count=forged)
    return [_extend(work, keys, heads[chain], rows) for chain, rows in sorted(by_chain.items())]


def chain_of(row: Any) -> str:
    """Give the chain of a record: that of its municipality and its month."""
    return f"{row.municipality}-{row.at:%Y-%m}"


def _extend(work: UnitOfWork, keys: AuditKeys, head: Any, rows: Sequence[Any]) -> Checkpoint:
    """Put rows at the end of a chain, and sign how far it is now."""
    chain, places, seq, last = head["chain"], [], head["count"], head["hash"]
    for row in rows:
        seq += 1
        fresh = link_hash(chain, seq, last, row.body)
        place = {"row": row.number, "chain": chain, "seq": seq, "prev": last, "hash": fresh}
        places.append({**place, "mac": keys.mac(fresh)})
        last = fresh
    work.execute(_PLACE, places)
    number = head["checkpoints"] + 1
    work.execute(_GROW, {"which": chain, "count": seq, "hash": last, "checkpoints": number})
    unsigned = Checkpoint(
        chain=chain,
        number=number,
        count=seq,
        hash=last,
        at=moment_text(work.now),
        key=keys.public,
        signature="",
    )
    signed = Checkpoint(**{**asdict(unsigned), "signature": keys.sign(unsigned.signed_text())})
    work.execute(insert(_CHECKPOINTS), asdict(signed))
    return signed


def keep_outside(path: Path | None, checkpoints: Iterable[Checkpoint]) -> None:
    """Append checkpoints to a file outside the database, after their commit: there a cut tail is found."""
    lines = [canonical(asdict(checkpoint)) + "\n" for checkpoint in checkpoints]
    if path is None or not lines:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.writelines(lines)


def read_outside(path: Path | None) -> list[Checkpoint]:
    """Read the checkpoints of that file; ``ValueError`` where a line is not one. No file, no checkpoints."""
    if path is None or not path.exists():
        return []
    found = []
    with path.open(encoding="utf-8") as file:
        for line in file:
            found.append(checkpoint_of(json.loads(line)))
    return found


def _any_waits(store: Store) -> bool:
    """Whether a record has no place yet: a look that hinders nobody who writes."""
    with store.reading() as session:
        return session.execute(_ANY_WAITS).first() is not None


def seal_all(store: Store, path: Path | None, *, most: int = 10) -> int:
    """Seal what waits, in at most so many units of work; give how many there were."""
    done = 0
    while done < most and _any_waits(store):
        with store.writing() as work:
            checkpoints = seal(work)
        if not checkpoints:
            break
        keep_outside(path, checkpoints)
        done += 1
    return done
