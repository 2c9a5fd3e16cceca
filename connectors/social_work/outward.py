"""Writing of each message's content; the header is put to it elsewhere."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from connectors.protocol import Loss
from connectors.social_work import codes
from connectors.social_work.codes import Family
from connectors.social_work.envelope import LOCAL, midnight
from connectors.social_work.format import REFERENCE
from connectors.social_work.forms import Form
from connectors.social_work.parts import (
    bsn,
    comment,
    first_day,
    happened_on,
    impossible,
    in_order,
    last_day,
    person,
    product,
    reason,
)
from connectors.social_work.trees import Node, node
from schemas.identifiers import short_reference
from schemas.message import Message
from schemas.vocabulary import KIND_OF_EVENT, MessageKind

_WITHDRAWING = frozenset({MessageKind.WITHDRAWN, MessageKind.CONSENT_WITHDRAWN})


@dataclass(frozen=True, kw_only=True)
class Outgoing:
    """A message on its way out, with what the writing of its parts needs."""

    message: Message
    form: Form
    losses: list[Loss]

    @property
    def family(self) -> Family:
        """The standard it is written in."""
        return self.form.family

    def key(self, name: str) -> str | None:
        """Give a correlation value; ``Refusal`` where it doesn't fit, for a key that is cut is another key."""
        field = self.family.key(name)
        value = self.message.data.correlation.get(field)
        if value is not None and not REFERENCE.fits(value, self.family.name, strict=True):
            raise impossible(f"data.correlation.{field}", "A reference has 36 characters at most, on one line.")
        return value

    @property
    def number(self) -> str | None:
        """The number of the assignment, the municipality's key of a referral."""
        number = self.message.data.referral_number
        key = self.message.data.correlation.get(self.family.key("ToewijzingNummer"), "")
        return (
            str(number) if number is not None else (key if key.isascii() and key.isdigit() and len(key) < 10 else None)
        )

    @property
    def told(self) -> MessageKind:
        """The kind of message that told the step: of what is taken back, the one that is taken back."""
        if self.message.kind is MessageKind.STEP_RETRACTED and self.message.data.event is not None:
            return KIND_OF_EVENT[self.message.data.event]
        return self.message.kind

    @property
    def status(self) -> str:
        """Whether a step is told or taken back (COD467)."""
        return codes.REMOVED if self.message.kind is MessageKind.STEP_RETRACTED else codes.FIRST

    def assignment(self) -> str:
        """Give the number of the assignment, without which the partner can't place the message."""
        if self.number is None:
            raise impossible("data.referral_number", f"A {self.form.name} needs the number of the referral.")
        return self.number


def _allocation(out: Outgoing) -> Node:
    """Write a 301 with one assignment; a withdrawal ends it on the day it begins (WMO002, 13)."""
    data, decided = out.message.data, (out.message.data.occurred_at or out.message.time).astimezone(LOCAL)
    begin = first_day(data.starts_on, "data.starts_on", out.losses, default=decided.date().isoformat())
    end = last_day(data.ends_on, "data.ends_on", out.losses)
    default = codes.CORRECTED if out.message.kind is MessageKind.CORRECTED else None
    amended = reason(out.message, out.family.amendment_list, _amendments(out.message), default, out.losses)
    if out.message.kind in _WITHDRAWING:
        if end not in (None, begin):
            out.losses.append(Loss(field="data.ends_on", why="a withdrawn assignment ends on the day it begins"))
        end, amended = begin, codes.DELETED
    in_order(begin, end)
    assignment = node(
        ToewijzingNummer=out.assignment(),
        ReferentieAanbieder=out.key("ReferentieAanbieder"),
        Product=product(data.service, out.family, out.losses),
        Toewijzingsdatum=decided.date().isoformat(),
        Toewijzingstijd=decided.time().isoformat("seconds"),
        Ingangsdatum=begin,
        Einddatum=end,
        RedenWijziging=amended,
        Commentaar=comment(data.reason, "data.reason", out.losses),
    )
    return node(
        **person(out.message, out.losses, full=True),
        Commentaar=comment(data.note, "data.note", out.losses),
        Contactgegevens=node(Contact=node(Soort="01")),  # required, and we know no address
        ToegewezenProducten=node(ToegewezenProduct=[assignment, *_others(out)]),
    )


def _others(out: Outgoing) -> Iterator[Node]:
    """Write what else the client has here: a 301 tells all that is current (process Toewijzen), as it stood."""
    seen = {out.number}
    for one in out.message.data.assignments:
        number = str(one.referral_number) if one.referral_number else None
        if number is None or number in seen or one.service is None or one.service.system != out.family.name:
            continue
        seen.add(number)
        decided = (one.decided_at or out.message.time).astimezone(LOCAL)
        reference = one.correlation.get(out.family.key("ReferentieAanbieder"))
        fits = reference is not None and REFERENCE.fits(reference, out.family.name, strict=True)
        yield node(
            ToewijzingNummer=number,
            ReferentieAanbieder=reference if fits else None,
            Product=product(one.service, out.family, []),
            Toewijzingsdatum=decided.date().isoformat(),
            Toewijzingstijd=decided.time().isoformat("seconds"),
            Ingangsdatum=first_day(one.starts_on, "data.assignments", [], default=decided.date().isoformat()),
            Einddatum=last_day(one.ends_on, "data.assignments", []),
        )


