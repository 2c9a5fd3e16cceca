"""The door before everything: refuses what no part of the hub takes, and puts the same headers on every answer.

It stands around the whole application, so that pages, API, files, health, errors and the handshake of the live view all
have them. The policy of scripts knows one nonce for each answer: what carries it runs, nothing else does.
"""

import json
import secrets
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from werkzeug.datastructures import Headers
from werkzeug.http import HTTP_STATUS_CODES

from hub.web.door.origins import REPORTS, Origins

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

NONCE = "schakel.nonce"
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
LONGEST_ADDRESS = 4_000
LONGEST_HEADERS = 64_000
_POLICY = (
    "default-src 'none'; script-src {scripts}; style-src 'self'; img-src 'self'; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'; "
    f"require-trusted-types-for 'script'; trusted-types schakel; report-uri {REPORTS}; report-to csp"
)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not "no-referrer": the check on forged forms compares the referrer over https.
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Origin-Agent-Cluster": "?1",
    "Reporting-Endpoints": f'csp="{REPORTS}"',
    "Cache-Control": "no-store",
}
SANDBOX = "default-src 'none'; frame-ancestors 'none'; sandbox"
"""The policy of what somebody brought: should a browser show it after all, it is nobody there and may do nothing."""
_TLS_ONLY = "max-age=31536000; includeSubDomains"


class FrontDoor:
    """Wrap an application.

    ``tls`` says that browsers reach it over https only; ``api_version`` stands on what the door itself tells programs.
    """

    def __init__(self, inner: "WSGIApplication", origins: Origins, *, tls: bool, api_version: str = "") -> None:
        self._inner, self._origins = inner, origins
        self._api_version = api_version
        self._headers = {**HEADERS, **({"Strict-Transport-Security": _TLS_ONLY} if tls else {})}

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer a request, or let the application do so."""
        nonce = environ[NONCE] = secrets.token_urlsafe(18)

        def begin(status: str, headers: list[tuple[str, str]], exc_info: object = None) -> object:
            return start_response(status, self._with_ours(headers, nonce), exc_info)  # type: ignore[arg-type]

        refusal = next(self._refusals(environ), None)
        if refusal is None:
            return self._inner(environ, begin)  # type: ignore[arg-type]
        status, body = refusal[0], _problem(*refusal)
        headers = [("Content-Type", "application/problem+json"), ("Content-Length", str(len(body)))]
        if self._api_version and environ.get("PATH_INFO", "").startswith("/api/"):
            headers.append(("API-Version", self._api_version))
        if status == 405:
            headers.append(("Allow", ", ".join(sorted(METHODS))))
        begin(f"{status} {HTTP_STATUS_CODES[status]}", headers)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]

    def _with_ours(self, headers: list[tuple[str, str]], nonce: str) -> list[tuple[str, str]]:
        whole = Headers(headers)
        for name, value in self._headers.items():
            whole.setdefault(name, value)
        is_page = whole.get("Content-Type", "").startswith("text/html")  # nothing else has scripts to allow
        if whole.get("Content-Security-Policy") == SANDBOX:
            return whole.to_wsgi_list()
        whole["Content-Security-Policy"] = _POLICY.format(scripts=f"'nonce-{nonce}'" if is_page else "'none'")
        return whole.to_wsgi_list()

    def _refusals(self, environ: "WSGIEnvironment") -> Iterator[tuple[int, str, str]]:
        """Give what is wrong with a request before anything reads it: status, code and sentence."""
        if environ["REQUEST_METHOD"] not in METHODS:
            yield 405, "method_not_allowed", "Nothing here takes this method."
        if len(environ.get("PATH_INFO", "")) + len(environ.get("QUERY_STRING", "")) > LONGEST_ADDRESS:
            yield 414, "uri_too_long", f"An address may hold {LONGEST_ADDRESS} characters."
        if sum(len(value) for name, value in environ.items() if name.startswith("HTTP_")) > LONGEST_HEADERS:
            yield 431, "headers_too_large", f"The headers together may hold {LONGEST_HEADERS} characters."
        if environ.get("HTTP_CONTENT_ENCODING", "identity").strip().lower() not in ("", "identity"):
            yield 415, "packed_body", "A packed body is not taken: send it as it is."
        if environ.get("HTTP_TRANSFER_ENCODING") and environ.get("CONTENT_LENGTH"):
            yield 400, "two_lengths", "The request gives its length in two ways."
        if self._origins.forged(environ):
            yield 403, "cross_site", "Another site may not do this."


def _problem(status: int, code: str, detail: str) -> bytes:
    title = HTTP_STATUS_CODES[status]
    return json.dumps(
        {"type": "about:blank", "status": status, "code": code, "title": title, "detail": detail}
    ).encode()
