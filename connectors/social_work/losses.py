"""What of a canonical message an iWmo message can't carry, and why: as tables (standards, section 3.1)."""

from dataclasses import fields

from connectors.protocol import Loss
from schemas.message import Client, Message, MessageData

# Told by the kind of message itself, or the hub's own bookkeeping: never a loss. Nor is what else the receiver was
# assigned: a sender reads the losses of its message, and would learn that there is something.
_TOLD = frozenset({"event", "status", "implies", "dropped_fields", "correlation", "assignments"})
_PERSON = frozenset({"client", "service", "starts_on"})
_RECEIPT = frozenset({"receipt"})
_CARRIED = {
    "301": _PERSON | {"referral_number", "occurred_at", "ends_on", "reason", "note", "status_reason"},
    "315": _PERSON | {"referral_id", "ends_on", "reason", "note"},  # the id only where there is no other key
    "305": _PERSON | {"referral_number", "occurred_at"},
    "307": _PERSON | {"referral_number", "occurred_at", "ends_on", "status_reason"},
    "317": frozenset({"client", "referral_number", "starts_on", "ends_on", "status_reason"}),
    "319": frozenset({"status_reason"}),
}
_CLIENT = frozenset({"bsn", "family_name", "prefix", "initials", "given_name", "birth_date", "gender"})
_CLIENT_CARRIED = {"317": frozenset({"bsn"})}
KEYS_CARRIED = {
    "301": ("ToewijzingNummer", "ReferentieAanbieder"),
    "305": ("ToewijzingNummer",),
    "307": ("ToewijzingNummer",),
    "315": ("ReferentieAanbieder",),
    "317": ("ToewijzingNummer", "VerzoekWijziging"),
    "319": ("ReferentieAanbieder",),
}
RECEIPT_KEYS = ("Bericht", "Dagtekening")

_NO_PLACE = "this message has no place for it"
_WHY = {
    "referral_id": "the partner knows the referral by its number or by its own reference",
    "referral_number": "this message knows the referral by the provider's reference",
    "outcome": "iWmo tells that help ended, not what it led to",
    "occurred_at": "this message tells no moment of its own",
    "client": "this message names no client",
    "service": "this message names no product",
    "life_domains": "iWmo knows products, no life domains",
    "urgency": "iWmo knows no urgency",
    "ground": "iWmo carries no consent and no legal basis; the hub has decided on them before",
    "client_words": "iWmo has no place for the client's own words",
    "strengths": "iWmo has no place for what goes well",
}


def not_carried(message: Message, number: str, family: str) -> list[Loss]:
    """Give the fields that have a value and no place in this message."""
    data, heen = message.data, _CARRIED.get(number, _RECEIPT)
    losses = [
        Loss(field=f"data.{name}", why=_WHY.get(name, _NO_PLACE))
        for name in (field.name for field in fields(MessageData))
        if name not in heen | _TOLD and getattr(data, name) not in (None, (), {})
    ]
    keys = {f"{family}:{name}" for name in KEYS_CARRIED.get(number, RECEIPT_KEYS)}
    losses += [Loss(field=f"data.correlation.{key}", why=_NO_PLACE) for key in data.correlation if key not in keys]
    if data.client and "client" in heen:
        losses += _of_client(data.client, _CLIENT_CARRIED.get(number, _CLIENT))
    return losses


def _of_client(client: Client, carried: frozenset[str]) -> list[Loss]:
    return [
        Loss(field=f"data.client.{name}", why=_NO_PLACE)
        for name in (field.name for field in fields(Client))
        if name not in carried and getattr(client, name) is not None
    ]
