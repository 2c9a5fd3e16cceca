"""The HTTP transport against a real server on this machine, well behaved and not."""

import datetime as dt
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from connectors.errors import TransportError
from connectors.protocol import Payload
from connectors.transports import open_transport
from connectors.transports.http import MAX_ANSWER_BYTES, HttpTransport, retry_after

PAYLOAD = Payload(body=b'{"resourceType": "Bundle"}', content_type="application/fhir+json")


class Partner(ThreadingHTTPServer):
    """A partner whose next answer is set by the test."""

    daemon_threads = True
    status, body, headers, wait, hang_up, length = 200, b"", {}, 0.0, False, None  # type: ignore[var-annotated]

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.seen: list[tuple[str, dict[str, str], bytes]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/fhir"


class Handler(BaseHTTPRequestHandler):
    server: Partner

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.seen.append((self.path, dict(self.headers), body))
        time.sleep(self.server.wait)
        if self.server.hang_up:
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self.send_response(self.server.status)
        length = len(self.server.body) if self.server.length is None else self.server.length
        for name, value in {"Content-Length": str(length), **self.server.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        try:
            self.wfile.write(self.server.body)
        except OSError:
            return  # the client had enough

    def log_message(self, format: str, *args: Any) -> None:
        return


@pytest.fixture
def partner() -> Iterator[Partner]:
    server = Partner()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def deliver(url: str, **settings: Any) -> Payload | None:
    transport = HttpTransport(url, inside=True, **settings)
    try:
        return transport.deliver(PAYLOAD, message_id="m-1").answer
    finally:
        transport.close()


def failure(url: str, **settings: Any) -> TransportError:
    with pytest.raises(TransportError) as caught:
        deliver(url, **settings)
    return caught.value


def test_a_payload_arrives_as_it_is_with_the_id_of_the_message(partner: Partner) -> None:
    assert deliver(partner.url) is None
    ((path, headers, body),) = partner.seen
    assert (path, body) == ("/fhir", PAYLOAD.body)
    assert headers["Content-Type"] == PAYLOAD.content_type
    assert headers["Idempotency-Key"] == headers["X-Message-ID"] == "m-1"
    assert "Authorization" not in headers


def test_the_direct_answer_is_given_back(partner: Partner) -> None:
    partner.body, partner.headers = b'{"resourceType": "OperationOutcome"}', {"Content-Type": "application/fhir+json"}
    assert deliver(partner.url) == Payload(body=partner.body, content_type="application/fhir+json")


@pytest.mark.parametrize(
    ("status", "permanent", "unknown"),
    [
        (301, True, False),
        (302, True, False),
        (307, True, False),
        (400, True, False),
        (401, False, False),
        (403, False, False),
        (404, True, False),
        (408, False, False),
        (409, True, False),
        (410, True, False),
        (422, True, False),
        (425, False, False),
        (429, False, False),
        (500, False, True),
        (502, False, True),
        (503, False, False),
        (504, False, True),
        (599, False, True),
    ],
)
def test_a_status_means_what_the_table_says(partner: Partner, status: int, permanent: bool, unknown: bool) -> None:
    partner.status, partner.headers = status, {"Location": "http://127.0.0.1:1/"}
    error = failure(partner.url)
    assert (error.permanent, error.unknown) == (permanent, unknown)
    assert str(status) in error.message
    assert len(partner.seen) == 1


def test_the_words_of_a_refusing_partner_are_not_repeated(partner: Partner) -> None:
    partner.status, partner.body = 400, b"999990019 Smulders is unknown here"
    assert "Smulders" not in failure(partner.url).message


def test_the_words_of_a_refusing_partner_go_along_as_its_answer(partner: Partner) -> None:
    partner.status, partner.body, partner.headers = 422, b'{"no": 1}', {"Content-Type": "application/fhir+json"}
    assert failure(partner.url).answer == (b'{"no": 1}', "application/fhir+json")
    partner.status, partner.body, partner.headers = 500, b"<Fault/>", {"Content-Type": "text/xml"}
    assert failure(partner.url).answer == (b"<Fault/>", "text/xml")
    partner.body = b"x" * (MAX_ANSWER_BYTES + 10)
    assert failure(partner.url).answer is None


def test_headers_of_the_dialect_are_sent_and_never_instead_of_ours(partner: Partner) -> None:
    transport = HttpTransport(partner.url, inside=True)
    own = {"SOAPAction": '"urn:x"', "content-type": "text/evil", "X-Message-ID": "other"}
    transport.deliver(Payload(body=b"<a/>", content_type="text/xml", headers=own), message_id="m-1")
    transport.close()
    headers = partner.seen[0][1]
    assert headers["SOAPAction"] == '"urn:x"'
    assert (headers["Content-Type"], headers["X-Message-ID"]) == ("text/xml", "m-1")


def test_retry_after_is_honoured_where_waiting_helps(partner: Partner) -> None:
    partner.status, partner.headers = 503, {"Retry-After": "120"}
    assert failure(partner.url).retry_after == 120
    partner.status = 400
    assert failure(partner.url).retry_after is None


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("0", 0),
        (" 7 ", 7),
        ("99999999999999", 86_400),
        ("Tue, 24 Nov 2026 10:01:30 GMT", 90),
        ("Tue, 24 Nov 2026 09:00:00 GMT", 0),
        ("Tue, 24 Nov 2099 09:00:00 GMT", 86_400),
        ("-5", None),
        ("soon", None),
        ("", None),
        ("١٢", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_a_date_and_never_beyond_a_day(
    value: str | None, seconds: float | None
) -> None:
    assert retry_after(value, dt.datetime(2026, 11, 24, 10, 0, tzinfo=dt.UTC)) == seconds


def test_nobody_there_is_temporary_and_surely_not_taken() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    error = failure(f"http://127.0.0.1:{port}/")
    assert (error.permanent, error.unknown) == (False, False)


def test_silence_after_sending_leaves_it_unknown_whether_it_was_taken(partner: Partner) -> None:
    partner.wait = 0.5
    error = failure(partner.url, read_seconds=0.1)
    assert (error.permanent, error.unknown) == (False, True)
    assert partner.seen


def test_a_line_that_breaks_leaves_it_unknown_too(partner: Partner) -> None:
    partner.hang_up = True
    error = failure(partner.url)
    assert (error.permanent, error.unknown) == (False, True)


def test_an_answer_that_breaks_off_or_never_ends_or_is_packed_does_not_undo_the_delivery(partner: Partner) -> None:
    partner.body, partner.length = b"half", 100
    assert deliver(partner.url, read_seconds=0.3) is None
    partner.body, partner.length = b"x" * (MAX_ANSWER_BYTES + 10), None
    assert deliver(partner.url) is None
    partner.body, partner.headers = b"\x1f\x8b", {"Content-Encoding": "gzip"}
    assert deliver(partner.url) is None


@pytest.mark.parametrize("url", ["ftp://example.org", "example.org", "", "http://[::1", "file:///etc/passwd"])
def test_an_address_that_is_no_web_address_is_refused_at_once(url: str) -> None:
    with pytest.raises(ValueError, match="the address of a partner"):
        HttpTransport(url)


def test_proxies_and_passwords_of_the_surroundings_are_not_used(
    partner: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    assert deliver(partner.url) is None


def test_the_configuration_opens_it(partner: Partner) -> None:
    transport = open_transport({"kind": "http", "url": partner.url, "inside": True})
    assert transport.deliver(PAYLOAD, message_id="é/1").answer is None
    assert partner.seen[0][1]["Idempotency-Key"] == "%C3%A9%2F1"
    assert isinstance(transport, HttpTransport)
    transport.close()
    with pytest.raises(ValueError, match="no transport"):
        open_transport({"kind": "pigeon"})
