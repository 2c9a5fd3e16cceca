"""What trust costs: a decision, an encrypted field, a record, a signature, verifying; each by its raw limit."""

import csv
import datetime as dt
import hashlib
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hub.models.shelf import ContentKey
from hub.rules import access
from hub.rules.access_question import Question
from hub.rules.audit import Deed
from hub.services.access.actors import SYSTEM
from hub.services.messages import signatures
from hub.services.record import audit, audit_seal, audit_verify
from tests.bench import backlog
from tests.bench.goals import Goal, Part
from tests.bench.site import Site

_CASES = Path(__file__).parents[1] / "unit" / "access_cases.csv"
_FIELD = b"x" * 500
_COLUMN = "referrals.content"


def trust(site: Site, count: int) -> Part:
    """Time each in this process, turn by turn with its limit; ``count`` is how many records are written."""
    pairs = {
        "decision, asked before": _decision(first=False),
        "decision, asked first": _decision(first=True),
        "field sealed": _sealing(),
        "field opened": _opening(),
        "message signed": _signing(site),
        "record of a look": _writing(site, count),
    }
    verified, hashed = _verifying(site)
    lines = [
        f"{name:<24}{ours:8.2f} us   raw {raw:8.2f} us   x {ours / raw:.1f}" for name, (ours, raw) in pairs.items()
    ]
    lines.append(f"log verified {verified:.0f} records/s   raw {hashed:.0f}/s bare SHA-256 of as many bytes")
    values = {name: {"us": ours, "raw_us": raw} for name, (ours, raw) in pairs.items()}
    return Part(
        title="6. Trust: what one of each costs, in microseconds of elapsed time, beside its raw limit",
        lines=[*lines, "raw: a look in a dict, bare AESGCM, bare Ed25519, a bare INSERT with its commit"],
        goals=[Goal(name="verify", value=verified, bound=20_000, at_least=True, unit="/s")],
        values={**values, "verified_per_second": verified, "sha256_per_second": hashed},
    )


def _pair(ours: Callable[[], object], raw: Callable[[], object], count: int) -> tuple[float, float]:
    """Time both in turns of a tenth each, so that what else runs here touches both."""
    spent = [0.0, 0.0]
    for _ in range(10):
        for place, work in enumerate((ours, raw)):
            begin = time.perf_counter()
            for _one in range(count // 10):
                work()
            spent[place] += time.perf_counter() - begin
    return spent[0] / count * 1e6, spent[1] / count * 1e6


def _questions() -> list[Question]:
    with _CASES.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return [_question(row) for row in rows]


def _question(row: dict[str, str]) -> Question:
    told = {"id", "scenario", "decision", "mask", "rule"}
    values: dict[str, Any] = {name: value for name, value in row.items() if name not in told}
    values["in_scope"] = {"yes": True, "no": False}.get(row["in_scope"])
    values["flags"] = frozenset(flag for flag in row["flags"].split("+") if flag)
    return Question(**values)


def _decision(*, first: bool) -> tuple[float, float]:
    questions = _questions()
    known = dict.fromkeys(questions, 1)

    def ours() -> None:
        if first:
            access._remembered.cache_clear()
        for question in questions:
            access.decide(question)

    def raw() -> None:
        for question in questions:
            known.get(question)

    spent = _pair(ours, raw, 50)
    return spent[0] / len(questions), spent[1] / len(questions)


def _sealing() -> tuple[float, float]:
    key, bare = ContentKey.new("case"), AESGCM(os.urandom(32))
    return _pair(lambda: key.seal(_FIELD, _COLUMN), lambda: bare.encrypt(os.urandom(12), _FIELD, None), 20_000)


def _opening() -> tuple[float, float]:
    key, bare, nonce = ContentKey.new("case"), AESGCM(os.urandom(32)), os.urandom(12)
    sealed, bare_sealed = key.seal(_FIELD, _COLUMN), bare.encrypt(nonce, _FIELD, None)
    return _pair(lambda: key.open(sealed, _COLUMN), lambda: bare.decrypt(nonce, bare_sealed, None), 20_000)


def _signing(site: Site) -> tuple[float, float]:
    document = {"id": "message", "data": {"body": backlog.a_body(site).decode()}}
    key, bare, text = ContentKey.new("sign:bench"), Ed25519PrivateKey.generate(), b"x" * 400
    told: dict[str, Any] = {"issuer": "a", "audience": "b", "purpose": "guidance", "now": dt.datetime.now(dt.UTC)}
    return _pair(lambda: signatures.sign(key, "bench.1", document, **told), lambda: bare.sign(text), 2_000)


def _writing(site: Site, count: int) -> tuple[float, float]:
    hub, bare = site.hub, sa.create_engine(site.raw_url)
    table = sa.Table("raw_record", sa.MetaData(), sa.Column("number", sa.BigInteger, primary_key=True))
    table.append_column(sa.Column("body", sa.Text))
    table.metadata.create_all(bare)
    where, entry = audit.occasion(hub.config, "bench"), audit.Entry(viewer=SYSTEM, deed=Deed.CASE_VIEW, case_id="bench")
    insert = table.insert().inline()

    def raw() -> None:
        with bare.begin() as connection:
            connection.execute(insert, {"body": "x" * 700})

    spent = _pair(lambda: audit.record(hub.store, where, [entry]), raw, count)
    bare.dispose()
    return spent


def _verifying(site: Site) -> tuple[float, float]:
    """Give records verified and bodies hashed, per second; the log is what the parts before this one left."""
    audit_seal.seal_all(site.hub.store, None, most=1_000)
    begin = time.perf_counter()
    with site.hub.store.reading() as session:
        found = audit_verify.verify(session, [])
    took = time.perf_counter() - begin
    assert found.fault is None, found.fault.told()
    begin = time.perf_counter()
    for _ in range(found.records):
        hashlib.sha256(b"x" * 800).digest()
    return found.records / took, found.records / (time.perf_counter() - begin)
