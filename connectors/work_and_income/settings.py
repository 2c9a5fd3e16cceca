"""The ``dialect`` settings of an organisation: what can't be understood is left out, and named."""

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any, TypeVar

from connectors.protocol import Mistake
from connectors.work_and_income import defaults
from connectors.work_and_income.dialect import Address, CaseType, Dialect, Rule
from connectors.work_and_income.format import CODE, TITLE
from schemas.message import Ground
from schemas.vocabulary import PURPOSES_OF_REFERRALS, Basis, Event, LifeDomain, Outcome, Purpose

NO_EVENT = "none"
_KNOWN = ("hub", "suite", "zaaktypen", "default_zaaktype", "statussen", "resultaten", "besluiten")
_ADDRESS = {"organisatie": (1, 200), "applicatie": (3, 50), "administratie": (1, 50), "gebruiker": (1, 100)}
_NEEDED = (Event.RECEIVE, Event.ACCEPT, Event.START, Event.COMPLETE)
"""Without a status for these the suite could not be told how a referral goes."""
_Word = TypeVar("_Word", bound=StrEnum)


def understand(raw: Mapping[str, Any]) -> tuple[Dialect, Sequence[Mistake]]:
    """Give the settings with the defaults under them, and every mistake in them by its key."""
    reader = _Reader(raw)
    reader.only(raw, _KNOWN, "")
    types = dict(reader.types())
    default_type = reader.text(raw, "default_zaaktype", "", CODE)
    if default_type is not None and default_type not in types:
        reader.wrong("default_zaaktype", "is not one of the zaaktypen")
        default_type = None
    dialect = Dialect(
        hub=tuple(reader.addresses("hub")),
        suite=tuple(reader.addresses("suite")),
        types=types,
        default_type=default_type,
        statuses={rule.code: rule for rule in reader.rules("statussen", defaults.STATUSSEN, CODE)},
        results={rule.code: rule for rule in reader.rules("resultaten", defaults.RESULTATEN, TITLE)},
        decisions={rule.code: rule for rule in reader.rules("besluiten", defaults.BESLUITEN, TITLE)},
    )
    for event in _NEEDED:
        if dialect.status_for(event) is None:
            reader.wrong("statussen", f"no status says '{event}'")
    return dialect, reader.mistakes


class _Reader:
    """Reads settings and keeps what was wrong in them."""

    def __init__(self, raw: Mapping[str, Any]) -> None:
        self._raw = raw
        self.mistakes: list[Mistake] = []

    def wrong(self, key: str, message: str) -> None:
        """Keep a mistake."""
        self.mistakes.append(Mistake(key=key, message=message))

    def only(self, entry: Mapping[str, Any], known: Sequence[str], key: str) -> None:
        """Name what is not known."""
        for name in entry:
            if name not in known:
                self.wrong(_at(key, str(name)), "is not known in this dialect")

    def text(self, entry: Mapping[str, Any], name: str, key: str, longest: int, shortest: int = 1) -> str | None:
        """Give a text, or nothing where it is absent or wrong."""
        value = entry.get(name)
        if value is None:
            return None
        if not isinstance(value, str) or not shortest <= len(value.strip()) <= longest:
            self.wrong(_at(key, name), f"must be a text of {shortest} to {longest} characters")
            return None
        return value.strip()

    def word(self, entry: Mapping[str, Any], name: str, words: type[_Word], key: str) -> _Word | None:
        """Give one word of a closed list."""
        value = entry.get(name)
        if value is None:
            return None
        if value not in list(words):
            self.wrong(_at(key, name), "must be one of: " + ", ".join(words))
            return None
        return words(value)

    def addresses(self, name: str) -> Iterator[Address]:
        """Give the systems under a name: one table, or a list of them."""
        given = self._raw.get(name, [])
        if not isinstance(given, Mapping | list | tuple):
            self.wrong(name, "must be a table with an applicatie, or a list of them")
            given = []
        for place, entry in enumerate([given] if isinstance(given, Mapping) else given, start=1):
            key = f"{name}[{place}]"
            if not isinstance(entry, Mapping):
                self.wrong(key, "must be a table with an applicatie")
                continue
            self.only(entry, tuple(_ADDRESS), key)
            told = {
                part: self.text(entry, part, key, longest, shortest) for part, (shortest, longest) in _ADDRESS.items()
            }
            applicatie = told.pop("applicatie")
            if applicatie is None:
                self.wrong(_at(key, "applicatie"), "is needed")
            else:
                yield Address(applicatie=applicatie, **told)

    def types(self) -> Iterator[tuple[str, CaseType]]:
        """Give the zaaktypen: those configured, else the defaults."""
        for code, entry, key in self._table("zaaktypen", {} if "zaaktypen" in self._raw else defaults.ZAAKTYPEN):
            self.only(entry, ("name", "to", "service", "life_domains", "purpose", "law"), key)
            if len(code) > CODE:
                self.wrong(key, f"a code has {CODE} characters at most")
                continue
            yield (
                code,
                CaseType(
                    code=code,
                    name=self.text(entry, "name", key, TITLE) or code,
                    to=self.text(entry, "to", key, 64),
                    service=self.text(entry, "service", key, 64),
                    life_domains=tuple(self._domains(entry, key)),
                    ground=self._ground(entry, key),
                ),
            )

    def _domains(self, entry: Mapping[str, Any], key: str) -> Iterator[LifeDomain]:
        given = entry.get("life_domains", [])
        for domain in given if isinstance(given, list) else [given]:
            if domain in list(LifeDomain):
                yield LifeDomain(domain)
            else:
                self.wrong(_at(key, "life_domains"), "must be a list of: " + ", ".join(LifeDomain))

    def _ground(self, entry: Mapping[str, Any], key: str) -> Ground | None:
        """Give the ground of a case of this kind: a task of the municipality, by this law and for this purpose."""
        purpose, law = self.word(entry, "purpose", Purpose, key), self.text(entry, "law", key, 80)
        if purpose is not None and purpose not in PURPOSES_OF_REFERRALS:
            self.wrong(_at(key, "purpose"), "is no purpose of a referral")
            return None
        return Ground(basis=Basis.PUBLIC_TASK, purpose=purpose, law=law) if purpose is not None else None

    def rules(self, name: str, default: Mapping[str, Any], longest: int) -> Iterator[Rule]:
        """Give the codes of a table: those configured go first and replace a default of the same code."""
        for code, entry, key in self._table(name, default):
            self.only(entry, ("name", "event", "outcome", "volgnummer"), key)
            number = entry.get("volgnummer", 1)
            if len(code) > longest:
                self.wrong(key, f"has {longest} characters at most")
            elif not isinstance(number, int) or isinstance(number, bool) or not 1 <= number <= 9999:
                self.wrong(_at(key, "volgnummer"), "must be a number from 1 to 9999")
            else:
                said = {} if entry.get("event") == NO_EVENT else entry
                yield Rule(
                    code=code,
                    name=self.text(entry, "name", key, TITLE) or code,
                    event=self.word(said, "event", Event, key),
                    outcome=self.word(said, "outcome", Outcome, key),
                    number=number,
                )

    def _table(self, name: str, default: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any], str]]:
        given = self._raw.get(name, {})
        if not isinstance(given, Mapping):
            self.wrong(name, "must be a table")
            given = {}
        for code, entry in {**given, **{code: row for code, row in default.items() if code not in given}}.items():
            if isinstance(entry, Mapping):
                yield str(code), entry, f"{name}.{code}"
            else:
                self.wrong(f"{name}.{code}", "must be a table")


def _at(key: str, name: str) -> str:
    return f"{key}.{name}" if key else name
