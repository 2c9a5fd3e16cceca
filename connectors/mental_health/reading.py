"""From FHIR to canonical messages: one for each Task, or for each ServiceRequest that comes without one."""

import datetime as dt
import json
from dataclasses import dataclass, field
from typing import Any

from connectors.errors import Refusal, RefusalCode
from connectors.mental_health import guards, systems
from connectors.mental_health.concepts import read_coded, read_key, read_moment
from connectors.mental_health.content import read_content
from connectors.mental_health.format import CARRIERS, State
from connectors.mental_health.graph import Graph
from connectors.mental_health.identity import (
    check_one_client,
    check_one_person,
    correlation,
    identification_of,
    own_identifier,
)
from connectors.mental_health.node import Losses, Node, malformed, not_allowed
from connectors.mental_health.parties import organisation_code
from connectors.mental_health.patient import read_client, same_person
from connectors.mental_health.state import state_of_request, state_of_task
from connectors.protocol import AddressBook, Reading
from schemas.identifiers import derived_id
from schemas.message import MESSAGE, UNKNOWN_OIN, Client, Message, MessageData, source_of


@dataclass(frozen=True, kw_only=True)
class Desk:
    """What reading one payload needs at hand."""

    graph: Graph
    book: AddressBook
    now: dt.datetime
    header: Node | None
    identification: str
    losses: Losses = field(default_factory=Losses)

    def party(self, holder: Node | None, element: str) -> str | None:
        """The organisation that an element of a resource refers to."""
        if holder is None:
            return None
        return organisation_code(next(iter(holder.many(element)), None), holder, self.graph, self.book)


def read_referrals(graph: Graph, book: AddressBook, now: dt.datetime) -> Reading:
    """Read a Task, a ServiceRequest or a Bundle of them."""
    guards.check_resources(graph)
    carriers = _carriers(graph)
    desk = Desk(
        graph=graph,
        book=book,
        now=now,
        header=next(iter(graph.of_type("MessageHeader")), None),
        identification=identification_of(graph),
    )
    check_one_client(graph)
    for resource in graph.resources:
        if resource.has("text"):
            desk.losses.add(f"{resource.type or 'resource'}.text", "the narrative of a partner is never kept")
    messages = tuple(_message(carrier, desk) for carrier in carriers)
    if len({message.id for message in messages}) < len(messages):
        raise malformed("The same Task stands in the Bundle twice.", "Bundle.entry", "duplicate")
    check_one_person(messages)
    return Reading(identification=desk.identification, messages=messages, losses=desk.losses.all())


def _carriers(graph: Graph) -> tuple[Node, ...]:
    tasks = graph.of_type("Task")
    carriers = tasks or graph.of_type("ServiceRequest")
    if carriers:
        return carriers
    kinds = sorted({resource.type for resource in graph.resources if resource.type.isalpha()} - set(CARRIERS))
    named = ", ".join(kind[:40] for kind in kinds[:5]) or graph.root.path
    text = f"Only a Task or a ServiceRequest carries a referral, not: {named}."
    raise not_allowed(text, graph.root.path, "not-supported")


def _message(carrier: Node, desk: Desk) -> Message:
    guards.check_intent(carrier)
    request = _request_of(carrier, desk.graph)
    requester = desk.party(carrier, "requester") or desk.party(request, "requester")
    owner = desk.party(carrier, "owner") or desk.party(request, "performer")
    state = _state(carrier, requester, owner, desk)
    sender, receiver = _direction(state, requester, owner, desk)
    client = _client(carrier, request, desk)
    data = _data(carrier, request, state, client, desk)
    party = desk.book.party(sender)
    header_time = read_moment(desk.graph.root, "timestamp", desk.losses) if desk.graph.root.type == "Bundle" else None
    key = read_key(carrier) or carrier.path
    return _checked(
        Message(
            id=derived_id("fhir", desk.identification, key, state.kind.value),
            kind=state.kind,
            source=source_of(party.oin if party else UNKNOWN_OIN, "fhir"),
            time=header_time or data.occurred_at or desk.now,
            sender=sender,
            receiver=receiver,
            data=data,
        ),
        carrier,
    )


