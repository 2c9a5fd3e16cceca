"""A partner signs what it brings; what is forged is refused at the door and leaves nothing but a record of it."""

import base64
import datetime as dt
import hashlib
import json
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from joserfc import jws
from joserfc.jwk import ECKey, OctKey, OKPKey
from sqlalchemy import select

from connectors.transports.files import DropFolder, IntakeFolder
from hub.models import AuditRecord, Intake
from hub.services.errors import Invalid
from hub.services.messages import evidence, intake_proof, signatures, signing_keys
from hub.services.people import systems
from hub.wiring import Hub
from schemas.identifiers import new_id
from schemas.vocabulary import Event
from tests.integration.callers import KADE, WI, Hands, Site, partner_says
from workers.files import FileIntake
from workers.messages import messages

PAIR = OKPKey.generate_key("Ed25519", {"kid": "kade-signs"})
SECOND = ECKey.generate_key("P-256", {"kid": "kade-signs-too"})
OTHER = OKPKey.generate_key("Ed25519", {"kid": "wi-signs"})
SAMPLE = Path(__file__).parents[2] / "connectors" / "social_work" / "samples" / "in-wmo315.xml"
BODY = SAMPLE.read_bytes()


class Signer:
    """A partner's system that signs."""

    def __init__(self, hub: Hub) -> None:
        self.us = signatures.party(hub.config, hub.config.municipality.code)
        self.them = signatures.party(hub.config, KADE)
        self.wi = signatures.party(hub.config, WI)

    def claims(self, body: bytes = BODY, **changes: Any) -> dict[str, Any]:
        now = int(time.time())
        given = {
            "jti": new_id(),
            "iss": self.them,
            "aud": self.us,
            "iat": now,
            "exp": now + 3600,
            "purpose": "intake",
            "digest": f"sha-256={hashlib.sha256(body).hexdigest()}",
            **changes,
        }
        return {name: value for name, value in given.items() if value is not None}

    def sign(self, body: bytes = BODY, *, key: Any = PAIR, alg: str = "Ed25519", **changes: Any) -> str:
        header = {"alg": alg, "kid": "kade-signs", "typ": signatures.TYPE, **changes.pop("header", {})}
        registry = jws.JWSRegistry(algorithms=[alg], strict_check_header=False)
        return jws.serialize_compact(header, json.dumps(self.claims(body, **changes)), key, registry=registry)


def part(value: Any, **how: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value, **how).encode()).rstrip(b"=").decode()


def unsigned(signer: Signer) -> str:
    return f"{part({'alg': 'none', 'kid': 'kade-signs', 'typ': signatures.TYPE})}.{part(signer.claims())}."


def reserialised(signer: Signer) -> str:
    header, claims, signature = signer.sign().split(".")
    return f"{header}.{part(json.loads(base64.urlsafe_b64decode(claims + '==')), indent=1)}.{signature}"


def with_public_key_as_secret(signer: Signer) -> str:
    return signer.sign(key=OctKey.import_key(PAIR.as_dict(private=False)["x"]), alg="HS256")


FORGED: dict[str, Callable[[Signer], str]] = {
    "alg none": unsigned,
    "HMAC with the public key": with_public_key_as_secret,
    "a key in the header": lambda s: s.sign(key=OTHER, header={"jwk": OTHER.as_dict(private=False)}),
    "an address of a key in the header": lambda s: s.sign(header={"jku": "https://kwaad.example/keys"}),
    "the key of another organisation": lambda s: s.sign(key=OTHER, header={"kid": "wi-signs"}),
    "in the name of another organisation": lambda s: s.sign(iss=s.wi),
    "a key that nobody registered": lambda s: s.sign(key=OTHER, header={"kid": "new"}),
    "another key under our key's id": lambda s: s.sign(key=OTHER),
    "expired": lambda s: s.sign(iat=int(time.time()) - 7200, exp=int(time.time()) - 3600),
    "of the future": lambda s: s.sign(iat=int(time.time()) + 3600, exp=int(time.time()) + 7200),
    "valid for a year": lambda s: s.sign(exp=int(time.time()) + 31_536_000),
    "replayed under another body": lambda s: s.sign(b"<another/>"),
    "claims written anew": reserialised,
    "a missing claim": lambda s: s.sign(purpose=None),
    "no id": lambda s: s.sign(jti=None),
    "an id that is no text": lambda s: s.sign(jti=7),
    "another receiver": lambda s: s.sign(aud=s.wi),
    "another purpose": lambda s: s.sign(purpose="guidance"),
    "another kind of token": lambda s: s.sign(header={"typ": "JWT"}),
    "rubbish": lambda _s: "a.b.c",
    "nothing": lambda _s: "",
    "much too long": lambda s: s.sign() + "A" * 5_000,
}


