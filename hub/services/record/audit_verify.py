"""Verify the log of who saw and did what, and take it out for who verifies it elsewhere."""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import bindparam, func, select, tuple_
from sqlalchemy.orm import Session

from hub.models import AuditChain, AuditCheckpoint, AuditRecord
from hub.models.audit_keys import AuditKeys, audit_keys, signature_fits
from hub.rules.audit_chain import Checkpoint, Checks, Fault, Link, canonical, first_fault, removal_fault
from hub.services.errors import NotFound
from hub.services.record.audit_seal import chain_of
from hub.services.record.case_keys import shelf_here
from hub.store.tables import table_of
from schemas.fields import moment_text

_RECORDS, _CHAINS, _CHECKPOINTS = table_of(AuditRecord), table_of(AuditChain), table_of(AuditCheckpoint)
_KEPT = [_CHECKPOINTS.c[name] for name in Checkpoint.__dataclass_fields__]
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
    inside = [_checkpoint(row) for row in session.execute(select(*_KEPT).order_by("chain", "number"))]
    rows = session.execute(select(_CHAINS)).mappings().all()
    heads = {row["chain"]: row["count"] for row in rows}
    placed = select(_RECORDS.c.chain).where(_RECORDS.c.chain.is_not(None)).distinct()
    gone = {row["chain"] for row in rows if row["removed_at"] is not None}
    chains = {*heads, *session.scalars(placed), *(one.chain for one in (*inside, *outside))}
    counter = _Counter()
    for chain in sorted(chains):
        here, there = ([one for one in some if one.chain == chain] for some in (inside, outside))
        links = counter.counted(links_of(session, chain))
        if chain in gone:
            fault = removal_fault(chain, links, here, checks, dt.datetime.now(dt.UTC))
        else:
            fault = first_fault(links, here, checks) or _missing(chain, heads.get(chain, 0), counter.count)
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
            return Fault(chain=chain_of(row), seq=0, why=why, record=row.id)
    return None


def export(session: Session) -> Iterator[str]:
    """Give the sealed log as lines of JSON, for who verifies it elsewhere with the public key alone."""
    standing = select(_CHAINS.c.chain).where(_CHAINS.c.removed_at.is_(None))
    query = select(*_KEPT).where(_CHECKPOINTS.c.chain.in_(standing)).order_by("chain", "number")
    checkpoints = [_checkpoint(row) for row in session.execute(query)]
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


def newest_checkpoint(session: Session) -> Checkpoint:
    """Give the last checkpoint, for others to hold: then nobody here can rewrite what came before it unseen.

    ``NotFound`` before anything was sealed.
    """
    newest = select(*_KEPT).order_by(_CHECKPOINTS.c.at.desc(), _CHECKPOINTS.c.chain, _CHECKPOINTS.c.number.desc())
    row = session.execute(newest.limit(1)).one_or_none()
    if row is None:
        raise NotFound("Nothing was sealed yet.")
    return _checkpoint(row)
