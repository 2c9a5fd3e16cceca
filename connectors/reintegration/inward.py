"""From a checked document of this dialect to the canonical message."""

from typing import Any

from marshmallow import ValidationError

from connectors.errors import Refusal, RefusalCode
from connectors.protocol import AddressBook, Loss, Reading
from connectors.reintegration import srg
from connectors.reintegration.shapes import SHAPES, VERSION
from connectors.reintegration.words import STATE_OF_WORD, Precision, Result, Sort, ours
from schemas.identifiers import derived_id
from schemas.message import UNKNOWN_OIN, Client, Coded, Ground, Message, MessageData, Receipt, source_of
from schemas.vocabulary import Event, MessageKind, Status

Json = dict[str, Any]
KEY = "reintegration:kenmerk"
"""The name under which the partner's own reference is kept."""
SUWI_TYPE = "suwi:CdTypeRvGsd"
"""The list of a service that is named by SuwiML's ``CdTypeRvGsd``; each municipality fills it itself."""
_HIGHEST = 999_999_999
_NO_PERSON = "a canonical message names organisations, no people"


def read_document(document: Any, book: AddressBook) -> Reading:
    """Read one message; ``Refusal`` names the first field that is wrong."""
    said = checked(document)
    losses: list[Loss] = []
    sort, key = said["soort"], said["berichtId"].lower()
    identification = f"berichtId:{key}"
    if sort is Sort.RECEIPT:
        message = _receipt(said, key, book)
    else:
        message = _about_referral(said, key, book, losses)
    found = () if message is None else (message,)
    return Reading(identification=identification, messages=found, losses=tuple(losses))


def checked(document: Any) -> Json:
    """Check a document against its schema."""
    if not isinstance(document, dict):
        raise Refusal(RefusalCode.MALFORMED, "A message is one JSON object.", field="/")
    sort = document.get("soort")
    if not isinstance(sort, str) or sort not in SHAPES:
        text = "Must be one of: " + ", ".join(Sort) + "."
        raise Refusal(RefusalCode.MALFORMED, text, field="soort")
    if document.get("versie", VERSION) != VERSION:
        raise Refusal(RefusalCode.UNSUPPORTED_VERSION, f"Only version {VERSION} is spoken here.", field="versie")
    try:
        return dict(SHAPES[sort].load(_without_nulls(document)))
    except ValidationError as error:
        path, why = first_of(error.messages)
        raise Refusal(RefusalCode.MALFORMED, why, field=path) from error


def _without_nulls(value: Any) -> Any:
    """Give a document without what is null: many systems write what they leave out so."""
    if isinstance(value, dict):
        return {name: _without_nulls(inner) for name, inner in value.items() if inner is not None}
    return [_without_nulls(inner) for inner in value] if isinstance(value, list) else value


def first_of(messages: Any) -> tuple[str, str]:
    """Give the path to the first wrong field, and what is wrong; a name that is none of ours is not repeated."""
    path: list[str] = []
    while isinstance(messages, dict) and messages:
        name, messages = next(iter(messages.items()))
        path.append(str(name))
    why = str(messages[0]) if isinstance(messages, list) and messages else "Can't be used."
    if why == "Unknown field.":
        return ".".join([*path[:-1], "?"]), "A field that this message does not have."
    return ".".join(name for name in path if name != "_schema") or "/", why


def _receipt(said: Json, key: str, book: AddressBook) -> Message | None:
    if said["uitkomst"] is Result.TAKEN:
        return None  # that it lies there is what the transport said already
    processed = said["uitkomst"] is Result.PROCESSED
    kind = MessageKind.PROCESSED if processed else MessageKind.REFUSED
    codes = tuple(_coded(code) for code in said.get("codes", ()))
    data = MessageData(receipt=Receipt(reference=said["betreftBericht"], codes=codes))
    return _message(said, key, kind, data, book)


def _about_referral(said: Json, key: str, book: AddressBook, losses: list[Loss]) -> Message:
    provision = said.get("voorziening", {})
    if "behandelaar" in said:
        losses.append(Loss(field="behandelaar", why=_NO_PERSON))
    data: Json = {
        "referral_id": said.get("verwijzingId"),
        "referral_number": _number(said),
        "correlation": {KEY: said["kenmerk"]} if "kenmerk" in said else {},
        "occurred_at": said.get("tijdstip"),
        "client": _client(said["client"]) if said.get("client") else None,
        "service": _service(said, losses),
        "life_domains": tuple(ours(word) for word in dict.fromkeys(said.get("leefgebieden", ()))),
        "reason": said.get("aanleiding"),
        "client_words": said.get("woordenClient"),
        "strengths": tuple(said.get("sterkePunten", ())),
        "urgency": ours(said["urgentie"]) if "urgentie" in said else None,
        "ground": _ground(said["grondslag"]) if "grondslag" in said else None,
        "starts_on": provision.get("DatBRv"),
        "ends_on": provision.get("DatERv"),
        "note": srg.joined(said.get("toelichting"), provision),
        "outcome": ours(said["resultaat"]) if "resultaat" in said else None,
        "status_reason": _reason(said, losses),
    }
    if said["soort"] is Sort.REFERRAL:
        return _message(said, key, MessageKind.SENT, MessageData(event=Event.SEND, status=Status.SENT, **data), book)
    state = STATE_OF_WORD[said["status"]]
    told = MessageData(event=state.event, status=state.status, implies=state.implies, **data)
    return _message(said, key, state.kind, told, book)


