"""What browsers tell of scripts and the like that the policy stopped: one line in the log, nothing of the page."""

import re
from typing import Any

import structlog
from flask import Blueprint, Response, request

from hub.web.door.origins import REPORTS
from schemas import strict_json

log = structlog.get_logger()
slice_ = Blueprint("reports", __name__)
MOST_BYTES = 16_000
MOST_REPORTS = 10
_WORD = re.compile(r"[a-z-]{1,40}", re.ASCII)
_FIRST_PART = re.compile(r"https?://[^/?#]+(/[a-z-]{0,40})", re.ASCII)


@slice_.post(REPORTS)
def take() -> Response:
    """Log which rule was broken on which kind of page. The rest of a report may hold anything, so it is not kept."""
    request.max_content_length = MOST_BYTES
    for report in _reports(request.get_data(cache=False)):
        log.warning("a browser stopped something", directive=report[0], page=report[1])
    return Response(status=204)


def _reports(body: bytes) -> list[tuple[str, str]]:
    try:
        document = strict_json.loads(body, max_bytes=MOST_BYTES, max_depth=6)
    except strict_json.InvalidJson:
        return []
    listed = document if isinstance(document, list) else [document]
    return [_told(one) for one in listed[:MOST_REPORTS] if isinstance(one, dict)]


def _told(report: dict[str, Any]) -> tuple[str, str]:
    """Read a report of either kind: ``csp-report`` (report-uri) or ``body`` (Reporting API)."""
    told = report.get("csp-report", report.get("body"))
    if not isinstance(told, dict):
        return "unknown", "unknown"
    directive = str(told.get("effective-directive") or told.get("effectiveDirective") or told.get("violated-directive"))
    page = _FIRST_PART.match(str(told.get("document-uri") or told.get("documentURL")))
    known = _WORD.fullmatch(directive)
    return (known[0] if known else "unknown"), (page[1] if page else "unknown")
