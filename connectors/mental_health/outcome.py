"""Receipts: OperationOutcome read, written, and given as the answer to a payload."""

import datetime as dt
import json
from typing import Any

from connectors.errors import Refusal, RefusalCode
from connectors.mental_health import systems
from connectors.mental_health.concepts import codes, is_fhir_id, read_coded, read_moment, write_coded
from connectors.mental_health.envelope import header, writing_of
from connectors.mental_health.graph import Graph
from connectors.mental_health.node import Losses, Node, malformed
from connectors.mental_health.parties import organisation, organisation_code
from connectors.protocol import AddressBook, Loss, Payload, Reading, Verdict, Writing
from schemas.identifiers import derived_id
from schemas.message import UNKNOWN_OIN, Message, MessageData, Receipt, source_of
from schemas.vocabulary import MessageKind

Json = dict[str, Any]
MEDIA_TYPE = "application/fhir+json"
UNNAMED = "unnamed"
SEVERITIES = {"fatal": False, "error": False, "warning": True, "information": True}
# R4, value set issue-type, as far as we use it.
ISSUE_TYPES = frozenset(
    {"invalid", "structure", "required", "value", "invariant", "security", "not-supported", "duplicate", "too-long"}
    | {"code-invalid", "business-rule", "too-costly", "processing", "informational", "not-found", "conflict"}
)
ISSUE_OF_CODE = {
    RefusalCode.MALFORMED: "invalid",
    RefusalCode.UNSUPPORTED_VERSION: "not-supported",
    RefusalCode.CANNOT_EXPRESS: "not-supported",
    RefusalCode.NOT_ALLOWED: "business-rule",
    RefusalCode.TOO_LARGE: "too-long",
}


def read_outcome(graph: Graph, identification: str, book: AddressBook, now: dt.datetime) -> Reading:
    """Read an OperationOutcome, alone or in a message, as a receipt.

    Alone it need not say which message it answers (``reference`` is then ``unnamed``); whoever sent that message knows.
    """
    losses = Losses()
    outcome = graph.of_type("OperationOutcome")[0]
    heading = next(iter(graph.of_type("MessageHeader")), None)
    response = heading.one("response") if heading else None
    issues = list(outcome.many("issue"))
    processed = _processed(issues, response)
    kind = MessageKind.PROCESSED if processed else MessageKind.REFUSED
    sender, receiver = _direction(heading, graph, book)
    party = book.party(sender)
    time = read_moment(graph.root, "timestamp", losses) if graph.root.type == "Bundle" else None
    message = Message(
        id=derived_id("fhir", identification, "OperationOutcome", kind.value),
        kind=kind,
        source=source_of(party.oin if party else UNKNOWN_OIN, "fhir"),
        time=time or now,
        sender=sender,
        receiver=receiver,
        data=MessageData(receipt=Receipt(reference=_reference(outcome, response, issues)[:80], codes=_codes(issues))),
    )
    if outcome.has("text"):
        losses.add("OperationOutcome.text", "the narrative of a partner is never kept")
    return Reading(identification=identification, messages=(message,), losses=losses.all())


def _processed(issues: list[Node], response: Node | None) -> bool:
    if response is not None and response.text("code") not in (None, "ok"):
        return False
    if not issues:
        raise malformed("An OperationOutcome needs an issue.", "OperationOutcome.issue", "required")
    severities = [issue.text("severity") or "" for issue in issues]
    if any(severity not in SEVERITIES for severity in severities):
        raise malformed("The severity is none of R4's.", "OperationOutcome.issue.severity", "code-invalid")
    return all(SEVERITIES[severity] for severity in severities)


def _direction(heading: Node | None, graph: Graph, book: AddressBook) -> tuple[str, str]:
    if heading is None:
        return book.partner.code, book.municipality.code
    destination = next(iter(heading.many("destination")), None)
    sender = organisation_code(heading.one("sender"), heading, graph, book)
    receiver = organisation_code(destination.one("receiver"), destination, graph, book) if destination else None
    return sender or book.partner.code, receiver or book.municipality.code


