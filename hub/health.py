"""Is it alive, is it ready, and how does it do: for load balancers and operators."""

import json

from flask import Blueprint, Response, current_app
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from hub.broker.protocol import INBOX, BrokerUnavailable
from hub.store.migrate import is_up_to_date
from hub.wiring import Hub

health = Blueprint("health", __name__)


@health.get("/health/live")
def live() -> Response:
    """The process answers."""
    return Response('{"status": "ok"}', content_type="application/json")


@health.get("/health/ready")
def ready() -> Response:
    """Each part by itself. Without the database nothing is accepted; without the broker it is, and waits."""
    hub: Hub = current_app.extensions["schakel-hub"]
    parts = {"database": _database(hub), "broker": _broker(hub)}
    usable = parts["database"] == "ok"
    body = {"status": "ok" if usable else "not ready", "parts": parts}
    return Response(json.dumps(body), status=200 if usable else 503, content_type="application/json")


def _database(hub: Hub) -> str:
    if not hub.store.answers():
        return "unreachable"
    return "ok" if is_up_to_date(hub.store) else "needs schakel migrate"


def _broker(hub: Hub) -> str:
    try:
        return "ok" if hub.broker.health(INBOX).usable else "queue missing or unusable"
    except BrokerUnavailable:
        return "unreachable"


@health.get("/metrics")
def metrics() -> Response:
    """Figures for Prometheus; labels hold codes and states, never persons."""
    return Response(generate_latest(), content_type=CONTENT_TYPE_LATEST)
