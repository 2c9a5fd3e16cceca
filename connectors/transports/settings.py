"""What all transports need of the configuration: secrets that stand elsewhere, and one way to tell what is wrong."""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from connectors.protocol import Mistake

_SECRET = re.compile(r"env:[A-Z_][A-Z0-9_]*|file:/.+", re.ASCII)
_LARGEST_SECRET = 100_000

Port = validate.Range(1, 65_535)


class SecretMissing(ValueError):
    """A secret is not where the configuration says; the text names the place and never a value."""


class SecretReference(fields.String):
    """Where a secret stands: ``env:NAME`` or ``file:/path``. The configuration itself never holds one."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        if not isinstance(value, str) or not _SECRET.fullmatch(value):
            raise ValidationError('Must be "env:NAME" or "file:/path": a secret does not stand in this file.')
        return value


class Flag(fields.Field[bool]):
    """True or false, and nothing that looks like it."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise ValidationError("Must be true or false.")
        return value


class Text(fields.String):
    """Text that is not empty."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(validate=validate.Length(1, 500), **kwargs)


class Seconds(fields.Float):
    """A time-out."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(validate=validate.Range(0.1, 600), **kwargs)


def secret(reference: str) -> str:
    """Give the secret that a reference names; ``SecretMissing`` where there is none. The last line end is left out."""
    way, _, place = reference.partition(":")
    if way == "env":
        value = os.environ.get(place, "")
        if not value:
            raise SecretMissing(f"The environment has no {place}.")
        return value
    try:
        with Path(place).open(encoding="utf-8") as file:
            value = file.read(_LARGEST_SECRET).rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise SecretMissing(f"The file {place} can't be read ({type(error).__name__}).") from error
    if not value:
        raise SecretMissing(f"The file {place} is empty.")
    return value


def mistakes_in(schema: Schema, settings: Mapping[str, Any]) -> list[Mistake]:
    """Give everything that a schema finds wrong."""
    return [Mistake(key=".".join(path), message=message) for path, message in _flat(schema.validate(settings), ())]


def _flat(found: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(found, Mapping):
        for key, value in found.items():
            yield from _flat(value, path if key == "_schema" else (*path, str(key)))
    elif isinstance(found, Sequence) and not isinstance(found, str):
        for message in found:
            yield from _flat(message, path)
    else:
        yield path, _PLAIN.get(str(found), str(found))


_PLAIN = {"Unknown field.": "Is not known here.", "Missing data for required field.": "Is missing."}
