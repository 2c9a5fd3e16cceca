"""The gate: asked just before a message is handed over, whether it still may be."""

from collections.abc import Callable, Sequence
from typing import Protocol

import httpx
from sqlalchemy.exc import SQLAlchemyError

from hub.store import outbox
from hub.store.database import Store

_PATIENCE = 5.0


class GateUnavailable(Exception):
    """The gate does not answer: nothing is handed over until it does. Waiting helps."""

    permanent = False


class Gate(Protocol):
    """Knows which messages were held back after they had gone to the broker."""

    def withheld(self, queue: str, message_ids: Sequence[str]) -> frozenset[str]:
        """Give those that must not be handed over any more; ``GateUnavailable`` where it can't say."""
        ...


class StoreGate:
    """The gate of a connector that works beside the hub: one question to the database for a whole batch."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def withheld(self, queue: str, message_ids: Sequence[str]) -> frozenset[str]:
        """Ask the database."""
        try:
            with self._store.reading() as session:
                return outbox.withheld(session, queue, message_ids)
        except SQLAlchemyError as error:
            raise GateUnavailable("the database does not answer") from error


class ApiGate:
    """The gate of a connector at the partner's site, which has no database: it asks the API as its organisation.

    ``token`` gives a bearer token that holds now.
    """

    def __init__(self, url: str, token: Callable[[], str], client: httpx.Client | None = None) -> None:
        self._url = f"{url.rstrip('/')}/api/v1/gate"
        self._token = token
        self._client = client or httpx.Client(timeout=_PATIENCE, trust_env=False)

    def withheld(self, queue: str, message_ids: Sequence[str]) -> frozenset[str]:
        """Ask the API; the queue is the caller's own, whatever it is called here."""
        try:
            answer = self._client.post(
                self._url,
                json={"messages": list(message_ids)},
                headers={"Authorization": f"Bearer {self._token()}"},
            )
            answer.raise_for_status()
            return frozenset(answer.json()["withheld"])
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            raise GateUnavailable("the hub does not answer") from error
