"""Seal the audit log: records get their place in a chain, and each pass ends in a signed checkpoint.

Writers don't queue behind a chain: they add records without a place, and the sealer puts them in theirs a second
later. A record that does not bear the mac of a writer gets no place; ``verify`` names it.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import bindparam, func, insert, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from hub.models import AuditChain, AuditCheckpoint, AuditRecord
from hub.models.audit_keys import AuditKeys, audit_keys, signature_fits
from hub.rules.audit_chain import FIRST, Checkpoint, Checks, Fault, Link, canonical, first_fault, link_hash
from hub.services.case_keys import shelf_here
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
_LOCK = (
    select(_CHAINS)
    .where(_CHAINS.c.chain.in_(bindparam("chains", expanding=True)))
    .order_by(_CHAINS.c.chain)  # one order of locks for every sealer
    .with_for_update()
)
_PLACE = update(_RECORDS).where(_RECORDS.c.number == bindparam("row"))
_GROW = update(_CHAINS).where(_CHAINS.c.chain == bindparam("which"))
_FOUND_BY = ("id", "municipality", "subject", "actor", "organisation", "deed", "outcome")
_PAGE = 2000
# By pages: a reader has no transaction in which a cursor could stay open.
_LINKS = (
    select(*(_RECORDS.c[name] for name in (*_FOUND_BY, "at", "number", "chain", "seq", "prev", "hash", "body", "mac")))
    .where(_RECORDS.c.chain == bindparam("chain"))
    .where(tuple_(_RECORDS.c.seq, _RECORDS.c.number) > tuple_(bindparam("seq"), bindparam("row")))
    .order_by(_RECORDS.c.seq, _RECORDS.c.number)
    .limit(_PAGE)
)


def seal(work: UnitOfWork) -> list[Checkpoint]:
    """Give the oldest records without a place theirs, at most ``BATCH``; give the checkpoint of each chain that grew.

    Two sealers beside each other take turns: the chain's own row is the lock.
    """
    chains = sorted({_chain_of(row) for row in work.execute(_WAITING)})
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
        elif _chain_of(row) in heads:
            by_chain[_chain_of(row)].append(row)
    if forged:
        log.error("audit records without a writer's mac are not sealed", count=forged)
    return [_extend(work, keys, heads[chain], rows) for chain, rows in sorted(by_chain.items())]


def _chain_of(row: Any) -> str:
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


def checkpoint_of(told: Any) -> Checkpoint:
    """Read a checkpoint; ``ValueError`` where it is not one."""
    try:
        return Checkpoint(**told)
    except TypeError as error:
        raise ValueError("not a checkpoint") from error


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What verifying found: how much was looked at, and the first fault."""

    records: int
    checkpoints: int
    unsealed: int
    fault: Fault | None


def checks_with(public: str, keys: AuditKeys | None = None) -> Checks:
    """Give the checks for who has the public key, and the macs for who has the secret."""

    def signed(checkpoint: Checkpoint) -> bool:
        return checkpoint.key == public and signature_fits(public, checkpoint.signed_text(), checkpoint.signature)

    return Checks(signature=signed, mac=keys.mac_fits if keys is not None else None)


def verify(session: Session, outside: Sequence[Checkpoint]) -> Verdict:
    """Verify the log in the database against its own checkpoints and those kept outside."""
    keys = audit_keys(shelf_here(session))
    checks = checks_with(keys.public, keys)
    inside = [_checkpoint(row) for row in session.execute(select(_CHECKPOINTS).order_by("chain", "number"))]
    heads = {row["chain"]: row["count"] for row in session.execute(select(_CHAINS)).mappings()}
    placed = select(_RECORDS.c.chain).where(_RECORDS.c.chain.is_not(None)).distinct()
    chains = {*heads, *session.scalars(placed), *(one.chain for one in (*inside, *outside))}
    counter = _Counter()
    for chain in sorted(chains):
        here, there = ([one for one in some if one.chain == chain] for some in (inside, outside))
        fault = first_fault(counter.counted(links_of(session, chain)), here, checks)
        fault = fault or _missing(chain, heads.get(chain, 0), counter.count)
        fault = _other_outside(here, there, checks, counter.count, fault) or fault
        if fault is not None:
            return Verdict(records=counter.all, checkpoints=len(inside), unsealed=_waiting(session), fault=fault)
    fault = _forged(session)
    return Verdict(records=counter.all, checkpoints=len(inside), unsealed=_waiting(session), fault=fault)


