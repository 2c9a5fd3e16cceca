"""The judge of a drill: from the books of both sides to counts, after the total-queue checker of Jepsen.

Pure: rows in, findings out. Each finding is a sentence, so that one that is not nought can be followed up.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from schemas.vocabulary import Event, MessageKind
from workers.drill.driver import marker
from workers.drill.evidence import EntryRow, Evidence, LedgerRow, SentRow
from workers.drill.script import Accepted

_SHOWN = 10
_EVENTS = frozenset(Event)
_DELIVERED = ("delivered", "processed")


@dataclass(frozen=True, kw_only=True)
class Told:
    """What the outside world tried and saw accepted."""

    attempted: int
    referrals: tuple[Accepted, ...]
    events: frozenset[tuple[str, Event]]


@dataclass(kw_only=True)
class Findings:
    """What a drill shows. Lists hold a sentence for each thing that is wrong."""

    attempted: int = 0
    accepted: int = 0
    effects: int = 0
    recovered: int = 0
    wire_duplicates: int = 0
    slowest: SentRow | None = None
    lost: list[str] = field(default_factory=list)
    duplicated: list[str] = field(default_factory=list)
    out_of_order: list[str] = field(default_factory=list)
    unexpected: list[str] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)
    lost_updates: list[str] = field(default_factory=list)
    invisible: int = 0
    unfinished: int = 0

    @property
    def max_delay(self) -> float:
        """How long the slowest message took, in seconds from its commit to its receipt."""
        return self.slowest.delay if self.slowest is not None else 0.0

    @property
    def well(self) -> bool:
        """Whether every promise was kept."""
        wrong = (self.lost, self.duplicated, self.out_of_order, self.unexpected, self.gaps, self.lost_updates)
        return not any(wrong) and not self.invisible and not self.unfinished

    def sentences(self) -> Iterator[str]:
        """Give the first of what is wrong, of each sort."""
        for name in ("lost", "duplicated", "out_of_order", "unexpected", "gaps", "lost_updates"):
            found: list[str] = getattr(self, name)
            yield from (f"{name}: {sentence}" for sentence in found[:_SHOWN])


def check(told: Told, evidence: Evidence) -> Findings:
    """Compare what was accepted with what happened."""
    findings = Findings(
        attempted=told.attempted,
        accepted=len(told.referrals) + len(told.events),
        slowest=max(evidence.sent, key=lambda row: row.delay, default=None),
        invisible=evidence.hidden + evidence.dead_letters,
        unfinished=evidence.unfinished,
        wire_duplicates=sum(row.wire - 1 for _code, rows in evidence.ledgers for row in rows),
    )
    ledger = {(code, row.key): row for code, rows in evidence.ledgers for row in rows}
    places = _places(findings, evidence, ledger)
    _check_referrals(findings, told, evidence)
    _check_deliveries(findings, told, evidence, places)
    _check_events(findings, told, evidence)
    _check_order(findings, evidence.sent, places)
    _check_positions(findings, evidence)
    return findings


def _places(findings: Findings, evidence: Evidence, ledger: dict[tuple[str, str], LedgerRow]) -> dict[int, int]:
    """Find each outbox row in the partner's books; what stands there and nowhere here is unexpected."""
    places: dict[int, int] = {}
    owned: set[tuple[str, str]] = set()
    for row in evidence.sent:
        found = [(row.receiver, key) for key in row.keys if (row.receiver, key) in ledger]
        owned.update(found)
        if found:
            places[row.id] = min(ledger[key].place for key in found)
        if len(found) > 1:
            findings.duplicated.append(f"outbox row {row.id} stands {len(found)} times in the books of {row.receiver}")
    for code, key in ledger.keys() - owned:
        findings.unexpected.append(f"{code} has {key} in its books, which the hub does not know")
    return places


