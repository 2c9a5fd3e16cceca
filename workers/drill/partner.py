"""The partners of a drill: the demo's partners, but each referral goes as planned and what is said is written down."""

import threading
from collections.abc import Callable
from pathlib import Path

from werkzeug.wrappers import Request, Response

from connectors.protocol import Payload
from connectors.registry import connector
from hub.services.messages.address_book import address_book
from hub.settings import Configuration, Organisation
from schemas.message import Message
from schemas.vocabulary import Event, MessageKind
from workers.drill.agenda import Agenda
from workers.drill.caller import Caller
from workers.drill.processes import free_port
from workers.drill.script import Accepted, Script
from workers.partners import Ledger, Manner, Partner, Reply

GAP = 1.0


class DrillPartner(Partner):
    """Answers as the story of each referral says, one answer after the other, each until the hub took it."""

    def __init__(self, config: Configuration, organisation: Organisation, ledger: Path, hub_url: str, script: Script):
        assert organisation.connector is not None  # only connected organisations take part
        super().__init__(
            organisation.code,
            connector(organisation.connector),
            address_book(config, organisation),
            Manner(series=()),
            ledger=Ledger(ledger),
            port=free_port(),
        )
        self._script = script
        self._caller = Caller(hub_url, organisation.code)
        self._agenda = Agenda(f"answers of {organisation.code}", threads=2)
        self._trap: Callable[[], None] | None = None
        self._trap_lock = threading.Lock()

    @property
    def left(self) -> int:
        """How many answers are still to be given."""
        return self._agenda.left

    def set_trap(self, trap: Callable[[], None] | None) -> None:
        """Have something done once, between the next message's entry in the books and its answer."""
        with self._trap_lock:
            self._trap = trap

    @property
    def trap_is_set(self) -> bool:
        """Whether the trap waits for a message."""
        return self._trap is not None

    def close(self) -> None:
        """Stop answering and close the door."""
        self._agenda.close()
        self._caller.close()
        super().close()

    def _take(self, request: Request) -> Response:
        response = super()._take(request)
        with self._trap_lock:
            trap, self._trap = self._trap, None
        if trap is not None:
            trap()
        return response

    def _think_about(self, message: Message) -> None:
        if message.kind in (MessageKind.SENT, MessageKind.ANSWERED):
            self._agenda.later(0.0, lambda: self._decide(message))

    def _decide(self, message: Message) -> bool:
        """Begin to answer, once it is known which story this referral has: the sender may not know its number yet."""
        accepted = self._script.by_number(message.data.referral_number)
        if accepted is None:
            return False
        story = accepted.planned.story
        answers = story.answers if message.kind is MessageKind.SENT else story.after_answer
        if answers:
            self._agenda.later(accepted.planned.answer_after, self._saying(message, accepted, answers))
        return True

    def _saying(self, about: Message, accepted: Accepted, answers: tuple[Event, ...]) -> Callable[[], bool]:
        bring = self._answering(about, Reply(after=0, event=answers[0]), len(answers))
        self._script.attempt()

        def say() -> bool:
            if not bring():
                self._script.retried()
                return False
            self._script.said(accepted.referral_id, answers[0])
            if answers[1:]:
                self._agenda.later(GAP, self._saying(about, accepted, answers[1:]))
            return True

        return say

    def _bring(self, payload: Payload) -> bool:
        answer = self._caller.call(
            "POST",
            f"/api/v1/intake/{self._organisation}",
            {"Content-Type": payload.content_type, "Accept": "application/json"},
            content=payload.body,
        )
        if answer is not None and answer.is_error:
            self._script.refused(f"intake {self._organisation}: {answer.status_code} {answer.text[:200]}")
        return answer is not None
