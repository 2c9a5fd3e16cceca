"""Reading of each message: every product in it tells one thing about one referral."""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from connectors.errors import Refusal, RefusalCode
from connectors.protocol import Loss
from connectors.social_work import codes
from connectors.social_work.codes import Family
from connectors.social_work.envelope import LOCAL, midnight
from connectors.social_work.people import client, comment, service, visible
from connectors.social_work.trees import Node, broken
from schemas.message import Assignment, Coded, MessageData
from schemas.vocabulary import EVENT_OF_KIND, Event, MessageKind


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What one product tells: the kind and the data, before sender, receiver and time are put to it."""

    key: str
    kind: MessageKind
    data: MessageData


@dataclass(frozen=True, kw_only=True)
class Content:
    """The content of a message with what the reading of its parts needs."""

    family: Family
    node: Node
    losses: list[Loss]


def _allocations(content: Content) -> Iterator[Draft]:
    """Read a 301: every assignment of one client at one provider, unchanged ones too (process Toewijzen)."""
    person, family = client(content.node, content.losses), content.family
    note = comment(content.node, content.losses)
    seen: set[str] = set()
    listed = content.node.inner("ToegewezenProducten").all("ToegewezenProduct")
    current = tuple(_assignment(product, family) for product in listed if not _is_deleted(product))
    for index, product in enumerate(listed, start=1):
        number, begin, end = product.texts["ToewijzingNummer"], product.texts["Ingangsdatum"], product.text("Einddatum")
        _once(number, seen, product, "ToewijzingNummer", codes.NUMBER_TWICE)
        _in_order(product, "Ingangsdatum", "Einddatum")
        reason = product.text("RedenWijziging")
        if reason == codes.DELETED and begin != end:
            raise broken(product.at("RedenWijziging"), "A deleted assignment ends on the day it begins.")
        kind = MessageKind.WITHDRAWN if reason == codes.DELETED else MessageKind.SENT
        data = MessageData(
            referral_number=_number(number),
            correlation=_keys(family, product),
            event=EVENT_OF_KIND[kind],
            occurred_at=_decided(product),
            status_reason=_coded(reason, family.amendment_list, codes.AMENDMENT_REASONS),
            client=person,
            service=service(product, family),
            note=note,
            reason=comment(product, content.losses),
            starts_on=begin,
            ends_on=end,
            assignments=current,
        )
        yield Draft(key=str(index), kind=kind, data=data)


def _is_deleted(product: Node) -> bool:
    return product.text("RedenWijziging") == codes.DELETED


def _assignment(product: Node, family: Family) -> Assignment:
    return Assignment(
        referral_number=_number(product.text("ToewijzingNummer")),
        correlation=_keys(family, product),
        service=service(product, family),
        decided_at=_decided(product),
        starts_on=product.text("Ingangsdatum"),
        ends_on=product.text("Einddatum"),
    )


def _requests(content: Content) -> Iterator[Draft]:
    """Read a 315: each product asked for is a referral of its own (process Verzoek om toewijzing)."""
    person, note = client(content.node, content.losses), comment(content.node, content.losses)
    seen: set[str] = set()
    for index, product in enumerate(content.node.inner("AangevraagdeProducten").all("AangevraagdProduct"), start=1):
        _once(product.texts["ReferentieAanbieder"], seen, product, "ReferentieAanbieder", codes.REFERENCE_TWICE)
        _in_order(product, "ToewijzingIngangsdatum", "ToewijzingEinddatum")
        data = MessageData(
            correlation=_keys(content.family, product),
            event=Event.SEND,
            client=person,
            service=service(product, content.family),
            note=note,
            reason=comment(product, content.losses),
            starts_on=product.texts["ToewijzingIngangsdatum"],
            ends_on=product.text("ToewijzingEinddatum"),
        )
        yield Draft(key=str(index), kind=MessageKind.SENT, data=data)


def _starts(content: Content) -> Iterator[Draft]:
    """Read a 305. iWmo has no word for receiving or accepting a 301: a start proves both."""
    person, family = client(content.node, content.losses), content.family
    seen: set[str] = set()
    for index, product in _removals_first(content.node.inner("StartProducten").all("StartProduct")):
        begin = product.texts["Begindatum"]
        _once(_step_key(product, begin, _whether_removed(product)), seen, product, "ToewijzingNummer", codes.KEY_TWICE)
        data = MessageData(
            referral_number=_number(product.text("ToewijzingNummer")),
            correlation=_keys(family, product),
            event=Event.START,
            implies=(Event.RECEIVE, Event.ACCEPT),
            occurred_at=midnight(begin),
            client=person,
            service=service(product, family),
            starts_on=begin,
        )
        yield from _by_status(product, Draft(key=str(index), kind=MessageKind.STARTED, data=data))


def _stops(content: Content) -> Iterator[Draft]:
    """Read a 307. It implies nothing: one that comes before its 305 waits in the hub for it (WJ001 9069)."""
    person, family = client(content.node, content.losses), content.family
    seen: set[str] = set()
    for index, product in _removals_first(content.node.inner("StopProducten").all("StopProduct")):
        begin, end, reason = (product.texts[name] for name in ("Begindatum", "Einddatum", "RedenBeeindiging"))
        kind = family.ending_kind(reason)
        # a temporary and a final stop of one delivery may stand side by side (WJ001 9413 to 9415)
        final = "temporary" if kind is MessageKind.PAUSED else "final"
        _once(
            _step_key(product, begin, final, _whether_removed(product)),
            seen,
            product,
            "ToewijzingNummer",
            codes.KEY_TWICE,
        )
        _in_order(product, "Begindatum", "Einddatum")
        data = MessageData(
            referral_number=_number(product.text("ToewijzingNummer")),
            correlation=_keys(family, product),
            event=EVENT_OF_KIND[kind],
            occurred_at=midnight(end),
            status_reason=_coded(reason, family.ending_list, family.ending_reasons),
            client=person,
            service=service(product, family),
            starts_on=begin,
            ends_on=end,
        )
        yield from _by_status(product, Draft(key=str(index), kind=kind, data=data))


def _changes(content: Content) -> Iterator[Draft]:
    """Read a 317: one request for the whole of a client's help; a new product hangs on the first that there is."""
    asked, family = content.node.inner("Verzoek"), content.family
    person = client(content.node, content.losses)
    changed = asked.inner("TeWijzigenProducten").all("TeWijzigenProduct")
    same = asked.inner("OngewijzigdeProducten").all("OngewijzigdProduct")
    new = asked.inner("NieuweProducten").all("NieuwProduct")
    content.losses.extend(Loss(field=product.path, why="said to stay as it is: nothing happens") for product in same)
    seen: set[str] = set()
    for product in (*changed, *same):
        _once(product.texts["ToewijzingNummer"], seen, product, "ToewijzingNummer", codes.REFUSED)
    anchor = next((product.texts["ToewijzingNummer"] for product in (*changed, *same)), None)
    for index, product in enumerate((*changed, *new), start=1):
        _in_order(product, "GewensteIngangsdatum", "Einddatum")
        number = product.text("ToewijzingNummer") or anchor
        # not the key of a 315: an answer to this request must never be taken for one to the referral
        keys = {"VerzoekWijziging": visible(asked, "ReferentieAanbieder"), "ToewijzingNummer": number}
        data = MessageData(
            referral_number=_number(number),
            correlation={family.key(name): value for name, value in keys.items() if value},
            status_reason=_coded(asked.text("RedenVerzoek"), "WJ758", codes.CHANGE_REASONS),
            client=person,
            service=service(product, family),
            starts_on=product.texts["GewensteIngangsdatum"],
            ends_on=product.text("Einddatum"),
        )
        yield Draft(key=str(index), kind=MessageKind.CHANGE_REQUESTED, data=data)


