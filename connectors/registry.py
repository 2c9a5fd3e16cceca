"""The connectors by name."""

from collections.abc import Callable
from importlib import import_module

from connectors.protocol import Connector

NAMES = ("mental_health", "social_work")


def connector(name: str) -> Connector:
    """Give the connector of this name; ``KeyError`` where there is none."""
    if name not in NAMES:
        raise KeyError(name)
    make: Callable[[], Connector] = import_module(f"connectors.{name}.connector").make
    return make()
