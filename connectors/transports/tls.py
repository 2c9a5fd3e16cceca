"""TLS to a partner: which authorities we believe, what we show of ourselves, and how long certificates still last."""

import datetime as dt
import socket
import ssl
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from cryptography import x509
from marshmallow import Schema, ValidationError, validates_schema

from connectors.transports import WELL, Finding
from connectors.transports.settings import SecretReference, Text, secret

WARN_DAYS = 30


class TlsSettings(Schema):
    """``ca``: authorities of this partner alone (PEM); ``certificate`` and ``key``: what we show (PEM files)."""

    ca = Text()
    certificate = Text()
    key = Text()
    key_password = SecretReference()

    @validates_schema(skip_on_field_errors=True)
    def _together(self, data: Mapping[str, Any], **_kwargs: Any) -> None:
        if ("certificate" in data) != ("key" in data):
            raise ValidationError("A certificate and its key go together.", "certificate")


def context_of(settings: Mapping[str, Any]) -> ssl.SSLContext:
    """Give a context that checks name and chain, always; ``ValueError`` names the file that can't be used."""
    try:
        context = ssl.create_default_context(cafile=settings.get("ca"))
    except OSError as error:
        raise ValueError(f"The authorities in {settings['ca']} can't be used.") from error
    if "certificate" in settings:
        password = secret(settings["key_password"]) if "key_password" in settings else ""
        try:  # an empty password, and not none: for that OpenSSL would ask at the terminal
            context.load_cert_chain(settings["certificate"], settings["key"], password)
        except OSError as error:
            raise ValueError(f"The certificate {settings['certificate']} and its key can't be used.") from error
    return context


def look_at_own(settings: Mapping[str, Any], now: dt.datetime) -> Iterator[Finding]:
    """Say how long our own certificate still lasts."""
    if "certificate" not in settings:
        return
    try:
        certificate = x509.load_pem_x509_certificate(Path(settings["certificate"]).read_bytes())
    except (OSError, ValueError) as error:
        yield Finding(what="our certificate", finding=f"can't be read ({type(error).__name__})")
        return
    yield Finding(what="our certificate", finding=_days(certificate.not_valid_after_utc, now))


def look_at_line(
    addresses: Iterable[str], host: str, port: int, context: ssl.SSLContext | None, now: dt.datetime, seconds: float
) -> Iterator[Finding]:
    """Connect and shake hands; nothing is said after. Without a context there is no TLS."""
    try:
        with _connected(addresses, port, seconds) as line:
            if context is None:
                yield Finding(what="address")
                return
            with context.wrap_socket(line, server_hostname=host) as secure:
                ends = secure.getpeercert() or {}
    except ssl.SSLCertVerificationError as error:
        yield Finding(what="certificate", finding=f"is not believed ({error.verify_message})")
        return
    except OSError as error:
        yield Finding(what="address", finding=f"can't be reached ({type(error).__name__})")
        return
    yield Finding(what="address")
    yield shown(ends, now)


def shown(certificate: Mapping[str, Any], now: dt.datetime) -> Finding:
    """Say how long the certificate of the other side still lasts, as ``getpeercert`` gives it."""
    moment = dt.datetime.fromtimestamp(ssl.cert_time_to_seconds(str(certificate["notAfter"])), dt.UTC)
    return Finding(what="certificate", finding=_days(moment, now))


def _connected(addresses: Iterable[str], port: int, seconds: float) -> socket.socket:
    fault = OSError("no address")
    for address in addresses:
        try:
            return socket.create_connection((address, port), timeout=seconds)
        except OSError as error:
            fault = error
    raise fault


def _days(ends: dt.datetime, now: dt.datetime) -> str:
    days = (ends - now).days
    return WELL if days >= WARN_DAYS else f"ends in {days} days" if days >= 0 else "has ended"