def _answer(content: Content) -> Iterator[Draft]:
    """Read a 319: no client in it, only the provider's reference (process Verzoek afwijzen)."""
    answer, family = content.node, content.family
    declined = answer.texts["VerzoekAntwoord"] == codes.DECLINED
    reason = answer.text("RedenAfwijzingVerzoek") if declined else None
    kind = MessageKind.DECLINED if declined else MessageKind.RECEIVED
    data = MessageData(
        correlation=_keys(family, answer),
        event=EVENT_OF_KIND[kind],
        status_reason=_coded(reason, "WJ759", codes.DECLINE_REASONS),
    )
    yield Draft(key="1", kind=kind, data=data)


READERS: dict[str, Callable[[Content], Iterator[Draft]]] = {
    "301": _allocations,
    "305": _starts,
    "307": _stops,
    "315": _requests,
    "317": _changes,
    "319": _answer,
}


def _number(text: str | None) -> int | None:
    return int(text or "0") or None


def _keys(family: Family, product: Node) -> dict[str, str]:
    found = {name: visible(product, name) for name in ("ToewijzingNummer", "ReferentieAanbieder")}
    return {family.key(name): value for name, value in found.items() if value}


def _coded(code: str | None, system: str, words: Mapping[str, str]) -> Coded | None:
    return None if code is None else Coded(code=code, system=system, text=words.get(code))


def _decided(product: Node) -> dt.datetime:
    day, time = product.texts["Toewijzingsdatum"], product.texts["Toewijzingstijd"]
    moment = dt.datetime.combine(dt.date.fromisoformat(day), dt.time.fromisoformat(time), LOCAL)
    return moment.astimezone(dt.UTC)


def _step_key(product: Node, *more: str) -> str:
    codes_of_product = product.inner("Product").texts.values()
    return "|".join((product.text("ToewijzingNummer") or "", *codes_of_product, *more))


def _once(key: str, seen: set[str], product: Node, name: str, code: str) -> None:
    if key in seen:
        raise broken(product.at(name), "The same key stands twice in one message.", code=code)
    seen.add(key)


def _in_order(product: Node, begin: str, end: str) -> None:
    last = product.text(end)
    if last is not None and last < product.texts[begin]:
        raise broken(product.at(end), "The end lies before the begin.")


def _removals_first(products: Sequence[Node]) -> list[tuple[int, Node]]:
    """Give products with their places, what is taken back first: removed and told again may be one message."""
    numbered = list(enumerate(products, start=1))
    return sorted(numbered, key=lambda pair: pair[1].texts["StatusAanlevering"] != codes.REMOVED)


def _whether_removed(product: Node) -> str:
    return "removed" if product.texts["StatusAanlevering"] == codes.REMOVED else "told"


def _by_status(product: Node, told: Draft) -> Iterator[Draft]:
    """Tell a step, or that it is taken back (COD467, 3). A changed one (2) is both: one back, this one told.

    What is taken back by a change has no date, for the message doesn't say which it was.
    """
    status = product.texts["StatusAanlevering"]
    if status not in (codes.FIRST, codes.CHANGED, codes.REMOVED):
        raise Refusal(
            RefusalCode.NOT_ALLOWED,
            "A step is told for the first time, changed or taken back; this status is not one to send.",
            field=product.at("StatusAanlevering"),
            dialect_code=codes.REFUSED,
        )
    if status in (codes.CHANGED, codes.REMOVED):
        when = told.data.occurred_at if status == codes.REMOVED else None
        data = replace(told.data, implies=(), occurred_at=when)
        yield Draft(key=f"{told.key}:back", kind=MessageKind.STEP_RETRACTED, data=data)
    if status != codes.REMOVED:
        yield told
