"""The API of the contract: thin. It reads the body, calls a service, writes the answer."""

# Each of these hangs its routes on the blueprint.
from hub.api import (  # noqa: F401
    access,
    audit,
    cases,
    connectors,
    consents,
    corrections,
    digests,
    gate,
    intake,
    keys,
    oauth,
    openapi,
    referrals,
)
from hub.api.blueprint import api, tokens

__all__ = ["api", "tokens"]
