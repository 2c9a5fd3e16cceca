"""From a zaak to canonical messages: what its present state says, and what must have gone before.

A register gives no history but its present state, with what it refers to under ``_expand`` (Zaken API 1.5 and 1.6).
"""

import hashlib
import json
import re
from dataclasses import dataclass, field, replace
from typing import Any

from connectors.access_team import format as words
from connectors.access_team.checking import checked
from connectors.access_team.content import content_of
from connectors.access_team.dialect import Dialect, dialect_of
from connectors.access_team.format import NUMBER_MARK, K
from connectors.access_team.nodes import Losses, Node, check_url, malformed, not_allowed
from connectors.access_team.people import client_of, organisation_in, organisation_of
from connectors.protocol import FETCHED_BY, AddressBook, Payload, Reading
from schemas.identifiers import derived_id
from schemas.message import Client, Coded, Message, MessageData, MessageDataSchema, source_of
from schemas.vocabulary import KIND_OF_EVENT, Event, MessageKind, Outcome

_DATA = MessageDataSchema()
_OUR_NUMBER = re.compile(rf"{NUMBER_MARK}([1-9][0-9]{{0,8}})", re.ASCII)
_LINKS = ("url", "zaaktype", "status", "resultaat", "hoofdzaak")
_MANY_LINKS = ("rollen", "eigenschappen", "deelzaken", "zaakobjecten", "zaakinformatieobjecten")
# Read, or the register's own bookkeeping; anything else with a value is told as left out.
_KNOWN = frozenset(
    {
        *_LINKS, "rollen", "eigenschappen", "uuid", "identificatie", "bronorganisatie", "omschrijving", "toelichting",
        "registratiedatum", "verantwoordelijkeOrganisatie", "startdatum", "einddatum", "einddatumGepland",
        "opschorting", "kenmerken", "vertrouwelijkheidaanduiding", "betalingsindicatieWeergave", "_expand",
        "archiefstatus", "archiefnominatie", "archiefactiedatum", "startdatumBewaartermijn",
    }
)  # fmt: skip

# Statuses that are for this part alone: the other part's stand in the same register, and come from us.
_SENDER_MAY = frozenset({Event.SEND, Event.ANSWER})
_RECEIVER_MAY = frozenset(words.STATUSES.values()) - _SENDER_MAY - {Event.REOPEN}


@dataclass(frozen=True, kw_only=True)
class Desk:
    """What reading one zaak needs at hand. ``ours``: another organisation referred to this partner."""

    zaak: Node
    expand: Node
    book: AddressBook
    dialect: Dialect
    ours: bool
    rollen: list[Node]
    occasion: str
    losses: Losses = field(default_factory=Losses)

    @property
    def url(self) -> str:
        """The address of the zaak: its identity."""
        return self.zaak.needed("url")


@dataclass(frozen=True, kw_only=True)
class Found:
    """One thing that the zaak says. ``key`` tells it from the same thing said at another time."""

    event: Event
    key: str
    outcome: Outcome | None = None
    reason: Coded | None = None
    note: str | None = None
    at: Any = None


def read_zaak(document: Node, book: AddressBook, payload: Payload) -> Reading:
    """Read a zaak; one that says nothing to others yet gives no messages, with why as a loss."""
    dialect = dialect_of(book)
    _check_links(document, dialect.hosts)
    expand = document.one("_expand")
    if expand is None:
        raise malformed("What the zaak refers to is not there: ask for it with expand.", "_expand", "required")
    desk = Desk(
        zaak=document,
        expand=expand,
        book=book,
        dialect=dialect,
        ours=_is_ours(document),
        rollen=expand.many("rollen"),
        occasion=payload.headers.get(FETCHED_BY, ""),
    )
    _check_type(desk)
    content = json.dumps(document.value, sort_keys=True)
    digest = hashlib.sha256(f"{desk.occasion}\x1f{content}".encode()).hexdigest()
    _note_losses(desk)
    messages = tuple(_message(found, desk) for found in _said(desk))
    return Reading(identification=f"zaak:{digest}", messages=messages, losses=desk.losses.all())


