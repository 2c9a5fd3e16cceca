"""A partner with an HTTP address of its own, that brings its answers to the hub's API."""

import datetime as dt
import time

import httpx
import structlog
from werkzeug.wrappers import Request, Response

from connectors.protocol import AddressBook, Connector, Payload
from hub.rules.working_days import AMSTERDAM
from workers.partners.desk import Desk
from workers.partners.door import Door, LineBroken
from workers.partners.ledger import Ledger
from workers.partners.manner import Manner
from workers.partners.misbehaviour import Fault, Misbehaviour

_AGAIN = (401, 429)
_NIGHT = dt.time(2)
log = structlog.get_logger()


class Partner(Desk):
    """One partner: an address of its own on this machine, its books, and a hand that answers."""

    def __init__(
        self,
        organisation: str,
        connector: Connector,
        book: AddressBook,
        manner: Manner,
        *,
        ledger: Ledger | None = None,
        port: int = 0,
        misbehaviour: Misbehaviour | None = None,
        secret: str | None = None,
    ) -> None:
        super().__init__(organisation, connector, book, manner, ledger=ledger, misbehaviour=misbehaviour)
        self._secret = secret or f"demo-{organisation}"
        self._hub_url = ""
        self._token = ""
        self._outcome = ""
        self._door = Door(self._take, port)

    @property
    def url(self) -> str:
        """Give the partner's address."""
        return f"http://127.0.0.1:{self._door.port}/"

    def start(self, hub_url: str) -> None:
        """Open the door, and know where the hub is."""
        self._hub_url = hub_url
        self._door.open()
        self._diary.open()
        self._later(_until_night(dt.datetime.now(AMSTERDAM)), self._nightly)

    def close(self) -> None:
        """Close the door."""
        self._door.close()
        super().close()

    def _take(self, request: Request) -> Response:
        """Take one request; the luck that befalls it comes first, since what was not taken must not be in the books."""
        request.get_data()
        if self._misbehaviour.draws(Fault.DOWN):
            self._shut_for_a_while()
            raise LineBroken
        if self._misbehaviour.draws(Fault.SLOW):
            time.sleep(self._misbehaviour.pause)
        if self._misbehaviour.draws(Fault.ERRORS):
            return Response(status=500)
        response = self._respond(request)
        if self._misbehaviour.draws(Fault.SILENCE):
            raise LineBroken
        return response

    def _respond(self, request: Request) -> Response:
        payload = Payload(body=request.get_data(), content_type=request.content_type or "")
        answer, taken = self._receive(payload)
        if answer is None:
            return Response(status=202 if taken else 400)
        return Response(answer.body, status=200, content_type=answer.content_type)

    def _shut_for_a_while(self) -> None:
        def shut() -> bool:
            self._door.shut()
            self._later(self._misbehaviour.pause, reopen)
            return True

        def reopen() -> bool:
            self._door.open()
            return True

        self._later(0.0, shut)

    def _bring(self, payload: Payload) -> bool:
        try:
            with httpx.Client(base_url=self._hub_url, timeout=10, trust_env=False) as http:
                answer = http.post(
                    f"/api/v1/intake/{self._organisation}",
                    content=payload.body,
                    headers={
                        **payload.headers,
                        "Content-Type": payload.content_type,
                        "Authorization": f"Bearer {self._token or self._sign_in(http)}",
                    },
                )
        except httpx.HTTPError as error:
            self._note(type(error).__name__)
            return False
        self._note(f"{answer.status_code} {answer.headers.get('Intake-State', '')}".rstrip())
        if answer.status_code == 401:
            self._token = ""
        # What the hub says that it kept, it kept: a SOAP fault comes with 500, and is an answer all the same.
        return "Intake-State" in answer.headers or (answer.status_code < 500 and answer.status_code not in _AGAIN)

    def send_digest(self) -> bool:
        """Tell the hub what is open here; whether it was told."""
        try:
            with httpx.Client(base_url=self._hub_url, timeout=10, trust_env=False) as http:
                answer = http.put(
                    "/api/v1/digest",
                    json=self.holdings.lines(),
                    headers={"Authorization": f"Bearer {self._token or self._sign_in(http)}"},
                )
        except httpx.HTTPError:
            return False
        if answer.status_code == 401:
            self._token = ""
        return answer.is_success

    def _nightly(self) -> bool:
        """Tell it, and again the next night."""
        if not self.send_digest():
            return False
        self._later(_until_night(dt.datetime.now(AMSTERDAM)), self._nightly)
        return True

    def _note(self, outcome: str) -> None:
        """Say how bringing went, once as long as it goes the same way."""
        if outcome != self._outcome:
            log.info("brought to the hub", organisation=self._organisation, outcome=outcome)
        self._outcome = outcome

    def _sign_in(self, http: httpx.Client) -> str:
        form = {"grant_type": "client_credentials"}
        answer = http.post("/oauth/token", data=form, auth=(self._organisation, self._secret))
        self._token = str(answer.raise_for_status().json()["access_token"])
        return self._token


def _until_night(now: dt.datetime) -> float:
    """Give the seconds until the partner counts what is open."""
    night = dt.datetime.combine(now.date(), _NIGHT, tzinfo=now.tzinfo)
    return ((night if now < night else night + dt.timedelta(days=1)) - now).total_seconds()
