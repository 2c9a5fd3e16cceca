"""What somebody searches by, and what a name or a text can be found by: the same folding on both sides.

Accents and capitals are folded away. A name is found by each of its parts and by their beginnings, from three letters
on; a text by its whole words. What stands in front of a family name (van, de, el) and the small words of a language
are not kept: they find everybody, and how often a word occurs is what an index of hashes tells.
"""

import datetime as dt
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from schemas.identifiers import bsn_is_valid

SHORTEST_BEGINNING = 3
LONGEST_BEGINNING = 12
MOST_TERMS = 6
MOST_WORDS = 400
"""So many different words of one text are kept."""
LONGEST_QUESTION = 200

_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"})
_WORD = re.compile(r"[^\W_]+")
_NUMBER = re.compile(r"(?:v-?)?(?:(?P<year>20\d\d)-)?(?P<number>\d{1,9})", re.IGNORECASE | re.ASCII)
_BSN = re.compile(r"\d[\d. ]{7,12}\d", re.ASCII)
_DAY_FIRST = re.compile(r"(?P<day>\d{1,2})[-./](?P<month>\d{1,2})[-./](?P<year>(?:19|20)\d\d)", re.ASCII)
_YEAR_FIRST = re.compile(r"(?P<year>(?:19|20)\d\d)-(?P<month>\d{1,2})-(?P<day>\d{1,2})", re.ASCII)

_PARTICLES = (
    "aan al bij da d de del den der des di dos du el en het in l la le les op s t te ten ter tot uit van ver voor von"
    " zu zum"
)
_SMALL_WORDS = (
    "aan als bij dan dat de deze die dit doen door een en er ga gaan geen had heb hebben heeft hem het hier hij hoe"
    " hun ik in is je kan kon maar me meer met mij mijn moet na naar niet nog nu of om ons ook op over per te tot uit"
    " van veel voor waar was wat we wel werd wij wil worden wordt zal ze zei zelf zich zij zijn zo zonder zou"
    " and are at be but for has have his her not she that the they this was were will with you"
)
PARTICLES = frozenset(_PARTICLES.split())
SMALL_WORDS = frozenset(_SMALL_WORDS.split())


def fold(text: str) -> str:
    """Give a text without accents and capitals."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return "".join(one for one in plain if not unicodedata.combining(one)).translate(_LETTERS)


def words_of(text: str) -> list[str]:
    """Give the folded words of a text, in their order."""
    return _WORD.findall(fold(text))


def beginnings(word: str) -> Iterator[str]:
    """Give what a part of a name is found by: its beginnings from three letters on; of a short one the whole."""
    yield mark_of(word)
    for length in range(SHORTEST_BEGINNING, min(len(word), LONGEST_BEGINNING)):
        yield word[:length]


def mark_of(term: str) -> str:
    """Give what is looked up for a term in a name: of a long one its beginning; the rest is compared when found."""
    return term[:LONGEST_BEGINNING]


def name_marks(parts: Iterable[str | None]) -> set[str]:
    """Give all that a name is found by."""
    words = {word for part in parts if part for word in words_of(part)}
    kept = words - PARTICLES or words
    return {mark for word in kept for mark in beginnings(word)}


def text_marks(text: str) -> list[str]:
    """Give the words that a text is found by, the first of them where it is very long."""
    words = dict.fromkeys(word for word in words_of(text) if len(word) >= SHORTEST_BEGINNING)
    return [word for word in words if word not in SMALL_WORDS][:MOST_WORDS]


def title_words(text: str) -> list[str]:
    """Give the words by which something with a title is found."""
    return [word for word in words_of(text) if word not in PARTICLES]


def fits(term: str, word: str) -> bool:
    """Whether a term finds a word of a name or a title: it is that word, or its beginning of three letters or more."""
    return term == word or (len(term) >= SHORTEST_BEGINNING and word.startswith(term))


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What somebody searches by, taken apart. A birth date counts only beside a name."""

    terms: tuple[str, ...] = ()
    born: str | None = None
    bsn: str | None = None
    number: int | None = None
    year: int | None = None

    @property
    def empty(self) -> bool:
        """Whether there is nothing that can be searched by."""
        return not self.terms and self.bsn is None and self.number is None

    @property
    def only_born(self) -> bool:
        """Whether a birth date was given and no name with it."""
        return self.born is not None and self.empty


def read(text: str) -> Asked:
    """Take a question apart."""
    text = text.strip()[:LONGEST_QUESTION]
    alone = _digits(text)
    pieces = [alone] if alone is not None else text.split()
    born, bsn = None, None
    rest: list[str] = []
    number: re.Match[str] | None = None
    for piece in pieces:
        day, found = _day(piece), _NUMBER.fullmatch(piece)
        bsn = _digits(piece) or bsn
        if day is not None:
            born = day
        elif found is not None:
            number = found  # nine digits may be a referral's number too
        elif _digits(piece) is None:
            rest.append(piece)
    words = list(dict.fromkeys(words_of(" ".join(rest))))
    terms = [word for word in words if word not in PARTICLES] or words
    return Asked(
        terms=tuple(terms[:MOST_TERMS]),
        born=born,
        bsn=bsn,
        number=int(number["number"]) if number else None,
        year=int(number["year"]) if number and number["year"] else None,
    )


def _digits(piece: str) -> str | None:
    """Give a piece as a BSN, where it is one."""
    digits = re.sub(r"[. ]", "", piece)
    return digits if _BSN.fullmatch(piece) and len(digits) == 9 and bsn_is_valid(digits) else None


def _day(piece: str) -> str | None:
    """Give a piece as a date, where it is one."""
    found = _DAY_FIRST.fullmatch(piece) or _YEAR_FIRST.fullmatch(piece)
    if found is None:
        return None
    try:
        return dt.date(int(found["year"]), int(found["month"]), int(found["day"])).isoformat()
    except ValueError:
        return None
