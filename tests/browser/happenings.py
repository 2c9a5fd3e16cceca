"""Everything that can come into the timeline of a client, each made by the service that makes it, one after another.

What only a partner's message brings (a changed assignment) is told to the timeline as that service does it.
"""

import dataclasses
import datetime as dt
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import select, update

import hub.services
from hub.models import Case, CaseItem, OutboxRecord, Referral, TimelineEntry
from hub.rules.items import ITEMS
from hub.services.cases import client_words, documents, items
from hub.services.messages import delivery, delivery_news
from hub.services.record import deadlines, timeline
from hub.services.record.case_keys import in_case
from hub.services.referrals import consents, plan_reviews, referrals, retractions, trouble, withdrawal
from hub.services.rights import corrections
from hub.services.views.viewer import Viewer
from hub.store.database import UnitOfWork
from hub.web.words.sentences import SENTENCES
from schemas.consent import NewConsent
from schemas.identifiers import new_id
from schemas.items import ItemChange, NewItem
from schemas.vocabulary import (
    Basis,
    ConsentKind,
    Delivery,
    Event,
    ItemKind,
    ItemState,
    LifeDomain,
    MessageKind,
    Outcome,
    Purpose,
)
from tests.browser.real_hub import RealHub
from tests.builders import ground
from tests.personas import MARLOES, TOM

WORK = (LifeDomain.WORK_EDUCATION,)
SYSTEM_QUEUE = "tests.partner"
# The words of each kind of what people write down; of private notes nobody is told.
WORDS: dict[ItemKind, dict[str, Any]] = {
    ItemKind.SCORE: {"score": 2, "note": "Het gaat <b>wel</b>."},
    ItemKind.GOAL: {"title": "Ik wil weer een dag met iets erin."},
    ItemKind.STEP: {"text": "Een uur meelopen"},
    ItemKind.REMARK: {"text": "Wie belt er?"},
    ItemKind.AGREEMENT: {"text": "Marloes belt."},
    ItemKind.DECISION: {"text": "Wij wachten een week."},
    ItemKind.AGENDA_ITEM: {"question": "Wie helpt met de post?"},
    ItemKind.MINUTE: {"text": "Allen zijn er."},
    ItemKind.DOCUMENT: {"name": "brief.pdf", "media_type": "application/pdf", "size": 12_000},
    ItemKind.CONTACT: {"how": "phone", "minutes": 12, "reached": True, "text": "Het gaat goed."},
    ItemKind.APPOINTMENT: {"what": "Koffie", "place": "thuis"},
    ItemKind.OWN_WORDS: {"client_words": "Ik wil <b>slapen</b>.", "strengths": "Komt afspraken na"},
}
_PARENTS = {ItemKind.STEP: ItemKind.GOAL, ItemKind.MINUTE: ItemKind.AGENDA_ITEM}


def of_items() -> set[str]:
    """Give every kind of entry about what people write down."""
    return {
        f"{kind}_{what}"
        for kind, rule in ITEMS.items()
        if kind is not ItemKind.NOTE
        for what in ("added", "changed", *rule.states)
    }


def of_the_rest() -> set[str]:
    """Give every other kind of entry: of referrals, systems, consents and the case."""
    written = {
        kind
        for page in Path(str(hub.services.__file__)).parent.rglob("*.py")
        for kind in re.findall(r'NewEntry\(\s*kind="(\w+)"', page.read_text(encoding="utf-8"))
    }
    return written | {*SENTENCES, *Event, *delivery_news.ENTRY_KIND.values()}


