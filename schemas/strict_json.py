"""One hardened JSON loader, for the API and for every connector that reads JSON."""

import json
import re
from typing import Any

MAX_BYTES = 1_000_000
MAX_DEPTH = 64
# A string, also one that never ends, or a bracket outside any. The possessive repeats never go back: a text full of
# half strings is read once, not once for each quotation mark in it.
_TOKENS = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[\]{}]', re.DOTALL)


class InvalidJson(ValueError):
    """The text is not JSON as we take it; ``field`` is a JSON pointer where one is known."""

    def __init__(self, message: str, *, field: str | None = None, too_large: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.too_large = too_large


def loads(body: bytes, *, max_bytes: int = MAX_BYTES, max_depth: int = MAX_DEPTH) -> Any:
    """Read one JSON document.

    Refused (``InvalidJson``): more than ``max_bytes``, deeper than ``max_depth``, a key twice in one object, NaN and
    infinities, lone surrogates, anything that is not UTF-8.
    """
    if len(body) > max_bytes:
        raise InvalidJson(f"The body is larger than {max_bytes} bytes.", too_large=True)
    _check_depth(body, max_depth)
    try:
        text = body.decode("utf-8-sig")
        document = json.loads(text, object_pairs_hook=_object, parse_constant=_constant, parse_float=_float)
    except InvalidJson:
        raise
    except UnicodeDecodeError as error:
        raise InvalidJson("The body is not UTF-8.") from error
    except ValueError as error:
        raise InvalidJson(f"The body is not JSON: {_place(error)}.") from error
    if "\\ud" in text or "\\uD" in text:
        _check_surrogates(document, "")
    return document


def _check_depth(body: bytes, max_depth: int) -> None:
    if body.count(b"[") + body.count(b"{") <= max_depth:
        return
    depth = 0
    for token in _TOKENS.finditer(body):
        mark = body[token.start()]
        depth += (mark in b"[{") - (mark in b"]}")
        if depth > max_depth:
            raise InvalidJson(f"The body is nested deeper than {max_depth} levels.")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            # The key itself may hold half a character, which no answer can carry.
            named = key[:80].encode("utf-8", "replace").decode()
            raise InvalidJson("A key stands twice in one object.", field=f"/{named}")
        found[key] = value
    return found


def _constant(_name: str) -> Any:
    raise InvalidJson("NaN and infinities are not JSON.")


def _float(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise InvalidJson("A number is too large.")
    return value


def _check_surrogates(value: Any, pointer: str) -> None:
    if isinstance(value, str):
        if any("\ud800" <= character <= "\udfff" for character in value):
            raise InvalidJson("A text holds half of a character (a lone surrogate).", field=pointer or None)
    elif isinstance(value, dict):
        for key, inner in value.items():
            _check_surrogates(key, pointer)
            _check_surrogates(inner, f"{pointer}/{key}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            _check_surrogates(inner, f"{pointer}/{index}")


def _place(error: ValueError) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"line {error.lineno}, column {error.colno}"
    return "a value is out of range"
