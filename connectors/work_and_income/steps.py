"""What a change of a case tells, as steps of a referral: by the tables of the municipality."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace

from connectors.errors import Refusal, RefusalCode
from connectors.protocol import Loss
from connectors.work_and_income.change import (
    Change,
    Status,
    new_decisions,
    new_end,
    new_result,
    new_statuses,
    suspended,
)
from connectors.work_and_income.dialect import ENDING, Dialect, Rule, find
from connectors.work_and_income.format import (
    DECISION_SYSTEM,
    NOT_SET,
    PAUSE_SYSTEM,
    RESULT_SYSTEM,
    STATUS_SYSTEM,
    TITLE,
    ZKN,
)
from connectors.work_and_income.moments import LOCAL, day
from connectors.work_and_income.tree import Node
from schemas.message import Coded
from schemas.vocabulary import Event, Outcome

# What a step proves though nothing said it. An end or a pause proves nothing: one that comes early waits.
IMPLIED = {
    Event.ASK: (Event.RECEIVE,),
    Event.WAITLIST: (Event.RECEIVE,),
    Event.PROPOSE_REDIRECT: (Event.RECEIVE,),
    Event.ACCEPT: (Event.RECEIVE,),
    Event.DECLINE: (Event.RECEIVE,),
    Event.END: (Event.RECEIVE,),
    Event.PLAN: (Event.RECEIVE, Event.ACCEPT),
    Event.START: (Event.RECEIVE, Event.ACCEPT),
}


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step that a message tells."""

    event: Event
    reason: Coded
    note: str | None = None
    at: dt.datetime | None = None
    ends_on: str | None = None
    outcome: Outcome | None = None


def steps_of(change: Change, dialect: Dialect, losses: list[Loss]) -> list[Step]:
    """Give the steps in their order: what was set, what was suspended or resumed, and last an end."""
    told = [*_of_statuses(change, dialect, losses), *_of_decisions(change, dialect, losses)]
    ends = [step for step in told if step.event in ENDING]
    going = [step for step in told if step.event not in ENDING]
    end = _end(change, dialect, _as_one(ends), losses)
    return [*going, *_of_suspension(change, losses), *([end] if end is not None else [])]


def _as_one(ends: list[Step]) -> Step | None:
    """Make one end of several: when it was set is told by the status, what it was by the decision."""
    if not ends:
        return None
    last = ends[-1]
    outcome = next((step.outcome for step in reversed(ends) if step.outcome is not None), None)
    return replace(ends[0], event=last.event, reason=last.reason, outcome=outcome)


def _of_statuses(change: Change, dialect: Dialect, losses: list[Loss]) -> Iterator[Step]:
    for status in new_statuses(change):
        rule = find(dialect.statuses, status.code)
        if rule is None:
            raise _not_set("statussen", status.node.at("gerelateerde/code"))
        if rule.event is None:
            losses.append(Loss(field=status.node.path, why="by the table of statuses this is no step of a referral"))
            continue
        yield Step(
            event=rule.event,
            reason=Coded(code=rule.code, system=STATUS_SYSTEM, text=_name_of(status, rule)),
            note=status.node.words("toelichting", losses),
            at=status.at,
            outcome=rule.outcome,
        )
        _tell_author(status.node, losses)


def _name_of(status: Status, rule: Rule) -> str:
    named = status.node.inner("gerelateerde")
    return (named.key("omschrijving", TITLE) if named is not None else None) or rule.name


def _tell_author(status: Node, losses: list[Loss]) -> None:
    if status.one("isGezetDoor") is not None:
        losses.append(
            Loss(field=status.at("isGezetDoor"), why="a referral names the organisation, not who worked on it")
        )


def _of_decisions(change: Change, dialect: Dialect, losses: list[Loss]) -> Iterator[Step]:
    for decision in new_decisions(change):
        name = decision.key("bst.omschrijving", TITLE)
        rule = find(dialect.decisions, name) if name else None
        if rule is None or rule.event is None:
            why = "by the table of decisions this is no step of a referral"
            losses.append(Loss(field=decision.path, why=why))
            continue
        taken_on = day(decision, "datumBeslissing", ZKN)
        yield Step(
            event=rule.event,
            reason=Coded(code=rule.code, system=DECISION_SYSTEM, text=rule.name),
            at=_begin_of(taken_on) if taken_on else None,
            outcome=rule.outcome,
        )


def _of_suspension(change: Change, losses: list[Loss]) -> Iterator[Step]:
    before, after = suspended(change.old), suspended(change.case)
    group = change.case.one("opschorting")
    if after and not before and group is not None:
        # the suites cut this text at 30 characters: it is for people, never a code
        reason = Coded(code="J", system=PAUSE_SYSTEM)
        yield Step(event=Event.PAUSE, reason=reason, note=group.words("reden", losses))
    elif before and after is False:
        yield Step(event=Event.RESUME, reason=Coded(code="N", system=PAUSE_SYSTEM))


def _end(change: Change, dialect: Dialect, said: Step | None, losses: list[Loss]) -> Step | None:
    """Give the end, where a status, a result or an end date tells of one; the result says which end it is."""
    result, ended_on = new_result(change), new_end(change)
    if said is None and result is None and ended_on is None:
        return None
    step = said or Step(event=Event.END, reason=Coded(code="einddatum", system=RESULT_SYSTEM))
    if result is not None:
        step = _with_result(step, result, dialect, losses, decided=said is not None)
    at = step.at or (_begin_of(ended_on) if ended_on else None)
    return replace(step, at=at, ends_on=ended_on)


def _with_result(step: Step, result: Node, dialect: Dialect, losses: list[Loss], *, decided: bool) -> Step:
    name = result.key("omschrijving", TITLE) or ""
    rule = find(dialect.results, name)
    note = result.words("toelichting", losses) or step.note
    if rule is None or rule.event is None:
        if not decided:
            raise _not_set("resultaten", result.at("omschrijving"))
        losses.append(Loss(field=result.at("omschrijving"), why="not in the table of results"))
        return replace(step, note=note)
    reason = Coded(code=rule.code, system=RESULT_SYSTEM, text=rule.name)
    return replace(step, event=rule.event, outcome=rule.outcome or step.outcome, reason=reason, note=note)


def _not_set(table: str, path: str) -> Refusal:
    text = f"This code is not in the municipality's own table ({table})."
    return Refusal(RefusalCode.NOT_ALLOWED, text, field=path, dialect_code=NOT_SET)


def _begin_of(partial: str) -> dt.datetime:
    whole = dt.date.fromisoformat((partial + "-01-01")[:10])
    return dt.datetime.combine(whole, dt.time(), LOCAL).astimezone(dt.UTC)
