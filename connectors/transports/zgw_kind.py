"""Transport ``zgw``: its settings, how it is opened, and how its line is tried."""

import datetime as dt
import ssl
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from marshmallow import Schema, fields

from connectors.errors import TransportError
from connectors.protocol import Mistake, Transport
from connectors.transports import Finding
from connectors.transports.http_kind import DEMO
from connectors.transports.reach import reach_of
from connectors.transports.settings import Flag, Seconds, SecretReference, Text, mistakes_in, secret
from connectors.transports.tls import TlsSettings, context_of, look_at_own
from connectors.transports.zgw import ZgwToken, ZgwTransport


class ZgwSettings(Schema):
    """What may stand under ``transport`` where ``kind = "zgw"``."""

    kind = fields.String()
    url = Text(required=True)
    catalogue = Text()
    client_id = Text(required=True)
    secret = SecretReference(required=True)
    hosts = fields.List(Text())
    inside = Flag()
    connect_seconds = Seconds()
    read_seconds = Seconds()
    catalogue_seconds = Seconds()
    tls = fields.Nested(TlsSettings)


def mistakes(settings: Mapping[str, Any]) -> Sequence[Mistake]:
    """Give everything that is wrong; "@partner" is filled in by the demo."""
    found = mistakes_in(ZgwSettings(), settings)
    if found or settings["url"] == DEMO:
        return found
    for key, url in (("url", settings["url"]), ("catalogue", catalogue_of(settings))):
        try:
            reach_of(url, (), inside=settings.get("inside", False)).check(url)
        except ValueError as error:
            found.append(Mistake(key=key, message=f"{error}."))
    return found


def catalogue_of(settings: Mapping[str, Any]) -> str:
    """Give the address of the Catalogi API; most registers have it beside the Zaken API."""
    return str(settings.get("catalogue") or settings["url"].replace("/zaken/", "/catalogi/"))


def open_with(settings: Mapping[str, Any]) -> Transport:
    """Give the transport; ``ValueError`` names the setting or secret that is not usable."""
    context: ssl.SSLContext | None = context_of(settings["tls"]) if "tls" in settings else None
    seconds = {
        name: settings[name] for name in ("connect_seconds", "read_seconds", "catalogue_seconds") if name in settings
    }
    return ZgwTransport(
        settings["url"],
        catalogue_of(settings),
        ZgwToken(client_id=settings["client_id"], secret=secret(settings["secret"])),
        hosts=settings.get("hosts", ()),
        inside=settings.get("inside", False) is True,
        context=context,
        **seconds,
    )


def look(settings: Mapping[str, Any]) -> Iterator[Finding]:
    """Ask the catalogue for the kinds of zaak that it has: no zaak is looked at."""
    yield from look_at_own(settings.get("tls", {}), dt.datetime.now(dt.UTC))
    try:
        transport = open_with(settings)
        assert isinstance(transport, ZgwTransport)  # what opening gives
    except ValueError as error:
        yield Finding(what="settings", finding=str(error))
        return
    try:
        transport.listed(catalogue_of(settings).rstrip("/") + "/zaaktypen", {"status": "definitief"})
    except TransportError as error:
        yield Finding(what="catalogue", finding=error.message)
    else:
        yield Finding(what="catalogue")
    finally:
        transport.close()
