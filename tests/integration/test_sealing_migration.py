"""A database of version 0.1 becomes one with a key for each case, and everybody in it is still found."""

import base64
import hashlib
import hmac
import json
import os
from pathlib import Path

import pytest
from alembic import command
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import select, text

from hub.models import OutboxRecord, Referral, TimelineEntry
from hub.models.ring import KeyRing, use_keys
from hub.services.record.clients import find_case_of_bsn
from hub.services.referrals import referrals
from hub.store.database import Store
from hub.store.migrate import _config, migrate
from tests.integration.conftest import KEY

RAW = base64.b64decode(KEY)
NOW = "2026-11-02 09:00:00+00:00"


def sealed(value: object) -> bytes:
    """Seal as version 0.1 did: four bytes of key name, nonce, cipher text, bound to nothing."""
    nonce = os.urandom(12)
    plain = value if isinstance(value, bytes) else json.dumps(value).encode()
    return hashlib.sha256(RAW).digest()[:4] + nonce + AESGCM(RAW).encrypt(nonce, plain, None)


def fill(store: Store) -> None:
    index_key = hmac.new(RAW, b"schakel bsn index", hashlib.sha256).digest()
    index = hmac.new(index_key, b"gemeente-tilburg\x1f999990019", hashlib.sha256).hexdigest()
    rows = {
        "clients": {
            "id": "k1",
            "municipality": "gemeente-tilburg",
            "bsn_index": index,
            "created_at": NOW,
            "person": sealed({"bsn": "999990019", "family_name": "Smulders"}),
        },
        "cases": {
            "id": "c1",
            "client_id": "k1",
            "municipality": "gemeente-tilburg",
            "position": 1,
            "opened_at": NOW,
            "story": sealed({"client_words": "Planten."}),
        },
        "referrals": {
            "number": 1,
            "id": "r1",
            "case_id": "c1",
            "sender": "wi-tilburg",
            "receiver": "mw-de-kade",
            "status": "sent",
            "delivery": "waiting",
            "inferred": False,
            "urgency": "routine",
            "life_domains": "[]",
            "basis": "consent",
            "purpose": "guidance",
            "correlation": "{}",
            "content": sealed({"reason": "Meelopen."}),
            "created_by": "p1",
            "created_at": NOW,
            "changed_at": NOW,
            "version": 1,
        },
        "timeline": {
            "case_id": "c1",
            "position": 1,
            "kind": "send",
            "at": NOW,
            "inferred": False,
            "data": sealed({"note": "Belt terug."}),
        },
        "outbox": {
            "id": 1,
            "message_id": "m1",
            "queue": "partner.mw-de-kade",
            "kind": "nl.schakel.referrals.sent",
            "case_id": "c1",
            "referral_id": "r1",
            "receiver": "mw-de-kade",
            "body": sealed(b"{}"),
            "state": "waiting",
            "open": True,
            "due_at": NOW,
            "published": 0,
            "attempts": 0,
            "created_at": NOW,
        },
    }
    with store.owning() as connection:
        for table, row in rows.items():
            names = ", ".join(f'"{name}"' for name in row)
            values = ", ".join(f":{name}" for name in row)
            connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({values})"), row)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """Give a database as version 0.1 left it."""
    use_keys(KeyRing((KEY,)))
    url = f"sqlite:///{tmp_path}/hub.db" if request.param == "sqlite" else request.getfixturevalue("database_url")
    store = Store(url, "gemeente-tilburg")
    request.addfinalizer(store.close)
    config = _config()
    with store.owning() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    fill(store)
    return store


def test_all_content_opens_with_the_key_of_its_case_and_the_client_is_found(old: Store) -> None:
    migrate(old)
    with old.reading() as session:
        known = find_case_of_bsn(session, "gemeente-tilburg", "999990019")
        assert known is not None
        assert known.person.family_name == "Smulders"
        read = [
            session.scalars(select(column)).one().key.owner
            for column in (Referral.content, TimelineEntry.data, OutboxRecord.body)
        ]
    assert read == ["c1", "c1", "c1"]
    with old.writing() as work:
        assert referrals.load_for_change(work, "r1").content["reason"] == "Meelopen."