class Happenings:
    """Lets it all happen in the case of Karin."""

    def __init__(self, real: RealHub) -> None:
        self.real, self.hub, self.case = real, real.hub, real.karin()
        self.marloes: Viewer = real.person(MARLOES, "marloes")  # type: ignore[assignment]
        self.tom: Viewer = real.person(TOM, "tom")  # type: ignore[assignment]
        self._made: dict[ItemKind, CaseItem] = {}

    def told(self) -> set[str]:
        """Give the kinds that stand in the timeline."""
        with self.hub.store.reading() as session:
            return set(session.scalars(select(TimelineEntry.kind).where(TimelineEntry.case_id == self.case)))

    def of_referrals(self) -> Iterator[str]:
        """Let everything happen to referrals, one thing after another, and name it."""
        first = self.real.send(life_domains=WORK).id
        yield "send"
        yield from self._steps(first, _TO_THE_HELP + _TO_THE_END)
        for course in _OTHER_ENDS:
            yield from self._steps(self.real.send(life_domains=WORK).id, course)
        yield from self._of_systems()

    def of_people(self) -> Iterator[str]:
        """Let people write down all that they can, and then change what may be shared, while De Spoel helps."""
        for _event in self._steps(self.real.send(life_domains=WORK).id, _THE_SHORT_WAY):
            pass
        for kind in WORDS:
            yield from self._item(kind)
        yield from self._of_the_case()
        yield from self._of_consent()

    # -- referrals -----------------------------------------------------------------------------------------------

    def _steps(self, referral_id: str, course: tuple[tuple[Any, ...], ...]) -> Iterator[str]:
        for event, who, said in course:
            if event == retractions.RETRACTED:
                with self.hub.store.writing() as work:
                    locked = referrals.load_for_change(work, referral_id)
                    retractions.take_back(work, self.hub.config, self.tom, locked, Event.START, at=None)
            elif event in (plan_reviews.PLAN_REVIEWED, plan_reviews.PAUSE_REVIEWED):
                with self.hub.store.writing() as work:
                    plan_reviews.tell_of_review(work, self.tom if who == "tom" else self.marloes, referral_id, **said)
            else:
                self.real.record(referral_id, event, TOM if who == "tom" else MARLOES, who, **said)
            yield str(event)

    def _of_systems(self) -> Iterator[str]:
        late = self.real.send(life_domains=WORK).id
        with self.hub.store.writing() as work:
            passed = work.now - dt.timedelta(minutes=1)
            work.session.execute(update(Referral).where(Referral.id == late).values(turn_due_at=passed))
            deadlines.fire_due(work)
        yield "deadline_passed"
        for kind, tries, receipt in _RECEIPTS:
            with self.hub.store.writing() as work:
                row = self._row(work, late, attempts=tries)
                told = delivery.DeliveryReceipt(message_id=row, queue=SYSTEM_QUEUE, **receipt)
                delivery.apply_receipts(work, [told])
            yield kind
        with self.hub.store.writing() as work:
            trouble.try_at_once(work, self.marloes, late)
            ours = update(OutboxRecord).where(OutboxRecord.queue == SYSTEM_QUEUE)
            work.session.execute(ours.values(open=False))  # nobody takes from this queue
        yield trouble.TRIED_AT_ONCE
        with self.hub.store.writing() as work:
            trouble.tell_of_call(work, self.marloes, late)
        yield trouble.RECEIVER_CALLED
        changes = [{"field": "ends_on", "from": "2026-12-01", "to": None}]
        for kind in ("change_requested", "sent_again", "assignment_changed", "assignment_vanished"):
            data = {"changes": changes} if kind.startswith("assignment") else None
            self._tell(kind, organisation="de-spoel", referral_id=late, data=data)
            yield kind

    def _row(self, work: UnitOfWork, referral_id: str, **values: Any) -> str:
        """Put a message in the outbox as if it is under way to a partner, and give its id."""
        row = OutboxRecord(
            message_id=new_id(),
            queue=SYSTEM_QUEUE,
            kind=MessageKind.SENT,
            case_id=self.case,
            referral_id=referral_id,
            receiver="de-spoel",
            body=in_case(work, self.case, b"{}"),
            state=Delivery.UNDER_WAY,
            open=True,
            due_at=work.now + dt.timedelta(days=1),
            created_at=work.now,
        )
        for name, value in values.items():
            setattr(row, name, value)
        work.session.add(row)
        work.session.flush()
        return row.message_id

    # -- the case ------------------------------------------------------------------------------------------------

    def _tell(self, kind: str, **about: Any) -> None:
        with self.hub.store.writing() as work:
            entry = timeline.NewEntry(kind=kind, **about)
            timeline.nudge(work, self.case, timeline.write_entries(work, self.case, [entry]))

    def _of_the_case(self) -> Iterator[str]:
        whose = {"actor": self.marloes.name, "organisation": self.marloes.organisation}
        with self.hub.store.writing() as work:
            story = {"client_words": "Ik wil <b>rust</b>.", "strengths": ["Komt afspraken na"]}
            values = {"story": in_case(work, self.case, story), "regisseur_since": dt.date(2026, 2, 3)}
            work.session.execute(update(Case).where(Case.id == self.case).values(**values))
        for kind in ("case_opened", "client_words", "contact_changed", "consent_given"):
            self._tell(kind, **whose)
            yield kind
        with self.hub.store.writing() as work:
            asked = corrections.ask(
                work, self.hub.config, self.marloes, self.case, field="given_name", value="Karina", why="Zo heet zij."
            )
        with self.hub.store.writing() as work:
            corrections.correct(work, self.hub.config, self.marloes, asked.id)
        yield "corrected"
        public = ground(basis=Basis.PUBLIC_TASK, law="participatiewet", purpose=Purpose.GUIDANCE, evidence=None)
        self.real.send(to="ggz-de-leij", life_domains=(LifeDomain.MENTAL_HEALTH,), ground=public)
        yield "masked"

    def _of_consent(self) -> Iterator[str]:
        team = "toegang-broekhoven"
        soon = dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)
        lapses = self.real.send(to=team, until=soon).id
        with self.hub.store.writing() as work:
            work.session.execute(update(Referral).where(Referral.id == lapses).values(ground_until=work.now))
            withdrawal.lapse_due(work, self.hub.config)
        yield "consent_lapsed"
        given = self.real.send(to=team).id
        self._withdraw(team)
        yield "consent_withdrawn"
        self._tell("delivered_late", referral_id=given)
        yield "delivered_late"
        self._withdraw("de-spoel")
        yield "consent_withdrawn of who looks"

    def _withdraw(self, recipient: str) -> None:
        with self.hub.store.writing() as work:
            gone = NewConsent(to=recipient, kind=ConsentKind.WITHDRAWN)
            consents.register(work, self.hub.config, self.marloes, self.case, gone)

    # -- what people write down ------------------------------------------------------------------------------------

    def _item(self, kind: ItemKind) -> Iterator[str]:
        """Add, change, bring through every state and remove; one more stays for what belongs to it."""
        item = self._add(kind)
        yield f"{kind}_added"
        self._change(item, kind)
        yield f"{kind}_changed"
        first, *others = ITEMS[kind].states
        for state in (*(one for one in others if one is not ItemState.REMOVED), first, *others[-1:]):
            with self.hub.store.writing() as work:
                now, _who = items.load(work, self.hub.config, self.marloes, item.id)
                items.settle(work, self.hub.config, self.marloes, item.id, state, now.version)
            yield f"{kind}_{state}"
        if kind is not ItemKind.OWN_WORDS:  # they are there once
            self._made[kind] = self._add(kind)

    def _add(self, kind: ItemKind) -> CaseItem:
        parent = self._made[_PARENTS[kind]].id if kind in _PARENTS else None
        new = NewItem(kind=kind, content=WORDS[kind], life_domains=WORK, parent_id=parent)
        if kind is ItemKind.REMARK:
            new = dataclasses.replace(new, about="case")
        if kind is ItemKind.APPOINTMENT:
            new = dataclasses.replace(new, at=dt.datetime.now(dt.UTC) + dt.timedelta(days=2))
        with self.hub.store.writing() as work:
            about = (work, self.hub.config, self.marloes, self.case)
            if kind is ItemKind.DOCUMENT:
                return documents.add(*about, documents.Brought(name="brief.txt", body=b"Beste Karin,"))
            if kind is ItemKind.OWN_WORDS:
                return client_words.record(*about, version=0, words=WORDS[kind])
            return (items.write_down if kind is ItemKind.AGENDA_ITEM else items.add)(*about, new)

    def _change(self, item: CaseItem, kind: ItemKind) -> None:
        field, value = next(iter(WORDS[kind].items()))
        other = {"score": 4, "how": "visit"}.get(field, f"{value} Anders.")
        with self.hub.store.writing() as work:
            asked = ItemChange(version=item.version, changes={"content": {field: other}})
            items.change(work, self.hub.config, self.marloes, item.id, asked)


