"""The last checkpoint of the audit log, for partners to keep: what others hold can't be rewritten here unseen."""

from dataclasses import asdict

from flask import Response

from hub.api.blueprint import api, hub
from hub.rules.audit_chain import canonical
from hub.services.record.audit_verify import newest_checkpoint


@api.get("/audit/checkpoint")
def read_checkpoint() -> Response:
    """Give the last checkpoint on one line, ready to be kept. It tells of no person."""
    with hub().store.reading() as session:
        found = newest_checkpoint(session)
    return Response(canonical(asdict(found)) + "\n", content_type="application/json")
