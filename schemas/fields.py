"""Marshmallow fields that coerce nothing, and the checks they share."""

import datetime as dt
import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from marshmallow import ValidationError, fields, validate

from schemas.identifiers import bsn_is_valid

# Controls (C0 but tab, newline and return, DEL, C1), the soft hyphen, fillers that look like nothing, zero-width
# characters, all that turns the direction (Unicode Bidi_Control), line and paragraph separators, invisible operators,
# annotations, the byte order mark, half characters, variation selectors but the one of pictures, tags.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200c\u200e\u200f"
    "\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0e\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\ud800-\udfff"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
    "|(?<![\ufe0f\u2600-\u27bf\U0001f000-\U0001faff])\u200d"  # the joiner has a use between pictures only
)
_PARTIAL_DATE = re.compile(r"([0-9]{4})(-[0-9]{2}(-[0-9]{2})?)?", re.ASCII)
EARLIEST, LATEST = dt.date(1900, 1, 1), dt.date(2200, 1, 1)


def visible_text(value: str) -> None:
    """Refuse characters that hide or reorder text: controls, zero-width and bidirectional overrides."""
    if _INVISIBLE.search(value):
        raise ValidationError("Holds characters that can't be seen (control, zero-width or direction characters).")


class Text(fields.String):
    """A string, never coerced from another type, between ``shortest`` and ``longest`` characters."""

    def __init__(self, *, longest: int = 200, shortest: int = 1, **kwargs: Any) -> None:
        super().__init__(metadata={"minLength": shortest, "maxLength": longest}, **kwargs)
        self.shortest, self.longest = shortest, longest

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        if not isinstance(value, str):
            raise ValidationError("Must be a text.")
        text = value.strip()
        if len(text) < self.shortest:
            raise ValidationError("Must not be empty.")
        if len(text) > self.longest:
            raise ValidationError(f"Longer than {self.longest} characters.")
        visible_text(text)
        return text


class Code(fields.Field[StrEnum]):
    """One value of a closed list."""

    def __init__(self, words: type[StrEnum], **kwargs: Any) -> None:
        listed: list[str | None] = [word.value for word in words]
        if kwargs.get("allow_none"):
            listed.append(None)  # a closed list is closed to null too, unless it says so
        super().__init__(metadata={"type": "string", "enum": listed}, **kwargs)
        self.words = words

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return None if value is None else str(value)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> StrEnum:
        if isinstance(value, str):
            try:
                return self.words(value)
            except ValueError:
                pass  # not one of the words: the line below names those that are
        raise ValidationError("Must be one of: " + ", ".join(self.words) + ".")


class Bsn(fields.Field[str]):
    """A citizen service number: nine digits as text that pass the eleven test. The error never repeats it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(metadata={"type": "string", "pattern": "^[0-9]{9}$"}, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        if not isinstance(value, str):
            raise ValidationError("Must be a text of nine digits.")
        if not bsn_is_valid(value):
            raise ValidationError("Is not a citizen service number: nine digits that pass the eleven test.")
        return value


class PartialDate(fields.Field[str]):
    """A date that may be known only to the year or month: ``1980``, ``1980-05`` or ``1980-05-17``."""

    def __init__(self, **kwargs: Any) -> None:
        pattern = "^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$"
        super().__init__(metadata={"type": "string", "format": "partial-date", "pattern": pattern}, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        if not isinstance(value, str) or not _PARTIAL_DATE.fullmatch(value):
            raise ValidationError("Must be a date as 1980-05-17 (or 1980-05, or 1980).")
        try:
            day = dt.date.fromisoformat((value + "-01-01")[:10] if len(value) < 10 else value)
        except ValueError as error:
            raise ValidationError("There is no such day.") from error
        if not EARLIEST <= day <= LATEST:
            raise ValidationError("Is not a date of this time.")
        return value


class Moment(fields.Field[dt.datetime]):
    """A moment with its time zone, kept as UTC. A time without a zone is refused: it may not exist, or exist twice."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(metadata={"type": "string", "format": "date-time"}, **kwargs)

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return None if value is None else moment_text(value)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> dt.datetime:
        if not isinstance(value, str):
            raise ValidationError("Must be a moment as 2026-11-24T10:42:00+01:00.")
        try:
            moment = dt.datetime.fromisoformat(value)
            if moment.tzinfo is None:
                raise ValidationError("Needs a time zone, as 2026-11-24T10:42:00+01:00.")
            moment = moment.astimezone(dt.UTC)
        except (ValueError, OverflowError) as error:
            raise ValidationError("There is no such moment.") from error
        if not EARLIEST <= moment.date() <= LATEST:
            raise ValidationError("Is not a moment of this time.")
        return moment


def moment_text(moment: dt.datetime) -> str:
    """Write a moment as UTC with milliseconds and ``Z`` (RFC 3339)."""
    return moment.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def is_mail_address(text: str) -> bool:
    """Whether this is one mail address, as HTML asks it of a field for mail, of at most 200 characters."""
    try:
        validate.And(validate.Length(max=200), validate.Email())(text)
    except ValidationError:
        return False
    return text.isprintable()
