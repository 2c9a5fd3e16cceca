"""Which payload, which referral, which person: what must not be mixed up."""

import hashlib
import json

from connectors.mental_health.concepts import read_key
from connectors.mental_health.format import CARRIERS
from connectors.mental_health.graph import Graph
from connectors.mental_health.node import Losses, Node, not_allowed
from connectors.mental_health.patient import read_patient, same_person
from schemas.message import Message


def identification_of(graph: Graph) -> str:
    """Give the partner's own id of a payload: the Bundle's, else Task and version, else a hash of the content."""
    root = graph.root
    identifier = root.one("identifier") if root.type == "Bundle" else None
    if identifier is not None and identifier.text("value"):
        return (identifier.text("value") or "")[:200]
    if root.type in CARRIERS:
        meta = root.one("meta")
        key = read_key(root)
        version = (meta and (meta.text("versionId") or meta.text("lastUpdated"))) or root.text("lastModified")
        if key and version:
            return f"{key}:{version}:{root.text('status')}"[:200]
    canonical = json.dumps(root.value, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return "sha256:" + hashlib.sha256(canonical.encode()).hexdigest()


def check_one_client(graph: Graph) -> None:
    """Refuse two different people in one payload: nobody may see another's referral by the way."""
    patients = [read_patient(patient, Losses()) for patient in graph.of_type("Patient")]
    if any(not same_person(patient, patients[0]) for patient in patients[1:]):
        raise not_allowed("Two people stand in one Bundle; send one Bundle for each.", "Bundle.entry.resource")


def check_one_person(messages: tuple[Message, ...]) -> None:
    """Refuse messages about different people in one payload, also where no Patient travels along."""
    people = [message.data.client for message in messages if message.data.client]
    if any(not same_person(person, people[0]) for person in people[1:]):
        raise not_allowed("The Bundle is about two people; send one Bundle for each.", "Bundle.entry.resource")


def own_identifier(carrier: Node, request: Node | None, system: str) -> str | None:
    """Give our own identifier of a referral, from the Task or the ServiceRequest."""
    for resource in (carrier, request):
        for identifier in resource.many("identifier") if resource else ():
            if identifier.text("system") == system:
                return identifier.text("value")
    return None


def correlation(carrier: Node, request: Node | None) -> dict[str, str]:
    """Give the partner's keys of Task and ServiceRequest; a focus that does not travel along is one too."""
    keys = {"fhir:Task": read_key(carrier) if carrier.type == "Task" else None}
    keys["fhir:ServiceRequest"] = read_key(request) if request else None
    if request is None and carrier.has("focus"):
        focus = carrier.one("focus")
        literal = focus.text("reference") if focus else None
        identifier = focus.one("identifier") if focus else None
        if literal and not literal.startswith(("#", "urn:")):
            keys["fhir:ServiceRequest"] = literal.split("/_history/")[0].split("/")[-1]
        elif identifier and identifier.text("value"):
            keys["fhir:ServiceRequest"] = f"{identifier.text('system') or ''}|{identifier.text('value')}"
    return {name: key for name, key in keys.items() if key}
