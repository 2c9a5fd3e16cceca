"""A partner answered for by hand: what came is listed by kind and reference, and a line of text is an answer."""

import itertools
import threading
from collections.abc import Callable

from connectors.errors import Refusal
from schemas.message import Message
from schemas.vocabulary import KIND_OF_EVENT, Event, MessageKind
from workers.partners.desk import Desk
from workers.partners.manner import Reply
from workers.partners.partner import Partner

EVENTS = tuple(
    event
    for event in Event
    if event not in (Event.SEND, Event.ANSWER, Event.WITHDRAW, Event.CONFIRM_REDIRECT, Event.EXPIRE, Event.REOPEN)
)
"""What a partner may say of a referral that it received."""


def help_of(desk: Desk) -> str:
    """Tell what can be typed: the words that this partner's dialect has, and no other."""
    words = ", ".join(event for event in EVENTS if KIND_OF_EVENT[event] not in desk.unsaid)
    digest = "digest (tell the hub what is open here), " if isinstance(desk, Partner) else ""
    return (
        "Answer with a word, the number of the referral (without one: the last), and text: accept, start 2, ask 1 May"
        f" we call? Words: {words}. Others: list, {digest}help, quit."
    )


class Prompt:
    """Lists what comes and answers what is typed."""

    def __init__(self, desk: Desk, show: Callable[[str], None]) -> None:
        self._desk = desk
        self._show = show
        self._came: list[Message] = []
        self._lock = threading.Lock()
        self._steps = itertools.count(1000)  # beyond those of an automatic manner
        desk.tell(self.hear)

    def hear(self, message: Message) -> None:
        """Show a message that came: its kind and reference, nothing of its content."""
        with self._lock:
            place = next((place for place, one in enumerate(self._came, start=1) if _is_one(one, message)), 0)
            if message.kind is MessageKind.SENT and not place:
                self._came.append(message)
                place = len(self._came)
        self._show(_line(place, message))

    def take(self, line: str) -> bool:
        """Do what was typed; whether to go on."""
        word, _, rest = line.strip().partition(" ")
        if word in ("quit", "exit"):
            return False
        if word == "list":
            for place, message in enumerate(self._came, start=1):
                self._show(_line(place, message))
        elif word == "digest":
            self._digest()
        elif word in EVENTS:
            self._answer(Event(word), rest.strip())
        elif word:
            self._show(help_of(self._desk))
        return True

    def _digest(self) -> None:
        if not isinstance(self._desk, Partner):
            self._show("A digest goes over HTTP to the hub: with --files there is no way for one.")
            return
        self._show("The digest was taken." if self._desk.send_digest() else "The digest was not taken.")

    def _answer(self, event: Event, rest: str) -> None:
        number, _, text = rest.partition(" ")
        if not number.isdecimal():
            number, text = str(len(self._came)), rest
        if not 1 <= int(number) <= len(self._came):
            self._show("There is no such referral yet.")
            return
        try:
            reply = Reply(after=0, event=event, note=text.strip() or None)
            self._desk.say(self._came[int(number) - 1], reply, next(self._steps))
        except Refusal as refusal:
            self._show(f"This dialect can't say that: {refusal.message}")
            return
        self._show(f"[{number}] {event} is on its way")


def _is_one(one: Message, other: Message) -> bool:
    """Whether two messages are about one referral, by the first of its keys that both bear."""
    for key in ("referral_id", "referral_number"):
        keys = getattr(one.data, key), getattr(other.data, key)
        if all(keys):
            return bool(keys[0] == keys[1])
    return bool(set(one.data.correlation.items()) & set(other.data.correlation.items()))


def _line(place: int, message: Message) -> str:
    own = next(iter(sorted(message.data.correlation.values())), None)
    about = message.data.referral_id or message.data.referral_number or own or "-"
    return f"[{place or '-'}] {message.kind.name.lower()}  {about}"
