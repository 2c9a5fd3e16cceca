"""By what a system asked for its token: a token lives no longer than that secret, key or certificate does."""

import hashlib

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.models import ApiClientKey
from hub.services.people import identity
from hub.services.views.viewer import Viewer
from hub.settings import Configuration


def of_secret(stored: str) -> str:
    """Give the mark of a secret, from its hash: it tells nothing of the secret."""
    return f"secret:{hashlib.sha256(stored.encode()).hexdigest()[:24]}"


def of_key(kid: str) -> str:
    """Give the mark of a registered key, or of a certificate by its thumbprint."""
    return f"key:{kid}"


def viewer(session: Session, config: Configuration, client_id: str, proof: str | None) -> Viewer | None:
    """Give the system behind a token, or nothing where it was blocked or what it proved itself with was withdrawn.

    Without a proof: for what is proved anew at each call.
    """
    if proof is not None and not _stands(session, client_id, proof):
        return None
    return identity.machine_viewer(session, config, client_id, proof)


def _stands(session: Session, client_id: str, proof: str) -> bool:
    kind, _, kid = proof.partition(":")
    if kind == "secret":
        return any(of_secret(stored) == proof for stored in identity.secrets_of(session, client_id))
    in_use = select(ApiClientKey.id).where(ApiClientKey.client_id == client_id, ApiClientKey.kid == kid)
    return session.execute(in_use.where(ApiClientKey.ended_at.is_(None))).first() is not None
