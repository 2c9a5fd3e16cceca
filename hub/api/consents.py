"""Consent over the API: what a client said is registered, and read back as evidence."""

import datetime as dt
import json

from flask import Response

from hub.api.blueprint import api, caller, hub, json_body, looking_here, where
from hub.rules.audit import Deed
from hub.services.record import audit
from hub.services.referrals import consent_view, consents
from schemas.consent import CONSENTS, NEW_CONSENT, NewConsent


@api.post("/cases/<case_id>/consents")
def register_consent(case_id: str) -> Response:
    """Register what a client said; a withdrawal has its effect with this answer. Saying it twice adds it twice."""
    new: NewConsent = NEW_CONSENT.load(json_body())
    with audit.changing(hub().store, where(), caller(), Deed.CONSENT_CHANGE, case_id=case_id) as work:
        ended = consents.register(work, hub().config, caller(), case_id, new)
        done = audit.Entry(
            viewer=caller(), deed=Deed.CONSENT_CHANGE, case_id=case_id, to=(new.to,), detail=str(new.kind)
        )
        audit.write(work, where(), [done])
    body = {"kind": new.kind, "to": new.to, "ended_releases": ended}
    return Response(json.dumps(body), status=201, content_type="application/json")


@api.get("/cases/<case_id>/consents")
def read_consents(case_id: str) -> Response:
    """Give the evidence and the releases of a case, as far as the caller keeps them."""
    with looking_here() as session:
        found = consent_view.consents(session, hub().config, caller(), case_id, dt.datetime.now(dt.UTC))
    return Response(json.dumps(CONSENTS.dump(found), ensure_ascii=False), content_type="application/json")
