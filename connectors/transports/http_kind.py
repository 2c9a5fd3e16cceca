"""Transport ``http``: its settings, how it is opened, and how its line is tried."""

import datetime as dt
import ssl
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import httpx
from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from connectors.errors import TransportError
from connectors.protocol import Mistake, Transport
from connectors.transports import Finding
from connectors.transports.http import HttpTransport
from connectors.transports.reach import CheckedTransport, reach_of
from connectors.transports.settings import Flag, Seconds, SecretReference, Text, mistakes_in, secret
from connectors.transports.sign_in import (
    ALGORITHMS,
    ClientCredentials,
    ClientProof,
    FixedHeader,
    KeyProof,
    SecretProof,
    SignIn,
    basic,
    private_key,
)
from connectors.transports.tls import TlsSettings, context_of, look_at_line, look_at_own
from connectors.transports.webhook import WebhookSigner

DEMO = "@partner"
_CONNECT, _READ = 5.0, 20.0


class _Basic(Schema):
    how = fields.String()
    user = Text(required=True)
    password = SecretReference(required=True)


class _ApiKey(Schema):
    how = fields.String()
    header = fields.String(required=True, validate=validate.Regexp(r"[A-Za-z0-9-]{1,60}\Z"))
    key = SecretReference(required=True)


class _OAuth(Schema):
    how = fields.String()
    token_url = Text(required=True)
    client_id = Text(required=True)
    secret = SecretReference()
    private_key = SecretReference()
    algorithm = fields.String(validate=validate.OneOf(ALGORITHMS))
    key_id = Text()
    audience = Text()
    scope = Text()

    @validates_schema(skip_on_field_errors=True)
    def _one_proof(self, data: Mapping[str, Any], **_kwargs: Any) -> None:
        if ("secret" in data) == ("private_key" in data):
            raise ValidationError("Must have either a secret or a private_key.", "secret")


_SIGN_IN: Mapping[str, Schema] = {"basic": _Basic(), "api_key": _ApiKey(), "oauth2": _OAuth()}


class _Webhook(Schema):
    secrets = fields.List(SecretReference(), required=True, validate=validate.Length(1, 2))


class HttpSettings(Schema):
    """What may stand under ``transport`` where ``kind = "http"``."""

    kind = fields.String()
    url = Text(required=True)
    hosts = fields.List(Text())
    inside = Flag()
    connect_seconds = Seconds()
    read_seconds = Seconds()
    tls = fields.Nested(TlsSettings)
    sign_in = fields.Dict()
    webhook = fields.Nested(_Webhook)


def mistakes(settings: Mapping[str, Any]) -> Sequence[Mistake]:
    """Give everything that is wrong; "@partner" is filled in by the demo."""
    found = mistakes_in(HttpSettings(), settings)
    sign_in = settings.get("sign_in")
    if isinstance(sign_in, Mapping):
        found += _mistakes_in_sign_in(sign_in, inside=settings.get("inside") is True)
    wrong = {mistake.key.partition(".")[0] for mistake in found}
    if not wrong & {"url", "hosts", "inside"} and settings["url"] != DEMO:
        found += _unreachable("url", settings["url"], settings.get("hosts", ()), inside=settings.get("inside", False))
    return found


def _mistakes_in_sign_in(sign_in: Mapping[str, Any], *, inside: bool) -> list[Mistake]:
    schema = _SIGN_IN.get(str(sign_in.get("how")))
    if schema is None:
        return [Mistake(key="sign_in.how", message=f"Must be one of: {', '.join(sorted(_SIGN_IN))}.")]
    found = [Mistake(key=f"sign_in.{one.key}", message=one.message) for one in mistakes_in(schema, sign_in)]
    url = sign_in.get("token_url")
    return found + (_unreachable("sign_in.token_url", url, (), inside=inside) if isinstance(url, str) else [])


def _unreachable(key: str, url: str, hosts: Sequence[str], *, inside: bool) -> list[Mistake]:
    try:
        reach_of(url, hosts, inside=inside).check(url)
    except ValueError as error:
        return [Mistake(key=key, message=f"{error}.")]
    return []


