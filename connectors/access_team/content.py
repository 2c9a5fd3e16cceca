"""What a new referral tells, in a zaak: title, words, life domains and urgency."""

from typing import Any

from connectors.access_team import format as words
from connectors.access_team.dialect import Dialect
from connectors.access_team.nodes import Losses, Node
from schemas.message import Coded
from schemas.vocabulary import LifeDomain, Urgency


def content_of(zaak: Node, expand: Node, dialect: Dialect, losses: Losses) -> dict[str, Any]:
    """Read what a new referral tells: title, words, life domains and urgency."""
    told = {}
    for one in expand.many("eigenschappen"):
        told[(one.text("naam") or "").casefold()] = one
    domains = told.get(dialect.properties["life_domains"].casefold())
    urgency = told.get(dialect.properties["urgency"].casefold())
    return {
        **titled(zaak),
        "life_domains": read_domains(domains, losses) if domains else (),
        "urgency": read_urgency(urgency, losses) if urgency else None,
    }


def titled(zaak: Node) -> dict[str, Any]:
    """Read what a zaak is called, and its words: ours under their headings, another's as the reason."""
    title, text = zaak.text("omschrijving"), zaak.text("toelichting")
    told = parted(text) if text else {"reason": title}
    service = Coded(code=title, system="zgw:omschrijving", text=title) if title and text else None
    return {**told, "service": service}


def parted(text: str) -> dict[str, Any]:
    """Give the parts of a ``toelichting`` by the headings under which we write them."""
    found: dict[str, Any] = {}
    name = "reason"
    for part in text.split("\n\n"):
        heading = next((one for one, mark in words.HEADINGS.items() if part.startswith(mark)), None)
        name = heading or name
        told = part.removeprefix(words.HEADINGS[heading]) if heading else part
        found[name] = f"{found[name]}\n\n{told}" if name in found else told
    if "strengths" in found:
        found["strengths"] = tuple(one[:500] for one in found["strengths"].split("; ") if one.strip())
    return found


def read_domains(node: Node, losses: Losses) -> tuple[LifeDomain, ...]:
    """Read life domains by their Dutch names (GGM), with commas between."""
    found = []
    for name in (node.text("waarde") or "").split(","):
        domain = next((one for one, word in words.DOMAINS.items() if name.strip().casefold() == word.casefold()), None)
        if domain is None:
            losses.add(node.at("waarde"), "a life domain has a name that is not known here")
        else:
            found.append(domain)
    return tuple(dict.fromkeys(found))


def read_urgency(node: Node, losses: Losses) -> Urgency | None:
    """Read an urgency by its Dutch name."""
    value = (node.text("waarde") or "").casefold()
    found = next((one for one, word in words.URGENCIES.items() if word == value), None)
    if found is None:
        losses.add(node.at("waarde"), "this urgency has a name that is not known here")
    return found
