"""Write who saw and did what, before the answer goes out: what can't be recorded is not shown and not done.

Reading: ``looking`` opens the session, the services tell with ``seen`` and ``refused`` what they decided, and at the
end all of it is written at once. Changing: ``write`` in the same unit of work as the change.
"""

import datetime as dt
import hashlib
import re
import secrets
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import insert
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session

from hub.models import AuditRecord
from hub.models.audit_keys import AuditKeys, audit_keys
from hub.models.ring import KeyMissing
from hub.rules import access
from hub.rules.access import Relation
from hub.rules.audit import Deed, Outcome
from hub.rules.audit_chain import canonical
from hub.services.errors import Forbidden, NotFound, ServiceError
from hub.services.record.sights import Sight
from hub.services.views.viewer import Viewer
from hub.settings import Configuration
from hub.store.database import Store, StoreUnavailable, UnitOfWork
from hub.store.tables import table_of
from schemas.fields import moment_text
from schemas.identifiers import new_id
from schemas.vocabulary import Basis

Reading = Session
"""A session in which people's data are read; ``looking`` opens it."""
_WRITE = insert(table_of(AuditRecord)).inline()  # nobody asks for its number
_TOLD = "schakel audit"
# W3C Trace Context, level 1: version, trace, parent span, flags.
_TRACEPARENT = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}")
_EMERGENCY = "A11"
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NO_ID = "not an id"
_SESSION = 32  # of the hash that is a session's id: enough to find it by


class AuditUnavailable(StoreUnavailable):
    """What was asked can't be recorded now, so it is not shown and not done. Waiting helps."""


@dataclass(frozen=True, kw_only=True)
class Occasion:
    """Where something is done: by which part of the hub, in which chain of calls."""

    municipality: str
    oin: str
    component: str
    trace: str
    operation: str
    parent: str | None = None
    started: dt.datetime = field(default_factory=lambda: dt.datetime.now(dt.UTC))


def occasion(config: Configuration, component: str, *, traceparent: str | None = None) -> Occasion:
    """Give an occasion: a span of the caller's trace where it told one, else the first of a trace of our own."""
    given = _TRACEPARENT.fullmatch(traceparent or "")
    return Occasion(
        municipality=config.municipality.code,
        oin=config.municipality.oin,
        component=component,
        trace=given[1] if given else secrets.token_hex(16),
        operation=secrets.token_hex(8),
        parent=given[2] if given else None,
    )


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One thing to write down. ``case_id`` becomes a pseudonym; ``objects`` are ids, never words."""

    viewer: Viewer
    deed: Deed
    case_id: str | None = None
    objects: tuple[str, ...] = ()
    sights: tuple[Sight, ...] = ()
    outcome: Outcome = Outcome.OK
    rule: str | None = None
    to: tuple[str, ...] = ()
    detail: str | None = None


def write(work: UnitOfWork, where: Occasion, entries: Sequence[Entry]) -> None:
    """Write entries down in this unit of work, in one statement. ``AuditUnavailable`` where that can't be done."""
    if not entries:
        return
    now = dt.datetime.now(dt.UTC)
    try:
        keys = audit_keys(work.shelf)
        alike: dict[int, _Shown] = {}  # who look from one standpoint are told of with the very same sights
        for entry in entries:
            if id(entry.sights) not in alike:
                alike[id(entry.sights)] = _shown(entry.sights)
        rows = [_row(entry, alike[id(entry.sights)], where, now, keys) for entry in entries]
        work.execute(_WRITE, rows if len(rows) > 1 else rows[0])
    except (SQLAlchemyError, KeyMissing) as error:
        raise AuditUnavailable("the audit log can't be written") from error


@contextmanager
def looking(store: Store, where: Occasion) -> Iterator[Session]:
    """Open a session in which people's data are read; leaving it, all that was seen or refused is written down.

    ``AuditUnavailable`` where it can't be: then nothing of what was read may go out.
    """
    with store.reading() as session:
        told: list[Entry] = []
        session.info[_TOLD] = told
        try:
            yield session
        except ServiceError:
            record(store, where, told)
            raise
    record(store, where, told)


def record(store: Store, where: Occasion, entries: Sequence[Entry]) -> None:
    """Write entries down in a unit of work of their own."""
    if not entries:
        return
    try:
        with store.writing() as work:
            write(work, where, entries)
    except (OperationalError, StoreUnavailable) as error:
        raise AuditUnavailable("the audit log can't be written") from error


def seen(session: Session, entry: Entry) -> None:
    """Tell what a reader is shown. Where nobody writes that down, nothing may be read."""
    told: list[Entry] | None = session.info.get(_TOLD)
    if told is None:
        raise RuntimeError("people's data are read in a session of audit.looking only")
    told.append(entry)


def refused(session: Session, viewer: Viewer, deed: Deed, case_id: str | None, *objects: str) -> None:
    """Tell that a reader was shown nothing, whatever the reason was."""
    seen(session, _refusal(viewer, deed, case_id, objects))


