"""The pages' services, over the real hub; each call is one unit of work."""

import hashlib
from dataclasses import replace

from hub import telemetry
from hub.models import Referral
from hub.rules.audit import Deed
from hub.rules.visits import worth_writing
from hub.services.access import directory
from hub.services.access.capacity import OwnRoom, own_room
from hub.services.access.directory import Running
from hub.services.access.release import content_of, fields_of
from hub.services.cases import case_view
from hub.services.errors import Invalid, NotFound, StateForbids
from hub.services.overview import alert_views, inbox_list, list_watch, worklist
from hub.services.people.sessions import SignedIn
from hub.services.record import alerts, audit, visits
from hub.services.record.clients import find_case
from hub.services.record.idempotency import Kept, KnownKey, remember
from hub.services.record.visits import Since
from hub.services.record.windows import NEWEST, Window
from hub.services.referrals import answering, consent_view, consents, referral_view, several
from hub.services.referrals.consent_view import Consents
from hub.services.referrals.message_view import message_view
from hub.services.views.case import CaseView
from hub.services.views.message import MessageView
from hub.services.views.referral import ReferralView, ServiceOffer, TrailStep
from hub.services.views.viewer import Viewer
from hub.services.views.work import AlertView, WorkLine
from hub.web.accounts import Accounts
from hub.web.backend import Entered, EventRefused, FieldError, Refused
from hub.web.watch import Watch
from hub.wiring import Hub
from schemas.consent import NewConsent
from schemas.referral import NewEvent, NewReferral
from schemas.vocabulary import ConsentKind, OrganisationKind


def _changed(viewer: Viewer, deed: Deed, referral: Referral, *, detail: str | None = None) -> audit.Entry:
    return audit.Entry(
        viewer=viewer,
        deed=deed,
        case_id=referral.case_id,
        objects=(referral.id,),
        to=(referral.receiver,) if deed is Deed.REFERRAL_SEND else (),
        detail=detail,
    )


