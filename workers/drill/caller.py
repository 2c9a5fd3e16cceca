"""An organisation's own system as a caller of the hub: it signs in, and tells what must be tried again."""

import threading
import time
from typing import Any

import httpx

PAUSE = 0.5
_TIME_OUT = 15.0
_AGAIN = (401, 408, 425, 429)


class Caller:
    """One organisation's system. A call gives nothing where its answer is not known: then it is made again."""

    def __init__(self, url: str, organisation: str) -> None:
        self._organisation = organisation
        self._http = httpx.Client(base_url=url, timeout=_TIME_OUT, trust_env=False)
        self._token = ""
        self._lock = threading.Lock()
        self._under_way = 0
        self._quiet_until = 0.0

    @property
    def under_way(self) -> int:
        """How many calls wait for an answer now."""
        return self._under_way

    def call(self, method: str, path: str, headers: dict[str, str] | None = None, **body: Any) -> httpx.Response | None:
        """Call once; nothing where it must be tried again with the same content.

        After a failure every call of this system waits a moment: a hundred callers that knock at a door that is being
        put in would only slow that down.
        """
        time.sleep(max(self._quiet_until - time.monotonic(), 0.0))
        answer = self._once(method, path, headers, **body)
        if answer is None or answer.status_code in _AGAIN or answer.status_code >= 500:
            self._quiet_until = time.monotonic() + PAUSE
            return None
        return answer

    def _once(self, method: str, path: str, headers: dict[str, str] | None, **body: Any) -> httpx.Response | None:
        with self._lock:
            self._under_way += 1
        try:
            token = self._token or self._sign_in()
            answer = self._http.request(
                method, path, headers={**(headers or {}), "Authorization": f"Bearer {token}"}, **body
            )
        except httpx.HTTPError:
            return None
        finally:
            with self._lock:
                self._under_way -= 1
        if answer.status_code == 401:
            self._token = ""
        return answer

    def _sign_in(self) -> str:
        answer = self._http.post(
            "/oauth/token",
            data={"grant_type": "client_credentials"},
            auth=(self._organisation, secret_of(self._organisation)),
        )
        self._token = str(answer.raise_for_status().json()["access_token"])
        return self._token

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()


def secret_of(organisation: str) -> str:
    """Give the secret of an organisation's system in a drill."""
    return f"demo-{organisation}"
