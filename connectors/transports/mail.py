"""Mail that something waits for an organisation, and nothing of what: whoever reads it on the way learns of nobody."""

import datetime as dt
import smtplib
import socket
import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from connectors.errors import TransportError
from connectors.protocol import Mistake
from connectors.transports import Finding
from connectors.transports.reach import OutOfReach, Reach, reach_of_host
from connectors.transports.settings import Flag, Port, Seconds, SecretReference, Text, mistakes_in, secret
from connectors.transports.tls import context_of, shown

SUBJECT = "Er staat iets voor u klaar in Schakel"
_PORTS = {"starttls": 587, "tls": 465}
_LINKS = ("https://", "http://127.0.0.1", "http://localhost")


class MailSettings(Schema):
    """What may stand under ``[mail]``. There is no way without TLS."""

    host = Text(required=True)
    port = fields.Integer(strict=True, validate=Port)
    tls = fields.String(required=True, validate=validate.OneOf(sorted(_PORTS)))
    ca = Text()
    user = Text()
    password = SecretReference()
    sender = fields.Email(required=True)
    link = Text(required=True)
    interval_minutes = fields.Integer(strict=True, validate=validate.Range(1, 1440))
    inside = Flag()
    seconds = Seconds()

    @validates_schema(skip_on_field_errors=True)
    def _fits(self, data: Mapping[str, Any], **_kwargs: Any) -> None:
        if ("user" in data) != ("password" in data):
            raise ValidationError("A user and a password go together.", "user")
        if not data["link"].startswith(_LINKS) or not data["link"].isprintable() or " " in data["link"]:
            raise ValidationError("Must be the https:// address of the work list.", "link")


def mistakes(settings: Mapping[str, Any]) -> Sequence[Mistake]:
    """Give everything that is wrong; secrets are not looked up."""
    found = mistakes_in(MailSettings(), settings)
    if not {mistake.key for mistake in found} & {"host", "port", "tls", "inside"}:
        try:
            _reach(settings)
        except ValueError as error:
            found.append(Mistake(key="host", message=f"{error}."))
    return found


def _port(settings: Mapping[str, Any]) -> int:
    return int(settings.get("port", _PORTS[settings["tls"]]))


def _reach(settings: Mapping[str, Any]) -> Reach:
    return reach_of_host(settings["host"], _port(settings), inside=settings.get("inside", False) is True)


class _Checked(smtplib.SMTP):
    """A conversation with a mail server whose address was checked; the certificate is compared with its name."""

    def __init__(self, server: "MailServer") -> None:
        self._server = server
        super().__init__(server.host, server.port, timeout=server.seconds)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        fault = OSError("no address")
        for address in self._server.reach.addresses_of(host, port):
            try:
                line = socket.create_connection((address, port), timeout)
            except OSError as error:
                fault = error
                continue
            return self._server.context.wrap_socket(line, server_hostname=host) if self._server.at_once else line
        raise fault


@dataclass(frozen=True, kw_only=True)
class MailServer:
    """The municipality's own mail server. ``at_once``: TLS from the first byte, and not by STARTTLS."""

    host: str
    port: int
    at_once: bool
    context: ssl.SSLContext
    reach: Reach
    user: str | None
    password: str | None = field(repr=False)
    seconds: float

    def opened(self) -> smtplib.SMTP:
        """Connect, with TLS, and sign in; ``TransportError`` where that fails."""
        try:
            line = _Checked(self)
        except (smtplib.SMTPException, OSError, OutOfReach) as error:
            raise TransportError("The mail server can't be reached.", permanent=False) from error
        try:
            if not self.at_once:
                line.starttls(context=self.context)
            if self.user is not None:
                line.login(self.user, self.password or "")
        except (smtplib.SMTPException, OSError) as error:
            line.close()
            text = f"The mail server does not let us in ({type(error).__name__})."
            raise TransportError(text, permanent=False) from error
        return line


class Mailer:
    """Sends the same mail to whoever something waits for."""

    def __init__(self, server: MailServer, sender: str, link: str) -> None:
        self._server, self._sender, self._link = server, sender, link

    def tell(self, to: str, *, notice_id: str) -> None:
        """Send one mail. The id is that of the notice, at each try the same: two mails can be seen as one."""
        message = self._message(to, notice_id)
        line = self._server.opened()
        try:
            line.send_message(message, self._sender, [to])
        except (smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError) as error:
            permanent = all(500 <= code < 600 for code in _codes(error))
            raise TransportError("The mail server refuses the mail.", permanent=permanent) from error
        except (smtplib.SMTPException, OSError) as error:
            raise TransportError("The mail server broke off.", permanent=False, unknown=True) from error
        finally:
            with suppress(smtplib.SMTPException, OSError):  # it was taken or refused before; a farewell changes nothing
                line.quit()
            line.close()

    def _message(self, to: str, notice_id: str) -> EmailMessage:
        message = EmailMessage()
        message["Subject"], message["From"], message["To"] = SUBJECT, self._sender, to
        message["Date"] = format_datetime(dt.datetime.now(dt.UTC))
        message["Message-ID"] = f"<{notice_id}@{self._sender.rpartition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no machine answers this
        message.set_content(f"Er staat iets voor u klaar op uw werklijst: {self._link}\n")
        return message


def _codes(error: smtplib.SMTPRecipientsRefused | smtplib.SMTPDataError) -> list[int]:
    if isinstance(error, smtplib.SMTPDataError):
        return [error.smtp_code]
    return [code for code, _words in error.recipients.values()]


def _server(settings: Mapping[str, Any]) -> MailServer:
    return MailServer(
        host=settings["host"].lower().removesuffix("."),
        port=_port(settings),
        at_once=settings["tls"] == "tls",
        context=context_of({"ca": settings["ca"]} if "ca" in settings else {}),
        reach=_reach(settings),
        user=settings.get("user"),
        password=secret(settings["password"]) if "password" in settings else None,
        seconds=settings.get("seconds", 20.0),
    )


def open_mail(settings: Mapping[str, Any]) -> Mailer:
    """Give who sends mail; ``ValueError`` where a setting or a secret is not usable."""
    return Mailer(_server(settings), settings["sender"], settings["link"])


def look(settings: Mapping[str, Any]) -> Iterator[Finding]:
    """Connect, sign in and say NOOP: no mail is sent."""
    try:
        line = _server(settings).opened()
    except (ValueError, TransportError) as error:
        yield Finding(what="mail", finding=str(error))
        return
    try:
        line.noop()
        yield Finding(what="mail")
        if isinstance(line.sock, ssl.SSLSocket):
            yield replace(shown(line.sock.getpeercert() or {}, dt.datetime.now(dt.UTC)), what="mail certificate")
    except (smtplib.SMTPException, OSError) as error:
        yield Finding(what="mail", finding=f"broke off ({type(error).__name__})")
    finally:
        line.close()
