"""The digests over the API: each side tells what runs, and learns where the other says something else."""

import json
from collections.abc import Sequence
from typing import Any

from flask import Response

from hub.api.blueprint import api, caller, hub, json_body, looking_here, where
from hub.models import Difference
from hub.rules.audit import Deed
from hub.services.messages import digest_book, digests
from hub.services.record import audit
from schemas.digest import line_to_json, read_lines
from schemas.fields import moment_text


@api.put("/digest")
def take_digest() -> Response:
    """Take what runs at the caller's, and answer with where it differs from what runs here."""
    told = read_lines(json_body())
    organisation = caller().organisation
    with hub().store.writing() as work:
        found = digest_book.receive(work, hub().config, organisation, told)
        ids = tuple(one.referral_id for one in found if one.referral_id)
        entry = audit.Entry(viewer=caller(), deed=Deed.DIGEST_TAKE, objects=ids, detail=f"{len(told)}:{len(found)}")
        audit.write(work, where(), [entry])
        body = {"taken": len(told), "differences": _told(found)}
    return _json(body)


@api.get("/digest")
def read_digest() -> Response:
    """Give what runs here with the caller at this moment, and where the caller last said something else."""
    organisation = caller().organisation
    with looking_here() as session:
        now = where().started
        lines = digests.ours(session, hub().config, organisation, now)
        found = digest_book.differences_with(session, hub().config, organisation, now)
        ids = tuple(line.referral_id for line in lines if line.referral_id)
        audit.seen(session, audit.Entry(viewer=caller(), deed=Deed.DIGEST_READ, objects=ids))
        items = [line_to_json(line) for line in lines]
    return _json({"at": moment_text(now), "items": items, "differences": _told(found)})


def _told(found: Sequence[Difference]) -> list[dict[str, Any]]:
    return [digest_book.difference_to_json(one) for one in found]


def _json(body: dict[str, Any]) -> Response:
    return Response(json.dumps(body, ensure_ascii=False), content_type="application/json")
