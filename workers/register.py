"""Write docs/processing.md, the register of processing (AVG article 30), from the tables of the rules."""

from collections.abc import Iterable

from hub.rules.access_tables import GROUNDS, ROLES
from hub.rules.processing import PROCESSINGS
from hub.rules.retention import OWN_FILES, TERMS
from schemas.vocabulary import Purpose

_HEAD = """<!-- Made by `python -m workers.diagrams`. Change the tables in hub/rules, not this page. -->

# Register of processing

What the hub processes, why, by which law, which kinds of data, and how long (AVG article 30). The purposes, grounds and
categories are those by which the access policy decides ([access.md](access.md)); the terms are those by which
`schakel retention` removes.
"""

_KEPT = """
## What is kept

Terms in code type stand in the next table. *With the case*: it goes when the case goes, by its term or by erasure.
"""


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _listed(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in sorted(words)) or "none"


def _purposes() -> Iterable[str]:
    yield _row("Purpose", "Ground (basis, law)", "Roles", "Categories")
    yield _row(*["---"] * 4)
    for purpose in Purpose:
        grounds = {f"{basis} {law}".strip() for basis, law in GROUNDS[purpose]}
        roles = {name: row for name, row in ROLES.items() if purpose in row.purposes}
        categories = {str(one) for row in roles.values() for one in row.own | row.received}
        yield _row(f"`{purpose}`", _listed(grounds), _listed(map(str, roles)), _listed(categories))


def _things() -> Iterable[str]:
    yield _row("What", "Of whom", "Why", "Who reads it", "Kept", "Tables")
    yield _row(*["---"] * 6)
    for one in PROCESSINGS:
        yield _row(one.what, one.of_whom, one.why, one.readers, one.kept, _listed(one.tables))


def _terms() -> Iterable[str]:
    yield _row("Kind", "What", "Kept", "Counted from", "Law")
    yield _row(*["---"] * 5)
    for term in TERMS.values():
        yield _row(f"`{term.kind}`", term.what, f"{term.keep.days} days", term.since, term.law)


def _own_files() -> Iterable[str]:
    yield _row("Organisation", "Law", "Kept in its own file")
    yield _row(*["---"] * 3)
    for one in OWN_FILES:
        yield _row(f"`{one.kind}`", one.law, one.keep)


def page() -> str:
    """Give the register as Markdown."""
    parts = [
        _HEAD,
        "## Purposes\n\nA purpose without ground exists only to be refused.\n",
        "\n".join(_purposes()),
        _KEPT,
        "\n".join(_things()),
        "\n## Terms\n",
        "\n".join(_terms()),
        "\n## Files that are not ours\n\nPartners keep their own file. An erasure here does not reach it.\n",
        "\n".join(_own_files()),
    ]
    return "\n".join(parts) + "\n"