def _check_referrals(findings: Findings, told: Told, evidence: Evidence) -> None:
    """Each accepted referral stands once in the hub's books, in the state that its story implies."""
    known = Counter(row.reason for row in evidence.referrals)
    by_id = {row.id: row for row in evidence.referrals}
    accepted = {marker(one.planned.index) for one in told.referrals}
    findings.recovered = sum(reason not in accepted for reason in known)
    for reason, times in known.items():
        if times > 1:
            findings.duplicated.append(f"{reason} is {times} referrals")
    for one in told.referrals:
        row = by_id.get(one.referral_id)
        if row is None:
            findings.lost.append(f"referral {one.planned.index} was accepted and is not in the hub's books")
            continue
        said = [event for event in one.planned.story.events if (one.referral_id, event) in told.events]
        complete = len(said) == len(one.planned.story.events)
        if complete and (row.status != one.planned.story.status or row.version != 1 + len(said)):
            findings.lost_updates.append(
                f"referral {one.planned.index} ({one.planned.story.name}) is {row.status} at version {row.version}"
            )
        if row.delivery not in _DELIVERED:
            findings.lost_updates.append(f"referral {one.planned.index} has delivery {row.delivery}")


def _check_deliveries(findings: Findings, told: Told, evidence: Evidence, places: dict[int, int]) -> None:
    """Each accepted referral, and each later message about it, stands in the partner's books."""
    sent = {row.referral_id: row.id for row in evidence.sent if row.kind == MessageKind.SENT}
    for one in told.referrals:
        findings.effects += sent.get(one.referral_id) in places
        if one.referral_id not in sent:
            findings.lost.append(f"referral {one.planned.index} was accepted and has no message in the outbox")
    for row in evidence.sent:
        if row.id not in places:
            findings.lost.append(f"outbox row {row.id} ({row.kind}) is not in the books of {row.receiver}")


def _check_events(findings: Findings, told: Told, evidence: Evidence) -> None:
    """Each story's entries stand once on the timeline, in order, and nothing else does."""
    entries: dict[str, list[EntryRow]] = defaultdict(list)
    for entry in evidence.entries:
        if entry.referral_id is not None:
            entries[entry.referral_id].append(entry)
    for one in told.referrals:
        kinds = [entry.kind for entry in entries[one.referral_id]]
        _check_story(findings, told, one, kinds)
        for kind in _DELIVERED:
            if kinds.count(kind) > 1:
                findings.duplicated.append(f"referral {one.planned.index} was {kind} {kinds.count(kind)} times")
    for state, count in evidence.intake_states:
        if state == "quarantined":
            findings.unexpected.append(f"{count} payloads of partners are in quarantine")


def _check_story(findings: Findings, told: Told, one: Accepted, kinds: list[str]) -> None:
    happened = [Event(kind) for kind in kinds if kind in _EVENTS]
    story = one.planned.story
    expected = (Event.SEND, *story.entries)
    said = {event for event in story.events if (one.referral_id, event) in told.events}
    findings.effects += sum(event in happened for event in said)
    missing = [event for event in (Event.SEND, *said) if event not in happened]
    for event in missing:
        findings.lost.append(f"{event} of referral {one.planned.index} was accepted and is not on the timeline")
    for event, times in Counter(happened).items():
        if event not in expected:
            findings.unexpected.append(f"{event} of referral {one.planned.index} stands on the timeline")
        elif times > expected.count(event):
            findings.duplicated.append(f"{event} of referral {one.planned.index} stands {times} times on the timeline")
    if not missing and len(said) == len(story.events) and tuple(dict.fromkeys(happened)) != expected:
        findings.out_of_order.append(f"referral {one.planned.index} went {', '.join(happened)}")


def _check_order(findings: Findings, sent: Iterable[SentRow], places: dict[int, int]) -> None:
    """In each lane the partner's books have the order of the outbox."""
    last: dict[str, tuple[int, int]] = {}
    for row in sorted(sent, key=lambda one: one.id):
        place = places.get(row.id)
        if place is None:
            continue
        before = last.get(row.lane)
        if before is not None and place < before[1]:
            findings.out_of_order.append(f"outbox row {row.id} came before row {before[0]} at {row.receiver}")
        if before is None or place > before[1]:
            last[row.lane] = (row.id, place)


def _check_positions(findings: Findings, evidence: Evidence) -> None:
    """Each case counts from 1 to its last position."""
    positions: dict[str, list[int]] = defaultdict(list)
    for entry in evidence.entries:
        positions[entry.case_id].append(entry.position)
    for case_id, last in evidence.counters:
        if positions[case_id] != list(range(1, last + 1)):
            findings.gaps.append(f"case {case_id} counts to {last} and has {len(positions[case_id])} entries")