class HubBackend(Watch):
    """What the pages ask, answered by the services."""

    def __init__(self, hub: Hub, accounts: Accounts) -> None:
        super().__init__(hub)
        self._accounts = accounts

    def sign_in(self, username: str, password: str, address: str, device: str) -> Entered | Refused:
        """Sign someone in."""
        return self._accounts.sign_in(username, password, address, device)

    def signed_in(self, token: str) -> SignedIn | None:
        """Give the session behind a token."""
        return self._accounts.signed_in(token)

    def sign_out(self, token: str) -> None:
        """End a session."""
        self._accounts.sign_out(token)

    def worklist(self, viewer: Viewer) -> tuple[WorkLine, ...]:
        """Give what needs the viewer."""
        with audit.looking(self._hub.store, self._where()) as session:
            return tuple(worklist.worklist(session, self._config, viewer, self._now))

    def worklist_mark(self, viewer: Viewer) -> str:
        """Give a mark of what the work list shows."""
        with self._hub.store.reading() as session:
            return list_watch.mark_of_list(session, self._config, viewer, self._now)

    def past_work(self, viewer: Viewer) -> tuple[WorkLine, ...]:
        """Give what is over since a short while."""
        with audit.looking(self._hub.store, self._where()) as session:
            return tuple(inbox_list.past_lines(session, self._config, viewer, self._now))

    def sent_work(self, viewer: Viewer) -> tuple[WorkLine, ...] | None:
        """Give what the viewer's organisation sent, as far as the viewer may see it."""
        with audit.looking(self._hub.store, self._where()) as session:
            return inbox_list.sent_lines(session, self._config, viewer, self._now)

    def own_room(self, viewer: Viewer) -> tuple[OwnRoom, ...]:
        """Give how much room the viewer's services have."""
        with self._hub.store.reading() as session:
            return tuple(own_room(session, self._config, viewer))

    def case(self, viewer: Viewer, case_id: str, window: Window = NEWEST) -> CaseView | None:
        """Give a client's page."""
        try:
            with audit.looking(self._hub.store, self._where()) as session:
                return case_view.case_view(session, self._config, viewer, case_id, self._now, window=window)
        except NotFound:
            return None

    def visit(self, viewer: Viewer, view: CaseView, *, looked: bool) -> Since | None:
        """Give what happened since the last visit, and keep that this is one: what waited there is read."""
        with self._hub.store.reading() as session:
            before, read = visits.looks(session, viewer, view, self._now)
            waits = alerts.unread_in(session, viewer, view.case_id)
        if looked and (waits or worth_writing(before, read)):
            with self._hub.store.writing() as work:
                visits.keep(work, viewer, view.case_id, read)
                alerts.read_items(work, viewer, view.case_id, [item.id for item in view.items])
        return visits.since(view, viewer, read)

    def waiting_count(self, viewer: Viewer) -> int:
        """Give how much waits unread."""
        with self._hub.store.reading() as session:
            return len(alert_views.waits(session, self._config, viewer, self._now))

    def waiting(self, viewer: Viewer) -> tuple[AlertView, ...]:
        """Give what waits, and what was read of it."""
        with audit.looking(self._hub.store, self._where()) as session:
            return alert_views.waiting(session, self._config, viewer, self._now)

    def opened(self, viewer: Viewer, view: ReferralView) -> None:
        """Note that what waited at a referral is read."""
        with self._hub.store.reading() as session:
            waits = alerts.unread_in(session, viewer, view.case_id)
        if waits:
            with self._hub.store.writing() as work:
                alerts.read_referral(work, viewer, view.case_id, view.line.id)

    def read_all(self, viewer: Viewer) -> None:
        """Note that all is read."""
        with self._hub.store.writing() as work:
            alerts.read_all(work, viewer)

    def referral(self, viewer: Viewer, referral_id: str) -> ReferralView | None:
        """Give a referral's page."""
        try:
            with audit.looking(self._hub.store, self._where()) as session:
                view = referral_view.referral_view(session, self._config, viewer, referral_id, self._now)
                bundle = several.bundle_view(session, self._config, viewer, referral_id, self._now)
        except NotFound:
            return None
        return replace(view, bundle=bundle, trail=tuple(self._with_name(step) for step in view.trail))

    def message(self, viewer: Viewer, referral_id: str, message_id: str) -> MessageView | None:
        """Give a message of a referral in its forms."""
        try:
            with audit.looking(self._hub.store, self._where()) as session:
                return message_view(session, self._config, viewer, referral_id, message_id, self._now)
        except NotFound:
            return None

    def _with_name(self, step: TrailStep) -> TrailStep:
        """Give the step with the name of its organisation; the API's trail keeps the code."""
        organisation = self._config.organisation(step.organisation or "")
        return replace(step, organisation=organisation.name) if organisation is not None else step

    def services_on_offer(self, viewer: Viewer, area: str | None = None) -> tuple[ServiceOffer, ...]:
        """Give what the viewer can refer to."""
        with self._hub.store.reading() as session:
            return directory.offers(session, self._config, viewer, area)

    def running(self, viewer: Viewer, view: CaseView) -> tuple[Running, ...]:
        """Give which referrals of a client's page still run; who saw them was told when the page was made."""
        with self._hub.store.reading() as session:
            return directory.running(session, view)

    def preview(self, viewer: Viewer, new: NewReferral) -> tuple[tuple[str, str], ...] | FieldError:
        """Give what the receiver would get, by the function that makes the message."""
        assert new.case_id is not None  # a page is always about a case
        with self._hub.store.reading() as session:
            person = find_case(session, new.case_id).person
        try:
            return fields_of(content_of(self._config, viewer.organisation, new, person))
        except Invalid as error:
            return FieldError(field=error.field or "", code="needed")

    def send_referrals(self, viewer: Viewer, wanted: tuple[NewReferral, ...], key: str) -> str | tuple[FieldError, ...]:
        """Send once, however often the form is sent."""
        # The form's own key is one click; what it held the first time is what counts.
        body_hash = hashlib.sha256(key.encode()).hexdigest()
        try:
            with audit.changing(self._hub.store, self._where(), viewer, Deed.REFERRAL_SEND) as work:
                sent = several.send_several(work, self._config, viewer, wanted)
                audit.write(work, self._where(), [_changed(viewer, Deed.REFERRAL_SEND, one) for one in sent])
                kept = Kept(status=303, location=None, answer={"id": sent[0].id})
                remember(
                    work,
                    viewer.organisation,
                    f"{viewer.id}:{key}",
                    body_hash,
                    kept,
                    case_id=sent[0].case_id,
                )
        except KnownKey as known:
            return str(known.kept.answer["id"])
        except Invalid as error:
            return (FieldError(field=error.field or "", code="unknown"),)
        telemetry.REFERRALS_SENT.inc(len(sent))
        return sent[0].id

    def record_event(self, viewer: Viewer, referral_id: str, new: NewEvent) -> EventRefused | None:
        """Record what the viewer does to a referral."""
        try:
            with audit.changing(self._hub.store, self._where(), viewer, Deed.REFERRAL_EVENT, referral_id) as work:
                referral = answering.answer(work, self._config, viewer, referral_id, new)
                audit.write(work, self._where(), [_changed(viewer, Deed.REFERRAL_EVENT, referral, detail=new.event)])
        except StateForbids as error:
            return EventRefused(allowed=error.allowed)
        except Invalid as error:
            return EventRefused(field=error.field)
        except NotFound:
            return EventRefused()
        telemetry.EVENTS_RECORDED.labels(new.event).inc()
        return None

    def consents(self, viewer: Viewer, case_id: str) -> Consents | None:
        """Give what is known of consent in a case."""
        try:
            with audit.looking(self._hub.store, self._where()) as session:
                return consent_view.consents(session, self._config, viewer, case_id, self._now)
        except NotFound:
            return None

    def register_consent(self, viewer: Viewer, case_id: str, new: NewConsent) -> FieldError | None:
        """Add what a client said."""
        try:
            with audit.changing(self._hub.store, self._where(), viewer, Deed.CONSENT_CHANGE, case_id=case_id) as work:
                consents.register(work, self._config, viewer, case_id, new)
                done = audit.Entry(
                    viewer=viewer, deed=Deed.CONSENT_CHANGE, case_id=case_id, to=(new.to,), detail=str(new.kind)
                )
                audit.write(work, self._where(), [done])
        except Invalid as error:
            withdrawn = error.field == "to" and new.kind is ConsentKind.WITHDRAWN
            return FieldError(field=error.field or "", code="no_consent" if withdrawn else "missing")
        except NotFound:
            return FieldError(field="to", code="unknown")
        return None

    def organisations(self, viewer: Viewer) -> tuple[tuple[str, str], ...]:
        """Give code and name of the organisations that help."""
        everyone = self._config.organisations.values()
        return tuple((one.code, one.name) for one in everyone if one.kind is not OrganisationKind.MUNICIPALITY)
