"""Identifiers: citizen service numbers, and message ids that stay the same over retries."""

import base64
import hashlib
import re
import uuid

_NINE_DIGITS = re.compile(r"[0-9]{9}", re.ASCII)
_WEIGHTS = (9, 8, 7, 6, 5, 4, 3, 2, -1)
_LONG_NUMBER = re.compile(r"[0-9]{8,}", re.ASCII)
_LONGEST_PLACE = 300
_OURS = uuid.UUID("6f1c3b0e-5d0a-4c1b-9a77-0c6f3c1d5a10")


def new_id() -> str:
    """Give a new random UUID as text."""
    return str(uuid.uuid4())


def derived_id(*parts: str) -> str:
    """Give the UUID that always belongs to these parts: the same message read twice gets the same id."""
    return str(uuid.uuid5(_OURS, "\x1f".join(parts)))


def short_reference(message_id: str) -> str:
    """Give the twelve characters (A-Z, 2-7) that stand for a message id where a dialect allows no more.

    iWmo 3.2 limits ``BerichtIdentificatie/Identificatie`` to twelve characters.
    """
    return base64.b32encode(hashlib.sha256(message_id.encode()).digest()).decode()[:12]


def bsn_is_valid(bsn: str) -> bool:
    """Whether nine digits pass the eleven test (elfproef): weights 9..2 and -1, sum divisible by 11."""
    if not _NINE_DIGITS.fullmatch(bsn) or bsn == "000000000":
        return False
    return sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, bsn, strict=True)) % 11 == 0


def fit_to_repeat(place: str) -> str:
    """Give the path of a field as it may stand in an answer or a log: others choose the names, and one may be a BSN."""
    return _LONG_NUMBER.sub("(number)", place)[:_LONGEST_PLACE]
