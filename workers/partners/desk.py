"""The desk of a partner: reads what comes with the dialect's own connector, keeps the books, and answers."""

import datetime as dt
import itertools
import threading
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Mapping, Sequence

from connectors.errors import Refusal, RefusalCode
from connectors.protocol import AddressBook, Connector, Payload, Verdict
from schemas.identifiers import derived_id
from schemas.message import Message, MessageData, source_of
from schemas.vocabulary import KIND_OF_EVENT, Event, MessageKind, Status
from workers.partners.diary import Diary
from workers.partners.holdings import Holdings
from workers.partners.ledger import Ledger
from workers.partners.manner import Manner, Reply
from workers.partners.misbehaviour import Fault, Misbehaviour

AFTER_ANSWER = Reply(after=3, event=Event.ACCEPT)
_STATUS_AFTER = {
    Event.RECEIVE: Status.RECEIVED,
    Event.ASK: Status.QUESTION,
    Event.ACCEPT: Status.ACCEPTED,
    Event.PLAN: Status.PLANNED,
    Event.START: Status.STARTED,
    Event.COMPLETE: Status.COMPLETED,
    Event.DECLINE: Status.DECLINED,
}


class Desk(ABC):
    """One partner without its way to the hub: that a subclass gives."""

    def __init__(
        self,
        organisation: str,
        connector: Connector,
        book: AddressBook,
        manner: Manner,
        *,
        ledger: Ledger | None = None,
        misbehaviour: Misbehaviour | None = None,
    ) -> None:
        self._organisation = organisation
        self._connector = connector
        self._book = book
        self.ledger = ledger or Ledger()
        self._misbehaviour = misbehaviour or Misbehaviour()
        self._turn = itertools.cycle(manner.series) if manner.series else None
        self._known: set[int | None] = set()
        self._diary = Diary(f"answers of {organisation}")
        self._kept_back: dict[str, Callable[[], bool]] = {}
        self._kept_back_lock = threading.Lock()
        self._listeners: list[Callable[[Message], None]] = []
        self.holdings = Holdings()

    @property
    def unsaid(self) -> Mapping[MessageKind, str]:
        """Give what its dialect has no word for, each with why."""
        return self._connector.unsaid

    def tell(self, listener: Callable[[Message], None]) -> None:
        """Have each message told the first time that it comes."""
        self._listeners.append(listener)

    def say(self, about: Message, reply: Reply, step: int) -> None:
        """Answer a message that came; ``step`` tells one answer to it from another."""
        self._later(reply.after, self._answering(about, reply, step))

    def tell_hub(self, message: Message) -> None:
        """Bring a message of its own: a referral that begins here, or a step of one."""
        payload = self._connector.write(message, self._book, dt.datetime.now(dt.UTC)).payload
        self._later(0.0, lambda: self._bring(payload))

    def close(self) -> None:
        """Close the books."""
        self._diary.close()
        self.ledger.close()

    def _receive(self, payload: Payload) -> tuple[Payload | None, bool]:
        """Take a payload in; give the dialect's own answer to it, and whether it was taken."""
        now = dt.datetime.now(dt.UTC)
        try:
            if self._misbehaviour.draws(Fault.REFUSE):
                raise Refusal(RefusalCode.NOT_ALLOWED, "This system takes no messages of this kind.")
            reading = self._connector.read(payload, self._book, now)
        except Refusal as refusal:
            return self._connector.acknowledge(payload, Verdict.REFUSED, refusal, self._book, now), False
        kinds = ",".join(message.kind.name for message in reading.messages)
        if self.ledger.first_time(reading.identification, kinds):
            for message in reading.messages:
                self._take_note(message)
        return self._connector.acknowledge(payload, Verdict.ACCEPTED, None, self._book, now), True

    def _take_note(self, message: Message) -> None:
        """Write down a message that came for the first time, tell of it, and think about it."""
        self.holdings.take(message)
        for listener in self._listeners:
            listener(message)
        if not self._listed_again(message):
            self._think_about(message)

    def _listed_again(self, message: Message) -> bool:
        """Whether a snapshot tells again of a referral that is known already."""
        if message.kind is not MessageKind.SENT:
            return False
        known = message.data.referral_number in self._known
        self._known.add(message.data.referral_number)
        return known and bool(message.data.assignments)

    def _think_about(self, message: Message) -> None:
        """Answer what is new."""
        if message.kind is MessageKind.SENT and self._turn is not None:
            wait = 0.0
            for step, reply in enumerate(next(self._turn)):
                wait += reply.after
                self._later(wait, self._answering(message, reply, step))
        elif message.kind is MessageKind.ANSWERED and self._turn is not None:
            self._later(AFTER_ANSWER.after, self._answering(message, AFTER_ANSWER, 90))

    def _answering(self, about: Message, reply: Reply, step: int) -> Callable[[], bool]:
        now = dt.datetime.now(dt.UTC)
        answer = Message(
            id=derived_id("partner", self._organisation, about.id, str(step)),
            kind=KIND_OF_EVENT[reply.event],
            source=source_of(self._book.partner.oin, self._organisation),
            time=now,
            sender=self._organisation,
            receiver=about.sender,
            data=MessageData(
                referral_id=about.data.referral_id,
                referral_number=about.data.referral_number,
                correlation=about.data.correlation,
                event=reply.event,
                implies=(Event.RECEIVE, Event.ACCEPT) if reply.event is Event.START else (),
                status=_STATUS_AFTER.get(reply.event),
                occurred_at=now,
                note=reply.note,
                status_reason=reply.reason,
                outcome=reply.outcome,
                client=about.data.client,
                service=about.data.service,
                starts_on=about.data.starts_on or now.date().isoformat(),
            ),
        )
        payload = self._connector.write(answer, self._book, now).payload
        self.holdings.say(answer)
        bring = _bringing(self._bring, self._misbehaviour.copies(payload))
        return lambda: self._bring_in_turn(str(about.data.referral_id or about.data.referral_number), bring)

    def _bring_in_turn(self, referral: str, bring: Callable[[], bool]) -> bool:
        """Bring an answer, or keep it back: what was kept back goes after the next one, or after a pause."""
        with self._kept_back_lock:
            waiting = referral in self._kept_back
            if not waiting and self._misbehaviour.draws(Fault.REORDERED):
                self._kept_back[referral] = bring
                self._later(self._misbehaviour.pause, lambda: self._release(referral, bring))
                return True
        if not bring():
            return False
        if waiting:
            self._release(referral)
        return True

    def _release(self, referral: str, only: Callable[[], bool] | None = None) -> bool:
        with self._kept_back_lock:
            if only is None or self._kept_back.get(referral) is only:
                kept = self._kept_back.pop(referral, None)
                if kept is not None:
                    self._later(0.0, kept)
        return True

    def _later(self, seconds: float, work: Callable[[], bool]) -> None:
        self._diary.later(seconds, work)

    @abstractmethod
    def _bring(self, payload: Payload) -> bool:
        """Bring a message to the hub; false where it must be brought again."""


def _bringing(bring: Callable[[Payload], bool], payloads: Sequence[Payload]) -> Callable[[], bool]:
    """Bring several, each after the one before was taken, and each once, however often it is tried."""
    left = deque(payloads)

    def work() -> bool:
        while left:
            if not bring(left[0]):
                return False
            left.popleft()
        return True

    return work
