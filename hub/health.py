"""Is it alive, is it ready, and how does it do: for load balancers and operators."""

import hmac
import ipaddress
import json
from typing import Any

from flask import Blueprint, Response, abort, current_app, request
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
    body: dict[str, Any] = {"status": "ok" if usable else "not ready"}
    if _is_inside(hub):  # a stranger learns whether it works, not what it is made of
        body["parts"] = parts
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


def _is_inside(hub: Hub) -> bool:
    """Whether who asks is on this machine, not sent on by a proxy, or has the token for figures."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    known = hub.settings.metrics_token
    if known and scheme.lower() == "bearer" and hmac.compare_digest(token.encode(), known.encode()):
        return True
    sent_on = any(name in request.headers for name in ("X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"))
    return not sent_on and _is_loopback(request.remote_addr or "")


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


@health.get("/metrics")
def metrics() -> Response:
    """Figures for Prometheus; labels hold codes and states, never persons. For a stranger there is no such page."""
    if not _is_inside(current_app.extensions["schakel-hub"]):
        abort(404)
    return Response(generate_latest(), content_type=CONTENT_TYPE_LATEST)
