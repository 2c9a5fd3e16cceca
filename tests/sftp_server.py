"""A partner's SFTP server on this machine, in this process: real SSH over a real socket, with a folder as its world."""

import os
import socket
import threading
from pathlib import Path
from typing import Any

import paramiko

PASSWORD = "a password of the test"


class _Door(paramiko.ServerInterface):
    def __init__(self, server: "SftpServer") -> None:
        self._server = server

    def check_auth_password(self, username: str, password: str) -> int:
        self._server.tried.append((username, password))
        fits = (username, password) == ("schakel", PASSWORD)
        return paramiko.AUTH_SUCCESSFUL if fits else paramiko.AUTH_FAILED

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        return paramiko.AUTH_SUCCESSFUL if key == self._server.client_key else paramiko.AUTH_FAILED

    def get_allowed_auths(self, username: str) -> str:
        return "password,publickey"

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return paramiko.OPEN_SUCCEEDED if kind == "session" else paramiko.OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED


class _Handle(paramiko.SFTPHandle):
    def __init__(self, flags: int, file: Any) -> None:
        super().__init__(flags)
        self.readfile = self.writefile = file

    def stat(self) -> Any:
        return paramiko.SFTPAttributes.from_stat(os.fstat(self.readfile.fileno()))


class _Files(paramiko.SFTPServerInterface):
    """Serves one folder. ``server.cut`` breaks the line at a renaming; ``extra`` puts names in the list."""

    def __init__(self, door: _Door, *args: Any, **kwargs: Any) -> None:
        super().__init__(door, *args, **kwargs)
        self._server = door._server

    def _real(self, path: str) -> Path:
        return self._server.root / self.canonicalize(path).lstrip("/")

    def _attributes(self, path: Path, *, follow: bool) -> Any:
        try:
            status = path.stat() if follow else path.lstat()
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno or 0)
        return paramiko.SFTPAttributes.from_stat(status, path.name)

    def list_folder(self, path: str) -> Any:
        real = self._real(path)
        try:
            found = [paramiko.SFTPAttributes.from_stat(one.lstat(), one.name) for one in real.iterdir()]
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno or 0)
        return found + self._server.extra

    def stat(self, path: str) -> Any:
        return self._attributes(self._real(path), follow=True)

    def lstat(self, path: str) -> Any:
        return self._attributes(self._real(path), follow=False)

    def open(self, path: str, flags: int, attr: Any) -> Any:
        try:
            descriptor = os.open(self._real(path), flags, 0o644)
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno or 0)
        return _Handle(
            flags, os.fdopen(descriptor, "r+b" if flags & os.O_RDWR else "wb" if flags & os.O_WRONLY else "rb")
        )

    def mkdir(self, path: str, attr: Any) -> int:
        return self._did(lambda: self._real(path).mkdir())

    def posix_rename(self, oldpath: str, newpath: str) -> int:
        if self._server.cut > 0:
            self._server.cut -= 1
            self._server.hang_up()
        return self._did(lambda: self._real(oldpath).replace(self._real(newpath)))

    def _did(self, work: Any) -> int:
        try:
            work()
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno or 0)
        return paramiko.SFTP_OK


class SftpServer:
    """The server. ``sessions`` counts the lines that were made; ``tried`` holds what was said at the door."""

    def __init__(self, root: Path) -> None:
        self.root, self.extra, self.cut = root, list[Any](), 0
        self.host_key = paramiko.ECDSAKey.generate()
        self.client_key = paramiko.ECDSAKey.generate()
        self.tried: list[tuple[str, str]] = []
        self.sessions = 0
        self._lines: list[paramiko.Transport] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    @property
    def settings(self) -> dict[str, Any]:
        """Give the settings of a transport that knows this server."""
        return {
            "kind": "sftp",
            "host": "127.0.0.1",
            "port": self.port,
            "inside": True,
            "user": "schakel",
            "password": "env:TEST_SFTP_PASSWORD",
            "host_keys": [f"{self.host_key.get_name()} {self.host_key.get_base64()}"],
            "folder": "/out",
            "intake": "/in",
            "seconds": 5.0,
        }

    def _serve(self) -> None:
        while True:
            try:
                line, _address = self._listener.accept()
            except OSError:
                return
            transport = paramiko.Transport(line)
            transport.add_server_key(self.host_key)
            transport.set_subsystem_handler("sftp", paramiko.SFTPServer, _Files)
            self.sessions += 1
            self._lines.append(transport)
            try:
                transport.start_server(server=_Door(self))
            except (paramiko.SSHException, EOFError, OSError):  # the other side hung up at the door
                transport.close()

    def hang_up(self) -> None:
        """Break every line, as a server that is started again does."""
        for line in self._lines:
            line.close()
        self._lines.clear()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()
        self.hang_up()
