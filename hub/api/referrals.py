"""Referrals over the API: send, list, read, record events, trail."""

import base64
import datetime as dt
import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from flask import Response, request
from sqlalchemy.orm import Session

from hub import telemetry
from hub.api.blueprint import api, caller, hub, json_body, looking_here, where, whole_number
from hub.api.problems import problem
from hub.models import Referral
from hub.rules.audit import Deed
from hub.services.access.access import has_part_in, is_party
from hub.services.access.actors import parts_of
from hub.services.access.circumstances import circumstances
from hub.services.access.gaze import Gaze, gaze, gaze_at
from hub.services.access.grounds import holds
from hub.services.errors import NotFound, VersionConflict
from hub.services.record import audit
from hub.services.record.idempotency import Kept, KnownKey, remember
from hub.services.referrals import referral_answers, referral_finding, referral_trail, referrals, sending
from hub.services.referrals.message_view import message_view
from hub.services.views.referral import TrailStep
from hub.store.database import UnitOfWork
from schemas.fields import moment_text
from schemas.referral import NEW_EVENT, NEW_REFERRAL, REFERRAL, NewEvent, NewReferral
from schemas.vocabulary import Event, OrganisationKind

_PERSONAL = frozenset(Event) - {Event.SEND, Event.EXPIRE}


def _answer(body: Any, status: int = 200, *, etag: str | None = None, location: str | None = None) -> Response:
    response = Response(json.dumps(body, ensure_ascii=False), status=status, content_type="application/json")
    if etag:
        response.set_etag(etag)
    if location:
        response.headers["Location"] = location
    return response


def _etag(version: int, delivery: str) -> str:
    return f"{version}-{delivery}"


def _check_version(referral: Referral) -> None:
    """Refuse a change by who read another version. Delivery is no one's change, so it does not count here.

    A tag that we never gave fits no version: it must not pass for "any".
    """
    asked = request.if_match
    if "If-Match" not in request.headers or asked.star_tag:
        return
    if str(referral.version) not in {(tag or "").partition("-")[0] for tag in asked.as_set()}:
        raise VersionConflict("The referral was changed after you read it.")


def _check_party(referral: Referral, now: dt.datetime) -> None:
    """Know nothing of a referral before a party; the order of checks must not tell that it is there."""
    if not is_party(caller(), referral, now):
        raise NotFound("There is no such referral.")


def _look(session: Session | UnitOfWork, referral: Referral, regisseur_id: str | None = None) -> Gaze:
    now = session.now if isinstance(session, UnitOfWork) else dt.datetime.now(dt.UTC)
    return gaze_at(session, hub().config, caller(), referral.case_id, regisseur_id, now)


def _changed(deed: Deed, look: Gaze, referral: Referral, *, detail: str | None = None) -> audit.Entry:
    return audit.Entry(
        viewer=caller(),
        deed=deed,
        case_id=referral.case_id,
        objects=(referral.id,),
        sights=tuple(look.sights),
        to=(referral.receiver,) if deed is Deed.REFERRAL_SEND else (),
        detail=detail,
    )


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
        with audit.changing(hub().store, where(), caller(), Deed.REFERRAL_SEND, case_id=new.case_id) as work:
            if new.case_id is not None and not has_part_in(work.session, caller(), new.case_id, by_announcement=False):
                raise NotFound("There is no such case.")
            referral = sending.send_referral(work, hub().config, caller(), new)
            look = _look(work, referral)
            answer = REFERRAL.dump(referral_answers.referral_answer(hub().config, caller(), referral, look))
            audit.write(work, where(), [_changed(Deed.REFERRAL_SEND, look, referral)])
            location = f"/api/v1/referrals/{referral.id}"
            kept = Kept(status=201, location=location, answer=answer)
            remember(work, caller().organisation, key, body_hash, kept, case_id=referral.case_id)
    except KnownKey as known:
        kept = _as_of_now(known.kept)
        again = audit.Entry(
            viewer=caller(), deed=Deed.REFERRAL_VIEW, case_id=kept.answer["case_id"], objects=(kept.answer["id"],)
        )
        audit.record(hub().store, where(), [again])
    else:
        telemetry.REFERRALS_SENT.inc()
    etag = _etag(kept.answer["version"], kept.answer["delivery"])
    return _answer(kept.answer, kept.status, etag=etag, location=kept.location)


def _as_of_now(kept: Kept) -> Kept:
    """Give the first answer again, without the content where the ground under it has ended since."""
    with hub().store.reading() as session:
        referral, _regisseur_id = referral_finding.find_referral(session, kept.answer["id"])
    if holds(referral, dt.datetime.now(dt.UTC)):
        return kept
    return replace(kept, answer={name: value for name, value in kept.answer.items() if name != "content"})


def _sends_nothing() -> bool:
    organisation = hub().config.organisation(caller().organisation)
    return organisation is None or organisation.kind is OrganisationKind.MUNICIPALITY


@api.get("/referrals")
def list_referrals() -> Response:
    """List the referrals that the caller's organisation sent or received, oldest first, by cursor."""
    limit = max(whole_number("limit", 50, 200), 1)
    asked = {name: request.args[name] for name in ("status", "to", "from", "case") if name in request.args}
    items = []
    with looking_here() as session:
        rows = referral_finding.list_referrals(
            session, caller().organisation, asked, after=whole_number("after", 0, 2**53), limit=limit + 1
        )
        now = dt.datetime.now(dt.UTC)
        facts = circumstances(session, hub().config, caller(), {referral.case_id for referral, _ in rows}, now)
        for referral, regisseur_id in rows[:limit]:
            look = gaze(hub().config, caller(), regisseur_id, now, facts[referral.case_id])
            try:
                answer = referral_answers.referral_answer(hub().config, caller(), referral, look)
            except NotFound:
                continue
            referral_finding.tell(session, look, Deed.REFERRAL_LIST, referral)
            items.append(REFERRAL.dump(answer))
    more = str(rows[limit - 1][0].number) if len(rows) > limit else None
    return _answer({"items": items, "next": more})


