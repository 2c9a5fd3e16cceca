"""What of a canonical message a case of StUF-ZKN can't carry, and why."""

from dataclasses import fields

from connectors.protocol import Loss
from connectors.work_and_income.format import KEY
from schemas.message import Message, MessageData
from schemas.vocabulary import MessageKind

_TOLD = frozenset({"event", "status", "implies", "dropped_fields", "correlation"})
_KEYS = frozenset({"referral_id", "referral_number"})
_STATUS = _KEYS | {"occurred_at", "note", "status_reason"}
_CARRIED = {
    "new": _KEYS | {"client", "service", "reason", "starts_on", "ends_on"},
    "known": _KEYS,
    "status": _STATUS,
    "end": _STATUS | {"ends_on", "outcome"},
    "pause": _KEYS | {"note", "status_reason"},
    "resume": _KEYS,
    "removal": _KEYS | {"note"},
    "receipt": frozenset({"receipt"}),
}
_WHY = {
    "life_domains": "a case has a zaaktype, no life domains",
    "urgency": "StUF-ZKN knows no urgency",
    "ground": "StUF-ZKN carries no consent and no legal basis; the hub has decided on them before",
    "client_words": "StUF-ZKN has no place for the client's own words",
    "strengths": "StUF-ZKN has no place for what goes well",
    "client": "a change goes by the case: it names no person",
    "service": "a change goes by the case: it names no service",
    "outcome": "only the result of a case that ended tells what came of it",
    "occurred_at": "a case tells the moment of a status only",
}
_NO_PLACE = "this message has no place for it"


def not_carried(message: Message, form: str) -> list[Loss]:
    """Give the fields that have a value and no place in this form of message."""
    data, carried = message.data, _CARRIED[form] | _TOLD
    losses = [
        Loss(field=f"data.{name}", why=_WHY.get(name, _NO_PLACE))
        for name in (field.name for field in fields(MessageData))
        if name not in carried and getattr(data, name) not in (None, (), {})
    ]
    if KEY in data.correlation and data.referral_number is not None and "referral_number" in carried:
        losses.append(Loss(field="data.referral_number", why="the case goes by the suite's own number"))
    losses += [Loss(field=f"data.correlation.{key}", why=_NO_PLACE) for key in data.correlation if key != KEY]
    if message.kind is MessageKind.CONSENT_WITHDRAWN:
        losses.append(Loss(field="type", why="StUF-ZKN tells of no consent; sent as a removal of the case"))
    if message.kind is MessageKind.MARKED_IN_ERROR:
        losses.append(Loss(field="type", why="sent as a removal of the case, like a withdrawal"))
    return losses
