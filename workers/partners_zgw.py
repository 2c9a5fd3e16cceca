"""An access team that is not there: its own register, its books, and people who answer in it.

The outward shape is that of ``workers.partners.Partner``. What it does it does in its own register; the hub hears only
that something changed, and fetches.
"""

import datetime as dt
import itertools
import json
from collections import deque
from collections.abc import Callable
from typing import Any

import httpx
from werkzeug.wrappers import Request, Response

from connectors.access_team.dialect import Dialect
from connectors.access_team.format import STATUSES
from connectors.protocol import AddressBook
from schemas.vocabulary import Event
from workers.partners.diary import Diary
from workers.partners.door import Door, LineBroken
from workers.partners.ledger import Ledger
from workers.partners.manner import Manner, Reply
from workers.zgw_register import ZAKEN, Json, Refused, ZgwRegister

CLIENT_ID = "schakel"


class ZgwPartner:
    """One team: its register at an address of its own on this machine, and a hand that answers.

    ``broken_after`` names collections: after the next POST there the line breaks, though it was written.
    """

    def __init__(
        self,
        organisation: str,
        book: AddressBook,
        manner: Manner,
        *,
        secret: str,
        hub_secret: str | None = None,
        ledger: Ledger | None = None,
        port: int = 0,
    ) -> None:
        """``secret`` opens its register to the hub, ``hub_secret`` the hub's API to it."""
        self._organisation, self._book = organisation, book
        self._turn = itertools.cycle(manner.series) if manner.series else None
        self.ledger = ledger or Ledger()
        self.register = ZgwRegister(CLIENT_ID, secret, self._hear)
        self.broken_after: deque[str] = deque()
        self._hub_secret = hub_secret or f"demo-{organisation}"
        self._hub_url, self._token = "", ""
        self._diary = Diary(f"answers of {organisation}")
        self._door = Door(self._take, port)
        self.register.stand_at(f"http://127.0.0.1:{self._door.port}")

    @property
    def url(self) -> str:
        """Give the address of its Zaken API; that of its Catalogi API stands beside it."""
        return f"http://127.0.0.1:{self._door.port}{ZAKEN}"

    def start(self, hub_url: str) -> None:
        """Open the door, and know where the hub is."""
        self._hub_url = hub_url
        self._door.open()
        self._diary.open()

    def close(self) -> None:
        """Close the door."""
        self._door.close()
        self._diary.close()
        self.ledger.close()

    def _take(self, request: Request) -> Response:
        response = self.register.answer(request)
        if request.method == "POST" and self.broken_after and request.path.endswith(f"/{self.broken_after[0]}"):
            self.broken_after.popleft()
            raise LineBroken
        return response

    def _hear(self, collection: str, made: Json, zaak: Json) -> None:
        """Write in the books what was made, and let people think about what others set."""
        key = made.get("identificatie") or f"{zaak.get('identificatie')}:{made.get('statustype') or made['url']}"
        self.ledger.first_time(f"{collection}:{key}:{made.get('datumStatusGezet', '')}", collection)
        if collection != "statussen" or "gezetdoor" not in made:
            return
        name = next(
            (name for name in STATUSES if self.register.type_url("statustypen", name) == made["statustype"]), None
        )
        if name is not None and STATUSES[name] is Event.SEND and self._turn is not None:
            wait = 0.0
            for reply in next(self._turn):
                wait += reply.after
                self._diary.later(wait, self._doing(zaak["url"], reply))
        elif name is not None and STATUSES[name] is Event.ANSWER:
            self._diary.later(3.0, self._doing(zaak["url"], Reply(after=3, event=Event.ACCEPT)))

    def _doing(self, zaak: str, reply: Reply) -> Callable[[], bool]:
        """Give the work of one answer: once in the register, and told until the hub has heard it."""
        notices: list[bytes] = []

        def work() -> bool:
            if not notices:
                try:
                    notices.append(self.does(zaak, reply))
                except Refused:
                    return True  # the zaak moved on meanwhile: a person would see so, and do nothing
            return self.bring(notices[0], "application/json")

        return work

    def does(self, zaak: str, reply: Reply) -> bytes:
        """Do in the register what a person of the team decides; give the notification of it."""
        dialect = Dialect()
        if reply.event in STATUSES.values():
            made = self.register.set_status(zaak, dialect.status_for(reply.event), reply.note)
        else:
            reason = (reply.reason.text or reply.reason.code) if reply.reason else None
            self.register.set_result(zaak, dialect.result_for(reply.event, None), reason)
            made = self.register.set_status(zaak, None, reply.note)
        return notification(zaak, "status", made["url"])

    def bring(self, body: bytes, content_type: str) -> bool:
        """Bring something to the hub; false where it must be brought again."""
        try:
            with httpx.Client(base_url=self._hub_url, timeout=10, trust_env=False) as http:
                if not self._token:
                    secret = (self._organisation, self._hub_secret)
                    answer = http.post("/oauth/token", data={"grant_type": "client_credentials"}, auth=secret)
                    self._token = str(answer.raise_for_status().json()["access_token"])
                headers = {"Content-Type": content_type, "Authorization": f"Bearer {self._token}"}
                answer = http.post(f"/api/v1/intake/{self._organisation}", content=body, headers=headers)
        except httpx.HTTPError:
            return False
        if answer.status_code == 401:
            self._token = ""
        return answer.status_code < 500 and answer.status_code not in (401, 429)


def notification(zaak: str, resource: str, resource_url: str) -> bytes:
    """Give the ZGW notification that something of a zaak was made."""
    told: dict[str, Any] = {
        "kanaal": "zaken",
        "hoofdObject": zaak,
        "resource": resource,
        "resourceUrl": resource_url,
        "actie": "create",
        "aanmaakdatum": dt.datetime.now(dt.UTC).isoformat(),
        "kenmerken": {},
    }
    return json.dumps(told).encode()
