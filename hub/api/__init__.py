"""The API of the contract: thin. It reads the body, calls a service, writes the answer."""

from hub.api import access, cases, intake, openapi, referrals  # noqa: F401 - each hangs its routes on the blueprint
from hub.api.blueprint import api, tokens

__all__ = ["api", "tokens"]
