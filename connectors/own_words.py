"""What an organisation's own system calls the state of a referral: a hint for people who speak to each other."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from schemas.vocabulary import Event, Status


@dataclass(frozen=True, kw_only=True)
class OwnWord:
    """One state in the words of a dialect, and where in its messages that word stands."""

    word: str
    where: str


@runtime_checkable
class HasOwnWords(Protocol):
    """A connector that knows what its organisations call a state; it is no part of what every connector is."""

    def own_word(self, status: Status, dialect: Mapping[str, Any], system: str | None, /) -> OwnWord | None:
        """Give the word for a state, or nothing where the dialect has none.

        ``dialect`` is the organisation's own settings, ``system`` the list of codes that the service is named in.
        """
        ...


EVENT_OF_STATUS: Mapping[Status, Event] = {
    Status.SENT: Event.SEND,
    Status.RECEIVED: Event.RECEIVE,
    Status.QUESTION: Event.ASK,
    Status.WAITLISTED: Event.WAITLIST,
    Status.REDIRECT_PROPOSED: Event.PROPOSE_REDIRECT,
    Status.ACCEPTED: Event.ACCEPT,
    Status.PLANNED: Event.PLAN,
    Status.STARTED: Event.START,
    Status.PAUSED: Event.PAUSE,
    Status.COMPLETED: Event.COMPLETE,
    Status.DECLINED: Event.DECLINE,
    Status.WITHDRAWN: Event.WITHDRAW,
    Status.STOPPED_BY_CLIENT: Event.CLIENT_STOPS,
    Status.ENDED: Event.END,
    Status.EXPIRED: Event.EXPIRE,
    Status.REDIRECTED: Event.CONFIRM_REDIRECT,
    Status.ENTERED_IN_ERROR: Event.MARK_ERROR,
}
"""The step that leads to a state: a dialect that tells steps names the state by it."""
