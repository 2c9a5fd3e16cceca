"""What the municipality's delivery of the SRG asks and a canonical message has no field for: one line in its note.

SRG: Statistiek Re-integratie Gemeenten. Read in ``toelichting`` and ``voorziening``, the line stands last in the note,
so a person reads it on the timeline, and it can be taken apart again when the message is written.
"""

import re
from typing import Any

from connectors.reintegration.shapes import ProvisionSchema

HEADING = "Voor de SRG: "
NAMES = ("DatBRv", "DatERv", "CdTypeRvGsd", "CdDoelRv", "CdArbeidsvermogen", "PercLoonwaardeTovWml")
EXTRA = frozenset(NAMES[3:])
"""What only this line carries; the rest mostly has a field of its own too."""
_PROVISION = ProvisionSchema()
_LINE = re.compile(rf"(?:^|\n){HEADING}((?:(?:{'|'.join(NAMES)}) [^\s;]+(?:; |$)){{1,6}})$")


def joined(note: str | None, provision: dict[str, Any]) -> str | None:
    """Give a note with the line behind it, where there is something that only the line can carry."""
    if not EXTRA & set(provision):
        return note
    line = HEADING + "; ".join(f"{name} {provision[name]}" for name in NAMES if name in provision)
    return f"{note}\n{line}" if note else line


def taken_apart(note: str | None) -> tuple[str | None, dict[str, str]]:
    """Give a note without its line, and what that said; a line that says what can't be is part of the note."""
    found = _LINE.search(note or "")
    if note is None or found is None:
        return note, {}
    said = dict(pair.split(" ", 1) for pair in found[1].split("; "))
    if _PROVISION.validate(said):
        return note, {}
    return note[: found.start()].rstrip() or None, said