def open_with(settings: Mapping[str, Any]) -> Transport:
    """Give the transport; ``ValueError`` names the setting or secret that is not usable."""
    if settings["url"] == DEMO:
        raise ValueError(f"{DEMO} is an address in the demo alone")
    context = _context(settings)
    webhook = settings.get("webhook")
    return HttpTransport(
        settings["url"],
        hosts=settings.get("hosts", ()),
        inside=settings.get("inside", False) is True,
        connect_seconds=settings.get("connect_seconds", _CONNECT),
        read_seconds=settings.get("read_seconds", _READ),
        sign_in=_sign_in(settings, context),
        webhook=WebhookSigner([secret(one) for one in webhook["secrets"]]) if webhook else None,
        context=context,
    )


def _context(settings: Mapping[str, Any]) -> ssl.SSLContext | None:
    return context_of(settings["tls"]) if "tls" in settings else None


def _sign_in(settings: Mapping[str, Any], context: ssl.SSLContext | None) -> SignIn | None:
    entry = settings.get("sign_in")
    if entry is None:
        return None
    if entry["how"] == "basic":
        return basic(entry["user"], secret(entry["password"]))
    if entry["how"] == "api_key":
        return FixedHeader(name=entry["header"], value=secret(entry["key"]))
    reach = reach_of(entry["token_url"], inside=settings.get("inside", False) is True)
    url = reach.check(entry["token_url"])
    timeout = httpx.Timeout(settings.get("read_seconds", _READ), connect=settings.get("connect_seconds", _CONNECT))
    checked = CheckedTransport(reach, verify=context or True)
    client = httpx.Client(transport=checked, timeout=timeout, follow_redirects=False, trust_env=False)
    form = {"scope": entry["scope"]} if "scope" in entry else {}
    return ClientCredentials(client, url, _proof(entry), form=form)


def _proof(entry: Mapping[str, Any]) -> ClientProof:
    if "secret" in entry:
        return SecretProof(client_id=entry["client_id"], secret=secret(entry["secret"]))
    algorithm = entry.get("algorithm", "ES256")
    return KeyProof(
        client_id=entry["client_id"],
        audience=entry.get("audience", entry["token_url"]),
        algorithm=algorithm,
        key=private_key(secret(entry["private_key"]), algorithm),
        key_id=entry.get("key_id"),
    )


def look(settings: Mapping[str, Any]) -> Iterator[Finding]:
    """Look up the name, connect, shake hands, and ask for a token: nothing is posted to the partner's address."""
    if settings["url"] == DEMO:
        yield Finding(what="address", finding=f"{DEMO} is an address in the demo alone")
        return
    now = dt.datetime.now(dt.UTC)
    yield from look_at_own(settings.get("tls", {}), now)
    try:
        context = _context(settings)
        sign_in = _sign_in(settings, context)
        for one in settings.get("webhook", {}).get("secrets", ()):
            WebhookSigner([secret(one)])
        reach = reach_of(settings["url"], inside=settings.get("inside", False) is True)
        url = reach.check(settings["url"])
        addresses = reach.addresses(url)
    except ValueError as error:
        yield Finding(what="settings", finding=str(error))
        return
    except OSError as error:
        yield Finding(what="address", finding=f"can't be looked up ({type(error).__name__})")
        return
    secure = url.scheme == "https"
    port = url.port or (443 if secure else 80)
    seconds = settings.get("connect_seconds", _CONNECT)
    yield from look_at_line(
        addresses, url.host, port, (context or ssl.create_default_context()) if secure else None, now, seconds
    )
    if sign_in is not None:
        yield _look_at_sign_in(sign_in)


def _look_at_sign_in(sign_in: SignIn) -> Finding:
    try:
        sign_in.headers()
    except TransportError as error:
        return Finding(what="sign-in", finding=error.message)
    return Finding(what="sign-in")