def _message(said: Json, key: str, kind: MessageKind, data: MessageData, book: AddressBook) -> Message:
    sender = _party(said.get("afzender"), book, book.partner.code)
    receiver = _party(said.get("ontvanger"), book, book.municipality.code)
    known = book.party(sender)
    return Message(
        id=derived_id("reintegration", key),
        kind=kind,
        source=source_of(known.oin if known else UNKNOWN_OIN, "reintegratie"),
        time=said["verzondenOp"],
        sender=sender,
        receiver=receiver,
        data=data,
    )


def _party(named: Json | None, book: AddressBook, otherwise: str) -> str:
    """Give the code of an organisation: by our code, OIN or KvK number; one that nobody knows by its number."""
    if not named or set(named) == {"naam"}:
        return otherwise
    if "organisatie" in named:
        return str(named["organisatie"])
    everyone = (book.partner, book.municipality, *book.parties)
    if "oin" in named and named["oin"] != UNKNOWN_OIN:
        return next((party.code for party in everyone if party.oin == named["oin"]), f"oin:{named['oin']}")
    if "kvk" in named:
        known = book.find("kvk", named["kvk"])
        return known.code if known else f"kvk:{named['kvk']}"
    return otherwise


def _number(said: Json) -> int | None:
    text = said.get("registratienummerRv")
    if text is None:
        return None
    number = int(text)
    if not 1 <= number <= _HIGHEST:
        raise Refusal(RefusalCode.MALFORMED, "Is no number that Schakel gives.", field="registratienummerRv")
    return number


def _client(said: Json) -> Client:
    born, precision = said.get("geboortedatum"), said.get("geboortedatumPrecisie", Precision.DAY)
    if born is not None:
        born = born[: {Precision.DAY: 10, Precision.MONTH: 7, Precision.YEAR: 4}[precision]]
    return Client(
        bsn=said.get("bsn"),
        family_name=said.get("achternaam"),
        prefix=said.get("voorvoegsel"),
        initials=said.get("voorletters"),
        given_name=said.get("voornamen"),
        birth_date=born,
        gender=ours(said["geslacht"]) if "geslacht" in said else None,  # type: ignore[arg-type]
        reference=said.get("clientnummer"),
    )


def _service(said: Json, losses: list[Loss]) -> Coded | None:
    """The service: by its own list where one is named, else by SuwiML's type of voorziening."""
    provision = said.get("voorziening", {})
    if "dienst" in said:
        if "CdTypeRvGsd" in provision and not srg.EXTRA & set(provision):
            losses.append(Loss(field="voorziening.CdTypeRvGsd", why="the service is named by another list"))
        if "OmsRv" in provision and "omschrijving" in said["dienst"]:
            losses.append(Loss(field="voorziening.OmsRv", why="the service is described by another list"))
        return _coded({"omschrijving": provision.get("OmsRv"), **said["dienst"]})
    if "CdTypeRvGsd" in provision:
        return Coded(code=provision["CdTypeRvGsd"], system=SUWI_TYPE, text=provision.get("OmsRv"))
    if "OmsRv" in provision:
        losses.append(Loss(field="voorziening.OmsRv", why="a description without a code"))
    return None


def _reason(said: Json, losses: list[Loss]) -> Coded | None:
    if "reden" in said and "redenEinde" in said:
        losses.append(Loss(field="reden", why="a message has one reason; redenEinde counts"))
    told = said.get("redenEinde") or said.get("reden")
    return _coded(told) if told else None


def _ground(said: Json) -> Ground:
    return Ground(
        basis=ours(said["grond"]),  # type: ignore[arg-type]
        purpose=ours(said["doel"]),  # type: ignore[arg-type]
        law=said.get("wet"),
        evidence=said.get("bewijs"),
    )


def _coded(said: Json) -> Coded:
    return Coded(code=said["code"], system=said.get("codestelsel"), text=said.get("omschrijving"))
