"""What the pages ask of the services. ``None`` stands for "not there, or not there for you": the answer is the same."""

from dataclasses import dataclass
from typing import Protocol

from flask import current_app

from hub.services.access.audit_reading import LooksView
from hub.services.access.capacity import OwnRoom
from hub.services.access.directory import Running
from hub.services.messages.monitor_views import MonitorView
from hub.services.people.sessions import SignedIn
from hub.services.record.reviews import ReviewList
from hub.services.record.visits import Since
from hub.services.record.windows import NEWEST, Window
from hub.services.referrals.consent_view import Consents
from hub.services.referrals.differences import DifferencesView
from hub.services.views.case import CaseView
from hub.services.views.message import MessageView
from hub.services.views.referral import ReferralView, ServiceOffer
from hub.services.views.viewer import Viewer
from hub.services.views.work import AlertView, WorkLine
from schemas.consent import NewConsent
from schemas.referral import NewEvent, NewReferral
from schemas.vocabulary import Event

EXTENSION = "schakel-web"


@dataclass(frozen=True, kw_only=True)
class FieldError:
    """A field of a form that can't be used. ``field`` as in the API; ``code`` says why."""

    field: str
    code: str


@dataclass(frozen=True, kw_only=True)
class EventRefused:
    """An event that was not recorded: a field lacks, or the state forbids it (``allowed`` says what is possible)."""

    allowed: tuple[Event, ...] = ()
    field: str | None = None


@dataclass(frozen=True, kw_only=True)
class Entered:
    """Someone signed in: the token for the browser, and the session that it opens."""

    token: str
    session: SignedIn


@dataclass(frozen=True, kw_only=True)
class Refused:
    """A sign-in that did not happen. ``wait`` is in seconds, and 0 where name and password don't fit."""

    wait: int = 0


class Backend(Protocol):
    """The services as the pages see them; each call is one unit of work."""

    def sign_in(self, username: str, password: str, address: str, device: str) -> Entered | Refused:
        """Sign someone in with a local account, or say that it can't be, or how long to wait."""

    def signed_in(self, token: str) -> SignedIn | None:
        """Give the session behind a token, or nothing where it ended, or the account was blocked."""

    def sign_out(self, token: str) -> None:
        """End a session."""

    def worklist(self, viewer: Viewer) -> tuple[WorkLine, ...]:
        """Give what needs the viewer, most pressing first."""

    def worklist_mark(self, viewer: Viewer) -> str:
        """Give a mark of what the work list shows: a page that keeps it can ask whether it still holds."""

    def past_work(self, viewer: Viewer) -> tuple[WorkLine, ...]:
        """Give what is over since a short while, of the referrals to the viewer's organisation."""

    def sent_work(self, viewer: Viewer) -> tuple[WorkLine, ...] | None:
        """Give what the viewer's organisation sent, or nothing where that is no list of the viewer's."""

    def own_room(self, viewer: Viewer) -> tuple[OwnRoom, ...]:
        """Give how much room the services have of which the viewer may say so."""

    def case(self, viewer: Viewer, case_id: str, window: Window = NEWEST) -> CaseView | None:
        """Give a client's page as this viewer may see it, with so much of the timeline."""

    def visit(self, viewer: Viewer, view: CaseView, *, looked: bool) -> Since | None:
        """Give what happened since the viewer's last visit to a client; ``looked`` says that this is one."""

    def waiting_count(self, viewer: Viewer) -> int:
        """Give how much waits unread for the viewer, of what may be seen now."""

    def waiting(self, viewer: Viewer) -> tuple[AlertView, ...]:
        """Give what waits for the viewer, and what was read of it, newest first."""

    def opened(self, viewer: Viewer, view: ReferralView) -> None:
        """Note that the viewer looked at a referral: what waited there is read."""

    def read_all(self, viewer: Viewer) -> None:
        """Note that the viewer has read all that waits."""

    def referral(self, viewer: Viewer, referral_id: str) -> ReferralView | None:
        """Give a referral's page as this viewer may see it."""

    def message(self, viewer: Viewer, referral_id: str, message_id: str) -> MessageView | None:
        """Give a message of a referral in the forms that this viewer may see."""

    def services_on_offer(self, viewer: Viewer, area: str | None = None) -> tuple[ServiceOffer, ...]:
        """Give what the viewer can refer to for someone who lives there, nearest and with most room first."""

    def running(self, viewer: Viewer, view: CaseView) -> tuple[Running, ...]:
        """Give which of the referrals that a client's page shows still run."""

    def preview(self, viewer: Viewer, new: NewReferral) -> tuple[tuple[str, str], ...] | FieldError:
        """Give what the receiver would get, as (field, text), by the function that makes the message."""

    def send_referrals(self, viewer: Viewer, wanted: tuple[NewReferral, ...], key: str) -> str | tuple[FieldError, ...]:
        """Send one need to each, and give the id of the first; the same key again gives it and sends nothing."""

    def record_event(self, viewer: Viewer, referral_id: str, new: NewEvent) -> EventRefused | None:
        """Record what the viewer does to a referral; nothing means done."""

    def consents(self, viewer: Viewer, case_id: str) -> Consents | None:
        """Give what is known of consent in a case, for its regisseur and its senders."""

    def register_consent(self, viewer: Viewer, case_id: str, new: NewConsent) -> FieldError | None:
        """Add what a client said; nothing means done."""

    def organisations(self, viewer: Viewer) -> tuple[tuple[str, str], ...]:
        """Give code and name of the organisations with which something may be shared."""

    def monitor(self, viewer: Viewer) -> MonitorView | None:
        """Give the traffic of messages, for whoever runs it."""

    def handle_quarantined(self, viewer: Viewer, line_id: str, action: str, reason: str) -> bool:
        """Try a stuck message again (``retry``) or close it (``settle``); false where it is not there any more."""

    def differences(self, viewer: Viewer) -> DifferencesView | None:
        """Give where organisations' own books say something else, for whoever runs the traffic."""

    def repair_difference(self, viewer: Viewer, difference_id: str, how: str, reason: str) -> FieldError | None:
        """Do something about a difference; nothing means done."""

    def looks(self, viewer: Viewer, case_id: str, interest: str | None) -> LooksView | None:
        """Give who looked at a client; with names to who says for what."""

    def reviews(self, viewer: Viewer) -> ReviewList | None:
        """Give the looks that this viewer must judge."""

    def judge(self, viewer: Viewer, review_id: str, verdict: str) -> bool:
        """Keep a verdict on a look; false where it is not this viewer's to give, or was given before."""

    def traffic_stopped(self) -> bool:
        """Whether the broker is down, so that nothing leaves for now."""


def backend() -> Backend:
    """Give the services that the running application was wired with."""
    found: Backend = current_app.extensions[EXTENSION]
    return found
