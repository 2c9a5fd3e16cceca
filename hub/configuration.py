"""Read the configuration file. All its mistakes are told at once, each with its line; none is passed over."""

import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from connectors import transports
from connectors.registry import NAMES, connector
from connectors.transports import mail
from connectors.transports.settings import mistakes_in
from hub.configuration_lines import Lines
from hub.configuration_schema import File, wrong_identifiers
from hub.organisations import Configuration, Organisation, Policy, Service, SettingsError
from hub.sign_in_settings import SignInSettings, read_sign_in
from schemas.vocabulary import LifeDomain, OrganisationKind, Purpose, SharedField

Wrong = tuple[tuple[str, ...], str]
"""Where something is wrong, from the outermost table inward, and what."""
RESERVED_CODES = frozenset({"new"})
_CONNECTORS = Path(transports.__file__).parent.parent


def load_configuration(path: Path, *further: Path) -> Configuration:
    """Read the configuration file; ``SettingsError`` names everything that is wrong, with its line.

    ``further`` are files with more organisations that go after it, for instance the partner of a connector's samples.
    """
    try:
        text = "\n".join(one.read_text(encoding="utf-8") for one in (path, *further))
        document = tomllib.loads(text)
    except OSError as error:
        raise SettingsError(f"SCHAKEL_CONFIG: can't read {path.name}: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"SCHAKEL_CONFIG: {path.name} is not TOML: {error}.") from error
    wrong = list(_mistakes(document))
    if wrong:
        raise SettingsError(_told(path.name, text, wrong))
    organisations = {code: _organisation(code, entry) for code, entry in document["organisations"].items()}
    return Configuration(
        municipality=next(one for one in organisations.values() if one.kind is OrganisationKind.MUNICIPALITY),
        organisations=organisations,
        services={
            code: _service(code, entry, organisations[entry["organisation"]])
            for code, entry in document.get("services", {}).items()
        },
        desk=document["desk"],
        policy=Policy(**document.get("policy", {})),
        sign_in=_sign_in(document),
        mail=document.get("mail"),
        digest_hour=document.get("digest_hour", 3),
        document_megabytes=document.get("document_megabytes", 10),
    )


def _told(name: str, text: str, wrong: list[Wrong]) -> str:
    lines = Lines(text)
    placed = sorted(((lines.line_of(path) or 0), path, message) for path, message in wrong)
    told = [f"{f'line {line}' if line else 'the file'}: {_named(path)}{message}" for line, path, message in placed]
    return f"SCHAKEL_CONFIG: {name} is not right.\n" + "\n".join(f"  {line}" for line in told)


def _named(path: tuple[str, ...]) -> str:
    """Name an entry as the file does: its table, and the key in it."""
    depth = 2 if path[0] in ("organisations", "services") else 1 if path[0] in ("mail", "policy", "sign_in") else 0
    table, key = path[:depth], ".".join(path[depth:])
    return " ".join(part for part in (f"[{'.'.join(table)}]" if table else "", key) if part) + ": "


def _mistakes(document: Mapping[str, Any]) -> Iterator[Wrong]:
    for mistake in mistakes_in(File(), document):
        # Of a table in a table marshmallow says "value" for each entry; who reads the file knows no such key.
        yield tuple(part for part in mistake.key.split(".") if part != "value"), mistake.message
    organisations = _tables(document, "organisations")
    for code, entry in organisations.items():
        if code in RESERVED_CODES:
            yield ("organisations", code), "This code is a word of the command line (schakel connector new)."
        yield from ((("organisations", code, *path), message) for path, message in _mistakes_of(entry))
    yield from _used_twice(organisations)
    for code, entry in _tables(document, "services").items():
        if "organisation" in entry and not _is_in(organisations, entry["organisation"]):
            yield ("services", code, "organisation"), "Is the code of no organisation in this file."
        yield from ((("services", code, "areas"), message) for message in _unknown_areas(organisations, entry))
    yield from _mistakes_in_mail(document, organisations)
    if [entry.get("kind") for entry in organisations.values()].count(OrganisationKind.MUNICIPALITY.value) != 1:
        yield ("organisations",), "Exactly one organisation must be of kind municipality."
    if "desk" in document and not _is_in(organisations, document["desk"]):
        yield ("desk",), "Must be the code of the organisation that takes the municipality's post."
    try:
        _sign_in(document)
    except (KeyError, ValueError, TypeError, AttributeError, OSError) as error:
        yield ("sign_in",), f"{error}."


def _unknown_areas(organisations: Mapping[str, Any], service: Mapping[str, Any]) -> Iterator[str]:
    """A client lives in the area of an access team: what is given in another is offered to nobody as near."""
    known = {entry["area"] for entry in organisations.values() if isinstance(entry.get("area"), str)}
    areas = service.get("areas")
    for area in areas if isinstance(areas, list) and known else []:
        if isinstance(area, str) and area not in known:
            yield f"{area} is the area of no organisation in this file."


def _mistakes_in_mail(document: Mapping[str, Any], organisations: Mapping[str, Any]) -> Iterator[Wrong]:
    settings = document.get("mail")
    if isinstance(settings, dict):
        for mistake in mail.mistakes(settings):
            yield ("mail", *mistake.key.split(".")), mistake.message
    for code, entry in organisations.items():
        if "notify" in entry and settings is None:
            yield ("organisations", code, "notify"), "Goes with [mail]: without it no mail can be sent."


def _is_in(organisations: Mapping[str, Any], code: Any) -> bool:
    return isinstance(code, str) and code in organisations


def _tables(document: Mapping[str, Any], name: str) -> dict[str, dict[str, Any]]:
    found = document.get(name)
    return {code: entry for code, entry in found.items() if isinstance(entry, dict)} if isinstance(found, dict) else {}


def _mistakes_of(entry: Mapping[str, Any]) -> Iterator[Wrong]:
    """Give what is wrong in one organisation and no schema can see."""
    identifiers, transport, name = entry.get("identifiers"), entry.get("transport"), entry.get("connector")
    if isinstance(identifiers, dict):
        yield from ((("identifiers", key), message) for key, message in wrong_identifiers(identifiers))
    if isinstance(transport, dict):
        for mistake in transports.mistakes(transport):
            yield ("transport", *mistake.key.split(".")), mistake.message
        if name is None:
            yield ("transport",), "Goes with a connector: without one nothing can be written for it."
    if isinstance(name, str) and not (_CONNECTORS / name / "__init__.py").is_file():
        yield ("connector",), f"Is not known; the connectors are {', '.join(NAMES)}."
    dialect = entry.get("dialect", {})
    if name in NAMES and isinstance(dialect, dict):
        for mistake in connector(name).check(dialect):
            yield ("dialect", *mistake.key.split(".")), mistake.message


def _used_twice(organisations: Mapping[str, Mapping[str, Any]]) -> Iterator[Wrong]:
    """Two organisations with one identifier would get each other's messages."""
    owners: dict[tuple[str, str], str] = {}
    for code, entry in organisations.items():
        identifiers = entry.get("identifiers")
        named = {"oin": entry.get("oin"), **(identifiers if isinstance(identifiers, dict) else {})}
        for system, value in named.items():
            for one in [value] if isinstance(value, str) else value if isinstance(value, list) else []:
                owner = owners.setdefault((system, str(one)), code)
                if owner != code:
                    inner = ("identifiers", system) if system in (identifiers or {}) else (system,)
                    yield ("organisations", code, *inner), f"Is the identifier of {owner} too."


def _sign_in(document: Mapping[str, Any]) -> SignInSettings:
    return read_sign_in(document.get("sign_in", {}), os.environ)


def _organisation(code: str, entry: Mapping[str, Any]) -> Organisation:
    identifiers = {
        system: tuple([value] if isinstance(value, str) else value)
        for system, value in entry.get("identifiers", {}).items()
    }
    return Organisation(code=code, **{**entry, "kind": OrganisationKind(entry["kind"]), "identifiers": identifiers})


def _service(code: str, entry: Mapping[str, Any], of: Organisation) -> Service:
    here = (of.area,) if of.area is not None else ()
    return Service(
        code=code,
        organisation=entry["organisation"],
        name=entry["name"],
        purpose=Purpose(entry["purpose"]),
        life_domains=tuple(LifeDomain(domain) for domain in entry.get("life_domains", [])),
        codes=dict(entry.get("codes", {})),
        reply_days=entry.get("reply_days", 3),
        shares=tuple(SharedField(field) for field in entry["shares"]) if "shares" in entry else None,
        about=entry.get("about"),
        areas=tuple(entry.get("areas", here)),
        several=entry.get("several", False),
        practical=entry.get("practical", False),
    )
