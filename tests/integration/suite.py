"""A suite of Work & Income: its cases as zakLk01, as it would send them."""

import itertools
import uuid
from pathlib import Path

from schemas.identifiers import derived_id

SAMPLES = Path(__file__).parents[2] / "connectors" / "work_and_income" / "samples"
_NUMBERS = itertools.count(900001)


def case_number() -> str:
    """Give the number of a case that no test used before."""
    return f"0855{next(_NUMBERS)}"


def told(name: str, key: str, *changes: tuple[str, str], again: str | None = None) -> bytes:
    """Give a sample about this case, with a reference of its own; with ``again`` the same reference each time."""
    text = (SAMPLES / f"in-{name}.xml").read_text(encoding="utf-8")
    reference = derived_id(name, key, again) if again else str(uuid.uuid4())
    begin, end = "<StUF:referentienummer>", "</StUF:referentienummer>"
    head, _, rest = text.partition(begin)
    text = head + begin + reference + end + rest.partition(end)[2]
    text = text.replace("0855026114", key).replace("0855026120", key)
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return text.encode()


def new_case(bsn: str, key: str, sample: str = "aanvraag", again: str | None = None) -> bytes:
    """Give a new case of somebody."""
    theirs = "999900018" if sample == "melding-uwv" else "999900006"
    return told(sample, key, (theirs, bsn), again=again)
