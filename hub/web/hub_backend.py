"""The pages' services, over the real hub; each call is one unit of work."""

import datetime as dt

from hub.api.blueprint import HUB  # noqa: F401
from hub.services import case_view, identity, monitor, referral_view, referrals, worklist
from hub.services.errors import Invalid, NotFound, StateForbids
from hub.services.idempotency import KnownKey, remember
from hub.services.views import CaseView, MonitorView, ReferralView, ServiceOffer, Viewer, WorkLine
from hub.web.backend import EventRefused, FieldError
from hub.wiring import Hub
from schemas.referral import NewEvent, NewReferral
