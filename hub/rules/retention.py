"""How long what is kept, by which law, and what forbids to erase. Tables and pure functions; no legal advice.

The hub is a conduit: what it carries goes as soon as it was carried. The terms of a file (Wgbo, Wmo 2015, ...) bind
whoever keeps that file, and that is never the hub.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from schemas.vocabulary import Basis, OrganisationKind


class Kind(StrEnum):
    """A kind of data, for its term."""

    CONTENT = "content"
    CASE = "case"
    PAYLOAD = "payload"
    MESSAGES = "messages"
    MEMORY = "memory"
    DIGESTS = "digests"
    EVIDENCE = "evidence"
    AUDIT = "audit"


@dataclass(frozen=True, kw_only=True)
class Term:
    """How long one kind is kept."""

    kind: Kind
    what: str
    since: str
    keep: dt.timedelta
    law: str


CARRIED = dt.timedelta(days=42)
_YEAR = dt.timedelta(days=365, hours=6)

TERMS: dict[Kind, Term] = {
    term.kind: term
    for term in (
        Term(
            kind=Kind.CONTENT,
            what="words of a referral, notes of its timeline, bodies of its messages",
            since="end of the referral",
            keep=CARRIED,
            law="AVG art. 5(1)(e); Selectielijst 2020, 8.4.1",
        ),
        Term(
            kind=Kind.CASE,
            what="person and case, with all that is left of their referrals",
            since="end of the last referral of a case without case director",
            keep=CARRIED,
            law="AVG art. 5(1)(e); Selectielijst 2020, 8.4.1",
        ),
        Term(
            kind=Kind.PAYLOAD,
            what="a partner's payload that led to no referral",
            since="a person closed it",
            keep=CARRIED,
            law="AVG art. 5(1)(e)",
        ),
        Term(
            kind=Kind.MESSAGES,
            what="rows of messages without body: when, to whom, receipts",
            since="the message",
            keep=3 * _YEAR,
            law="AVG art. 5(2); MedMij chain log 24 to 36 months",
        ),
        Term(
            kind=Kind.MEMORY,
            what="ids and hashes of messages and calls, by which a repeat is known",
            since="receipt",
            keep=dt.timedelta(days=400),
            law="AVG art. 32(1)(b): longer than any repeat",
        ),
        Term(
            kind=Kind.DIGESTS,
            what="digests of open referrals, and where they differed: references and states",
            since="the night; of a difference, the last time that it was found",
            keep=CARRIED,
            law="AVG art. 5(1)(e)",
        ),
        Term(
            kind=Kind.EVIDENCE,
            what="requests of clients and what became of them, holds, previews, tombstones",
            since="the decision",
            keep=5 * _YEAR,
            law="AVG art. 5(2)",
        ),
        Term(
            kind=Kind.AUDIT,
            what="who saw or did what (access log), by whole months",
            since="the end of the month",
            keep=5 * _YEAR,
            law="NEN 7513; MedMij five years",
        ),
    )
}


def due_at(kind: Kind, since: dt.datetime) -> dt.datetime:
    """Give the moment from which a kind is no longer kept."""
    return since + TERMS[kind].keep


def counted_before(kind: Kind, now: dt.datetime) -> dt.datetime:
    """Give the latest start of the term for what is due now."""
    return now - TERMS[kind].keep


@dataclass(frozen=True, kw_only=True)
class OwnFile:
    """The term of a partner's own file: not ours to erase, and the client must hear so."""

    kind: OrganisationKind
    law: str
    keep: str


OWN_FILES = (
    OwnFile(kind=OrganisationKind.MENTAL_HEALTH, law="Wgbo (BW 7:454)", keep="20 jaar"),
    OwnFile(kind=OrganisationKind.WORK_AND_INCOME, law="Participatiewet (Selectielijst 8.1)", keep="10 jaar"),
    OwnFile(kind=OrganisationKind.REINTEGRATION, law="Participatiewet (Selectielijst 8.1)", keep="10 jaar"),
    OwnFile(kind=OrganisationKind.ACCESS_TEAM, law="Wmo 2015 (Selectielijst 8.1.1)", keep="15 jaar"),
    OwnFile(kind=OrganisationKind.SOCIAL_WORK, law="Wmo 2015 (Selectielijst 8.1.1)", keep="15 jaar"),
)


@dataclass(frozen=True, kw_only=True)
class Duty:
    """A reason not to erase now: the law, and until when; ``None`` where that date can't be known yet."""

    law: str
    why: str
    until: dt.date | None


@dataclass(frozen=True, kw_only=True)
class Running:
    """What the duty to keep asks of one referral: its ground, and its end, if it has ended."""

    basis: str
    law: str | None
    ended_at: dt.datetime | None


_TASKS = frozenset({Basis.PUBLIC_TASK, Basis.LEGAL_DUTY})


def duties(referrals: Iterable[Running], *, held: bool, now: dt.datetime) -> tuple[Duty, ...]:
    """Give what forbids to erase a case now (AVG article 17, third paragraph); nothing where it may go.

    A referral on consent never holds: to ask for erasure is to withdraw it. One for a public task or a legal duty
    holds while it runs and for the term of its content after that.
    """
    found = []
    if held:
        found.append(Duty(law="AVG art. 17(3)(e)", why="legal_hold", until=None))
    for referral in referrals:
        if referral.basis not in _TASKS:
            continue
        named = f"AVG art. 17(3)(b); {referral.law}" if referral.law else "AVG art. 17(3)(b)"
        if referral.ended_at is None:
            found.append(Duty(law=named, why="running", until=None))
        elif due_at(Kind.CONTENT, referral.ended_at) > now:
            found.append(Duty(law=named, why="just_ended", until=due_at(Kind.CONTENT, referral.ended_at).date()))
    return tuple(dict.fromkeys(found))