@api.get("/referrals/<referral_id>")
def read_referral(referral_id: str) -> Response:
    """Give one referral as the caller may see it."""
    with looking_here() as session, audit.telling(session, caller(), Deed.REFERRAL_VIEW, None, referral_id):
        referral, regisseur_id = referral_finding.find_referral(session, referral_id)
        look = _look(session, referral, regisseur_id)
        answer = referral_answers.referral_answer(hub().config, caller(), referral, look)
        referral_finding.tell(session, look, Deed.REFERRAL_VIEW, referral)
    etag = _etag(referral.version, referral.delivery)
    response = _answer(REFERRAL.dump(answer), etag=etag)
    if request.if_none_match.contains_weak(etag):
        response = Response(status=304)
        response.set_etag(etag)
    return response


@api.post("/referrals/<referral_id>/events")
def record_event(referral_id: str) -> Response:
    """Record an event; where the state forbids it, the answer lists what is allowed."""
    new: NewEvent = NEW_EVENT.load(json_body())
    with audit.changing(hub().store, where(), caller(), Deed.REFERRAL_EVENT, referral_id) as work:
        referral = referrals.load_for_change(work, referral_id)
        _check_party(referral, work.now)
        _check_version(referral)
        referral = referrals.record_event(work, hub().config, caller(), referral, new)
        look = _look(work, referral)
        answer = referral_answers.referral_answer(hub().config, caller(), referral, look)
        audit.write(work, where(), [_changed(Deed.REFERRAL_EVENT, look, referral, detail=new.event)])
    telemetry.EVENTS_RECORDED.labels(new.event).inc()
    return _answer(REFERRAL.dump(answer), etag=_etag(referral.version, referral.delivery))


@api.get("/referrals/<referral_id>/trail")
def read_trail(referral_id: str) -> Response:
    """Give every step with time, actor and organisation and, for messages, the three receipts."""
    with looking_here() as session, audit.telling(session, caller(), Deed.REFERRAL_TRAIL, None, referral_id):
        referral, regisseur_id = referral_finding.find_referral(session, referral_id)
        look = _look(session, referral, regisseur_id)
        referral_answers.referral_answer(hub().config, caller(), referral, look)  # not there for who may not see it
        steps = referral_trail.trail_of(session, look, referral)
        referral_finding.tell(session, look, Deed.REFERRAL_TRAIL, referral)
        business = bool(parts_of(caller(), referral, regisseur_id))
    return _answer({"items": [_step(step, steps) for step in steps if business]})


def _answered_at(message: TrailStep, steps: Sequence[TrailStep]) -> dt.datetime | None:
    """Give when a person at the addressee first did something after a message: its third receipt."""
    for step in steps:
        if step.kind in _PERSONAL and step.organisation == message.organisation and step.at > message.at:
            return step.at
    return None


def _losses(losses: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"field": field, **({"why": why} if why else {})} for field, why in losses]


def _step(step: TrailStep, steps: Sequence[TrailStep]) -> dict[str, Any]:
    body: dict[str, Any] = {
        "at": moment_text(step.at),
        "kind": step.kind,
        "actor": step.actor,
        "organisation": step.organisation,
        "inferred": step.inferred,
        "reason": step.reason,
        "note": step.note,
        "step": step.about,
        "changes": list(step.changes) or None,
    }
    if step.kind == referral_trail.BROUGHT:
        body["payload"] = {"id": step.message_id, "losses": _losses(step.losses)}
    if step.delivery is not None:
        answered_at = _answered_at(step, steps)
        body["message"] = {
            "id": step.message_id,
            "reference": step.reference,
            "state": step.delivery,
            "attempts": step.attempts,
            "next_attempt_at": step.next_at and moment_text(step.next_at),
            "dropped_fields": list(step.dropped),
            "losses": _losses(step.losses),
            "receipts": {
                "technical": step.delivered_at and moment_text(step.delivered_at),
                "functional": step.processed_at and moment_text(step.processed_at),
                "business": answered_at and moment_text(answered_at),
            },
        }
    return {key: value for key, value in body.items() if value is not None}


@api.get("/referrals/<referral_id>/messages/<message_id>")
def read_message(referral_id: str, message_id: str) -> Response:
    """Give one message of a referral in the forms that the caller's organisation may see, byte for byte in base64."""
    with looking_here() as session:
        now = dt.datetime.now(dt.UTC)
        view = message_view(session, hub().config, caller(), referral_id, message_id, now)
    body: dict[str, Any] = {
        "id": view.id,
        "referral_id": view.referral_id,
        "kind": view.kind,
        "at": moment_text(view.at),
        "sender": view.sender,
        "receiver": view.receiver,
        "state": view.state,
        "reference": view.reference,
        "line": view.line,
        "codes": list(view.codes),
        "losses": _losses(view.losses),
        "forms": {
            form.form: {
                "content_type": form.content_type,
                "size": form.size,
                "cut": form.size > len(form.body),
                "body": base64.b64encode(form.body).decode(),
            }
            for form in view.forms.values()
        },
        "withheld": dict(view.withheld),
    }
    return _answer({key: value for key, value in body.items() if value is not None})
