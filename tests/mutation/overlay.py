"""Have Python read a mutant where the tests import a module of the policy (a pytest plugin)."""

import importlib.abc
import importlib.machinery
import importlib.util
import os
import sys
from collections.abc import Sequence
from types import ModuleType


class Overlay(importlib.abc.MetaPathFinder):
    """Finds one module elsewhere than where it lives."""

    def __init__(self, module: str, path: str) -> None:
        self.module, self.path = module, path

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Give the mutant for the one module, nothing for any other."""
        return importlib.util.spec_from_file_location(name, self.path) if name == self.module else None


_module, _, _path = os.environ["SCHAKEL_MUTANT"].partition("=")
sys.meta_path.insert(0, Overlay(_module, _path))
