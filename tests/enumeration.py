"""Ask the access policy every question there is and write down when that was: ``python -m tests.enumeration``.

The page /toegang shows it; tests/unit/test_access_product.py counts again and compares.
"""

import datetime as dt
import importlib
import sys
from pathlib import Path
from typing import Any

import pytest

from hub.services.record.audit import policy_version

ROOT = Path(__file__).parents[1]
_FILE = '''"""When the whole policy was last gone through. Made by ``python -m tests.enumeration``, not by hand."""

import datetime as dt

ON = dt.date({day.year}, {day.month}, {day.day})
POLICY = "{policy}"
"""The version of the rules that were asked: a hash over what they are written in."""
QUESTIONS = {questions:_}
PATHS = {paths:_}
"""So many groups of questions that no rule tells apart; each was asked and checked against the walls."""
'''


def main() -> None:
    """Go through the policy and write hub/rules/enumeration.py."""
    sys.path.insert(0, str(ROOT / "tests" / "unit"))
    product: Any = importlib.import_module("test_access_product")
    with pytest.MonkeyPatch.context() as patch:
        questions, paths = product.go_through(product.paths.Paths(patch.setattr))
    day = dt.datetime.now(dt.UTC).date()
    text = _FILE.format(day=day, policy=policy_version(), questions=questions, paths=paths)
    (ROOT / "hub" / "rules" / "enumeration.py").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