def _check_links(zaak: Node, hosts: frozenset[str]) -> None:
    """Refuse a zaak that refers to anywhere but the partner's own hosts."""
    for name in _LINKS:
        text = zaak.text(name)
        if text is not None:
            check_url(text, zaak.at(name), hosts)
    for name in _MANY_LINKS:
        many = zaak.value.get(name) or []
        if not isinstance(many, list) or not all(isinstance(text, str) for text in many):
            raise malformed("This must be a list of URLs.", zaak.at(name))
        for place, text in enumerate(many):
            check_url(text, f"{zaak.at(name)}[{place}]", hosts)


def _is_ours(zaak: Node) -> bool:
    return any(one.text("bron") == words.OURS for one in zaak.many("kenmerken"))


def _check_type(desk: Desk) -> None:
    """Refuse a zaak that is no referral: a register holds every case of its municipality."""
    zaaktype = desk.expand.one("zaaktype")
    name = zaaktype.text("identificatie") if zaaktype else None
    if not desk.ours and (name is None or name.casefold() not in desk.dialect.types):
        raise not_allowed("This kind of zaak is no referral here.", "_expand.zaaktype.identificatie", "zaaktype")


def _note_losses(desk: Desk) -> None:
    for name, value in desk.zaak.value.items():
        if value and name not in _KNOWN:
            desk.losses.add(desk.zaak.at(name), "not about the referral; not kept")


def _said(desk: Desk) -> list[Found]:
    """Give what the present state says, in the order in which it holds."""
    status = desk.expand.one("status")
    if status is None:
        desk.losses.add("status", "nothing is told before the first status is set")
        return []
    end = _is_end(desk, status)
    own = not _set_by_another(desk, status)
    found = [_ended(desk, status)] if end and own else []
    event = None if end else _event_of(desk, status)
    if event is not None and event not in (_RECEIVER_MAY if desk.ours else _SENDER_MAY):
        desk.losses.add("status", "this is not for this partner to say of this referral")
        own = False
    if event is Event.SEND and not desk.ours and not desk.rollen:
        desk.losses.add("rollen", "nothing is told before the client is there")
        return []
    if event is not None and own:
        found.append(_of_status(event, status))
    if end or event is Event.SEND:
        return found
    return _with_suspension(desk, found)


def _is_end(desk: Desk, status: Node) -> bool:
    inner = _expanded(status, "statustype")
    return inner.flag("isEindstatus") if inner else desk.zaak.day("einddatum") is not None


def _expanded(node: Node, name: str) -> Node | None:
    inside = node.one("_expand")
    return inside.one(name) if inside else None


def _set_by_another(desk: Desk, status: Node) -> bool:
    """Whether another organisation than the partner set it: what we wrote comes back to us, and is no news."""
    by = status.text("gezetdoor")
    rol = _expanded(status, "gezetdoor") or next((one for one in desk.rollen if by and one.text("url") == by), None)
    code = organisation_in(rol, desk.book) if rol else None
    return code is not None and code != desk.book.partner.code


def _event_of(desk: Desk, status: Node) -> Event | None:
    inner = _expanded(status, "statustype")
    if inner is None:
        raise malformed("The statustype is not there: ask for it with expand.", status.at("_expand"), "required")
    event = desk.dialect.event_of(inner.needed("omschrijving"))
    if event is None:
        desk.losses.add(inner.at("omschrijving"), "no meaning is set for this status; see statuses in the settings")
    return event


def _of_status(event: Event, status: Node) -> Found:
    text, inner = status.text("statustoelichting"), _expanded(status, "statustype")
    name = inner.needed("omschrijving") if inner else event.value
    undone = Coded(code=name, system="zgw:statustype", text=text)  # what is taken back always has its reason
    return Found(
        event=event,
        key=status.text("url") or str(status.value.get("datumStatusGezet")),
        note=text,
        reason=undone if event is Event.UNDO_ACCEPT else None,
        at=status.moment("datumStatusGezet"),
    )


