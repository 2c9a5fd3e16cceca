"""The door for partners' own formats, and the feed for who missed something."""

import datetime as dt
import json
from typing import Any

import structlog
from flask import Response, request

from connectors import safe_xml
from connectors.errors import NOT_THE_SENDER, Refusal
from connectors.protocol import Payload
from connectors.registry import NAMES, connector
from hub import telemetry
from hub.api.blueprint import api, caller, hub, looking_here, where, whole_number
from hub.api.problems import problem
from hub.rules.audit import Deed, Outcome
from hub.services.errors import Invalid, NotFound
from hub.services.messages import intake_proof
from hub.services.messages.feed import feed
from hub.services.messages.intake import Taken, take_in
from hub.services.messages.settling import status_of
from hub.services.record import audit

log = structlog.get_logger()

MAX_PAYLOAD = 2_000_000
SOAP = ("text/xml", "application/soap+xml")
_STATUS_OF_REFUSAL = {"too_large": 413, "unsupported_version": 422, "malformed": 422, "not_allowed": 422}


@api.post("/intake/<organisation_code>")
def take_payload(organisation_code: str) -> Response:
    """Take a partner's payload in its own format: kept first, then answered in the dialect's own words.

    Who asks for ``application/json`` gets ``{"intake_id"}`` instead of the dialect's answer.
    """
    if organisation_code != caller().organisation:
        return problem(403, "forbidden", "The payload belongs to another organisation than the caller's.")
    organisation = hub().config.organisation(organisation_code)
    if organisation is None or organisation.connector not in NAMES:
        return problem(404, "not_found", "No connector takes payloads for this organisation.")
    if (request.content_length or 0) > MAX_PAYLOAD:
        return problem(413, "too_large", f"A payload may hold {MAX_PAYLOAD} bytes.")
    payload = Payload(
        body=request.get_data(cache=False), content_type=request.content_type or "application/octet-stream"
    )
    token = request.headers.get(intake_proof.HEADER)
    refused = _wrongly_signed(payload.body, token)
    if refused is not None:
        return refused
    translator = connector(organisation.connector)
    with hub().store.writing() as work:
        taken = take_in(work, hub().config, organisation, translator, payload)
        receipt = intake_proof.give_receipt(work, hub().config, organisation_code, payload, taken, token)
        brought = audit.Entry(
            viewer=caller(),
            deed=Deed.INTAKE_TAKE,
            objects=(taken.intake_id,),
            outcome=Outcome.DENIED if _spoofed(taken.refusal) else Outcome.OK,
            detail=NOT_THE_SENDER if _spoofed(taken.refusal) else taken.state,
        )
        audit.write(work, where(), [brought])
    if _spoofed(taken.refusal):
        log.warning("a payload speaks for another organisation", organisation=organisation_code, intake=taken.intake_id)
    telemetry.INTAKE.labels(organisation.connector, taken.state).inc()
    answer = _acknowledge(taken)
    answer.headers[intake_proof.RECEIPT] = receipt
    return answer


def _wrongly_signed(body: bytes, token: str | None) -> Response | None:
    """Refuse what is not signed as it must be: nothing of it is kept but that it came, and what was wrong."""
    try:
        with hub().store.reading() as session:
            intake_proof.check(session, hub().config, caller(), body, token, dt.datetime.now(dt.UTC))
    except Invalid as error:
        entry = audit.Entry(
            viewer=caller(), deed=Deed.INTAKE_TAKE, outcome=Outcome.DENIED, detail=f"signature: {error.field}"
        )
        audit.record(hub().store, where(), [entry])
        errors = [{"field": intake_proof.HEADER, "message": error.message}]
        answer = problem(401, "signature_refused", "The payload was not taken, for its signature.", errors=errors)
        answer.headers["WWW-Authenticate"] = intake_proof.HEADER
        return answer
    return None


def _spoofed(refusal: Refusal | None) -> bool:
    """Whether a payload names another source than who brought it."""
    return refusal is not None and refusal.dialect_code == NOT_THE_SENDER