def _reference(outcome: Node, response: Node | None, issues: list[Node]) -> str:
    """The id of the message that this answers: our extension, the header, the details; in that order."""
    named = codes((issue.one("details") for issue in issues), systems.OUR_MESSAGE)
    in_header = response.text("identifier") if response else None
    return outcome.extension(systems.OUR_RECEIPT) or in_header or next(iter(named), None) or UNNAMED


def _codes(issues: list[Node]) -> tuple[Any, ...]:
    """The codes of the partner, its own before FHIR's. Diagnostics are left out: they may quote the message."""
    found = []
    for issue in issues:
        coded = read_coded(issue.one("details"), Losses(), ignore=(systems.OUR_MESSAGE,))
        if coded:
            found.append(coded)
    return tuple(found)


def write_receipt(message: Message, book: AddressBook) -> Writing:
    """Write a receipt as a FHIR message whose header answers (MessageHeader.response)."""
    receipt = message.data.receipt
    if receipt is None:
        text = "A receipt needs the message it answers."
        raise Refusal(RefusalCode.CANNOT_EXPRESS, text, field="MessageHeader.response", dialect_code="required")
    processed = message.kind is MessageKind.PROCESSED
    names = {
        code: derived_id("fhir", message.id, f"Organization/{code}") for code in (message.sender, message.receiver)
    }
    outcome_id = derived_id("fhir", message.id, "OperationOutcome")
    head_id = derived_id("fhir", message.id, "MessageHeader")
    addresses = (f"urn:uuid:{names[message.sender]}", f"urn:uuid:{names[message.receiver]}")
    plain = is_fhir_id(receipt.reference)
    resources: list[Json] = [
        {
            **header(message, book, head_id, addresses),
            "response": {
                "identifier": receipt.reference if plain else derived_id("fhir", receipt.reference),
                "code": "ok" if processed else "fatal-error",
                "details": {"reference": f"urn:uuid:{outcome_id}"},
            },
        },
        {
            "resourceType": "OperationOutcome",
            "id": outcome_id,
            **({} if plain else {"extension": [{"url": systems.OUR_RECEIPT, "valueString": receipt.reference}]}),
            "issue": _issues(receipt, processed=processed),
        },
        *(organisation(code, book, own_id) for code, own_id in names.items()),
    ]
    entries = [{"fullUrl": f"urn:uuid:{resource['id']}", "resource": resource} for resource in resources]
    return writing_of(message, entries, _receipt_losses(message))


def _issues(receipt: Receipt, *, processed: bool) -> list[Json]:
    """Write the codes of a receipt as issues; at least one, for an OperationOutcome needs it."""
    severity, code = ("information", "informational") if processed else ("error", "processing")
    issue: Json = {"severity": severity, "code": code}
    return [{**issue, "details": write_coded(coded)} for coded in receipt.codes] or [issue]


def _receipt_losses(message: Message) -> tuple[Loss, ...]:
    kept = {"receipt"}
    named = [name for name in message.to_json().get("data", {}) if name not in kept]
    return tuple(Loss(field=name, why="an OperationOutcome tells what a system did, no more") for name in named)


def answer(reference: str | None, verdict: Verdict, refusal: Refusal | None) -> Payload:
    """Give the OperationOutcome that answers a payload (R4, "OperationOutcome")."""
    issue: Json = {"severity": "information", "code": "informational"}
    if verdict is Verdict.REFUSED:
        issue = {"severity": "error", **_issue(refusal)}
    else:
        words = "Received before; nothing happens twice." if verdict is Verdict.DUPLICATE else "Received."
        issue["diagnostics"] = words
    document: Json = {"resourceType": "OperationOutcome", "issue": [issue]}
    if reference:
        document["extension"] = [{"url": systems.OUR_RECEIPT, "valueString": reference}]
    return Payload(body=json.dumps(document, ensure_ascii=False).encode(), content_type=MEDIA_TYPE)


def _issue(refusal: Refusal | None) -> Json:
    if refusal is None:
        return {"code": "processing"}
    code = refusal.dialect_code if refusal.dialect_code in ISSUE_TYPES else ISSUE_OF_CODE[refusal.code]
    issue: Json = {"code": code, "details": {"text": refusal.code.value}, "diagnostics": refusal.message}
    if refusal.field:
        issue["expression"] = [refusal.field]
    return issue
