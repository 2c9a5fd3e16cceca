"""What becomes of a case, as the old and the new object of it."""

from dataclasses import dataclass, field

from lxml import etree

from connectors.protocol import AddressBook, Loss
from connectors.work_and_income.dialect import ENDING, Dialect, Rule
from connectors.work_and_income.format import (
    EXPLANATION,
    IDENTIFICATION,
    IDENTIFICATION_SHORTEST,
    KEY,
    REASON,
    SOURCE,
    SYSTEM,
)
from connectors.work_and_income.moments import day_of, status_digits, whole_day
from connectors.work_and_income.texts import explained, impossible
from connectors.work_and_income.tree import Content, maybe, nothing, part
from schemas.message import Message
from schemas.vocabulary import EVENT_OF_KIND, Event


@dataclass(frozen=True, kw_only=True)
class Outgoing:
    """A message on its way out, with what the writing of its parts needs."""

    message: Message
    dialect: Dialect
    book: AddressBook
    losses: list[Loss] = field(default_factory=list)

    @property
    def event(self) -> Event:
        """The event that it tells."""
        return self.message.data.event or EVENT_OF_KIND[self.message.kind]

    def identification(self) -> str:
        """Give what the case goes by: the suite's own number, else one of ours that begins with the municipality."""
        data = self.message.data
        known = data.correlation.get(KEY)
        if known is not None:
            if not IDENTIFICATION_SHORTEST <= len(known) <= IDENTIFICATION or not known.isprintable():
                raise impossible(f"data.correlation.{KEY}", f"A case goes by {IDENTIFICATION} characters at most.")
            return known
        municipality = self.book.municipality.identifier("gemeentecode") or ""
        if len(municipality) != 4 or not municipality.isdigit():
            raise impossible("receiver", "A case begins with the municipality's code of four digits.")
        if data.referral_number is None:
            raise impossible("data.referral_number", "A case of ours goes by the number of the referral.")
        return f"{municipality}V{data.referral_number:09}"

    def mark(self) -> etree._Element | None:
        """Write our own key of the referral beside the suite's."""
        own = self.message.data.referral_id
        if own is None:
            return None
        if len(own) > IDENTIFICATION or not own.isprintable():
            self.losses.append(Loss(field="data.referral_id", why=f"a key has {IDENTIFICATION} characters at most"))
            return None
        return part("ZKN:kenmerk", part("ZKN:kenmerk", own), part("ZKN:bron", SOURCE))


def case_part(sort: str, *content: Content) -> etree._Element:
    """Write the object of a zakLk01."""
    return part("ZKN:object", *content, entiteittype="ZAK", verwerkingssoort=sort)


def status_set(out: Outgoing) -> list[etree._Element]:
    """Write a status, and of an end its date and result too."""
    rule = out.dialect.status_for(out.event)
    if rule is None:
        raise impossible("type", f"No status of the municipality's own table says '{out.event}'.")
    ends = out.event in ENDING
    ended = _end_day(out) if ends else None
    old = [nothing("ZKN:einddatum")] if ends else []
    return [
        _changed(out, *old, nothing("ZKN:heeft", entiteittype="ZAKSTT", verwerkingssoort="T")),
        _changed(out, _result(out) if ends else None, maybe("ZKN:einddatum", ended), _status(out, rule, ends=ends)),
    ]


def _end_day(out: Outgoing) -> str:
    data = out.message.data
    if data.ends_on:
        return whole_day(data.ends_on, "data.ends_on", out.losses, last=True)
    return day_of(data.occurred_at or out.message.time)


def _status(out: Outgoing, rule: Rule, *, ends: bool) -> etree._Element:
    data = out.message.data
    named = part(
        "ZKN:gerelateerde",
        part("ZKN:volgnummer", f"{rule.number:04}"),
        part("ZKN:code", rule.code),
        part("ZKN:omschrijving", rule.name),
        nothing("ZKN:ingangsdatumObject"),
        entiteittype="STT",
        verwerkingssoort="T",
    )
    return part(
        "ZKN:heeft",
        named,
        None if ends else maybe("ZKN:toelichting", _words(out, EXPLANATION)),
        part("ZKN:datumStatusGezet", status_digits(data.occurred_at or out.message.time)),
        entiteittype="ZAKSTT",
        verwerkingssoort="T",
    )


def _result(out: Outgoing) -> etree._Element | None:
    data = out.message.data
    rule = out.dialect.result_for(out.event, data.outcome)
    if data.outcome is not None and (rule is None or rule.outcome is not data.outcome):
        out.losses.append(Loss(field="data.outcome", why="no result of the municipality's own table says it"))
    words = _words(out, EXPLANATION)
    if rule is None and words is None:
        return None
    name = rule.code if rule is not None else str(out.event)
    return part("ZKN:resultaat", part("ZKN:omschrijving", name), maybe("ZKN:toelichting", words))


def _words(out: Outgoing, longest: int) -> str | None:
    """Give what was said of a step: the reason and the note, on lines of their own."""
    data = out.message.data
    reason = data.status_reason
    if reason is not None:
        why = "a case goes by its own codes; the words of a reason stand among the explanation"
        out.losses.append(Loss(field="data.status_reason", why=why))
    words = None if reason is None or (reason.system or "").startswith(f"{SYSTEM}:") else reason.text
    if words and data.note:
        out.losses.append(Loss(field="data.note", why="stands in one text with the reason"))
    lines = (words, data.note)
    return explained("\n".join(filter(None, lines)), longest, "data.note", out.losses)


def suspension(out: Outgoing, *, going_on: bool) -> list[etree._Element]:
    """Write that a case is suspended, or goes on."""
    why = None if going_on else _words(out, REASON)
    on = part("ZKN:opschorting", part("ZKN:indicatie", "J"), maybe("ZKN:reden", why) if why else nothing("ZKN:reden"))
    off = part("ZKN:opschorting", part("ZKN:indicatie", "N"), nothing("ZKN:reden"))
    return [_changed(out, on), _changed(out, off)] if going_on else [_changed(out, off), _changed(out, on)]


def removal(out: Outgoing) -> list[etree._Element]:
    """Write that a case is no more: the object as it was."""
    words = explained(out.message.data.note, EXPLANATION, "data.note", out.losses)
    named = part("ZKN:identificatie", out.identification())
    return [case_part("V", named, maybe("ZKN:toelichting", words), out.mark())]


def _changed(out: Outgoing, *content: Content) -> etree._Element:
    return case_part("W", part("ZKN:identificatie", out.identification()), out.mark(), *content)
