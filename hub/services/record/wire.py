"""What went over the line with one try of a message, and what came back: told by its connector, kept with its case."""

import base64
import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import delete, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from connectors.protocol import Payload
from hub.models import WireRecord
from hub.models.columns import OwnedBytes
from hub.models.shelf import ContentKey
from hub.store.database import UnitOfWork
from hub.store.tables import table_of

MOST_BYTES = 1_000_000
"""So much of each form is kept; the size tells what was cut."""
MOST_LOSSES = 200
FORMS = ("mapped", "sent", "answer")

_WIRE = table_of(WireRecord)
_KEYS = [column.name for column in _WIRE.primary_key]
_REST = [column.name for column in _WIRE.c if column.name not in _KEYS]


def _upsert() -> dict[str, Any]:
    # The wall between municipalities widens the key in PostgreSQL; its name stays.
    there, file = postgresql_insert(_WIRE), sqlite_insert(_WIRE)
    return {
        "postgresql": there.on_conflict_do_update(
            constraint=f"pk_{_WIRE.name}", set_={name: there.excluded[name] for name in _REST}
        ),
        "sqlite": file.on_conflict_do_update(index_elements=_KEYS, set_={name: file.excluded[name] for name in _REST}),
    }


_KEEP = _upsert()


@dataclass(frozen=True, kw_only=True)
class Form:
    """One form of a message, byte for byte: so much of it as is kept, and how large it was."""

    body: bytes
    content_type: str
    size: int

    @staticmethod
    def of(payload: Payload) -> "Form":
        """Give a payload as it is kept."""
        body = payload.body[:MOST_BYTES]
        return Form(body=body, content_type=_plain(payload.content_type, 120), size=len(payload.body))

    @property
    def cut(self) -> bool:
        """Whether it was too large to keep whole."""
        return self.size > len(self.body)

    def told(self) -> dict[str, Any]:
        """Write it for the inbox queue."""
        return {"type": self.content_type, "size": self.size, "body": base64.b64encode(self.body).decode()}

    @staticmethod
    def read(told: Mapping[str, Any]) -> "Form":
        """Read it from the inbox queue; ``ValueError`` where it is none."""
        body = base64.b64decode(told["body"], validate=True)[:MOST_BYTES]
        return Form(body=body, content_type=_plain(told["type"], 120), size=max(int(told["size"]), len(body)))


@dataclass(frozen=True, kw_only=True)
class Wire:
    """One try: when it was written, how it went in one line, what it could not carry, and its forms by name."""

    at: dt.datetime
    line: str | None = None
    losses: Sequence[Mapping[str, str]] = ()
    forms: Mapping[str, Form] = field(default_factory=dict)

    def told(self) -> dict[str, Any]:
        """Write it for the inbox queue."""
        return {
            "at": self.at.isoformat(),
            "line": self.line,
            "losses": list(self.losses),
            "forms": {name: form.told() for name, form in self.forms.items()},
        }

    @staticmethod
    def read(told: Mapping[str, Any]) -> "Wire":
        """Read it from the inbox queue; ``ValueError`` where it is none: a connector may run at a partner's site."""
        at = dt.datetime.fromisoformat(told["at"])
        if at.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        return Wire(
            at=at,
            line=told["line"] and _plain(told["line"], 300),
            losses=tuple(
                {"field": _plain(loss["field"], 300), "why": _plain(loss["why"], 300)}
                for loss in told["losses"][:MOST_LOSSES]
            ),
            forms={name: Form.read(form) for name, form in told["forms"].items() if name in FORMS},
        )


def _plain(text: object, longest: int) -> str:
    """Give a word of the other side as a column takes it: what can't be printed is left out."""
    return "".join(one for one in str(text)[:longest] if one.isprintable())


def row_of(row: Any, wire: Wire, key: ContentKey) -> dict[str, Any]:
    """Give the values to keep of a try of a row of the outbox, sealed by the key of its case."""
    values: dict[str, Any] = {
        "queue": row.queue,
        "message_id": row.message_id,
        "case_id": row.case_id,
        "referral_id": row.referral_id,
        "tried_at": wire.at,
        "line": wire.line,
        "losses": list(wire.losses) or None,
    }
    for name in FORMS:
        form = wire.forms.get(name)
        values[name] = form and OwnedBytes.of(form.body, key)
        values[f"{name}_type"] = form and form.content_type
        values[f"{name}_size"] = form and form.size
    return values


def keep(work: UnitOfWork, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep the tries of several messages in one statement; what was kept of earlier ones makes way."""
    if rows:
        work.execute(_KEEP[work.dialect], sorted(rows, key=lambda row: (row["queue"], row["message_id"])))


def empty(work: UnitOfWork, referral_id: str) -> None:
    """Let the bytes about a referral go; how it went, what was lost and the sizes stay with its messages."""
    about = update(_WIRE).where(_WIRE.c.referral_id == referral_id)
    work.execute(about.values(dict.fromkeys(FORMS)))


def forget(work: UnitOfWork, queue: str, message_id: str) -> None:
    """Remove what was kept of a message, with it."""
    work.execute(delete(_WIRE).where(_WIRE.c.queue == queue, _WIRE.c.message_id == message_id))
