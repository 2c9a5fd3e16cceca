"""Handing payloads over by HTTP POST, and reading what the answer means for trying again.

| What happens | Verdict |
|---|---|
| 2xx | taken; the body is the direct answer, left out where it breaks off, is packed or too large: it was taken |
| no connection, no free connection | temporary: nothing was sent |
| time-out or broken line while sending or waiting | temporary and unknown: the partner may have it |
| 408, 425, 429, 503 | temporary, not taken; ``Retry-After`` is honoured |
| 500, 502, 504 and other 5xx | temporary and unknown: it may have been taken before it went wrong |
| the name leads into our own network | temporary: nothing was sent; a name is mended by people |
| 401, 403 | temporary: a right or a password is mended by people, and the message is not to blame |
| 3xx | permanent: redirects are not followed, the address in the configuration is wrong |
| 409, 410 and other 4xx | permanent: the same message will be refused again |
"""

import datetime as dt
import ssl
import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from urllib.parse import quote

import httpx

from connectors.errors import TransportError
from connectors.protocol import Handover, Payload
from connectors.transports.reach import CheckedTransport, OutOfReach, reach_of
from connectors.transports.sign_in import SignIn
from connectors.transports.webhook import WebhookSigner

MAX_ANSWER_BYTES = 1_000_000
MAX_ANSWER_SECONDS = 30.0
MAX_WAIT = 24 * 3600.0

_NOT_TAKEN = frozenset({401, 403, 408, 425, 429, 503})
# Nothing had been sent when these came; after all others the partner may have the message.
_BEFORE_SENDING = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
_OUR_FAULT = (httpx.UnsupportedProtocol, httpx.LocalProtocolError)


class HttpTransport:
    """A partner's address. One connection pool, no redirects, no proxies or passwords from the surroundings."""

    def __init__(
        self,
        url: str,
        *,
        connect_seconds: float = 5.0,
        read_seconds: float = 20.0,
        sign_in: SignIn | None = None,
        webhook: WebhookSigner | None = None,
        context: ssl.SSLContext | None = None,
        hosts: Iterable[str] = (),
        inside: bool = False,
    ) -> None:
        """``context`` is for a partner with authorities of its own, or that asks for our certificate.

        ``ValueError`` where the address is not one where a partner may be; see ``reach``.
        """
        reach = reach_of(url, hosts, inside=inside)
        self._url = reach.check(url)
        self._sign_in, self._webhook = sign_in, webhook
        timeout = httpx.Timeout(read_seconds, connect=connect_seconds, pool=connect_seconds)
        checked = CheckedTransport(reach, verify=context or True)
        self._client = httpx.Client(transport=checked, timeout=timeout, follow_redirects=False, trust_env=False)

    def deliver(self, payload: Payload, *, message_id: str) -> Handover:
        """Post one payload; the table of this module says what each failure means."""
        name = quote(message_id, safe="")
        added = self._signature(payload, name)
        response = self._post(payload, name, added)
        if response.status_code == HTTPStatus.UNAUTHORIZED and self._sign_in is not None and self._sign_in.renew():
            response.close()
            response = self._post(payload, name, added)
        try:
            judge(response)
            return Handover(
                line=f"POST {self._url.copy_with(query=None)} {response.status_code}",
                answer=answer_of(response),
                sent=replace(payload, headers={**payload.headers, **added}) if added else None,
            )
        finally:
            response.close()

    def _signature(self, payload: Payload, name: str) -> Mapping[str, str]:
        if self._webhook is None:
            return {}
        return self._webhook.headers(payload.body, message_id=name, now=dt.datetime.now(dt.UTC))

    def _post(self, payload: Payload, name: str, added: Mapping[str, str]) -> httpx.Response:
        request = self._client.build_request("POST", self._url, content=payload.body, headers=self._headers(payload))
        request.headers.update(added)
        request.headers["Idempotency-Key"] = request.headers["X-Message-ID"] = name
        return send(self._client, request)

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def _headers(self, payload: Payload) -> httpx.Headers:
        headers = httpx.Headers(payload.headers)  # of one name, however written, ours is the last
        headers["Content-Type"] = payload.content_type
        headers["User-Agent"], headers["Accept-Encoding"] = "schakel", "identity"
        if self._sign_in is not None:
            headers.update(self._sign_in.headers())
        return headers


def send(client: httpx.Client, request: httpx.Request) -> httpx.Response:
    """Send a request and give its answer, unread; ``TransportError`` where none came."""
    try:
        return client.send(request, stream=True)
    except _BEFORE_SENDING as error:
        raise TransportError("The partner can't be reached.", permanent=False) from error
    except _OUR_FAULT as error:
        raise TransportError("The address of the partner is not usable.", permanent=True) from error
    except OutOfReach as error:
        raise TransportError("The partner's name leads to where no partner may be.", permanent=False) from error
    except httpx.HTTPError as error:
        text = "The line broke before the partner answered."
        raise TransportError(text, permanent=False, unknown=request.method != "GET") from error


def judge(response: httpx.Response) -> None:
    """Raise what a status means; nothing for 2xx.

    The partner's own words stay out of the text, for they may quote the message; they go along as its answer.
    """
    status = response.status_code
    if response.is_success:
        return
    text = f"The partner answered {status} {_phrase(status)}".rstrip() + "."
    temporary = status in _NOT_TAKEN or status >= HTTPStatus.INTERNAL_SERVER_ERROR
    answer = answer_of(response) if status >= HTTPStatus.BAD_REQUEST else None
    raise TransportError(
        text,
        permanent=not temporary,
        answer=(answer.body, answer.content_type) if answer is not None else None,
        unknown=temporary and status not in _NOT_TAKEN,
        retry_after=retry_after(response.headers.get("Retry-After"), dt.datetime.now(dt.UTC)) if temporary else None,
    )


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""  # a code that no standard knows: the number says it


def retry_after(value: str | None, now: dt.datetime) -> float | None:
    """Read ``Retry-After`` (RFC 9110, 10.2.3): seconds or an HTTP date; at most a day, never in the past."""
    if value is None:
        return None
    value = value.strip()
    if value.isascii() and value.isdigit():
        return min(float(value[:9]), MAX_WAIT)
    try:
        moment = parsedate_to_datetime(value)
        seconds = ((moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)) - now).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return None  # what can't be understood is as if it were not there
    return min(max(seconds, 0.0), MAX_WAIT)


def answer_of(response: httpx.Response) -> Payload | None:
    """Give the body of an answer, in bounds of size and time."""
    if response.headers.get("Content-Encoding", "identity") != "identity":
        return None  # asked not to be packed; unpacking what a stranger packed is how memory fills
    body = bytearray()
    end = time.monotonic() + MAX_ANSWER_SECONDS
    try:
        for part in response.iter_raw(65_536):
            body += part
            if len(body) > MAX_ANSWER_BYTES or time.monotonic() > end:
                return None
    except httpx.HTTPError:
        return None  # the status said what matters; only the words are lost
    if not body:
        return None
    return Payload(body=bytes(body), content_type=response.headers.get("Content-Type", "application/octet-stream"))
