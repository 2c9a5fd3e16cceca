"""Handing payloads over by SFTP, and the folder at a partner's server from which we take.

The server's key is pinned: a server with another one gets neither a password nor a payload.
"""

import base64
import socket
import stat
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TypeVar

import paramiko

from connectors.errors import TransportError
from connectors.protocol import Handover, Payload
from connectors.transports.dropped import FileStatus, Marks
from connectors.transports.files import file_name
from connectors.transports.reach import Reach

T = TypeVar("T")
_CHUNK = 32_768


@dataclass(frozen=True, kw_only=True)
class Account:
    """Where we sign in and how; ``host_keys`` are (type, key) pairs of which the server must show one."""

    host: str
    port: int
    user: str
    reach: Reach
    host_keys: tuple[tuple[str, bytes], ...]
    password: str | None = field(default=None, repr=False)
    key: paramiko.PKey | None = field(default=None, repr=False)
    seconds: float = 20.0


def host_key(text: str) -> tuple[str, bytes]:
    """Read a key as ``ssh-keyscan`` and ``known_hosts`` write it: type and base64; ``ValueError`` where it is none."""
    kind, _, rest = text.strip().partition(" ")
    try:
        raw = base64.b64decode(rest.split(" ")[0], validate=True)
    except ValueError as error:
        raise ValueError("a host key is its type and base64, as known_hosts has them") from error
    if not raw.startswith(len(kind).to_bytes(4, "big") + kind.encode()):
        raise ValueError("a host key is its type and base64, as known_hosts has them")
    return kind, raw


class SftpLine:
    """One connection to a partner's server, kept as long as it lives and made anew when it is gone."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._client: paramiko.SFTPClient | None = None
        self._transport: paramiko.Transport | None = None

    def run(self, work: Callable[[paramiko.SFTPClient], T]) -> T:
        """Do something over the line; ``work`` may be done again from its start, on a new line.

        ``OSError`` where the server refuses it, ``TransportError`` where the line is gone or can't be made.
        """
        kept = self._is_alive()
        try:
            return work(self._opened())
        except (paramiko.SSHException, EOFError, OSError) as error:
            if isinstance(error, OSError) and not isinstance(error, TimeoutError) and self._is_alive():
                raise  # the server's answer, over a line that is well
            self.close()
            if not kept:
                text = "The line to the partner's server broke."
                raise TransportError(text, permanent=False, unknown=True) from error
        return self.run(work)  # the line that was kept had gone: once more, on a new one

    def _is_alive(self) -> bool:
        return self._transport is not None and self._transport.is_active()

    def _opened(self) -> paramiko.SFTPClient:
        if self._client is None or not self._is_alive():
            self.close()
            self._connect()
        assert self._client is not None
        return self._client

    def _connect(self) -> None:
        try:
            self._transport = self._shaken_hands()
            self._client = paramiko.SFTPClient.from_transport(self._transport)
            if self._client is None:
                raise paramiko.SSHException("no channel")
            channel = self._client.get_channel()
            if channel is not None:
                channel.settimeout(self._account.seconds)
        except TransportError:
            self.close()
            raise
        except paramiko.AuthenticationException as error:
            self.close()
            raise TransportError("The partner's server does not let us in.", permanent=False) from error
        except (paramiko.SSHException, EOFError, OSError, ValueError) as error:
            self.close()
            raise TransportError("The partner's server can't be reached.", permanent=False) from error

    def _shaken_hands(self) -> paramiko.Transport:
        """Connect, compare the server's key before anything is said, and sign in."""
        account = self._account
        transport = self._transport = paramiko.Transport(_connected(account))
        transport.banner_timeout = transport.auth_timeout = account.seconds
        options = transport.get_security_options()
        options.key_types = [kind for kind in options.key_types if kind in _asked_for(account.host_keys)]
        transport.start_client(timeout=account.seconds)
        shown = transport.get_remote_server_key()
        if (shown.get_name(), shown.asbytes()) not in account.host_keys:
            raise TransportError("The partner's server shows another key than the one we know.", permanent=False)
        if account.key is not None:
            transport.auth_publickey(account.user, account.key)
        else:
            transport.auth_password(account.user, account.password or "", fallback=False)
        return transport

    def close(self) -> None:
        """Let go of the connection."""
        for part in (self._client, self._transport):
            if part is not None:
                part.close()
        self._client = self._transport = None


def _asked_for(host_keys: Sequence[tuple[str, bytes]]) -> set[str]:
    """Give the ways of signing of the known keys: an RSA key signs in more than one (RFC 8332)."""
    kinds = {kind for kind, _raw in host_keys}
    return kinds | ({"rsa-sha2-512", "rsa-sha2-256"} if "ssh-rsa" in kinds else set()) - {"ssh-rsa"}


