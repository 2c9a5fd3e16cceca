"""The Bundle of type message and its MessageHeader (R4, "Messaging using FHIR Resources")."""

import json
from typing import Any
from urllib.parse import quote

from connectors.mental_health import systems
from connectors.mental_health.parties import reference_to
from connectors.protocol import AddressBook, Loss, Payload, Writing
from schemas.fields import moment_text
from schemas.identifiers import derived_id
from schemas.message import Message

Json = dict[str, Any]
MESSAGE, TRANSACTION = "message", "transaction"
CONTENT_TYPE = "application/fhir+json; fhirVersion=4.0"


def writing_of(message: Message, entries: list[Json], losses: tuple[Loss, ...], kind: str = MESSAGE) -> Writing:
    """Put resources in a Bundle; its identifier is the id of the message."""
    bundle = {
        "resourceType": "Bundle",
        "id": derived_id("fhir", message.id, "Bundle"),
        "identifier": {"system": systems.OUR_MESSAGE, "value": message.id},
        "type": kind,
        "timestamp": moment_text(message.time),
        "entry": as_transaction(entries) if kind == TRANSACTION else entries,
    }
    body = json.dumps(bundle, ensure_ascii=False, indent=1).encode()
    return Writing(payload=Payload(body=body, content_type=CONTENT_TYPE), reference=message.id, losses=losses)


def as_transaction(bundle_entries: list[Json]) -> list[Json]:
    """Turn the entries of a message into those of a transaction: each resource put in its place, no header.

    Put by id, not posted: the same message again changes nothing (R4, "transaction", "Update as Create").
    """
    return [
        {**entry, "request": {"method": "PUT", "url": f"{resource['resourceType']}/{resource['id']}"}}
        for entry in bundle_entries
        if (resource := entry["resource"])["resourceType"] != "MessageHeader"
    ]


def header(message: Message, book: AddressBook, own_id: str, addresses: tuple[str, str]) -> Json:
    """Write the MessageHeader: what this is, from whom, to whom (R4, "Messaging using FHIR Resources")."""
    party = book.party(message.sender)
    return {
        "resourceType": "MessageHeader",
        "id": own_id,
        "eventCoding": {"system": systems.OUR_KIND, "code": message.kind.value},
        "destination": [
            {
                "endpoint": f"{systems.OUR_ORGANISATION}:{quote(message.receiver, safe='')}",
                "receiver": reference_to(message.receiver, book, addresses[1]),
            }
        ],
        "sender": reference_to(message.sender, book, addresses[0]),
        "source": {"name": party.name if party else message.sender, "endpoint": quote(message.source, safe=":/")},
    }
