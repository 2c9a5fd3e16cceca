"""What of a canonical message a zaak can't carry, and why: as tables (standards, section 3.1)."""

from dataclasses import dataclass, field, fields

from connectors.access_team import format as words
from connectors.access_team.dialect import Dialect
from connectors.access_team.format import K
from connectors.protocol import Loss
from schemas.message import Client, Coded, Message, MessageData
from schemas.vocabulary import MessageKind

# Told by the kind of message itself, or the hub's own bookkeeping: never a loss.
_TOLD = frozenset({"event", "status", "implies", "dropped_fields", "correlation", "referral_id", "referral_number"})
_NEW = frozenset(
    {"client", "service", "reason", "client_words", "strengths", "note", "life_domains", "urgency", "occurred_at"}
)
_ENDING = frozenset({"occurred_at", "status_reason", "note", "outcome"})
_CARRIED = {
    K.SENT: _NEW | {"starts_on", "ends_on"},
    K.CORRECTED: frozenset({"client", "reason", "note", "client_words", "strengths"}),
    K.PAUSED: frozenset({"status_reason", "note"}),
    K.RESUMED: frozenset({"status_reason", "note"}),
    K.COMPLETED: _ENDING,
    **dict.fromkeys(
        (
            K.DECLINED, K.ENDED, K.STOPPED_BY_CLIENT, K.WITHDRAWN, K.CONSENT_WITHDRAWN, K.EXPIRED, K.REDIRECT_CONFIRMED,
            K.MARKED_IN_ERROR,
        ),
        _ENDING - {"outcome"},
    ),
}  # fmt: skip
_OF_STATUS = frozenset({"occurred_at", "note"})
_NO_PLACE = "this message has no place for it"
_WHY = {
    "ground": "a zaak carries no consent and no legal basis; the hub has decided on them before",
    "client": "the client stands on the zaak since it was made",
    "service": "the service stands on the zaak since it was made",
}
_LONGEST = {
    "family_name": words.FAMILY_NAME,
    "prefix": words.PREFIX,
    "initials": words.INITIALS,
    "given_name": words.GIVEN_NAME,
}


@dataclass(kw_only=True)
class Cuts:
    """Texts that were too long; each is cut where the API ends it, and told."""

    made: dict[str, str] = field(default_factory=dict)

    def text(self, name: str, text: str, longest: int) -> str:
        """Give a text as long as there is room for."""
        if len(text) <= longest:
            return text
        self.made.setdefault(f"data.{name}", f"cut: there is room for {longest} characters")
        return text[:longest].rstrip()


def lost(message: Message, dialect: Dialect, cuts: Cuts) -> tuple[Loss, ...]:
    """Give what has a value and no place, and what was cut."""
    data, carried = message.data, _carried(message.kind, dialect)
    losses = {
        f"data.{one.name}": _WHY.get(one.name, _NO_PLACE)
        for one in fields(MessageData)
        if one.name not in carried | _TOLD and getattr(data, one.name) not in (None, (), {})
    }
    if data.client is not None and "client" in carried:
        losses |= _of_client(data.client)
    for name in ("status_reason", "service"):
        coded = getattr(data, name)
        if name in carried and isinstance(coded, Coded) and coded.text and not _keeps_code(name, coded, dialect):
            losses[f"data.{name}.code"] = "a zaak carries the words and not the code"
    losses |= _days(message, carried)
    if "note" in carried and message.kind in (K.PAUSED, K.RESUMED) and data.note and data.status_reason:
        losses["data.note"] = _NO_PLACE
    return tuple(Loss(field=name, why=why) for name, why in {**losses, **cuts.made}.items())


def _carried(kind: MessageKind, dialect: Dialect) -> frozenset[str]:
    off = {name for name, property_name in dialect.properties.items() if not property_name}
    return frozenset(_CARRIED.get(kind, _OF_STATUS) - off)


def _keeps_code(name: str, coded: Coded, dialect: Dialect) -> bool:
    return name == "service" and coded.code in dialect.zaaktypen


def _days(message: Message, carried: frozenset[str]) -> dict[str, str]:
    """A zaak knows whole days only."""
    return {
        f"data.{name}": "a zaak knows whole days only"
        for name in ("starts_on", "ends_on")
        if name in carried and (day := getattr(message.data, name)) is not None and len(day) < 10
    }


def _of_client(client: Client) -> dict[str, str]:
    losses = {}
    if client.gender is not None and client.gender not in words.GENDERS:
        losses["data.client.gender"] = "the API knows m, v and o"
    if client.reference is not None and client.bsn is not None:
        losses["data.client.reference"] = "the citizen service number says who it is"
    return losses
