"""Cells of a file that a spreadsheet may open: what looks like a formula is made harmless, and read back.

OWASP, "CSV Injection": a spreadsheet runs what begins with one of these characters; an apostrophe before it makes it
text.
"""

import re

_FORMULA = re.compile("'*[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")


def harmless(text: str) -> str:
    """Give a text that no spreadsheet takes for a formula."""
    return f"'{text}" if _FORMULA.match(text) else text


def as_said(cell: str) -> str:
    """Give the text of a cell without the apostrophe that made it harmless."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell
