"""Referrals over the API: send, list, read, record events, trail."""

import datetime as dt
import hashlib
import json
from typing import Any

from flask import Response, request

from hub import telemetry
from hub.api.blueprint import api, caller, hub, json_body, whole_number
from hub.api.problems import problem
from hub.models import Referral
from hub.services import referral_view, referrals
from hub.services.access import Gaze, gaze
from hub.services.actors import parts_of
from hub.services.errors import NotFound
from hub.services.idempotency import Kept, KnownKey, remember
from schemas.fields import moment_text
from schemas.referral import NEW_EVENT, NEW_REFERRAL, REFERRAL, NewEvent, NewReferral
from schemas.vocabulary import OrganisationKind


def _answer(body: Any, status: int = 200, *, etag: str | None = None, location: str | None = None) -> Response:
    response = Response(json.dumps(body, ensure_ascii=False), status=status, content_type="application/json")
    if etag:
        response.headers["ETag"] = etag
    if location:
        response.headers["Location"] = location
    return response


def _etag(referral: Referral) -> str:
    return f'"{referral.version}-{referral.delivery}"'


def _version_asked() -> int | None:
    head = request.headers.get("If-Match", "").strip('"').partition("-")[0]
    return int(head) if head.isascii() and head.isdigit() else None


def _look(regisseur_id: str | None, now: dt.datetime | None = None) -> Gaze:
    return gaze(hub().config, caller(), regisseur_id, now or dt.datetime.now(dt.UTC))


@api.post("/referrals")
def send_referral() -> Response:
    """Send a referral. The same key and body again give the same answer and no second referral."""
    key = request.headers.get("Idempotency-Key", "")
    if not key or len(key) > 200:
        return problem(400, "idempotency_key_missing", "The header Idempotency-Key is needed (1 to 200 characters).")
    document = json_body()
    new: NewReferral = NEW_REFERRAL.load(document)
    body_hash = hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()
    if _sends_nothing():
        return problem(403, "forbidden", "This organisation sends no referrals.")
    try:
        with hub().store.writing() as work:
            referral = referrals.send_referral(work, hub().config, caller(), new)
            answer = REFERRAL.dump(
                referral_view.referral_answer(hub().config, caller(), referral, _look(None, work.now))
            )
            location = f"/api/v1/referrals/{referral.id}"
            kept = Kept(status=201, location=location, answer=answer)
            remember(work, caller().organisation, key, body_hash, kept)
    except KnownKey as known:
        return _answer(known.kept.answer, known.kept.status, location=known.kept.location)
    telemetry.REFERRALS_SENT.inc()
    return _answer(answer, 201, etag=_etag(referral), location=location)


def _sends_nothing() -> bool:
    organisation = hub().config.organisation(caller().organisation)
    return organisation is None or organisation.kind is OrganisationKind.MUNICIPALITY


@api.get("/referrals")
def list_referrals() -> Response:
    """List the referrals that the caller's organisation sent or received, oldest first, by cursor."""
    limit = max(whole_number("limit", 50, 200), 1)
    asked = {name: request.args[name] for name in ("status", "to", "from", "case") if name in request.args}
    with hub().store.reading() as session:
        rows = referral_view.list_referrals(
            session, caller().organisation, asked, after=whole_number("after", 0, 2**53), limit=limit + 1
        )
    items = []
    for referral, regisseur_id in rows[:limit]:
        try:
            answer = referral_view.referral_answer(hub().config, caller(), referral, _look(regisseur_id))
        except NotFound:
            continue
        items.append(REFERRAL.dump(answer))
    more = str(rows[limit - 1][0].number) if len(rows) > limit else None
    return _answer({"items": items, "next": more})


@api.get("/referrals/<referral_id>")
def read_referral(referral_id: str) -> Response:
    """Give one referral as the caller may see it."""
    with hub().store.reading() as session:
        referral, regisseur_id = referral_view.find_referral(session, referral_id)
    answer = referral_view.referral_answer(hub().config, caller(), referral, _look(regisseur_id))
    if request.headers.get("If-None-Match") == _etag(referral):
        return Response(status=304, headers={"ETag": _etag(referral)})
    return _answer(REFERRAL.dump(answer), etag=_etag(referral))


@api.post("/referrals/<referral_id>/events")
def record_event(referral_id: str) -> Response:
    """Record an event; where the state forbids it, the answer lists what is allowed."""
    new: NewEvent = NEW_EVENT.load(json_body())
    with hub().store.writing() as work:
        referral = referrals.load_for_change(work, referral_id)
        referral = referrals.record_event(work, hub().config, caller(), referral, new, if_version=_version_asked())
        answer = referral_view.referral_answer(hub().config, caller(), referral, _look(None, work.now))
    telemetry.EVENTS_RECORDED.labels(new.event).inc()
    return _answer(REFERRAL.dump(answer), etag=_etag(referral))


@api.get("/referrals/<referral_id>/trail")
def read_trail(referral_id: str) -> Response:
    """Give every step with time, actor and organisation and, for messages, the three receipts."""
    with hub().store.reading() as session:
        referral, regisseur_id = referral_view.find_referral(session, referral_id)
        look = _look(regisseur_id)
        referral_view.referral_answer(hub().config, caller(), referral, look)  # not there for who may not see it
        steps = referral_view.trail_of(session, look, referral)
        business = bool(parts_of(caller(), referral, regisseur_id))
    return _answer({"items": [_step(step) for step in steps if business]})


def _step(step: Any) -> dict[str, Any]:
    body: dict[str, Any] = {
        "at": moment_text(step.at),
        "kind": step.kind,
        "actor": step.actor,
        "organisation": step.organisation,
        "inferred": step.inferred,
        "reason": step.reason,
        "note": step.note,
    }
    if step.delivery is not None:
        body["message"] = {
            "id": step.message_id,
            "reference": step.reference,
            "state": step.delivery,
            "attempts": step.attempts,
            "next_attempt_at": step.next_at and moment_text(step.next_at),
            "dropped_fields": list(step.dropped),
            "receipts": {
                "technical": step.delivered_at and moment_text(step.delivered_at),
                "functional": step.processed_at and moment_text(step.processed_at),
                "business": None,
            },
        }
    return {key: value for key, value in body.items() if value is not None}
