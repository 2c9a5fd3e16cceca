"""Which sites may act through a visitor's browser: our own, and nobody else's."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

SOCKET = "/socket.io"
REPORTS = "/csp-meldingen"
_LOOKING = frozenset({"GET", "HEAD", "OPTIONS"})
# No cookie opens these, so another site has nothing to borrow.
_WITHOUT_COOKIE = ("/api/", "/oauth/", REPORTS)


class Origins:
    """Our own origins (``https://host``): as set, or the address under which the request came."""

    def __init__(self, known: Iterable[str] = ()) -> None:
        self._known = frozenset(known)

    def is_own(self, origin: Any, environ: "WSGIEnvironment") -> bool:
        """Whether an ``Origin`` header names this hub."""
        if self._known:
            return origin in self._known
        return bool(origin) and origin == f"{environ.get('wsgi.url_scheme')}://{environ.get('HTTP_HOST', '')}"

    def forged(self, environ: "WSGIEnvironment") -> bool:
        """Whether another site makes a browser act here: a form, a call, or a socket with the visitor's cookie."""
        path = environ.get("PATH_INFO", "")
        if path.startswith(_WITHOUT_COOKIE):
            return False
        if environ["REQUEST_METHOD"] in _LOOKING and not path.startswith(SOCKET):
            return False
        origin = environ.get("HTTP_ORIGIN")
        if origin is not None:
            return not self.is_own(origin, environ)
        return environ.get("HTTP_SEC_FETCH_SITE", "none") not in ("none", "same-origin")
