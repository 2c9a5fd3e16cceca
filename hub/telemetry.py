"""Logs and figures: event sentences with keys, counters without persons."""

import logging
import sys

import structlog
from prometheus_client import Counter, Gauge

REFERRALS_SENT = Counter("schakel_referrals_sent_total", "Referrals accepted by the hub.")
EVENTS_RECORDED = Counter("schakel_events_recorded_total", "Events recorded on referrals.", ["event"])
PUBLISHED = Counter("schakel_messages_published_total", "Messages given to the broker and confirmed.", ["queue"])
DELIVERIES = Counter("schakel_deliveries_total", "Tries to hand a message to a partner.", ["organisation", "result"])
RECEIVED = Counter("schakel_messages_received_total", "Messages taken in by the inbox.", ["result"])
INTAKE = Counter("schakel_intake_total", "Payloads of partners.", ["connector", "state"])
REVIEWS_LATE = Gauge("schakel_reviews_late", "Looks that wait longer than seven days for a verdict.")
VERDICTS_LATE = Gauge(
    "schakel_emergency_verdicts_late", "Emergencies without the privacy officer's verdict after one working day."
)
CLIENTS_UNTOLD = Gauge(
    "schakel_emergency_clients_untold", "Emergencies of which the client was not told within three working days."
)
DIFFERENCES = Gauge(
    "schakel_digest_differences", "Referrals of which an organisation says something else.", ["organisation"]
)
WATCHERS = Gauge("schakel_live_watchers", "Browsers that watch a case.")


def configure_logging(form: str) -> None:
    """Log to standard error, as text or as one JSON object a line. Values are ids and counts, never content."""
    renderer: structlog.types.Processor = (
        structlog.processors.JSONRenderer() if form == "json" else structlog.dev.ConsoleRenderer(colors=False)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s")
    logging.getLogger("pika").setLevel(logging.CRITICAL)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
