"""From a canonical message to a FHIR message: MessageHeader, Task, ServiceRequest, Patient and the organisations."""

from dataclasses import dataclass
from typing import Any

from connectors.errors import Refusal, RefusalCode
from connectors.mental_health import systems
from connectors.mental_health.concepts import coding, is_fhir_id, write_coded, write_key
from connectors.mental_health.envelope import MESSAGE, header, writing_of
from connectors.mental_health.format import CHANGE, FULFILL, STATE_OF_KIND, State
from connectors.mental_health.parties import organisation, reference_to
from connectors.mental_health.patient import write_patient
from connectors.protocol import AddressBook, Loss, Writing
from schemas.fields import moment_text
from schemas.identifiers import derived_id
from schemas.message import Message
from schemas.vocabulary import MessageKind

Json = dict[str, Any]
ABSENT: Json = {"extension": [{"url": systems.ABSENT, "valueCode": "unknown"}]}
ASKING = (MessageKind.SENT, MessageKind.CHANGE_REQUESTED)
# A Task to take in what has changed; the help itself stays as it is (R4, value set task-code).
CHANGING = (MessageKind.CHANGE_REQUESTED, MessageKind.CORRECTED)


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """What writing one message needs at hand: the message, its state, and the addresses within the Bundle."""

    message: Message
    state: State
    book: AddressBook
    scope: str

    @property
    def requester(self) -> str:
        """The code of the organisation that asked."""
        return self.message.receiver if self.state.by_performer else self.message.sender

    @property
    def owner(self) -> str:
        """The code of the organisation that is asked."""
        return self.message.sender if self.state.by_performer else self.message.receiver

    def id_of(self, what: str) -> str:
        """The id of a resource of this referral: the same in every message about it."""
        return derived_id("fhir", self.scope, what)

    def address(self, what: str) -> str:
        """Its address within the Bundle."""
        return f"urn:uuid:{self.id_of(what)}"

    def organisation(self, code: str) -> Json:
        """A reference to an organisation of the Bundle."""
        return reference_to(code, self.book, self.address(f"Organization/{code}"))

    def patient(self) -> Json:
        """A reference to the client; said to be unknown where the message names none."""
        if self.message.data.client is None:
            return ABSENT
        return {"reference": self.address("Patient"), "type": "Patient"}


def write_message(message: Message, book: AddressBook) -> Writing:
    """Write a referral or status; ``cannot_express`` where a status does not say of which referral."""
    if message.kind not in STATE_OF_KIND:
        word = message.kind.value.rsplit(".", 1)[-1]
        raise Refusal(RefusalCode.CANNOT_EXPRESS, f"FHIR has no message that says '{word}'.", field="Task.status")
    sheet = Sheet(message=message, state=STATE_OF_KIND[message.kind], book=book, scope=_scope(message))
    resources: dict[str, Json] = {"MessageHeader": _header(sheet), "Task": _task(sheet)}
    resources["ServiceRequest"] = _request(sheet)
    if message.data.client:
        resources["Patient"] = write_patient(message.data.client, sheet.id_of("Patient"))
    if message.data.ground:
        resources["Consent"] = _consent(sheet)
    for code in dict.fromkeys((message.sender, message.receiver)):
        name = f"Organization/{code}"
        resources[name] = organisation(code, book, sheet.id_of(name))
    entries = [{"fullUrl": sheet.address(name), "resource": resource} for name, resource in resources.items()]
    entries[0]["fullUrl"] = f"urn:uuid:{resources['MessageHeader']['id']}"  # the only one that is new each time
    kind = str(book.dialect.get("bundle", MESSAGE))
    return writing_of(message, entries, tuple(_losses(message, sheet.state)), kind)


def _scope(message: Message) -> str:
    """What keeps the ids of a referral the same over its messages; a referral's first message may name none yet."""
    data = message.data
    number = str(data.referral_number) if data.referral_number is not None else None
    keys = (data.referral_id, number, data.correlation.get("fhir:Task"), data.correlation.get("fhir:ServiceRequest"))
    scope = next((key for key in keys if key), None)
    if scope is None and message.kind is not MessageKind.SENT:
        text = "A status needs the referral it is about: referral_id, referral_number or a FHIR key."
        raise Refusal(RefusalCode.CANNOT_EXPRESS, text, field="Task.identifier", dialect_code="required")
    return scope or message.id


def _header(sheet: Sheet) -> Json:
    message = sheet.message
    addresses = (sheet.address(f"Organization/{message.sender}"), sheet.address(f"Organization/{message.receiver}"))
    own_id = derived_id("fhir", message.id, "MessageHeader")
    focus = [{"reference": sheet.address("Task"), "type": "Task"}]
    return {**header(message, sheet.book, own_id, addresses), "focus": focus}


def _identity(sheet: Sheet, kind: str) -> Json:
    """The id and identifiers of a Task or ServiceRequest: ours, and the partner's own where it gave one."""
    data = sheet.message.data
    own_id, theirs = write_key(data.correlation.get(f"fhir:{kind}"))
    number = str(data.referral_number) if data.referral_number is not None else None
    ours = [
        {"system": system, "value": value}
        for system, value in ((systems.OUR_REFERRAL, data.referral_id), (systems.OUR_NUMBER, number))
        if value
    ]
    identifiers = ours + theirs
    return {"id": own_id or sheet.id_of(kind), **({"identifier": identifiers} if identifiers else {})}


