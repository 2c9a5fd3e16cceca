"""All that is kept about one person, for that person (AVG article 15): each row decided by the access policy."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy.orm import Session

from hub.rules.access import Action, BasisState, Category, Decision, Law, Question, Relation, RelationState, decide
from hub.rules.access_tables import CLIENT_SIDE, Role
from hub.rules.retention import OWN_FILES, TERMS
from hub.services.access.audit_reading import LookLine, looks_for_client
from hub.services.rights.rights_book import Item, open_book
from hub.services.rights.rights_rows import READERS
from hub.settings import Configuration
from schemas.fields import moment_text
from schemas.vocabulary import Basis, LifeDomain, Purpose

FORMAT = "nl.schakel.inzage.1"


@dataclass(frozen=True, kw_only=True)
class Withheld:
    """Rows that are not handed out, by the rule that says so."""

    kind: str
    rule: str
    reason: str
    rows: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Inzage:
    """Everything about one person. Every row that is kept stands in ``items`` or, with its rule, in ``withheld``."""

    case_id: str
    made_at: dt.datetime
    municipality: str
    items: tuple[Item, ...]
    withheld: tuple[Withheld, ...]
    looks: tuple[LookLine, ...] = ()
    organisations: Mapping[str, str] = field(default_factory=dict)

    def of(self, kind: str) -> list[Item]:
        """Give the items of one kind, oldest first."""
        return [item for item in self.items if item.kind == kind]

    @property
    def rows(self) -> list[str]:
        """Give the names of all rows, each once."""
        return sorted([item.row for item in self.items] + [row for one in self.withheld for row in one.rows])


def decide_for_client(category: Category, domain: str) -> Decision:
    """Ask the policy whether the client may take this along: role ``client``, relation ``self``, action ``export``."""
    return decide(
        Question(
            actor_org=CLIENT_SIDE,
            actor_role=Role.CLIENT,
            actor_purpose=Purpose.OWN_DATA,
            relation=Relation.SELF,
            relation_state=RelationState.ACTIVE,
            legal_basis=Basis.LEGAL_DUTY,
            law=Law.AVG,
            basis_state=BasisState.VALID,
            owner_org="",
            origin_purpose=Purpose.OWN_DATA,
            life_domain=domain,
            data_category=category,
            action=Action.EXPORT,
            in_scope=True,
        )
    )


def inzage(session: Session, config: Configuration, case_id: str, now: dt.datetime) -> Inzage:
    """Collect everything about the person of a case; ``NotFound`` where there is no such case."""
    book = open_book(session, config, case_id)
    given, withheld = list[Item](), list[tuple[Item, Decision]]()
    for read in READERS:
        for item in read(book):
            decision = decide_for_client(item.category, item.domain)
            if decision.allow:
                given.append(replace(item, rule=decision.rule))
            else:
                withheld.append((item, decision))
    looks = decide_for_client(Category.AUDIT_LOG, LifeDomain.SOCIAL_NETWORK)
    named = {code: one.name for code, one in config.organisations.items()}
    return Inzage(
        case_id=case_id,
        made_at=now,
        municipality=config.municipality.name,
        items=tuple(sorted(given, key=lambda item: (item.at or now, item.row))),
        withheld=tuple(_withheld(withheld)),
        looks=tuple(looks_for_client(session, config, case_id)) if looks.allow else (),
        organisations={code: named[code] for code in sorted(_named(given)) if code in named},
    )


def _withheld(found: Iterable[tuple[Item, Decision]]) -> Iterator[Withheld]:
    by_kind: dict[tuple[str, str, str], list[str]] = {}
    for item, decision in found:
        by_kind.setdefault((item.kind, decision.rule, decision.reason_nl), []).append(item.row)
    for (kind, rule, reason), rows in sorted(by_kind.items()):
        yield Withheld(kind=kind, rule=rule, reason=reason, rows=tuple(sorted(rows)))


def _named(items: Iterable[Item]) -> set[str]:
    found = set()
    for item in items:
        found |= {item.organisation or ""}
        found |= {str(item.data[name]) for name in ("sender", "receiver", "to", "owner") if name in item.data}
    return found


def to_json(found: Inzage) -> dict[str, Any]:
    """Give it in the documented JSON form (docs/rights.md)."""
    counts = Counter(item.kind for item in found.items)
    return {
        "format": FORMAT,
        "made_at": moment_text(found.made_at),
        "municipality": found.municipality,
        "case": found.case_id,
        "organisations": dict(found.organisations),
        "counts": dict(sorted(counts.items())),
        "items": [
            {
                "row": item.row,
                "kind": item.kind,
                "category": str(item.category),
                "at": item.at and moment_text(item.at),
                "organisation": item.organisation,
                "rule": item.rule,
                "data": dict(item.data),
            }
            for item in found.items
        ],
        "withheld": [
            {"kind": one.kind, "rule": one.rule, "reason": one.reason, "rows": list(one.rows)} for one in found.withheld
        ],
        "looks": [_look(one) for one in found.looks],
        "terms": [{"kind": str(t.kind), "what": t.what, "since": t.since, "days": t.keep.days} for t in TERMS.values()],
        "own_files": [{"kind": str(one.kind), "law": one.law, "keep": one.keep} for one in OWN_FILES],
    }


def _look(line: LookLine) -> dict[str, Any]:
    return {
        "day": line.day.isoformat(),
        "times": line.times,
        "organisation": line.organisation,
        "role": line.role,
        "deed": line.deed,
        "shown": [kind for kind, _mask in line.shown],
        "purpose": line.purpose,
        "rules": list(line.rules),
        "emergency": line.emergency,
        "refused": line.denied,
    }