class _Counter:
    """Counts links as they pass."""

    def __init__(self) -> None:
        self.all = 0
        self.count = 0

    def counted(self, links: Iterable[Link]) -> Iterator[Link]:
        """Let links pass."""
        self.count = 0
        for link in links:
            self.all += 1
            self.count = max(self.count, link.seq)
            yield link


def _missing(chain: str, known: int, count: int) -> Fault | None:
    """Give the fault where the chain's own row knows more records than there are."""
    if known <= count:
        return None
    return Fault(chain=chain, seq=count + 1, why=f"missing, with all that came after it: the chain knows {known}")


def _other_outside(
    here: Sequence[Checkpoint], there: Sequence[Checkpoint], checks: Checks, count: int, fault: Fault | None
) -> Fault | None:
    """Compare the checkpoints in the database with those outside: the database must know each of them.

    Only what lies before a known fault is told: a record that names itself is more exact.
    """
    inside = {one.number: one for one in here}
    before = 0
    for one in there:
        if fault is not None and one.count >= fault.seq:
            return None
        if not checks.signature(one):
            why = f"checkpoint {one.number} outside the database is not signed with our key"
            return Fault(chain=one.chain, seq=before + 1, why=why)
        if inside.get(one.number) != one:
            why = f"checkpoint {one.number} outside the database ({one.count} records) is not the one in it"
            return Fault(chain=one.chain, seq=(count if one.count > count else before) + 1, why=why)
        before = one.count
    return None


def links_of(session: Session, chain: str) -> Iterator[Link]:
    """Give the sealed records of a chain in order."""
    seq, number = -(2**31), 0
    while rows := session.execute(_LINKS, {"chain": chain, "seq": seq, "row": number}).all():
        yield from map(_link, rows)
        seq, number = rows[-1].seq, rows[-1].number


def _link(row: Any) -> Link:
    *found_by, at, _number, chain, seq, prev, own_hash, body, mac = row
    columns = dict(zip(_FOUND_BY, found_by, strict=True))
    columns["at"] = moment_text(at)
    return Link(chain=chain, seq=seq, prev=prev, hash=own_hash, body=body, mac=mac, columns=columns)


def _checkpoint(row: Any) -> Checkpoint:
    return Checkpoint(**row._mapping)


def _waiting(session: Session) -> int:
    return session.execute(select(func.count()).where(_RECORDS.c.seq.is_(None))).scalar_one()


def _forged(session: Session) -> Fault | None:
    """Find a record that waits for its place and was not written, or not so, by one of us."""
    rows = session.execute(select(_RECORDS).where(_RECORDS.c.seq.is_(None)).order_by(_RECORDS.c.number))
    keys = audit_keys(shelf_here(session))
    for row in rows:
        if not keys.mac_fits(row.body, row.mac):
            why = "waits for its place and does not bear a writer's mac"
            return Fault(chain=_chain_of(row), seq=0, why=why, record=row.id)
    return None


def export(session: Session) -> Iterator[str]:
    """Give the sealed log as lines of JSON, for who verifies it elsewhere with the public key alone."""
    checkpoints = [_checkpoint(row) for row in session.execute(select(_CHECKPOINTS).order_by("chain", "number"))]
    counts = {one.chain: one.count for one in checkpoints}
    yield canonical({"kind": "log", "public_key": audit_keys(shelf_here(session)).public}) + "\n"
    for chain in sorted(counts):
        for link in links_of(session, chain):
            if link.seq > counts[chain]:
                break  # sealed after the checkpoints were read
            told = {"chain": chain, "seq": link.seq, "prev": link.prev, "hash": link.hash, "body": link.body}
            yield canonical({"kind": "record", **told}) + "\n"
    for one in checkpoints:
        yield canonical({"kind": "checkpoint", **asdict(one)}) + "\n"


def seal_all(store: Store, path: Path | None, *, most: int = 10) -> int:
    """Seal what waits, in at most so many units of work; give how many there were."""
    done = 0
    while done < most:
        with store.writing() as work:
            checkpoints = seal(work)
        if not checkpoints:
            break
        keep_outside(path, checkpoints)
        done += 1
    return done