def _amendments(message: Message) -> set[str]:
    deleted = {codes.DELETED}
    return deleted if message.kind in _WITHDRAWING else set(codes.AMENDMENT_REASONS) - deleted


def _request(out: Outgoing) -> Node:
    data = out.message.data
    begin = first_day(data.starts_on, "data.starts_on", out.losses, default=happened_on(out.message))
    end = last_day(data.ends_on, "data.ends_on", out.losses)
    in_order(begin, end)
    asked = node(
        ReferentieAanbieder=_reference(out),
        Product=product(data.service, out.family, out.losses),
        ToewijzingIngangsdatum=begin,
        ToewijzingEinddatum=end,
        Verwijzer=node(Type=codes.DEFAULT_REFERRER),
        Commentaar=comment(data.reason, "data.reason", out.losses),
    )
    return node(
        **person(out.message, out.losses, full=False),
        Commentaar=comment(data.note, "data.note", out.losses),
        AangevraagdeProducten=node(AangevraagdProduct=asked),
    )


def _reference(out: Outgoing) -> str:
    """Give the provider's key of its request, unique for it: the one it had, else the id of the referral."""
    kept, own = out.key("ReferentieAanbieder"), out.message.data.referral_id
    if kept is None and own and REFERENCE.fits(own, out.family.name, strict=True):
        return own
    if own:
        out.losses.append(Loss(field="data.referral_id", why="the request goes by another reference"))
    return kept or short_reference(own or out.message.id)


def _start(out: Outgoing) -> Node:
    data = out.message.data
    begin = first_day(data.starts_on, "data.starts_on", out.losses, default=happened_on(out.message))
    _only_the_day(out, begin)
    started = node(
        ToewijzingNummer=out.assignment(),
        Product=product(data.service, out.family, out.losses) if data.service else None,
        Begindatum=begin,
        StatusAanlevering=out.status,
    )
    return node(**person(out.message, out.losses, full=False), StartProducten=node(StartProduct=started))


def _stop(out: Outgoing) -> Node:
    data, family = out.message.data, out.family
    if data.starts_on is None:
        # a stop is placed by number and begin together; a guessed begin would come back as 9069
        raise impossible("data.starts_on", f"A {out.form.name} needs the day on which the help began.")
    begin = first_day(data.starts_on, "data.starts_on", out.losses, default="")
    end = last_day(data.ends_on, "data.ends_on", out.losses) or happened_on(out.message)
    in_order(begin, end)
    _only_the_day(out, end)
    kind = out.told
    known = [code for code in family.ending_reasons if family.ending_kind(code) is kind]
    default = family.default_ending if kind is MessageKind.ENDED else known[0]
    stopped = node(
        ToewijzingNummer=out.assignment(),
        Product=product(data.service, family, out.losses) if data.service else None,
        Begindatum=begin,
        RedenBeeindiging=reason(out.message, family.ending_list, known, default, out.losses),
        Einddatum=end,
        StatusAanlevering=out.status,
    )
    return node(**person(out.message, out.losses, full=False), StopProducten=node(StopProduct=stopped))


def _only_the_day(out: Outgoing, day: str) -> None:
    moment = out.message.data.occurred_at
    if moment is not None and moment != midnight(day):
        out.losses.append(Loss(field="data.occurred_at", why="iWmo tells the day, not the hour"))


def _change(out: Outgoing) -> Node:
    """Write a 317 that asks for other dates of one assignment; all else of it has no place there."""
    data = out.message.data
    begin = first_day(data.starts_on, "data.starts_on", out.losses, default=happened_on(out.message))
    end = last_day(data.ends_on, "data.ends_on", out.losses)
    in_order(begin, end)
    asked = node(ToewijzingNummer=out.assignment(), GewensteIngangsdatum=begin, Einddatum=end)
    why = reason(out.message, "WJ758", codes.CHANGE_REASONS, codes.DEFAULT_CHANGE_REASON, out.losses)
    request = node(
        ReferentieAanbieder=out.key("VerzoekWijziging") or short_reference(out.message.id),
        RedenVerzoek=why,
        TeWijzigenProducten=node(TeWijzigenProduct=asked),
    )
    return node(Bsn=bsn(out.message), Verzoek=request)


def _answer(out: Outgoing) -> Node:
    declined = out.message.kind is MessageKind.DECLINED
    known, default = (codes.DECLINE_REASONS, codes.DEFAULT_DECLINE_REASON) if declined else ({}, None)
    return node(
        ReferentieAanbieder=out.key("ReferentieAanbieder"),
        VerzoekAntwoord=codes.DECLINED if declined else codes.UNDER_EXAMINATION,
        RedenAfwijzingVerzoek=reason(out.message, "WJ759", known, default, out.losses),
    )


WRITERS: dict[str, Callable[[Outgoing], Node]] = {
    "301": _allocation,
    "305": _start,
    "307": _stop,
    "315": _request,
    "317": _change,
    "319": _answer,
}