@pytest.fixture
def site(database_hub: Hub) -> Iterator[Site]:
    with database_hub.store.writing() as work:
        for key in (PAIR, SECOND):
            systems.add_key(work, KADE, json.dumps(key.as_dict(private=False)))
        systems.add_key(work, WI, json.dumps(OTHER.as_dict(private=False)))
        systems.set_must_sign(work, KADE, must_sign=True)
    yield Site(database_hub)


def bring(site: Site, token: str | None, body: bytes = BODY) -> Any:
    headers = {} if token is None else {intake_proof.HEADER: token}
    return site.bring(KADE, body, "application/xml", **headers)


def last_record(site: Site) -> dict[str, Any]:
    with site.hub.store.reading() as session:
        text = session.scalars(select(AuditRecord.body).order_by(AuditRecord.number.desc()).limit(1)).one()
    return dict(json.loads(text))


@pytest.mark.parametrize("how", [*FORGED, "not signed at all"])
def test_what_is_forged_is_refused_and_leaves_a_record_of_it_alone(site: Site, how: str) -> None:
    token = FORGED[how](Signer(site.hub)) if how in FORGED else None
    before = site.counts()
    answer = bring(site, token)
    assert (answer.status_code, answer.json["code"]) == (401, "signature_refused")
    assert answer.headers["WWW-Authenticate"] == intake_proof.HEADER
    assert site.counts() == before
    record = last_record(site)
    assert (record["deed"], record["outcome"], record["actor"]) == ("intake.take", "denied", KADE)
    assert record["detail"].startswith("signature: ")


@pytest.mark.parametrize(("key", "alg"), [(PAIR, "Ed25519"), (SECOND, "ES256")])
def test_what_is_signed_is_taken_and_the_receipt_says_what(site: Site, key: Any, alg: str) -> None:
    signer = Signer(site.hub)
    token = signer.sign(key=key, alg=alg, header={"kid": key.as_dict()["kid"]})
    answer = bring(site, token)
    assert answer.status_code == 200
    receipt = answer.headers[intake_proof.RECEIPT]
    told = intake_proof.receipt_of(
        answer.headers["Intake-Id"], signatures.digest_of(BODY), signatures.digest_of(answer.get_data())
    )
    published = map(signing_keys.key_told, site.anyone.get("/api/v1/keys").json["keys"])
    known = {one.kid: (one.of, one.jwk) for one in published}
    asked: dict[str, Any] = {"audience": signer.them, "purpose": "receipt", "now": dt.datetime.now(dt.UTC)}
    assert signatures.verify(receipt, told, known, issuer=signer.us, **asked)["jti"] == answer.headers["Intake-Id"]
    again = bring(site, token)
    assert again.headers["Intake-State"] == "duplicate", "a replay has no second effect"
    assert again.headers[intake_proof.RECEIPT] == receipt
    with site.hub.store.reading() as session:
        assert set(session.scalars(select(Intake.signature))) == {token}


def test_who_need_not_sign_is_taken_without_and_refused_with_a_wrong_one(site: Site) -> None:
    with site.hub.store.writing() as work:
        systems.set_must_sign(work, KADE, must_sign=False)
    assert bring(site, FORGED["another purpose"](Signer(site.hub))).status_code == 401
    assert bring(site, None).status_code == 200


def test_a_key_that_was_taken_out_of_use_signs_no_more(site: Site) -> None:
    token = Signer(site.hub).sign()
    with site.hub.store.writing() as work:
        systems.end_key(work, KADE, "kade-signs")
    assert bring(site, token).status_code == 401