def _connected(account: Account) -> socket.socket:
    fault = OSError("no address")
    for address in account.reach.addresses_of(account.host, account.port):
        try:
            return socket.create_connection((address, account.port), timeout=account.seconds)
        except OSError as error:
            fault = error
    raise fault


class SftpTransport:
    """A folder at a partner's server. A file appears whole or not at all: written aside, then renamed."""

    def __init__(self, line: SftpLine, folder: str) -> None:
        self._line = line
        self._folder = PurePosixPath(folder)

    def deliver(self, payload: Payload, *, message_id: str) -> Handover:
        """Write one file, named after the message: the same message twice is the same file."""
        name = file_name(payload, message_id)
        target = str(self._folder / name)
        try:
            self._line.run(lambda client: _write_whole(client, target, payload.body))
        except OSError as error:
            raise TransportError(f"The partner's folder can't be written ({_why(error)}).", permanent=False) from error
        return Handover(line=f"SFTP {name}")

    def close(self) -> None:
        """Let go of the connection."""
        self._line.close()


def _write_whole(client: paramiko.SFTPClient, target: str, body: bytes) -> None:
    aside = f"{target}.part"
    with client.open(aside, "wb") as file:
        file.set_pipelined(pipelined=False)
        for start in range(0, len(body), _CHUNK):
            file.write(body[start : start + _CHUNK])
    if client.stat(aside).st_size != len(body):
        raise OSError("the server kept another size")
    client.posix_rename(aside, target)


def _why(error: OSError) -> str:
    """Give the kind of an error: a server's own words may quote a name."""
    return error.strerror if isinstance(error.errno, int) and error.strerror else type(error).__name__


class SftpFolder:
    """A folder at a partner's server that the partner fills."""

    clock_is_ours = False

    def __init__(self, line: SftpLine, folder: str) -> None:
        self._line = line
        self._folder = PurePosixPath(folder)

    def files(self) -> Sequence[FileStatus]:
        """Give its plain files. A name that would lead to another folder is nobody's file."""
        try:
            found = self._line.run(lambda client: client.listdir_attr(str(self._folder)))
        except OSError as error:
            raise TransportError(f"The partner's folder can't be read ({_why(error)}).", permanent=False) from error
        plain = [one for one in found if one.st_mode is not None and stat.S_ISREG(one.st_mode)]
        return [FileStatus(name=one.filename, marks=_marks(one)) for one in plain if _is_plain(one.filename)]

    def read(self, name: str, most: int) -> tuple[bytes, Marks] | None:
        """Read a file."""
        try:
            return self._line.run(lambda client: _read(client, str(self._folder / name), most))
        except OSError:
            return None  # gone, or not ours to read now: the next look tells

    def move(self, name: str, marks: Marks, inner: str, own_name: str) -> PurePosixPath | None:
        """Move a file to a folder inside."""
        source, folder = str(self._folder / name), self._folder / inner

        def work(client: paramiko.SFTPClient) -> PurePosixPath | None:
            if _marks(client.lstat(source)) != marks:
                return None
            with suppress(OSError):  # it is there; where it is not, the renaming tells
                client.mkdir(str(folder))
            client.posix_rename(source, str(folder / own_name))
            return folder / own_name

        try:
            return self._line.run(work)
        except FileNotFoundError:
            return None  # the partner took it back, or another worker was first
        except OSError as error:
            raise TransportError(f"The file can't be moved ({_why(error)}).", permanent=False) from error

    def put(self, inner: str, name: str, body: bytes) -> None:
        """Write a file of ours in a folder inside."""
        target = str(self._folder / inner / name)

        def work(client: paramiko.SFTPClient) -> None:
            with client.open(f"{target}.part", "wb") as file:
                file.write(body)
            client.posix_rename(f"{target}.part", target)

        try:
            self._line.run(work)
        except OSError as error:
            raise TransportError(f"The file can't be written ({_why(error)}).", permanent=False) from error


def _read(client: paramiko.SFTPClient, path: str, most: int) -> tuple[bytes, Marks] | None:
    listed = client.lstat(path)
    if listed.st_mode is None or not stat.S_ISREG(listed.st_mode):
        return None
    with client.open(path, "rb") as file:
        body = bytearray()
        while len(body) < most and (part := file.read(min(_CHUNK, most - len(body)))):
            body += part
        if _marks(file.stat()) != _marks(listed):
            return None  # it grew while it was read, or is not what it was
    return bytes(body), _marks(listed)


def _marks(status: paramiko.SFTPAttributes) -> Marks:
    return 0, status.st_size or 0, int(status.st_mtime or 0) * 1_000_000_000


def _is_plain(name: str) -> bool:
    return name not in ("", ".", "..") and "/" not in name and "\x00" not in name