def _task(sheet: Sheet) -> Json:
    """The Task of the VWS routing pattern: order, fulfill, focus on the ServiceRequest, requester and owner."""
    data, state = sheet.message.data, sheet.state
    reason = write_coded(data.status_reason) if data.status_reason else None
    moment = moment_text(data.occurred_at) if data.occurred_at else None
    code = CHANGE if sheet.message.kind in CHANGING else FULFILL
    task: Json = {
        "resourceType": "Task",
        **_identity(sheet, "Task"),
        "status": state.task,
        "statusReason": reason,
        "businessStatus": coding(systems.OUR_STATUS, state.word),
        "intent": "order",
        "priority": systems.PRIORITIES[data.urgency] if data.urgency else None,
        "code": coding(systems.TASK_CODE, code),
        "focus": {"reference": sheet.address("ServiceRequest"), "type": "ServiceRequest"},
        "for": sheet.patient() if data.client else None,
        "executionPeriod": _period(sheet) if sheet.message.kind not in ASKING else None,
        "authoredOn": moment if sheet.message.kind is MessageKind.SENT else None,
        "lastModified": moment,
        "requester": sheet.organisation(sheet.requester),
        "owner": sheet.organisation(sheet.owner),
        "note": [{"text": data.note}] if data.note else None,
        "input": _inputs(sheet),
        "output": _outputs(sheet),
    }
    return {name: value for name, value in task.items() if value}


def _inputs(sheet: Sheet) -> list[Json]:
    """The client's own words and strengths: R4 has no element for them, Task.input takes what is named."""
    data = sheet.message.data
    said = [("client_words", data.client_words)] if data.client_words else []
    said += [("strength", strength) for strength in data.strengths]
    return [{"type": coding(systems.OUR_CONTENT, name), "valueString": text} for name, text in said]


def _outputs(sheet: Sheet) -> list[Json]:
    outcome = sheet.message.data.outcome
    if outcome is None:
        return []
    value = coding(systems.OUR_OUTCOME, outcome.value)
    return [{"type": coding(systems.OUR_CONTENT, "outcome"), "valueCodeableConcept": value}]


def _period(sheet: Sheet) -> Json:
    data = sheet.message.data
    return {name: day for name, day in (("start", data.starts_on), ("end", data.ends_on)) if day}


def _request(sheet: Sheet) -> Json:
    """The ServiceRequest: what is asked; its status follows that of the Task."""
    data, message = sheet.message.data, sheet.message
    request: Json = {
        "resourceType": "ServiceRequest",
        **_identity(sheet, "ServiceRequest"),
        "status": sheet.state.request,
        "intent": "order",
        "category": [coding(systems.OUR_DOMAIN, domain.value) for domain in data.life_domains],
        "priority": systems.PRIORITIES[data.urgency] if data.urgency else None,
        "code": write_coded(data.service) if data.service else None,
        "subject": sheet.patient(),
        "occurrencePeriod": _period(sheet) if message.kind in ASKING else None,
        "authoredOn": moment_text(data.occurred_at or message.time) if message.kind is MessageKind.SENT else None,
        "requester": sheet.organisation(sheet.requester),
        "performer": [sheet.organisation(sheet.owner)],
        "reasonCode": [{"text": data.reason}] if data.reason else None,
        "supportingInfo": [{"reference": sheet.address("Consent"), "type": "Consent"}] if data.ground else None,
    }
    return {name: value for name, value in request.items() if value}


def _consent(sheet: Sheet) -> Json:
    """The legal ground as a Consent: R4 has no other place for basis, law, purpose and evidence together."""
    ground = sheet.message.data.ground
    assert ground is not None  # the caller has looked
    basis = coding(systems.OUR_BASIS, ground.basis.value)
    consent: Json = {
        "resourceType": "Consent",
        "id": sheet.id_of("Consent"),
        "status": "inactive" if sheet.message.kind is MessageKind.CONSENT_WITHDRAWN else "active",
        "scope": coding(systems.AVG_SCOPE, "patient-privacy"),
        "category": [basis],
        "patient": sheet.patient() if sheet.message.data.client else None,
        "policyRule": {**basis, **({"text": ground.law} if ground.law else {})},
        "provision": {"purpose": [{"system": systems.OUR_PURPOSE, "code": ground.purpose.value}]},
        "sourceReference": {"display": ground.evidence} if ground.evidence else None,
    }
    return {name: value for name, value in consent.items() if value}


def _losses(message: Message, state: State) -> list[Loss]:
    """What R4, or what we make of it, has no place for."""
    data = message.data
    checks = (
        (bool(set(data.correlation) - {"fhir:Task", "fhir:ServiceRequest"}), "correlation", "keys of other formats"),
        (data.event not in (None, state.event), "event", "the kind of the message says what happened"),
        (data.status not in (None, state.status), "status", "the Task has one status; the kind of the message sets it"),
        (bool(data.implies) and data.implies != state.implies, "implies", "a reader of FHIR infers this itself"),
        (data.receipt is not None, "receipt", "a receipt travels as a message of its own"),
        (bool(data.dropped_fields), "dropped_fields", "about another format"),
        (_changed(data.service), "service", "a code holds single spaces, its system none"),
        (_changed(data.status_reason), "status_reason", "a code holds single spaces, its system none"),
        (_bad_key(data.correlation.get("fhir:Task")), "correlation.fhir:Task", "is no id; sent as an identifier"),
    )
    return [Loss(field=name, why=why) for lost, name, why in checks if lost]


def _changed(coded: Any) -> bool:
    return coded is not None and coded.code != " ".join(coded.code.split())


def _bad_key(key: str | None) -> bool:
    return bool(key) and "|" not in (key or "") and not is_fhir_id(key or "")
