"""Corrections over the API: a system asks for one, reads them, and its organisation decides on what it owns."""

import datetime as dt
import json

from flask import Response

from hub.api.blueprint import api, caller, hub, json_body, looking_here, where
from hub.rules.audit import Deed
from hub.services.errors import NotFound
from hub.services.record import audit
from hub.services.rights import corrections
from hub.services.rights.correction_view import CorrectionLine, of_case
from schemas.correction import (
    CORRECTION,
    CORRECTION_DECISION,
    CORRECTIONS,
    NEW_CORRECTION,
    CorrectionDecision,
    NewCorrection,
)


@api.post("/cases/<case_id>/corrections")
def ask_correction(case_id: str) -> Response:
    """Put what is wrong before its owner."""
    new: NewCorrection = NEW_CORRECTION.load(json_body())
    with audit.changing(hub().store, where(), caller(), Deed.CLIENT_CORRECT, case_id=case_id) as work:
        made = corrections.ask(
            work,
            hub().config,
            caller(),
            case_id,
            field=new.field,
            value=new.value,
            why=new.why,
            referral_id=new.referral_id,
        )
        correction_id = made.id
        audit.write(work, where(), [_entry(case_id, correction_id, "ask")])
    return _answer(case_id, correction_id, 201)


@api.get("/cases/<case_id>/corrections")
def read_corrections(case_id: str) -> Response:
    """Give the corrections of a case that the caller asked for, owns or was told of."""
    body = CORRECTIONS.dump({"items": _lines(case_id)})
    return Response(json.dumps(body, ensure_ascii=False), content_type="application/json")


@api.post("/cases/<case_id>/corrections/<correction_id>/decision")
def decide_correction(case_id: str, correction_id: str) -> Response:
    """Correct, and everybody who received the error is told with this answer; or decline with a reason."""
    said: CorrectionDecision = CORRECTION_DECISION.load(json_body())
    deed = Deed.CLIENT_CORRECT
    with audit.changing(hub().store, where(), caller(), deed, correction_id, case_id=case_id) as work:
        corrections.check_of_case(work, correction_id, case_id)
        if said.decision == "correct":
            corrections.correct(work, hub().config, caller(), correction_id)
        else:
            corrections.decline(work, hub().config, caller(), correction_id, said.reason or "")
        audit.write(work, where(), [_entry(case_id, correction_id, said.decision)])
    return _answer(case_id, correction_id, 200)


def _entry(case_id: str, correction_id: str, detail: str) -> audit.Entry:
    return audit.Entry(
        viewer=caller(), deed=Deed.CLIENT_CORRECT, case_id=case_id, objects=(correction_id,), detail=detail
    )


def _lines(case_id: str) -> list[CorrectionLine]:
    with looking_here() as session:
        return of_case(session, hub().config, caller(), case_id, dt.datetime.now(dt.UTC))


def _answer(case_id: str, correction_id: str, status: int) -> Response:
    found = next((line for line in _lines(case_id) if line.id == correction_id), None)
    if found is None:
        raise NotFound("There is no such request.")
    body = json.dumps(CORRECTION.dump(found), ensure_ascii=False)
    return Response(body, status=status, content_type="application/json")