def _ended(desk: Desk, status: Node) -> Found:
    """Read how it ended: the result, which stands before the last status is set."""
    result = desk.expand.one("resultaat")
    resulttype = _expanded(result, "resultaattype") if result else None
    if result is None or resulttype is None:
        raise malformed("A zaak that ended needs its result.", "_expand.resultaat", "required")
    name = resulttype.needed("omschrijving")
    end = desk.dialect.end_of(name)
    event = end.event if end else words.GENERIC_RESULTS.get((resulttype.text("omschrijvingGeneriek") or "").strip())
    if event is None:
        raise not_allowed("No meaning is set for this result; see results in the settings.", resulttype.path, "result")
    event = (words.BY_RECEIVER if desk.ours else words.BY_SENDER).get(event, event)
    text = result.text("toelichting")
    return Found(
        event=event,
        key=status.text("url") or str(status.value.get("datumStatusGezet")),
        outcome=end.outcome if end and event is Event.COMPLETE else None,
        reason=Coded(code=name, system="zgw:resultaattype", text=text),
        note=status.text("statustoelichting"),
        at=status.moment("datumStatusGezet"),
    )


def _with_suspension(desk: Desk, found: list[Found]) -> list[Found]:
    """Read ``opschorting``: a pause, or a start told anew, which ends a pause, where a reason stands beside it.

    Without that reason the field is as every zaak has it. It bears no moment, so the occasion tells one from the next.
    """
    suspension = desk.zaak.one("opschorting")
    reason = suspension.text("reden") if suspension else None
    if suspension is None or not (suspension.flag("indicatie") or reason):
        return found
    status = desk.expand.one("status")
    key = f"{status.text('url') if status else None}|{desk.occasion}|{reason}"
    others = [one for one in found if one.event is not Event.START]  # told again it would end the pause
    if suspension.flag("indicatie"):
        return [*others, Found(event=Event.PAUSE, key=key, reason=Coded(code="opschorting", system="zgw", text=reason))]
    return [*others, *(replace(one, key=f"{one.key}|{key}") for one in found if one.event is Event.START)]


def _message(found: Found, desk: Desk) -> Message:
    book, partner = desk.book, desk.book.partner
    kind = KIND_OF_EVENT[found.event]
    data = _data(found, desk, kind)
    told = json.dumps(_DATA.dump(data), sort_keys=True)  # not its repr: a new field would change every id
    fingerprint = json.dumps([desk.url, found.key, kind.value, hashlib.sha256(told.encode()).hexdigest()])
    # A referral is known by its zaak alone: told with other words it must not become a second one.
    own_id = derived_id("zgw", desk.url, kind) if kind is K.SENT else derived_id("zgw", fingerprint)
    other = "mede_initiator" if desk.ours else "behandelaar"
    receiver = organisation_of(desk.rollen, desk.dialect.roles["sender" if desk.ours else "receiver"], book)
    receiver = receiver or organisation_of(desk.rollen, other, book)
    message = Message(
        id=own_id,
        kind=kind,
        source=source_of(partner.oin, "zaken"),
        time=found.at or _registered(desk),
        sender=partner.code,
        receiver=receiver if receiver not in (None, partner.code) else book.municipality.code,
        data=data,
    )
    return checked(message, "")


def _registered(desk: Desk) -> Any:
    """The latest moment that the zaak itself names: reading it twice must give the same."""
    status = desk.expand.one("status")
    moment = status.moment("datumStatusGezet") if status else None
    if moment is None:
        raise malformed("A status needs its moment.", "_expand.status.datumStatusGezet", "required")
    return moment


def _data(found: Found, desk: Desk, kind: MessageKind) -> MessageData:
    zaak = desk.zaak
    content = content_of(zaak, desk.expand, desk.dialect, desk.losses) if kind is K.SENT else {}
    number = _OUR_NUMBER.fullmatch(zaak.text("identificatie") or "")
    keys = [one.text("kenmerk") for one in zaak.many("kenmerken") if one.text("bron") == words.OURS]
    return MessageData(
        referral_id=keys[0] if keys else None,
        referral_number=int(number[1]) if number and desk.ours else None,
        correlation={"zgw:zaak": desk.url},
        event=found.event,
        outcome=found.outcome,
        implies=words.IMPLIED.get(found.event, ()),
        occurred_at=found.at,
        status_reason=found.reason,
        client=_client(desk),
        starts_on=zaak.day("startdatum"),
        ends_on=zaak.day("einddatum") or zaak.day("einddatumGepland"),
        **{"note": found.note, **content},
    )


def _client(desk: Desk) -> Client | None:
    return client_of(desk.rollen, desk.losses)
