"""Cases over the API: the caller's own view, and the entries that come after it."""

import datetime as dt
import json
from typing import Any

from flask import Response

from hub.api.blueprint import api, caller, hub, looking_here, whole_number
from hub.services.access.referral_lines import line_body
from hub.services.cases.case_entries import entry_body
from hub.services.cases.case_view import case_view, entries_after
from hub.services.record.windows import WHOLE


def _json(body: Any) -> Response:
    return Response(json.dumps(body, ensure_ascii=False), content_type="application/json")


@api.get("/cases/<case_id>")
def read_case(case_id: str) -> Response:
    """Give the caller's view: what is withheld is named as withheld, with the rule."""
    with looking_here() as session:
        view = case_view(session, hub().config, caller(), case_id, dt.datetime.now(dt.UTC), window=WHOLE)
    return _json(
        {
            "id": view.case_id,
            "position": view.position,
            "client": {"name": view.client_name or None, "age": view.age},
            "contact": {"name": view.contact_name, "organisation": view.contact_organisation},
            "referrals": [line_body(line) for line in view.referrals],
            "timeline": [entry_body(entry) for entry in view.entries],
            "withheld": [{"what": one.what, "rule": one.rule, "reason": one.reason} for one in view.withheld],
        }
    )


@api.get("/cases/<case_id>/timeline")
def read_timeline(case_id: str) -> Response:
    """Give the entries after a position, in order, that the caller may see."""
    after = whole_number("after", 0, 2**31)
    limit = max(whole_number("limit", 200, 500), 1)
    with looking_here() as session:
        entries = entries_after(session, hub().config, caller(), case_id, after, dt.datetime.now(dt.UTC))
    items = [entry_body(entry) for entry in entries[:limit]]
    return _json({"items": items, "next": str(after + limit) if len(entries) > limit else None})
