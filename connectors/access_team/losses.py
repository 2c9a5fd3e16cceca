"""What of a canonical message a zaak can't carry, and why: as tables (standards, section 3.1)."""

from dataclasses import dataclass, field, fields

from connectors.access_team import format as words
from connectors.access_team.dialect import Dialect
from connectors.access_team.format import K
from connectors.protocol import Loss
from schemas.message import Client, Message, MessageData
from schemas.vocabulary import MessageKind

# Told by the kind of message itself, or the hub's own bookkeeping: never a loss.
_TOLD = frozenset({"event", "status", "implies", "dropped_fields", "correlation", "referral_id", "referral_number"})
_DOCUMENT = frozenset({"client", "starts_on", "ends_on"})
OF_SENDER = frozenset({K.SENT, K.ANSWERED, K.WITHDRAWN, K.REDIRECT_CONFIRMED, K.MARKED_IN_ERROR})
"""What only the part that referred can say: then the zaak is the team's own, and bears no mark of ours."""
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
ENDED = frozenset(kind for kind, fields_of_it in _CARRIED.items() if _ENDING - {"outcome"} <= fields_of_it)
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


def lost(message: Message, dialect: Dialect, cuts: Cuts, *, document: bool = False) -> tuple[Loss, ...]:
    """Give what has a value and no place, and what was cut; ``document``: of a zaak as its register gives it."""
    data, carried = message.data, _carried(message.kind, dialect) | (_DOCUMENT if document else frozenset())
    losses = {
        f"data.{one.name}": _WHY.get(one.name, _NO_PLACE)
        for one in fields(MessageData)
        if one.name not in carried | _TOLD and getattr(data, one.name) not in (None, (), {})
    }
    if data.client is not None and "client" in carried:
        losses |= _of_client(data.client)
    losses |= _keys(message, document=document) | _days(message, carried) | _codes(message, carried, dialect)
    if "note" in carried and message.kind in (K.PAUSED, K.RESUMED) and data.note and data.status_reason:
        losses["data.note"] = _NO_PLACE
    if document and message.kind is K.PAUSED and data.note:
        losses["data.note"] = _NO_PLACE
    if document and message.kind is K.RESUMED:
        losses |= dict.fromkeys(("type", "data.status_reason", "data.note"), "a zaak that goes on tells that it runs")
    return tuple(Loss(field=name, why=why) for name, why in {**losses, **cuts.made}.items())


def _carried(kind: MessageKind, dialect: Dialect) -> frozenset[str]:
    off = {name for name, property_name in dialect.properties.items() if not property_name}
    return frozenset(_CARRIED.get(kind, _OF_STATUS) - off)


def _keys(message: Message, *, document: bool) -> dict[str, str]:
    """A zaak is named by its address where its register made it, else by our number; a new one by number and id."""
    data, new = message.data, message.kind is K.SENT
    url = None if new else data.correlation.get("zgw:zaak")
    left = [f"correlation.{key}" for key in data.correlation if key != "zgw:zaak" or url is None]
    if document:
        left += ["referral_id", "referral_number"] if new or message.kind in OF_SENDER else []
    elif url is not None:
        left += ["referral_id", "referral_number"]
    elif not new and data.referral_number is not None:
        left.append("referral_id")
    why = "the zaak is named in another way"
    return {f"data.{name}": why for name in left if "." in name or getattr(data, name) is not None}


def _codes(message: Message, carried: frozenset[str], dialect: Dialect) -> dict[str, str]:
    """A zaak carries the words of a code; the code itself only where it is the name of the result."""
    data, why = message.data, "a zaak carries the words and not the code"
    reason, service, losses = data.status_reason, data.service, dict[str, str]()
    named = {*dialect.results, "opschorting"}
    if "status_reason" in carried and reason is not None and reason.code not in named:
        losses |= {"data.status_reason.code": why, "data.status_reason.system": why}
    if "service" in carried and service is not None and service.code not in dialect.zaaktypen:
        same = service.text in (None, service.code)
        losses |= {} if same else {"data.service.code": why}
        losses |= {} if service.system in (None, "zgw:omschrijving") else {"data.service.system": why}
    return losses


def _days(message: Message, carried: frozenset[str]) -> dict[str, str]:
    """A zaak knows whole days only; one that ended knows the day on which it did."""
    ended = frozenset({"ends_on"}) if message.kind in ENDED else frozenset()
    return {
        f"data.{name}": "a zaak knows whole days only"
        for name in ("starts_on", "ends_on")
        if name in carried and (day := getattr(message.data, name)) is not None and (len(day) < 10 or name in ended)
    }


def _of_client(client: Client) -> dict[str, str]:
    losses = {}
    if client.gender is not None and client.gender not in words.GENDERS:
        losses["data.client.gender"] = "the API knows m, v and o"
    if client.reference is not None and client.bsn is not None:
        losses["data.client.reference"] = "the citizen service number says who it is"
    return losses