_NOTE = {"note": "Kan het ook op <b>dinsdag</b>?"}
_WHY: dict[str, Any] = {"reason": "no_capacity"}
_TO_THE_HELP: tuple[tuple[Any, ...], ...] = (
    (Event.RECEIVE, "tom", {}),
    (Event.ASK, "tom", _NOTE),
    (Event.ANSWER, "marloes", _NOTE),
    (Event.WAITLIST, "tom", {}),
    (Event.ACCEPT, "tom", _NOTE),
    (Event.UNDO_ACCEPT, "tom", _WHY),
    (Event.ACCEPT, "tom", {}),
    (Event.PLAN, "tom", {}),
    (Event.START, "tom", {}),
    (retractions.RETRACTED, "tom", {}),
    (Event.START, "tom", {}),
    (plan_reviews.PLAN_REVIEWED, "tom", _NOTE),
    (Event.PAUSE, "tom", _WHY),
    (plan_reviews.PAUSE_REVIEWED, "marloes", {}),
    (Event.RESUME, "tom", {}),
)
_THE_SHORT_WAY: tuple[tuple[Any, ...], ...] = (
    (Event.RECEIVE, "tom", {}),
    (Event.ACCEPT, "tom", {}),
    (Event.START, "tom", {}),
)
_TO_THE_END: tuple[tuple[Any, ...], ...] = (
    (Event.COMPLETE, "tom", {"outcome": Outcome.REACHED}),
    (Event.REOPEN, "marloes", {}),
    (Event.END, "tom", _WHY),
)
_OTHER_ENDS: tuple[tuple[tuple[Any, ...], ...], ...] = (
    ((Event.RECEIVE, "tom", {}), (Event.PROPOSE_REDIRECT, "tom", _NOTE), (Event.CONFIRM_REDIRECT, "marloes", {})),
    ((Event.RECEIVE, "tom", {}), (Event.DECLINE, "tom", _WHY)),
    ((Event.WITHDRAW, "marloes", {}),),
    ((Event.CLIENT_STOPS, "marloes", {}),),
    ((Event.EXPIRE, "marloes", {}),),
    ((Event.MARK_ERROR, "marloes", _WHY),),
)
_RECEIPTS: tuple[tuple[str, int, dict[str, Any]], ...] = (
    ("delayed", 2, {"delivered": False, "error": "geen antwoord"}),
    ("undelivered", 0, {"delivered": False, "permanent": True, "error": "geweigerd"}),
    ("delivered", 0, {"delivered": True}),
    ("refused_by_system", 0, {"delivered": True, "refused": True, "codes": [{"code": "8001", "text": "Onbekend"}]}),
    ("processed", 0, {"delivered": True, "processed": True}),
)
