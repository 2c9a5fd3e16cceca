"""Transport ``sftp``: its settings, how it is opened, and how its folders are tried."""

import io
import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from typing import Any

import paramiko
from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from connectors.errors import TransportError
from connectors.protocol import Mistake, Transport
from connectors.transports import Finding
from connectors.transports.dropped import Intake
from connectors.transports.reach import reach_of_host
from connectors.transports.settings import (
    Flag,
    Port,
    Seconds,
    SecretMissing,
    SecretReference,
    Text,
    mistakes_in,
    secret,
)
from connectors.transports.sftp import Account, SftpFolder, SftpLine, SftpTransport, host_key

POLL_SECONDS = 30.0


class _HostKey(fields.String):
    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        try:
            host_key(value if isinstance(value, str) else "")
        except ValueError as error:
            raise ValidationError(f"{error}.") from error
        return str(value)


class SftpSettings(Schema):
    """What may stand under ``transport`` where ``kind = "sftp"``."""

    kind = fields.String()
    host = Text(required=True)
    port = fields.Integer(strict=True, validate=Port)
    host_keys = fields.List(_HostKey(), required=True, validate=validate.Length(1, 10))
    user = Text(required=True)
    password = SecretReference()
    key = SecretReference()
    key_password = SecretReference()
    folder = Text(required=True)
    intake = Text()
    inside = Flag()
    seconds = Seconds()
    poll_seconds = Seconds()

    @validates_schema(skip_on_field_errors=True)
    def _one_proof(self, data: Mapping[str, Any], **_kwargs: Any) -> None:
        if ("password" in data) == ("key" in data):
            raise ValidationError("Must have either a password or a key.", "password")


def mistakes(settings: Mapping[str, Any]) -> Sequence[Mistake]:
    """Give everything that is wrong."""
    found = mistakes_in(SftpSettings(), settings)
    if not {mistake.key.partition(".")[0] for mistake in found} & {"host", "port", "inside"}:
        try:
            _reach(settings)
        except ValueError as error:
            found.append(Mistake(key="host", message=f"{error}."))
    return found


def _reach(settings: Mapping[str, Any]) -> Any:
    return reach_of_host(settings["host"], settings.get("port", 22), inside=settings.get("inside", False) is True)


def _line(settings: Mapping[str, Any]) -> SftpLine:
    key = None
    if "key" in settings:
        password = secret(settings["key_password"]) if "key_password" in settings else None
        key = _private_key(secret(settings["key"]), password)
    account = Account(
        host=settings["host"].lower().removesuffix("."),
        port=settings.get("port", 22),
        user=settings["user"],
        reach=_reach(settings),
        host_keys=tuple(host_key(one) for one in settings["host_keys"]),
        password=secret(settings["password"]) if "password" in settings else None,
        key=key,
        seconds=settings.get("seconds", 20.0),
    )
    return SftpLine(account)


def _private_key(text: str, password: str | None) -> paramiko.PKey:
    """Read a key of OpenSSH or in PEM, of any kind that is still in use."""
    for kind in (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey):
        try:
            return kind.from_private_key(io.StringIO(text), password)
        except (paramiko.SSHException, ValueError, TypeError):
            continue  # it may be of the next kind
    raise SecretMissing("The private key for SFTP can't be read.")


def open_with(settings: Mapping[str, Any]) -> Transport:
    """Give the folder at the partner's server."""
    return SftpTransport(_line(settings), settings["folder"])


def intake_with(settings: Mapping[str, Any]) -> Intake:
    """Give the folder from which we take, over a line of its own: it is looked at from another thread."""
    return Intake(SftpFolder(_line(settings), settings["intake"]))


def pause_of(settings: Mapping[str, Any]) -> float:
    """Give the seconds between two looks: each is a question to somebody else's server."""
    return float(settings.get("poll_seconds", POLL_SECONDS))


def look(settings: Mapping[str, Any]) -> Iterator[Finding]:
    """Sign in and look at the folders: nothing is written."""
    try:
        line = _line(settings)
    except ValueError as error:
        yield Finding(what="settings", finding=str(error))
        return
    with closing(line):
        for what in ("folder", "intake"):
            if what in settings:
                yield _look_at(line, what, settings[what])


def _look_at(line: SftpLine, what: str, folder: str) -> Finding:
    try:
        status = line.run(lambda client: client.stat(folder))
    except TransportError as error:
        return Finding(what=what, finding=error.message)
    except OSError as error:
        return Finding(what=what, finding=f"can't be looked at ({type(error).__name__})")
    if status.st_mode is None or not stat.S_ISDIR(status.st_mode):
        return Finding(what=what, finding="is not a folder")
    if not status.st_mode & 0o222:
        return Finding(what=what, finding="can't be written")
    return Finding(what=what)
