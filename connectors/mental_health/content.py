"""What a referral asks and what a status tells: read from ServiceRequest, Task and Consent."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any, TypeVar

from connectors.mental_health import systems
from connectors.mental_health.concepts import codes, read_coded, read_day
from connectors.mental_health.format import State
from connectors.mental_health.graph import Graph
from connectors.mental_health.node import Losses, Node
from schemas.message import Ground
from schemas.vocabulary import Basis, LifeDomain, MessageKind, Outcome, Purpose

Word = TypeVar("Word", bound=StrEnum)
WHY_NOT = "has no place in a referral; not kept"

_PLUMBING = frozenset({"resourceType", "id", "meta", "text", "contained", "language"})
READ = {
    "Task": _PLUMBING
    | {"identifier", "status", "statusReason", "businessStatus", "intent", "priority", "code", "focus", "for"}
    | {"requester", "owner", "authoredOn", "lastModified", "note", "input", "output", "executionPeriod", "reasonCode"}
    | {"description", "basedOn"},
    "ServiceRequest": _PLUMBING
    | {"identifier", "status", "intent", "priority", "code", "category", "subject", "requester", "performer"}
    | {"authoredOn", "reasonCode", "note", "occurrencePeriod", "occurrenceDateTime", "supportingInfo", "doNotPerform"},
}


def read_content(carrier: Node, request: Node | None, state: State, graph: Graph, losses: Losses) -> dict[str, Any]:
    """Read everything that is not identity or state, as fields of the canonical message."""
    task = carrier if carrier.type == "Task" else None
    both = [resource for resource in (task, request) if resource]
    for resource in both:
        note_losses(resource, losses)
    return {
        "service": read_coded(request.one("code"), losses) if request else None,
        "life_domains": _words(codes(_all(both, "category"), systems.OUR_DOMAIN), LifeDomain),
        "reason": _reason(request, task, losses),
        "note": _note(both, losses),
        "client_words": next(iter(_inputs(task, "client_words", losses)), None),
        "strengths": tuple(_inputs(task, "strength", losses)),
        "urgency": _urgency(both, losses),
        "outcome": _outcome(task, losses),
        "ground": _ground(request, graph, losses),
        **_period(task, request, state),
    }


def note_losses(resource: Node, losses: Losses) -> None:
    """List each element that is not read, by name; a confidentiality label too, for it asks something of us."""
    for name in resource.value:
        if name not in READ[resource.type] and not name.startswith("_") and name.isalpha() and len(name) < 64:
            losses.add(f"{resource.type}.{name}", WHY_NOT)
    meta = resource.one("meta")
    if meta is not None and meta.has("security"):
        losses.add(f"{resource.type}.meta.security", "labels are not kept; access is decided by the rules of the hub")


def _all(resources: Iterable[Node], name: str) -> list[Node]:
    return [concept for resource in resources for concept in resource.many(name)]


def _words(found: Iterable[str], words: type[Word]) -> tuple[Word, ...]:
    known = {word.value: word for word in words}
    return tuple(known[code] for code in dict.fromkeys(found) if code in known)


def _reason(request: Node | None, task: Node | None, losses: Losses) -> str | None:
    """Why help is asked: the words of the reasons of the ServiceRequest, else those of the Task."""
    for resource in (request, task):
        concepts = [read_coded(concept, losses) for concept in (resource.many("reasonCode") if resource else ())]
        texts = [coded.text or coded.code for coded in concepts if coded]
        if texts:
            return "\n".join(texts)
    return task.said("description", losses) if task else None


def _note(resources: list[Node], losses: Losses) -> str | None:
    notes = [note.said("text", losses) for resource in resources for note in resource.many("note")]
    kept = list(dict.fromkeys(note for note in notes if note))
    foreign = _foreign_status(resources, losses)
    return "\n\n".join([*kept, *foreign]) or None


def _foreign_status(resources: list[Node], losses: Losses) -> list[str]:
    """The words of a business status that is not one of ours ("wacht op cliënt"): worth showing, so a note."""
    task = resources[0] if resources and resources[0].type == "Task" else None
    coded = read_coded(task.one("businessStatus"), losses, ignore=(systems.OUR_STATUS,)) if task else None
    return [coded.text or coded.code] if coded else []


def _inputs(task: Node | None, wanted: str, losses: Losses) -> list[str]:
    found: list[str] = []
    for item in task.many("input") if task else ():
        kinds = codes((item.one("type"),), systems.OUR_CONTENT)
        value = item.said("valueString", losses)
        if wanted in kinds and value:
            found.append(value)
        elif not kinds:
            losses.add("Task.input", WHY_NOT)
    return found


def _urgency(resources: list[Node], losses: Losses) -> Any:
    for resource in reversed(resources):
        priority = resource.text("priority")
        if priority in systems.URGENCIES:
            return systems.URGENCIES[priority]
        if priority:
            losses.add(resource.at("priority"), "is none of R4's priorities")
    return None


def _outcome(task: Node | None, losses: Losses) -> Outcome | None:
    found: list[str] = []
    for item in task.many("output") if task else ():
        words = codes((item.one("valueCodeableConcept"),), systems.OUR_OUTCOME)
        found.extend(words)
        if not words:
            losses.add("Task.output", WHY_NOT)
    return next(iter(_words(found, Outcome)), None)


def _ground(request: Node | None, graph: Graph, losses: Losses) -> Ground | None:
    """The legal ground, from a Consent that uses our lists; consent in other words is for a person to record."""
    for info in request.many("supportingInfo") if request else ():
        consent = graph.resolve(info, request) if request else None
        if consent is None or consent.type != "Consent":
            losses.add("ServiceRequest.supportingInfo", WHY_NOT)
            continue
        provision, rule, source = consent.one("provision"), consent.one("policyRule"), consent.one("sourceReference")
        purposes = [one.text("code") or "" for one in (provision.many("purpose") if provision else ())]
        bases = _words(codes(consent.many("category"), systems.OUR_BASIS), Basis)
        purpose = _words(purposes, Purpose)
        if bases and purpose:
            return Ground(
                basis=bases[0],
                purpose=purpose[0],
                law=rule.said("text", losses) if rule else None,
                evidence=source.said("display", losses) if source else None,
            )
        losses.add("Consent", "names no legal basis and purpose of our lists")
    return None


def _period(task: Node | None, request: Node | None, state: State) -> dict[str, str | None]:
    """The days: of the work itself in a status, of what is asked in a referral."""
    period = task.one("executionPeriod") if task else None
    if period is None and state.kind in (MessageKind.SENT, MessageKind.CHANGE_REQUESTED) and request:
        period = request.one("occurrencePeriod")
        if period is None and request.has("occurrenceDateTime"):
            return {"starts_on": read_day(request, "occurrenceDateTime"), "ends_on": None}
    return {"starts_on": read_day(period, "start"), "ends_on": read_day(period, "end")}