def _status_of(refusal: Refusal) -> int:
    return 403 if _spoofed(refusal) else _STATUS_OF_REFUSAL.get(refusal.code, 422)


def _is_fault(answer: Payload) -> bool:
    """Whether a caller that speaks SOAP gets a fault: it must come with 500, or the caller's stack does not read it.

    SOAP 1.1, section 6.2; WS-I Basic Profile 1.1, R1126. The mistake is the caller's all the same.
    """
    if request.mimetype not in SOAP or answer.content_type.partition(";")[0] not in SOAP:
        return False
    return safe_xml.loads(answer.body).find("{*}Body/{*}Fault") is not None


def _acknowledge(taken: Taken) -> Response:
    headers = {"Location": f"/api/v1/intake/{taken.intake_id}", "Intake-Id": taken.intake_id}
    headers["Intake-State"] = taken.state
    wants_json = request.accept_mimetypes.best == "application/json"
    if taken.answer is not None and not wants_json:
        status = 200 if taken.refusal is None else 500 if _is_fault(taken.answer) else _status_of(taken.refusal)
        return Response(taken.answer.body, status=status, content_type=taken.answer.content_type, headers=headers)
    if taken.refusal is not None:
        refusal = taken.refusal
        errors = [{"field": refusal.field or "", "message": refusal.message}]
        answer = problem(
            _status_of(refusal),
            refusal.code,
            "The payload was refused and kept; a person is told.",
            errors=errors,
            intake_id=taken.intake_id,
            dialect_code=refusal.dialect_code,
        )
        answer.headers.update(headers)
        return answer
    body: dict[str, Any] = {"intake_id": taken.intake_id, "state": taken.state}
    if taken.rejected:  # the other lines went on; these lie in quarantine with the file
        body["rejected"] = [{"field": one.field, "message": one.message} for one in taken.rejected]
    return Response(json.dumps(body), status=202, content_type="application/json", headers=headers)


@api.get("/intake/<intake_id>")
def read_intake(intake_id: str) -> Response:
    """Tell what became of a payload."""
    with looking_here() as session, audit.telling(session, caller(), Deed.INTAKE_READ, None, intake_id[:36]):
        row = status_of(session, caller().organisation, intake_id)
        if row is None:
            raise NotFound("There is no such intake.")
        found = (intake_id, *row.referral_ids)
        audit.seen(session, audit.Entry(viewer=caller(), deed=Deed.INTAKE_READ, objects=found))
    body: dict[str, Any] = {"intake_id": intake_id, "state": row.state, "referral_ids": row.referral_ids}
    body["status"] = row.state
    if row.state == "quarantined":
        body["reason"] = {
            "code": row.reason_code,
            "message": row.reason,
            "field": row.field,
            "dialect_code": row.dialect_code,
        }
    if row.losses:
        body["losses"] = row.losses
    return Response(json.dumps(body, ensure_ascii=False), content_type="application/json")


@api.get("/feed")
def read_feed() -> Response:
    """Give the canonical messages addressed to the caller's organisation, in order, for a partner that missed some."""
    limit = max(whole_number("limit", 50, 200), 1)
    with looking_here() as session:
        rows = feed(session, caller().organisation, after=whole_number("after", 0, 2**53), limit=limit + 1)
        for row in rows[:limit]:
            objects = (row.referral_id,) if row.referral_id else ()
            told = audit.Entry(viewer=caller(), deed=Deed.FEED_READ, case_id=row.case_id, objects=objects)
            audit.seen(session, told)
    items = [json.loads(row.body) for row in rows[:limit] if row.body]
    more = len(rows) > limit
    cursor = str(rows[min(limit, len(rows)) - 1].cursor) if rows else request.args.get("after")
    body = {"items": items, "next": cursor if more else None, "cursor": cursor}
    return Response(json.dumps(body, ensure_ascii=False), content_type="application/json")
