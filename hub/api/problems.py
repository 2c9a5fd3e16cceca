"""Errors as ``application/problem+json`` (RFC 9457), with a stable ``code`` and the fields that are wrong."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from flask import Response, current_app, request
from marshmallow import ValidationError
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException

from hub.services.errors import (
    Forbidden,
    Invalid,
    KeyReused,
    NotFound,
    ServiceError,
    StateForbids,
    VersionConflict,
)
from hub.store.database import StoreUnavailable
from schemas.strict_json import InvalidJson

TYPE = "application/problem+json"
_STATUS: dict[type[ServiceError], int] = {
    NotFound: 404,
    Forbidden: 403,
    Invalid: 422,
    StateForbids: 409,
    KeyReused: 409,
    VersionConflict: 412,
}


def problem(
    status: int, code: str, title: str, *, errors: list[dict[str, str]] | None = None, **extra: Any
) -> Response:
    """Give a problem answer. ``title`` is plain English and holds nothing of the request's content."""
    body: dict[str, Any] = {"type": "about:blank", "status": status, "code": code, "title": title}
    if errors:
        body["errors"] = errors
    body.update({key: value for key, value in extra.items() if value is not None})
    return Response(json.dumps(body, ensure_ascii=False), status=status, content_type=TYPE)


def flatten(messages: Any, path: str = "") -> Iterator[dict[str, str]]:
    """Give marshmallow's messages as a flat list of ``{field, message}``."""
    if isinstance(messages, Mapping):
        for key, inner in messages.items():
            step = "" if key == "_schema" else str(key)
            yield from flatten(inner, f"{path}.{step}" if path and step else path or step)
    elif isinstance(messages, list):
        for message in messages:
            yield from flatten(message, path)
    else:
        yield {"field": path, "message": str(messages)}


def from_service(error: ServiceError) -> Response:
    """Give the answer for a service's error."""
    errors = [{"field": error.field, "message": error.message}] if error.field else None
    allowed = list(error.allowed) if isinstance(error, StateForbids) else None
    return problem(_STATUS.get(type(error), 400), error.code, error.message, errors=errors, allowed=allowed)


def from_validation(error: ValidationError) -> Response:
    """Give the answer for a body with wrong fields; each is named."""
    return problem(422, "invalid", "Some fields can't be used.", errors=list(flatten(error.messages)))


def from_json(error: InvalidJson) -> Response:
    """Give the answer for a body that is not JSON as we take it."""
    errors = [{"field": error.field, "message": error.message}] if error.field else None
    if error.too_large:
        return problem(413, "too_large", error.message)
    return problem(400, "malformed", error.message, errors=errors)


def from_http(error: HTTPException) -> Response:
    """Give the answer for an error of the web framework."""
    status = error.code or 500
    return problem(status, error.name.lower().replace(" ", "_"), error.name)


def unavailable(_error: Exception) -> Response:
    """Give the answer while the database can't be reached: nothing was accepted, try again."""
    current_app.logger.warning("the database can't be reached, endpoint %s", request.endpoint)
    answer = problem(503, "unavailable", "The service is not available now. Try again with the same key.")
    answer.headers["Retry-After"] = "5"
    return answer


HANDLERS: tuple[tuple[type[Exception], Any], ...] = (
    (ServiceError, from_service),
    (ValidationError, from_validation),
    (InvalidJson, from_json),
    (HTTPException, from_http),
    (StoreUnavailable, unavailable),
    (OperationalError, unavailable),
)