def _refusal(viewer: Viewer, deed: Deed, case_id: str | None, objects: Iterable[str]) -> Entry:
    # What was asked for need not be an id of ours: someone may have put a name or a BSN in an address.
    ids = tuple(one if _ID.fullmatch(one) else _NO_ID for one in objects)
    return Entry(viewer=viewer, deed=deed, case_id=case_id, objects=ids, outcome=Outcome.DENIED)


@contextmanager
def changing(
    store: Store, where: Occasion, viewer: Viewer, deed: Deed, *objects: str, case_id: str | None = None
) -> Iterator[UnitOfWork]:
    """Open a unit of work in which people's data are changed; who may not, is written down as refused."""
    try:
        with store.writing() as work:
            yield work
    except (NotFound, Forbidden):
        record(store, where, [_refusal(viewer, deed, case_id, objects)])
        raise


@contextmanager
def telling(session: Session, viewer: Viewer, deed: Deed, case_id: str | None, *objects: str) -> Iterator[None]:
    """Tell that a reader was refused, where what happens in here ends in ``NotFound``."""
    try:
        yield
    except NotFound:
        refused(session, viewer, deed, case_id, *objects)
        raise


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shown:
    """What sights come down to: what was shown by which rule, and what was checked on the way."""

    kinds: Mapping[str, list[str]]
    domains: list[str]
    ties: list[str]
    related: bool
    consented: bool
    emergency: bool


def _row(entry: Entry, shown: _Shown, where: Occasion, now: dt.datetime, keys: AuditKeys) -> dict[str, Any]:
    body = _body(entry, shown, where, now, keys)
    text = canonical(body)
    return {
        "id": body["id"],
        "municipality": where.municipality,
        "at": now,
        "subject": body.get("subject"),
        "actor": body["actor"],
        "organisation": body["organisation"],
        "deed": body["deed"],
        "outcome": body["outcome"],
        "body": text,
        "mac": keys.mac(text),
    }


def _body(entry: Entry, shown: _Shown, where: Occasion, now: dt.datetime, keys: AuditKeys) -> dict[str, Any]:
    """Give all that is kept of one deed; docs/audit.md names each field after NEN 7513 and the LDV."""
    viewer = entry.viewer
    told: dict[str, Any] = {
        "id": new_id(),
        "municipality": where.municipality,
        "at": moment_text(now),
        "start": moment_text(where.started),
        "deed": entry.deed,
        "code": entry.deed.letter,
        "outcome": entry.outcome,
        "status": 1 if entry.outcome is Outcome.OK else 2,
        "activity": f"urn:nld:oin:{where.oin}:verwerking:{viewer.purpose}",
        "actor": viewer.id,
        "organisation": viewer.organisation,
        "role": viewer.role,
        "purpose": viewer.purpose,
        "session": viewer.session_id[:_SESSION] if viewer.session_id else None,
        "subject": keys.pseudonym(entry.case_id) if entry.case_id else None,
        "objects": list(entry.objects),
        "to": list(entry.to),
        "shown": shown.kinds,
        "domains": shown.domains,
        "ties": shown.ties,
        "rule": entry.rule,
        "controls": _controls(entry, shown),
        "detail": entry.detail,
        "policy": policy_version(),
        "trace": where.trace,
        "operation": where.operation,
        "parent": where.parent,
        "source": where.component,
    }
    return {name: value for name, value in told.items() if value}


def _shown(sights: Iterable[Sight]) -> _Shown:
    """Give what sights come down to: which kinds were shown, and how much of them, by the rule that showed them."""
    allowed = [sight for sight in sights if sight.decision.allow]
    kinds: defaultdict[str, set[str]] = defaultdict(set)
    for rule, category, mask in {(one.decision.rule, one.category, one.decision.mask) for one in allowed}:
        kinds[rule].add(f"{category}:{mask}")
    return _Shown(
        kinds={rule: sorted(shown) for rule, shown in kinds.items()},
        domains=sorted({sight.domain for sight in allowed if sight.decision.mask is access.Mask.FULL}),
        ties=sorted({sight.tie for sight in allowed}),
        related=any(sight.relation not in ("", Relation.NONE) for sight in allowed),
        consented=any(sight.basis == Basis.CONSENT for sight in allowed),
        emergency=any(sight.decision.rule == _EMERGENCY for sight in allowed),
    )


def _controls(entry: Entry, shown: _Shown) -> str:
    """Give what was checked and held: authorisation, relation, consent, emergency (NEN 7513, "controles")."""
    held = (
        entry.outcome is Outcome.OK,
        shown.related,
        shown.consented,
        shown.emergency or entry.rule == _EMERGENCY,
    )
    return "".join("T" if one else "F" for one in held)


@lru_cache(maxsize=1)
def policy_version() -> str:
    """Give the version of the access tables: a hash over what they are written in."""
    folder = Path(access.__file__).parent
    pages = sorted(folder.glob("access*.py"))
    return hashlib.sha256(b"".join(page.read_bytes() for page in pages)).hexdigest()[:12]
