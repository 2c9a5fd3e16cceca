"""Run every mutant of the access policy against its tests: ``python -m tests.mutation``. Exit 1 where one lives.

Most die at once, in this process, by the cases and the second reading. Those that don't are given to the tests of the
policy themselves, in a process that reads the mutant instead of the module.
"""

import ast
import csv
import importlib
import os
import subprocess
import sys
import tempfile
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.mutation.mutants import mutants

ROOT = Path(__file__).parents[2]
UNIT = ROOT / "tests" / "unit"
# In the order in which they need each other.
MODULES = ("access_tables", "access_reasons", "access_question", "access_conditions", "access", "access_rows")
TESTS = (
    "test_access.py",
    "test_access_details.py",
    "test_access_walls.py",
    "test_access_product.py",
    "test_access_command.py",
)
SAMPLE = 3_000


def _rebuild(name: str, mutant: ast.Module) -> None:
    """Put a mutant in the place of its module, and make anew what was made from it."""
    at = MODULES.index(name)
    for other in MODULES[at:]:
        path = f"hub.rules.{other}"
        module = types.ModuleType(path)
        module.__file__ = str(ROOT / "hub" / "rules" / f"{other}.py")
        sys.modules[path] = module
        tree = mutant if other == name else ast.parse(Path(module.__file__).read_text(encoding="utf-8"))
        exec(compile(tree, module.__file__, "exec"), module.__dict__)


class Witness:
    """What the policy must say: the cases of the table, and a second reading over a sample."""

    def __init__(self) -> None:
        for module in MODULES:
            importlib.import_module(f"hub.rules.{module}")
        oracle: Any = importlib.import_module("tests.unit.access_oracle")
        with (UNIT / "access_cases.csv").open(newline="", encoding="utf-8") as file:
            self.rows = list(csv.DictReader(file))
        details = vars(importlib.import_module("tests.unit.test_access_details"))
        self.details = [check for name, check in details.items() if name.startswith("test_")]
        drawn = list(oracle.sample(855, SAMPLE))
        self.sample = [(q, oracle.answer(q)) for q in drawn]

    def notices(self) -> bool:
        """Tell whether the policy that now stands in the modules is seen to be another."""
        access, rows = sys.modules["hub.rules.access"], sys.modules["hub.rules.access_rows"]
        try:
            for row in self.rows:
                said = rows.said(access.judge(rows.question_of(row)))  # type: ignore[attr-defined]
                if said != {name: row[name] for name in ("decision", "mask", "rule")}:
                    return True
            for q, expected in self.sample:
                said = rows.said(access.judge(access.Question(**q)))  # type: ignore[attr-defined]
                if tuple(said.values()) != expected:
                    return True
            for check in self.details:
                check()
        except (AssertionError, KeyError, RecursionError, TypeError, AttributeError, ValueError):
            return True  # a policy that falls over is noticed
        return False


def _noticed_by_tests(name: str, mutant: ast.Module) -> bool:
    """Run the tests of the policy on a copy of the rules with the mutant in it."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "mutant.py"
        copy.write_text(ast.unparse(mutant), encoding="utf-8")
        environment = {**os.environ, "SCHAKEL_MUTANT": f"hub.rules.{name}={copy}", "SCHAKEL_ACCESS_SAMPLE": "20000"}
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "tests.mutation.overlay", "-p", "no:cacheprovider"]
        done = subprocess.run(
            [*command, *(str(UNIT / test) for test in TESTS)],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            check=False,
        )
    return done.returncode != 0


def main(tell: Callable[[str], None] = print) -> int:
    """Try every mutant; give how many lived."""
    witness = Witness()
    assert not witness.notices(), "the policy as it is must pass first"
    asked, quick, alive = 0, 0, []
    for name in MODULES:
        source = (ROOT / "hub" / "rules" / f"{name}.py").read_text(encoding="utf-8")
        for said, mutant in mutants(source):
            asked += 1
            try:
                _rebuild(name, mutant)
                noticed = witness.notices()
            except (KeyError, TypeError, AttributeError, ValueError, NameError, AssertionError, SyntaxError):
                noticed = True  # it does not even load
            if noticed:
                quick += 1
            else:
                alive.append((name, said, mutant))
        _rebuild(name, ast.parse(source))
    if "--quick" in sys.argv:
        survivors = [(name, said) for name, said, _ in alive]
    else:
        survivors = [(name, said) for name, said, mutant in alive if not _noticed_by_tests(name, mutant)]
    for name, said in survivors:
        tell(f"ALIVE {name}: {said}")
    tell(
        f"mutants={asked} killed_by_cases={quick} killed_by_tests={len(alive) - len(survivors)} alive={len(survivors)}"
    )
    return len(survivors)


if __name__ == "__main__":
    sys.exit(1 if main() else 0)
