"""An access team that is not there: its own register, its books, and people who answer in it.

What it does it does in its own register; the hub hears only that something changed, and fetches.
"""

import datetime as dt
import json
from collections import deque
from collections.abc import Callable

from werkzeug.wrappers import Request, Response

from connectors.access_team.dialect import Dialect
from connectors.access_team.format import OURS, RESULTS, STATUSES
from connectors.protocol import AddressBook, Payload
from connectors.registry import connector
from schemas.message import Client, Message, MessageData, source_of
from schemas.vocabulary import KIND_OF_EVENT, Event
from workers.partners.door import LineBroken
from workers.partners.ledger import Ledger
from workers.partners.manner import Manner, Reply
from workers.partners.misbehaviour import Misbehaviour
from workers.partners.partner import Partner
from workers.partners.register import ZAKEN, Json, Refused, ZgwRegister

CLIENT_ID = "schakel"
_ZAAK = "zgw:zaak"


class ZgwPartner(Partner):
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
        misbehaviour: Misbehaviour | None = None,
    ) -> None:
        """``secret`` opens its register to the hub, ``hub_secret`` the hub's API to it."""
        super().__init__(
            organisation,
            connector("access_team"),
            book,
            manner,
            ledger=ledger,
            port=port,
            misbehaviour=misbehaviour,
            secret=hub_secret,
        )
        self.broken_after: deque[str] = deque()
        self.register = ZgwRegister(CLIENT_ID, secret, self._hear)
        self.register.stand_at(super().url)

    @property
    def url(self) -> str:
        """Give the address of its Zaken API; that of its Catalogi API stands beside it."""
        return super().url.rstrip("/") + ZAKEN

    def _respond(self, request: Request) -> Response:
        response = self.register.answer(request)
        if request.method == "POST" and self.broken_after and request.path.endswith(f"/{self.broken_after[0]}"):
            self.broken_after.popleft()
            raise LineBroken
        return response

    def _hear(self, collection: str, made: Json, zaak: Json) -> None:
        """Write in the books what was made, and let people think about what others set."""
        key = made.get("identificatie") or f"{zaak.get('identificatie')}:{made.get('statustype') or made['url']}"
        self.ledger.first_time(f"{collection}:{key}:{made.get('datumStatusGezet', '')}", collection)
        if collection == "statussen" and "gezetdoor" in made:
            event = self._event_of(made, zaak)
            if event is not None:
                self._take_note(self._message(event, zaak))

    def _event_of(self, status: Json, zaak: Json) -> Event | None:
        """Give what a status tells; the last one tells what the result beside it says."""
        events = {self.register.type_url("statustypen", name): event for name, event in STATUSES.items()}
        ends = {self.register.type_url("resultaattypen", name): end.event for name, end in RESULTS.items()}
        result = self.register.at(zaak["resultaat"]) if zaak["resultaat"] else {}
        return events.get(status["statustype"]) or ends.get(result.get("resultaattype", ""))

    def _message(self, event: Event, zaak: Json) -> Message:
        """Give what the team sees in its register as a message: a key of ours, the zaak, and the person's name."""
        ours = [one["kenmerk"] for one in zaak.get("kenmerken", ()) if one["bron"] == OURS]
        people = (self.register.at(rol).get("betrokkeneIdentificatie", {}) for rol in zaak["rollen"])
        name = next((person["geslachtsnaam"] for person in people if "geslachtsnaam" in person), None)
        return Message(
            id=f"{event}:{zaak['uuid']}:{len(self.ledger.rows())}",
            kind=KIND_OF_EVENT[event],
            source=source_of(self._book.municipality.oin),
            time=dt.datetime.now(dt.UTC),
            sender=self._book.municipality.code,
            receiver=self._organisation,
            data=MessageData(
                referral_id=next(iter(ours), None),
                correlation={_ZAAK: zaak["url"]},
                event=event,
                client=Client(family_name=name),
            ),
        )

    def _answering(self, about: Message, reply: Reply, step: int) -> Callable[[], bool]:
        """Give the work of one answer: once in the register, and told until the hub has heard it."""
        notices: list[Payload] = []

        def work() -> bool:
            if not notices:
                try:
                    told = self.does(about.data.correlation[_ZAAK], reply)
                except Refused:
                    return True  # the zaak moved on meanwhile: a person would see so, and do nothing
                notices.extend(self._misbehaviour.copies(Payload(body=told, content_type="application/json")))
            while notices[1:] and self._bring(notices[1]):
                del notices[1]
            return not notices[1:] and self._bring(notices[0])

        return work

    def does(self, zaak: str, reply: Reply) -> bytes:
        """Do in the register what a person of the team decides; give the notification of it."""
        dialect, reason = Dialect(), (reply.reason.text or reply.reason.code) if reply.reason else None
        if reply.event in (Event.PAUSE, Event.RESUME):
            self.register.suspend(zaak, reason or reply.note or reply.event, indicated=reply.event is Event.PAUSE)
            return notification(zaak, "zaak", zaak)
        if reply.event in STATUSES.values():
            made = self.register.set_status(zaak, dialect.status_for(reply.event), reply.note)
        else:
            self.register.set_result(zaak, dialect.result_for(reply.event, reply.outcome), reason)
            made = self.register.set_status(zaak, None, reply.note)
        return notification(zaak, "status", made["url"])

    def bring(self, body: bytes, content_type: str) -> bool:
        """Bring something to the hub; false where it must be brought again."""
        return self._bring(Payload(body=body, content_type=content_type))


def notification(zaak: str, resource: str, resource_url: str) -> bytes:
    """Give the ZGW notification that something of a zaak was made or changed."""
    told: Json = {
        "kanaal": "zaken",
        "hoofdObject": zaak,
        "resource": resource,
        "resourceUrl": resource_url,
        "actie": "update" if resource == "zaak" else "create",
        "aanmaakdatum": dt.datetime.now(dt.UTC).isoformat(),
        "kenmerken": {},
    }
    return json.dumps(told).encode()
