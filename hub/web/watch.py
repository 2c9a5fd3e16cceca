"""What those who keep watch ask: over the traffic of messages, and over who looked at whom."""

import datetime as dt
import time

from hub.broker.protocol import INBOX, BrokerUnavailable
from hub.rules.audit import Deed
from hub.services.access.audit_reading import LooksView, who_looked
from hub.services.errors import Invalid, NotFound, ServiceError
from hub.services.messages import monitor
from hub.services.messages.monitor_views import MonitorView
from hub.services.record import audit, reviews
from hub.services.record.reviews import ReviewList
from hub.services.referrals import differences
from hub.services.referrals.differences import DifferencesView
from hub.services.views.viewer import Viewer
from hub.web.backend import FieldError
from hub.web.desk import Desk
from hub.wiring import Hub

_ASK_BROKER_EVERY = 1.0


class Watch:
    """The traffic, where books differ, and the review of who looked; each call is one unit of work."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._config = hub.config
        self._asked_at = -_ASK_BROKER_EVERY
        self._stopped = False

    def _where(self) -> audit.Occasion:
        """Give this request as an occasion for the audit log."""
        return Desk(self._hub).where

    @property
    def _now(self) -> dt.datetime:
        return dt.datetime.now(dt.UTC)

    def monitor(self, viewer: Viewer) -> MonitorView | None:
        """Give the traffic of messages."""
        try:
            with self._hub.store.reading() as session:
                return monitor.monitor(session, self._config, viewer, self._now)
        except NotFound:
            return None

    def handle_quarantined(self, viewer: Viewer, line_id: str, action: str, reason: str) -> bool:
        """Try a stuck message again, or close it."""
        try:
            with audit.changing(self._hub.store, self._where(), viewer, Deed.TRAFFIC_HANDLE, line_id) as work:
                monitor.handle(work, self._config, viewer, line_id, action, reason)
                done = audit.Entry(viewer=viewer, deed=Deed.TRAFFIC_HANDLE, objects=(line_id,), detail=action)
                audit.write(work, self._where(), [done])
        except ServiceError:
            return False
        return True

    def differences(self, viewer: Viewer) -> DifferencesView | None:
        """Give where organisations' own books say something else."""
        try:
            with self._hub.store.reading() as session:
                return differences.differences_view(session, self._config, viewer)
        except NotFound:
            return None

    def repair_difference(self, viewer: Viewer, difference_id: str, how: str, reason: str) -> FieldError | None:
        """Do something about a difference, and write down who did."""
        try:
            with audit.changing(self._hub.store, self._where(), viewer, Deed.TRAFFIC_HANDLE, difference_id) as work:
                one = differences.repair(work, self._config, viewer, difference_id, how, reason)
                objects = (difference_id, one.referral_id) if one.referral_id else (difference_id,)
                done = audit.Entry(
                    viewer=viewer, deed=Deed.TRAFFIC_HANDLE, objects=objects, to=(one.organisation,), detail=how
                )
                audit.write(work, self._where(), [done])
        except Invalid:
            return FieldError(field="reason", code="missing")
        except ServiceError as error:
            return FieldError(field="", code=error.code)
        return None

    def looks(self, viewer: Viewer, case_id: str, interest: str | None) -> LooksView | None:
        """Give who looked at a client."""
        try:
            with audit.looking(self._hub.store, self._where()) as session:
                return who_looked(session, self._config, viewer, case_id, self._now, interest=interest)
        except NotFound:
            return None

    def reviews(self, viewer: Viewer) -> ReviewList | None:
        """Give the looks to judge."""
        try:
            with audit.looking(self._hub.store, self._where()) as session:
                return reviews.to_review(session, self._config, viewer, self._now)
        except NotFound:
            return None

    def judge(self, viewer: Viewer, review_id: str, verdict: str) -> bool:
        """Keep a verdict."""
        try:
            with audit.changing(self._hub.store, self._where(), viewer, Deed.REVIEW_VERDICT, review_id) as work:
                reviews.judge(work, self._where(), viewer, review_id, verdict)
        except ServiceError:
            return False
        return True

    def traffic_stopped(self) -> bool:
        """Whether the broker is down; asked at most every few seconds."""
        if time.monotonic() - self._asked_at > _ASK_BROKER_EVERY:
            self._asked_at = time.monotonic()
            try:
                self._hub.broker.health(INBOX)
                self._stopped = False
            except BrokerUnavailable:
                self._stopped = True
        return self._stopped
