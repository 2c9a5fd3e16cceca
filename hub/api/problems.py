"""Errors as ``application/problem+json`` (RFC 9457), with a stable ``code`` and the fields that are wrong."""

import json
import secrets
import traceback
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from flask import Response, current_app, request
from marshmallow import ValidationError
from sqlalchemy.exc import DataError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from werkzeug.exceptions import HTTPException, TooManyRequests
from werkzeug.http import HTTP_STATUS_CODES

from hub.services.errors import (
    Erased,
    Forbidden,
    Invalid,
    KeyReused,
    NotFound,
    ServiceError,
    StateForbids,
    VersionConflict,
)
from hub.store.database import StoreUnavailable
from schemas.identifiers import fit_to_repeat
from schemas.strict_json import InvalidJson

TYPE = "application/problem+json"
_MOST_ERRORS = 100
_LONGEST_FIELD = 120
_STATUS: dict[type[ServiceError], int] = {
    NotFound: 404,
    Forbidden: 403,
    Invalid: 422,
    StateForbids: 409,
    KeyReused: 409,
    Erased: 410,
    VersionConflict: 412,
}


class WrongQuery(Exception):
    """A part of the query can't be used; ``field`` names it."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message


def problem(
    status: int, code: str, detail: str, *, errors: list[dict[str, str]] | None = None, **extra: Any
) -> Response:
    """Give a problem answer. ``detail`` is plain English and holds nothing of the request's content."""
    body: dict[str, Any] = {"type": "about:blank", "status": status, "code": code, "title": _name(status)}
    body["detail"] = detail
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
        yield {"field": fit_to_repeat(path)[:_LONGEST_FIELD], "message": str(messages)}


def from_service(error: ServiceError) -> Response:
    """Give the answer for a service's error."""
    errors = [{"field": error.field, "message": error.message}] if error.field else None
    allowed = list(error.allowed) if isinstance(error, StateForbids) else None
    return problem(_STATUS.get(type(error), 400), error.code, error.message, errors=errors, allowed=allowed)


def from_validation(error: ValidationError) -> Response:
    """Give the answer for a body with wrong fields; each is named."""
    errors = list(islice(flatten(error.messages), _MOST_ERRORS))
    return problem(422, "invalid", "Some fields can't be used.", errors=errors)


def from_query(error: WrongQuery) -> Response:
    """Give the answer for a query that can't be used."""
    return problem(
        400, "invalid", "The query can't be used.", errors=[{"field": error.field, "message": error.message}]
    )


def from_json(error: InvalidJson) -> Response:
    """Give the answer for a body that is not JSON as we take it."""
    errors = [{"field": fit_to_repeat(error.field)[:_LONGEST_FIELD], "message": error.message}] if error.field else None
    if error.too_large:
        return problem(413, "too_large", error.message)
    return problem(400, "malformed", error.message, errors=errors)


def from_http(error: HTTPException) -> Response:
    """Give the answer for an error of the web framework."""
    answer = from_status(error.code or 500)
    if isinstance(error, TooManyRequests):
        answer.headers["Retry-After"] = str(error.retry_after)
    return answer


def from_status(status: int) -> Response:
    """Give the answer for a bare status."""
    name = _name(status)
    return problem(status, name.lower().replace(" ", "_"), f"{name}.")


def _name(status: int) -> str:
    return HTTP_STATUS_CODES.get(status, "Failed")


def unexpected(error: Exception) -> Response:
    """Give the answer for a fault of ours, with a number that stands in the log.

    The log gets the places in the code and not the error's own text: that may quote what was sent.
    """
    number = f"F-{secrets.token_hex(3).upper()}"
    places = "".join(traceback.format_tb(error.__traceback__))
    current_app.logger.error("fault %s: %s at %s\n%s", number, type(error).__name__, request.endpoint, places)
    return problem(500, "fault", "Something went wrong on our side.", fault=number)


def not_storable(_error: DataError) -> Response:
    """Give the answer for a value that the database has no place for (a null byte, a number beyond all bounds)."""
    return problem(400, "invalid", "A value can't be used.")


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
    (NoConnectionFree, unavailable),
    (DataError, not_storable),
    (WrongQuery, from_query),
    (Exception, unexpected),
)