def test_who_has_no_key_can_not_be_made_to_sign(site: Site) -> None:
    with pytest.raises(Invalid, match="register one first"), site.hub.store.writing() as work:
        systems.set_must_sign(work, "ggz-de-leij", must_sign=True)


def test_a_file_bears_no_signature_and_is_put_aside(site: Site, tmp_path: Path) -> None:
    incoming, outgoing = tmp_path / "in", tmp_path / "out"
    incoming.mkdir()
    outgoing.mkdir()
    (incoming / "bericht.xml").write_bytes(BODY)
    intake = FileIntake(site.hub, site.hub.config.organisations[KADE], IntakeFolder(incoming), DropFolder(outgoing))
    while not intake.step():
        time.sleep(0.05)
    with site.hub.store.reading() as session:
        row = session.scalars(select(Intake)).one()
        assert (row.state, bytes(row.payload)) == ("quarantined", b"")


def test_the_evidence_of_a_referral_verifies_from_both_sides_after_keys_changed(site: Site, tmp_path: Path) -> None:
    hub = site.hub
    sent = site.send(WI, to=KADE).json
    signer, hands = Signer(hub), Hands(hub)
    payload = partner_says(hub, sent["id"], Event.START)
    with closing(hands):
        hands.until_still()
        headers = {intake_proof.HEADER: signer.sign(payload.body)}
        assert site.bring(KADE, payload.body, payload.content_type, **headers).status_code in (200, 202)
        hands.until_still()
    with hub.store.writing() as work:
        signing = signing_keys.signing_organisations(work.session)
        for code in signing:
            signing_keys.replace_key(work, code)
        systems.end_key(work, KADE, "kade-signs")
    assert site.send(WI, to=KADE).status_code == 201, "the new key signs"
    with hub.store.reading() as session:
        bundle = json.loads(json.dumps(evidence.bundle_of(session, hub.config, sent["id"])))
    published = site.anyone.get("/api/v1/keys")
    assert published.headers["Cache-Control"] == "public, max-age=300"
    findings = dict(evidence.verify_bundle({**bundle, "keys": []}, published.json))
    assert len(findings) >= 3
    assert all(one.startswith("sound, signed with") for one in findings.values()), findings
    (brought,) = bundle["payloads"]
    assert brought["digest"] == signatures.digest_of(payload.body)
    changed = {**bundle, "payloads": [{**brought, "digest": signatures.digest_of(b"another")}]}
    told = [told for name, told in evidence.verify_bundle(changed) if name.startswith(brought["id"])]
    assert [one.startswith("NOT SOUND") for one in told] == [True, True]
    ended = [key for key in published.json["keys"] if key["until"] is not None]
    assert len(ended) == len(signing) + 1
    assert '"d"' not in published.get_data(as_text=True)
    (tmp_path / "bundle").write_text(json.dumps(bundle))
    (tmp_path / "keys").write_text(published.get_data(as_text=True))
    (tmp_path / "none").write_text('{"keys": []}')
    verify = ["verify", str(tmp_path / "bundle"), "--keys"]
    assert CliRunner().invoke(messages, [*verify, str(tmp_path / "keys")]).exit_code == 0
    refused = CliRunner().invoke(messages, [*verify, str(tmp_path / "none")])
    assert refused.exit_code == 1, "the bundle's own keys don't count"
    assert "NOT SOUND" in refused.output


def test_a_key_that_was_replaced_can_not_sign_for_later(site: Site) -> None:
    sent = site.send(WI, to=KADE).json
    with site.hub.store.reading() as session:
        bundle = evidence.bundle_of(session, site.hub.config, sent["id"])
    ours = next(key for key in bundle["keys"] if key["kid"].startswith(f"{WI}."))
    ours["until"] = (dt.datetime.now(dt.UTC) - dt.timedelta(hours=1)).isoformat()
    assert [told for _id, told in evidence.verify_bundle(bundle)] == [
        "NOT SOUND: The key did not sign yet, or no more, at that moment."
    ]
