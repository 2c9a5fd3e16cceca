"""Make the folder of a new connector: a working dialect of CSV, to be changed into the partner's own."""

import keyword
import re
from pathlib import Path
from string import Template

from schemas.identifiers import derived_id

TEMPLATE = Path(__file__).parent / "template"
CONNECTORS = Path(__file__).parent.parent / "connectors"
_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", re.ASCII)


class BadName(ValueError):
    """A name that no connector can have; the text says why."""


def make_connector(name: str, connectors: Path = CONNECTORS) -> list[Path]:
    """Make ``connectors/NAME`` and give its files; ``BadName`` or ``OSError`` where that can't be."""
    if not _NAME.fullmatch(name) or len(name) > 40 or keyword.iskeyword(name):
        raise BadName("A connector is called in small letters, digits and _, for instance debt_help.")
    folder = connectors / name
    if folder.exists():
        raise BadName(f"connectors/{name} is there already.")
    made = []
    for source in sorted(TEMPLATE.rglob("*.tmpl")):
        target = folder / source.relative_to(TEMPLATE).with_suffix("")
        target.parent.mkdir(parents=True, exist_ok=True)
        text = Template(source.read_bytes().decode("utf-8")).substitute(_words(name))
        target.write_bytes((_sorted(text) if target.suffix == ".py" else text).encode("utf-8"))
        made.append(target)
    return made


def _words(name: str) -> dict[str, str]:
    """Give what stands in the template for a name; the ids are those that the new connector itself derives."""
    code = partner_of(name)
    return {
        "NAME": name,
        "CLASS": "".join(part.capitalize() for part in name.split("_")),
        "TITLE": name.replace("_", " ").capitalize(),
        "SYSTEM": name.replace("_", "-"),
        "CODE": code,
        "ID_77": derived_id(name, code, "R-77"),
        "ID_78": derived_id(name, code, "R-78"),
    }


def _sorted(source: str) -> str:
    """Put the imports of connectors in their order, which hangs on the name."""
    lines = source.split("\n")
    places = [place for place, line in enumerate(lines) if line.startswith("from connectors.")]
    for place, line in zip(places, sorted(lines[place] for place in places), strict=True):
        lines[place] = line
    return "\n".join(lines)


def partner_of(name: str) -> str:
    """Give the code of the made-up partner in the samples."""
    return f"{name.replace('_', '-')}-voorbeeld"


def next_steps(name: str) -> str:
    """Say what to do with a new connector."""
    return "\n".join(
        [
            f"connectors/{name} is there, and works: CSV over a drop folder, with made-up samples.",
            "",
            "Now make it the partner's own (docs/connectors.md tells each step):",
            f"  1. Put a real-looking message in connectors/{name}/samples/in-NAME.<ext> and write beside it, in",
            "     in-NAME.canonical.json, what it means; the same, as out-NAME, for what we send.",
            "  2. Change format.py (words and columns), then connector.py. Try it:",
            f"       schakel translate --connector {name} in connectors/{name}/samples/in-voortgang.csv",
            "  3. Run the suite that every connector must pass, until nothing fails:",
            f"       python -m pytest tests/contract -k {name}",
            f"  4. Say in connectors/{name}/README.md what the dialect can't say.",
            "  5. Give an organisation the connector, in organisations.toml (SCHAKEL_CONFIG):",
            "       [organisations.CODE]",
            '       name = "Its name"',
            '       kind = "social_work"',
            '       oin = "twenty digits"',
            f'       connector = "{name}"',
            '       transport = { kind = "files", folder = "/srv/CODE/to-partner", intake = "/srv/CODE/from-partner" }',
            "     then: schakel migrate, schakel check, and schakel connector CODE. An example: samples/partner.toml.",
        ]
    )