def _request_of(carrier: Node, graph: Graph) -> Node | None:
    """The ServiceRequest behind a Task: its focus, else what it is based on. Anything else in focus is no referral."""
    if carrier.type == "ServiceRequest":
        return carrier
    focus = carrier.one("focus")
    literal = (focus.text("reference") if focus else None) or ""
    kind = (focus.text("type") if focus else None) or (literal.split("/")[-2] if literal.count("/") else "")
    target = graph.resolve(focus, carrier)
    named = kind.isalpha() and kind[:1].isupper() and kind != "ServiceRequest"
    if target.type != "ServiceRequest" if target is not None else named:
        raise not_allowed("The Task is not about a ServiceRequest.", carrier.at("focus"), "not-supported")
    if target is None:
        candidates = (graph.resolve(based, carrier) for based in carrier.many("basedOn"))
        target = next((one for one in candidates if one and one.type == "ServiceRequest"), None)
    if target is not None:
        guards.check_intent(target)
    return target


def _state(carrier: Node, requester: str | None, owner: str | None, desk: Desk) -> State:
    if carrier.type == "ServiceRequest":
        return state_of_request(carrier)
    sender = desk.party(desk.header, "sender")
    by_performer = sender == owner if sender else owner == desk.book.partner.code and requester != owner
    return state_of_task(carrier, set_by_performer=by_performer and owner is not None, losses=desk.losses)


def _direction(state: State, requester: str | None, owner: str | None, desk: Desk) -> tuple[str, str]:
    """Who says it to whom: the MessageHeader where there is one, else whoever can do this, else the partner."""
    destination = next(iter(desk.header.many("destination")), None) if desk.header else None
    sender, receiver = desk.party(desk.header, "sender"), desk.party(destination, "receiver")
    doer, other = (owner, requester) if state.by_performer else (requester, owner)
    partner, municipality = desk.book.partner.code, desk.book.municipality.code
    sender = sender or doer or (partner if partner not in (receiver, other) else municipality)
    if receiver is None:
        receiver = other or (municipality if sender != municipality else partner)
    return sender, receiver


def _client(carrier: Node, request: Node | None, desk: Desk) -> Client | None:
    element = "for" if carrier.type == "Task" else "subject"
    client = read_client(carrier, element, desk.graph, desk.losses)
    if request is None or request is carrier:
        return client
    subject = read_client(request, "subject", desk.graph, desk.losses)
    if client is None or subject is None:
        return client or subject
    if not same_person(client, subject):
        raise not_allowed("Task and ServiceRequest are about two people.", carrier.at(element))
    return client if client.bsn or not subject.bsn else subject


def _data(carrier: Node, request: Node | None, state: State, client: Client | None, desk: Desk) -> MessageData:
    losses = desk.losses
    number = own_identifier(carrier, request, systems.OUR_NUMBER)
    content: dict[str, Any] = read_content(carrier, request, state, desk.graph, losses)
    moved = "lastModified" if carrier.type == "Task" else "authoredOn"
    return MessageData(
        referral_id=own_identifier(carrier, request, systems.OUR_REFERRAL),
        referral_number=int(number) if number and number.isascii() and number.isdigit() and len(number) < 10 else None,
        correlation=correlation(carrier, request),
        event=state.event,
        status=state.status,
        implies=state.implies,
        occurred_at=read_moment(carrier, moved, losses) or read_moment(carrier, "authoredOn", losses),
        status_reason=read_coded(carrier.one("statusReason"), losses, ignore=(systems.OUR_STATUS,)),
        client=client,
        **content,
    )


# Where a field that the schema refuses came from.
_ORIGINS = {
    "client": "Patient",
    "status_reason": "statusReason",
    "service": "ServiceRequest.code",
    "note": "note",
    "reason": "ServiceRequest.reasonCode",
    "correlation": "identifier",
    "referral_id": "identifier",
    "starts_on": "period.start",
    "ends_on": "period.end",
    "occurred_at": "lastModified",
}


def _checked(message: Message, carrier: Node) -> Message:
    """Hold a message against the canonical schema: what is too long or can't be seen is the partner's to mend."""
    errors = MESSAGE.validate(message.to_json())
    if not errors:
        return message
    inside: Any = errors.get("data", {})
    name = next(iter(inside if isinstance(inside, dict) and inside else errors), "")
    origin = _ORIGINS.get(str(name), "")
    path = origin if origin.startswith(("Patient", "ServiceRequest")) else f"{carrier.path}.{origin}".rstrip(".")
    if "Longer than" in json.dumps(errors):
        raise Refusal(RefusalCode.TOO_LARGE, "A text is too long.", field=path, dialect_code="too-long")
    raise malformed("A value can't be taken as it stands.", path, "value")
