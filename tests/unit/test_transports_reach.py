"""Where a partner's address may lead: every disguise of our own network, and no connection made to it."""

import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from connectors.errors import TransportError
from connectors.protocol import Payload
from connectors.transports.http import HttpTransport
from connectors.transports.reach import CheckedTransport, OutOfReach, Reach, reach_of
from hub.settings import DEMO_CONFIG, SettingsError, load_configuration

PAYLOAD = Payload(body=b"<a/>", content_type="application/xml")


class Listener:
    """Counts who comes to an address of this machine, and answers."""

    def __init__(self, family: socket.AddressFamily = socket.AF_INET, host: str = "127.0.0.1") -> None:
        self._socket = socket.create_server((host, 0), family=family)
        self.port = self._socket.getsockname()[1]
        self.heard: list[bytes] = []
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                line, _who = self._socket.accept()
            except OSError:
                return
            with line:
                self.heard.append(line.recv(65_536))
                line.sendall(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()


@pytest.fixture
def listener() -> Iterator[Listener]:
    here = Listener()
    yield here
    here.close()


LITERALS = [
    "127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1", "017700000001", "0",
    "0.0.0.0", "127.255.255.254", "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:7f00:1]",
    "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[2001:0:7f00:1::80ff:fffe]", "169.254.169.254",
    "[fe80::1]", "[fe80::1%25lo]", "[fd00:ec2::254]", "[::ffff:169.254.169.254]", "100.100.100.200", "10.0.0.1",
    "172.16.0.1", "192.168.1.1", "100.64.0.1", "198.18.0.1", "224.0.0.1", "255.255.255.255", "127.0.0.1.",
    "１２７.0.0.1", "127。0。0。1", "ⓛocalhost",
]  # fmt: skip
"""Ways to write an address of our own network."""


@pytest.mark.parametrize("host", LITERALS)
def test_no_way_of_writing_an_inner_address_makes_a_connection(listener: Listener, host: str) -> None:
    with pytest.raises(OutOfReach):
        HttpTransport(f"https://{host}:{listener.port}/")
    assert listener.heard == []


@pytest.mark.parametrize(
    "url",
    [
        "http://partner.example/", "https://partner.example@127.0.0.1/", "https://127.0.0.1#@partner.example/",
        "https://user:secret@partner.example/", "https://partner.example\\@127.0.0.1/", "https:///partner.example",
        "https://partner.example:443\r\nHost: x/", "https://partner.example /", "https://partner.example:99999/",
        "https://", "//partner.example/", "HTTPS\t://partner.example/", "gopher://partner.example/",
        "file:///etc/passwd", "unix:///run/docker.sock", "https://partner..example/", "https://-partner.example/",
        "https://[::1", "https://partner.example%00.elders.example/", "https://%6c%6f%63alhost/",
    ],
)  # fmt: skip
def test_an_address_with_two_meanings_is_refused_at_once(url: str) -> None:
    with pytest.raises(ValueError, match="the address of a partner"):
        HttpTransport(url)


INNER = ["127.0.0.1", "::1", "10.1.2.3", "169.254.169.254", "::ffff:127.0.0.1", "fd00::1", "fe80::1%eth0", "0.0.0.0"]


@pytest.mark.parametrize("address", INNER)
def test_a_name_of_which_one_address_is_inside_is_refused_whole(listener: Listener, address: str) -> None:
    for found in ([address], ["203.0.114.9", address], [address, "203.0.114.9"]):
        reach = Reach(
            hosts=frozenset({("partner.example", listener.port)}), resolve=lambda _host, _port, found=found: found
        )
        with pytest.raises(OutOfReach), httpx.Client(transport=CheckedTransport(reach)) as client:
            client.post(f"https://partner.example:{listener.port}/")
    assert listener.heard == []


def test_a_name_that_means_something_else_the_second_time_is_looked_up_once(listener: Listener) -> None:
    answers = iter([["127.0.0.1"], ["10.0.0.1"], ["169.254.169.254"]])
    reach = Reach(
        hosts=frozenset({("partner.example", listener.port)}), inside=True, resolve=lambda _host, _port: next(answers)
    )
    with httpx.Client(transport=CheckedTransport(reach)) as client:
        assert client.get(f"http://partner.example:{listener.port}/a").status_code == 204
    assert listener.heard[0].startswith(b"GET /a HTTP/1.1\r\nHost: partner.example:")
    assert next(answers) == ["10.0.0.1"], "one request, one look-up"


def test_a_name_that_turns_to_the_inside_waits_and_is_told_so(
    listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("socket.getaddrinfo", lambda *_a, **_k: [(2, 1, 6, "", ("127.0.0.1", listener.port))])
    transport = HttpTransport(f"https://partner.example:{listener.port}/")
    with pytest.raises(TransportError, match="no partner may be") as failure:
        transport.deliver(PAYLOAD, message_id="m-1")
    transport.close()
    assert (failure.value.permanent, failure.value.unknown) == (False, False)
    assert listener.heard == []


def test_a_host_that_is_not_on_the_list_is_refused_also_on_another_port() -> None:
    reach = reach_of("https://partner.example/in", ["more.example:8443"])
    for good in ("https://partner.example/elsewhere", "https://PARTNER.example:443/", "https://more.example:8443/"):
        assert reach.check(good)
    for bad in ("https://partner.example:8443/", "https://more.example/", "https://x.partner.example/"):
        with pytest.raises(OutOfReach, match="not on its list"):
            reach.check(bad)


@pytest.mark.parametrize("address", ["169.254.169.254", "224.0.0.1", "[fd00:ec2::254]", "0.0.0.0", "100.100.100.200"])
def test_even_a_partner_inside_does_not_live_where_a_cloud_keeps_its_secrets(address: str) -> None:
    with pytest.raises(OutOfReach):
        reach_of(f"http://{address}/", inside=True).check(f"http://{address}/")


def test_a_redirect_is_not_followed(listener: Listener) -> None:
    with socket.create_server(("127.0.0.1", 0)) as first:

        def answer() -> None:
            line, _who = first.accept()
            with line:
                line.recv(65_536)
                to = f"http://127.0.0.1:{listener.port}/"
                line.sendall(f"HTTP/1.1 307 Temporary Redirect\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n".encode())

        thread = threading.Thread(target=answer)
        thread.start()
        transport = HttpTransport(f"http://127.0.0.1:{first.getsockname()[1]}/", inside=True)
        with pytest.raises(TransportError):
            transport.deliver(PAYLOAD, message_id="m-1")
        transport.close()
        thread.join()
    assert listener.heard == []


def test_the_certificate_is_asked_of_the_name_though_the_address_is_connected_to() -> None:
    """The TLS greeting names the host; the connection itself goes to the checked address."""
    told: list[str | None] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_servername_callback(lambda _socket, name, _context: told.append(name))
    with socket.create_server(("127.0.0.1", 0)) as server:

        def greet() -> None:
            line, _who = server.accept()
            with line, pytest.raises(OSError):
                context.wrap_socket(line, server_side=True)

        thread = threading.Thread(target=greet)
        thread.start()
        port = server.getsockname()[1]
        reach = Reach(
            hosts=frozenset({("partner.example", port)}), inside=True, resolve=lambda _host, _port: ["127.0.0.1"]
        )
        with pytest.raises(httpx.ConnectError), httpx.Client(transport=CheckedTransport(reach)) as client:
            client.post(f"https://partner.example:{port}/")
        thread.join()
    assert told == ["partner.example"]


def test_a_wrong_address_in_the_configuration_stops_the_start(tmp_path: Path) -> None:
    text = DEMO_CONFIG.read_text(encoding="utf-8")
    for wrong in ("https://127.0.0.1/", "http://partner.example/", "https://2130706433/", "https://u@p.example/"):
        changed = tmp_path / "organisations.toml"
        changed.write_text(text.replace('url = "@partner", inside = true', f'url = "{wrong}"', 1), encoding="utf-8")
        with pytest.raises(
            SettingsError, match=r"organisations\.wi-tilburg\] transport\.url: the address of a partner"
        ):
            load_configuration(changed)
