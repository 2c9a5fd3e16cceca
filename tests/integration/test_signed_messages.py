"""Each message between organisations is signed; what is forged in any of twelve ways is refused."""

import base64
import copy
import datetime as dt
import json
import time
from typing import Any

import pytest
from joserfc import jws
from joserfc.jwk import OctKey, OKPKey
from sqlalchemy import select

from hub.models import OutboxRecord
from hub.models.shelf import ContentKey
from hub.services.errors import Invalid
from hub.services.messages import evidence, signatures
from hub.services.record import case_keys
from hub.services.referrals import sending
from hub.wiring import Hub
from tests.builders import new_referral
from tests.personas import MARLOES

NOW = dt.datetime(2026, 11, 2, 9, tzinfo=dt.UTC)
KADE, GGZ, WI = "urn:nld:oin:1", "urn:nld:oin:2", "urn:nld:oin:3"
OURS, THEIRS = ContentKey.of(b"k" * 16, "sign:a", bytes(range(32))), ContentKey.of(b"o" * 16, "sign:b", b"7" * 32)
DOCUMENT = {"id": "m-1", "data": {"note": "Belt terug.", "number": 3}}
KEYS = {
    "kade.1": (KADE, signatures.public_key(OURS, "kade.1")),
    "ggz.1": (GGZ, signatures.public_key(THEIRS, "ggz.1")),
}
ASKED: dict[str, Any] = {"issuer": KADE, "audience": WI, "purpose": "guidance", "now": NOW}


def token(key: ContentKey = OURS, kid: str = "kade.1", document: Any = DOCUMENT, **changes: Any) -> str:
    values = {"issuer": KADE, "audience": WI, "purpose": "guidance", "now": NOW, **changes}
    return signatures.sign(key, kid, document, **values)


def part(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def with_header(**changes: Any) -> str:
    header = {"alg": "Ed25519", "kid": "kade.1", "typ": signatures.TYPE, **changes}
    _old, claims, _signature = token().split(".")
    if header["alg"] == "none":
        return f"{part(header)}.{claims}."
    payload = base64.urlsafe_b64decode(claims + "==")
    if header["alg"] == "HS256":
        secret = OctKey.import_key(KEYS["kade.1"][1]["x"])
        return jws.serialize_compact(header, payload, secret, algorithms=["HS256"])
    private = OKPKey.import_key(
        {**KEYS["kade.1"][1], "d": base64.urlsafe_b64encode(THEIRS.secret).rstrip(b"=").decode()}
        if "jwk" in header or "jku" in header
        else {**KEYS["kade.1"][1], "d": base64.urlsafe_b64encode(OURS.secret).rstrip(b"=").decode()}
    )
    registry = jws.JWSRegistry(algorithms=["Ed25519"], strict_check_header=False)
    return jws.serialize_compact(header, payload, private, registry=registry)


def without(claim: str) -> str:
    header, claims, _signature = token().split(".")
    kept = json.loads(base64.urlsafe_b64decode(claims + "=="))
    del kept[claim]
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    signed = f"{header}.{part(kept)}"
    made = Ed25519PrivateKey.from_private_bytes(OURS.secret).sign(signed.encode())
    return f"{signed}.{base64.urlsafe_b64encode(made).rstrip(b'=').decode()}"


def edited() -> dict[str, Any]:
    changed = copy.deepcopy(DOCUMENT)
    changed["data"]["note"] = "Belt niet terug."  # type: ignore[index]
    return changed


def reserialised() -> str:
    header, claims, signature = token().split(".")
    again = json.dumps(json.loads(base64.urlsafe_b64decode(claims + "==")), indent=1).encode()
    return f"{header}.{base64.urlsafe_b64encode(again).rstrip(b'=').decode()}.{signature}"


FORGED: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "alg none": (with_header(alg="none"), DOCUMENT, {}),
    "HMAC with the public key": (with_header(alg="HS256"), DOCUMENT, {}),
    "a key in the header": (with_header(jwk=KEYS["ggz.1"][1]), DOCUMENT, {}),
    "an address of a key in the header": (with_header(jku="https://kwaad.example/keys"), DOCUMENT, {}),
    "the key of another organisation": (token(THEIRS, "ggz.1"), DOCUMENT, {}),
    "expired": (token(now=NOW - dt.timedelta(days=7)), DOCUMENT, {}),
    "of the future": (token(now=NOW + dt.timedelta(hours=1)), DOCUMENT, {}),
    "replayed": (token(), DOCUMENT, {"seen": {"m-1"}}),
    "an edited body": (token(), edited(), {}),
    "claims written anew": (reserialised(), DOCUMENT, {}),
    "a missing claim": (without("purpose"), DOCUMENT, {}),
    "another receiver": (token(audience=GGZ), DOCUMENT, {}),
    "another purpose": (token(purpose="income"), DOCUMENT, {}),
}


@pytest.mark.parametrize("how", FORGED)
def test_a_forged_message_is_refused(how: str) -> None:
    forged, document, more = FORGED[how]
    with pytest.raises(Invalid):
        signatures.verify(forged, document, KEYS, **ASKED, **more)


def test_a_true_message_is_taken_however_its_document_is_written() -> None:
    again = json.loads(json.dumps(dict(reversed(list(DOCUMENT.items())))))
    assert signatures.verify(token(), again, KEYS, **ASKED)["jti"] == "m-1"
    assert signatures.verify(with_header(), DOCUMENT, KEYS, **ASKED), "the library makes what we make"


@pytest.mark.parametrize("rubbish", ["", ".", "a.b.c", "a.b", "é.é.é", f"{part([])}.{part({})}.AAAA"])
def test_rubbish_is_refused_and_breaks_nothing(rubbish: str) -> None:
    with pytest.raises(Invalid):
        signatures.verify(rubbish, DOCUMENT, KEYS, **ASKED)


def test_what_was_sent_can_be_shown_with_its_receipts_and_verified_without_the_hub(database_hub: Hub) -> None:
    with database_hub.store.writing() as work:
        referral = sending.send_referral(work, database_hub.config, MARLOES, new_referral())
    with database_hub.store.reading() as session:
        bundle = json.loads(json.dumps(evidence.bundle_of(session, database_hub.config, referral.id)))
        stored = session.scalars(select(OutboxRecord.signature).where(OutboxRecord.receiver == "mw-de-kade")).one()
    ((message_id, finding),) = evidence.verify_bundle(bundle)
    assert finding.startswith("sound, signed with wi-tilburg.")
    assert bundle["messages"][0]["signature"] == stored
    assert '"d"' not in json.dumps(bundle["keys"])
    tampered = copy.deepcopy(bundle)
    tampered["messages"][0]["document"]["data"]["reason"] = "Iets anders."
    assert evidence.verify_bundle(tampered) == [(message_id, "NOT SOUND: The signature is of something else.")]
    with database_hub.store.writing() as work:
        case_keys.destroy(work, referral.case_id)
    with database_hub.store.reading() as session:
        bundle = evidence.bundle_of(session, database_hub.config, referral.id)
    assert evidence.verify_bundle(bundle) == [(message_id, "erased: only the signature is left")]


def test_signing_a_message_is_measured() -> None:
    began = time.perf_counter()
    for _ in range(500):
        made = token()
    print(f"{(time.perf_counter() - began) / 500 * 1e6:.0f} us to sign, {len(made)} characters")
    assert made.count(".") == 2
