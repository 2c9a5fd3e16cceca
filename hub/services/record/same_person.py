"""Whether what a partner tells of a person fits who is known here, where no citizen service number tells it."""

import re
import unicodedata

from schemas.message import Client

_WORD = re.compile(r"[^\W_]+")


def may_be_same(known: Client, told: Client) -> bool:
    """Whether birth date and family name agree, each where both sides have it; where neither is told it may be."""
    return _same_day(known.birth_date, told.birth_date) and _same_name(known, told)


def _same_day(known: str | None, told: str | None) -> bool:
    """Compare as far as both go: a date to the year (1984) agrees to the year."""
    if not known or not told:
        return True
    length = min(len(known), len(told))
    return known[:length] == told[:length]


def _same_name(known: Client, told: Client) -> bool:
    """Compare without case, accents and prefixes; of a double name one part may be left out."""
    prefixes = {*_words(known.prefix), *_words(told.prefix)}
    ours, theirs = _words(known.family_name), _words(told.family_name)
    if not ours or not theirs or "".join(ours) == "".join(theirs):
        return True
    bare = [{word for word in words if word not in prefixes} or set(words) for words in (ours, theirs)]
    return bare[0] <= bare[1] or bare[1] <= bare[0]


def _words(name: str | None) -> list[str]:
    plain = unicodedata.normalize("NFKD", (name or "").casefold().replace("ı", "i"))
    return _WORD.findall("".join(mark for mark in plain if not unicodedata.combining(mark)))
