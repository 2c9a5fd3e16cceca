"""A register that is not there: as much of the Zaken and Catalogi APIs as an access team's case system uses."""

import base64
import datetime as dt
import hashlib
import hmac
import json
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from werkzeug.wrappers import Request, Response

from connectors.access_team.format import RESULTS, ROLES, STATUSES
from schemas import strict_json
from schemas.identifiers import derived_id

Json = dict[str, Any]
ZAKEN, CATALOGI = "/zaken/api/v1/", "/catalogi/api/v1/"
_HOUR = 3600
_LAST = "Afgehandeld"
_COLLECTIONS = frozenset(
    {
        "zaken", "rollen", "statussen", "resultaten", "zaakeigenschappen", "zaaktypen", "statustypen",
        "resultaattypen", "roltypen", "eigenschappen",
    }
)  # fmt: skip


class Refused(Exception):
    """An answer of 4xx, with the code that the ZGW standard gives it."""

    def __init__(self, status: int, code: str, name: str = "") -> None:
        super().__init__(code)
        self.status, self.code, self.name = status, code, name


class ZgwRegister:
    """Zaken with their rollen, statussen, resultaten and eigenschappen, and one kind of zaak in its catalogue.

    ``told`` hears of each resource that is made or changed: the collection, the resource and its zaak.
    """

    def __init__(self, client_id: str, secret: str, told: Callable[[str, Json, Json], None]) -> None:
        self._client_id, self._secret, self._told = client_id, secret, told
        self._lock = threading.RLock()
        self._things: dict[str, Json] = {}
        self.base = ""

    def stand_at(self, base: str) -> None:
        """Know the own address, and fill the catalogue."""
        self.base = base.rstrip("/")
        self.zaaktype = self._type("zaaktypen", "verwijzing", identificatie="verwijzing", beginGeldigheid="2020-01-01")
        for place, name in enumerate((*STATUSES, _LAST), start=1):
            self._type("statustypen", name, omschrijving=name, volgnummer=place, isEindstatus=name == _LAST)
        for name in RESULTS:
            self._type("resultaattypen", name, omschrijving=name, omschrijvingGeneriek="Afgehandeld")
        for name in ROLES:
            self._type("roltypen", name, omschrijving=name.capitalize(), omschrijvingGeneriek=name)
        for name in ("leefgebieden", "urgentie"):
            self._type("eigenschappen", name, naam=name, definitie=name)

    def _type(self, collection: str, key: str, **fields: Any) -> Json:
        url = f"{self.base}{CATALOGI}{collection}/{derived_id('zgw-register', collection, key)}"
        zaaktype = {} if collection == "zaaktypen" else {"zaaktype": self.zaaktype["url"]}
        self._things[url] = {"url": url, **zaaktype, **fields}
        return self._things[url]

    def type_url(self, collection: str, name: str) -> str:
        """Give the URL of a type by the key under which it was made."""
        return f"{self.base}{CATALOGI}{collection}/{derived_id('zgw-register', collection, name)}"

    def all_of(self, collection: str) -> list[Json]:
        """Give every resource of a collection, in the order in which they were made."""
        with self._lock:
            return [one for url, one in self._things.items() if url.rpartition("/")[0].endswith(f"/{collection}")]

    # -- as the team's own people use it -----------------------------------------------------------------------------

    def set_status(self, zaak: str, name: str | None, note: str | None = None) -> Json:
        """Set a status, the last one where none is named."""
        statustype = self.type_url("statustypen", name or _LAST)
        body: Json = {"zaak": zaak, "statustype": statustype, "datumStatusGezet": _now()}
        return self.make("statussen", {**body, **({"statustoelichting": note} if note else {})})

    def set_result(self, zaak: str, name: str, text: str | None = None) -> Json:
        """Set how it ended."""
        body = {"zaak": zaak, "resultaattype": self.type_url("resultaattypen", name)}
        return self.make("resultaten", {**body, **({"toelichting": text} if text else {})})

    def suspend(self, zaak: str, reason: str, *, indicated: bool) -> None:
        """Let a zaak rest, or go on."""
        with self._lock:
            self._things[zaak]["opschorting"] = {"indicatie": indicated, "reden": reason}
        self._told("zaken", self._things[zaak], self._things[zaak])

    def at(self, url: str) -> Json:
        """Give the resource at an address."""
        return self._things[url]

    def make(self, collection: str, body: Json) -> Json:
        """Make a resource, held to the rules of the Zaken API that matter here."""
        with self._lock:
            own = str(uuid.uuid4())
            held = body["zaak"] if collection == "zaakeigenschappen" else f"{self.base}{ZAKEN}"
            url = f"{held.rstrip('/')}/{collection}/{own}"
            made = {"url": url, "uuid": own, **body}
            zaak = made if collection == "zaken" else self._zaak_of(body)
            getattr(self, f"_check_{collection}", lambda *_both: None)(made, zaak)
            self._things[url] = made
        self._told(collection, made, zaak)
        return made

    def _zaak_of(self, body: Mapping[str, Any]) -> Json:
        found = self._things.get(str(body.get("zaak")))
        if found is None:
            raise Refused(400, "does_not_exist", "zaak")
        return found

    def _check_zaken(self, made: Json, _zaak: Json) -> None:
        for name in ("bronorganisatie", "startdatum", "verantwoordelijkeOrganisatie", "zaaktype"):
            if not made.get(name):
                raise Refused(400, "required", name)
        if made["zaaktype"] != self.zaaktype["url"]:
            raise Refused(400, "invalid-resource", "zaaktype")
        key = (made.get("identificatie"), made["bronorganisatie"])
        if any((one.get("identificatie"), one["bronorganisatie"]) == key for one in self.all_of("zaken")):
            raise Refused(400, "identificatie-niet-uniek", "identificatie")
        made |= {"status": None, "resultaat": None, "einddatum": None, "rollen": [], "eigenschappen": []}
        made.setdefault("opschorting", {"indicatie": False, "reden": ""})

    def _check_statussen(self, made: Json, zaak: Json) -> None:
        statustype = self._things.get(made.get("statustype", ""))
        if statustype is None:
            raise Refused(400, "invalid-resource", "statustype")
        if statustype["isEindstatus"] and not zaak["resultaat"]:
            raise Refused(400, "resultaat-does-not-exist", "statustype")
        zaak["status"] = made["url"]
        zaak["einddatum"] = made["datumStatusGezet"][:10] if statustype["isEindstatus"] else None

    def _check_resultaten(self, made: Json, zaak: Json) -> None:
        if zaak["resultaat"]:
            raise Refused(400, "unique", "zaak")
        zaak["resultaat"] = made["url"]

    def _check_rollen(self, made: Json, zaak: Json) -> None:
        roltype = self._things.get(made.get("roltype", ""))
        if roltype is None or not made.get("roltoelichting"):
            raise Refused(400, "required", "roltype")
        made["omschrijvingGeneriek"] = roltype["omschrijvingGeneriek"]
        zaak["rollen"].append(made["url"])

    def _check_zaakeigenschappen(self, made: Json, zaak: Json) -> None:
        made["naam"] = self._things[made["eigenschap"]]["naam"]
        zaak["eigenschappen"].append(made["url"])

    # -- as others use it --------------------------------------------------------------------------------------------

    def answer(self, request: Request) -> Response:
        """Answer one request, as the API does."""
        try:
            self._check_token(request.headers.get("Authorization", ""))
            found = self._answer(request)
        except Refused as refused:
            body: Json = {"code": refused.code, "status": refused.status, "title": refused.code}
            return _json({**body, "invalid-params": [{"name": refused.name, "code": refused.code}]}, refused.status)
        except (strict_json.InvalidJson, KeyError, TypeError, AttributeError):
            return _json({"code": "parse_error", "status": 400}, 400)
        return found

    def _check_token(self, header: str) -> None:
        parts = header.removeprefix("Bearer ").split(".")
        if len(parts) != 3:
            raise Refused(403, "not_authenticated")
        mark = hmac.new(self._secret.encode(), ".".join(parts[:2]).encode(), hashlib.sha256).digest()
        if not hmac.compare_digest(base64.urlsafe_b64encode(mark).rstrip(b"=").decode(), parts[2]):
            raise Refused(403, "jwt-signature-incorrect")
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
        if claims.get("client_id") != self._client_id or abs(time.time() - claims.get("iat", 0)) > _HOUR:
            raise Refused(403, "jwt-expired")

    def _answer(self, request: Request) -> Response:
        path, url = request.path.strip("/").split("/"), f"{self.base}{request.path.rstrip('/')}"
        if request.method == "GET":
            one = self._things.get(url)
            if one is not None:
                return _json(self._expanded(one) if "expand" in request.args else one)
            if path[-1] not in _COLLECTIONS:
                raise Refused(404, "not_found")
            return _json(self._listed(path[-1], url, request.args))
        if request.method == "POST":
            body = strict_json.loads(request.get_data())
            return _json(self.make(path[-1], body), 201)
        return self._change(request, url)

    def _listed(self, collection: str, url: str, query: Mapping[str, str]) -> Any:
        asked = {name: text for name, text in query.items() if name not in ("status", "expand", "page")}
        found = [
            one for one in self.all_of(collection) if all(str(one.get(name)) == text for name, text in asked.items())
        ]
        if collection == "zaakeigenschappen":
            return [one for one in found if one["url"].startswith(url)]
        return {"count": len(found), "next": None, "previous": None, "results": found}

    def _change(self, request: Request, url: str) -> Response:
        with self._lock:
            one = self._things.get(url)
            if one is None:
                raise Refused(404, "not_found")
            zaak = one if "/zaken/" in url and "zaak" not in one else self._things[one["zaak"]]
            if request.method == "DELETE":
                del self._things[url]
                zaak["rollen"] = [rol for rol in zaak["rollen"] if rol != url]
                return Response(status=204)
            one |= strict_json.loads(request.get_data())
        self._told("zaken" if one is zaak else "resultaten", one, zaak)
        return _json(one)

    def _expanded(self, zaak: Json) -> Json:
        """Give a zaak with what it refers to under ``_expand``."""
        with self._lock:
            expand: Json = {"zaaktype": self._things[zaak["zaaktype"]]}
            for name, kind in (("status", "statustype"), ("resultaat", "resultaattype")):
                if zaak[name]:
                    inner = self._things[zaak[name]]
                    expand[name] = {**inner, "_expand": {kind: self._things[inner[kind]]}}
            expand["rollen"] = [self._things[url] for url in zaak["rollen"]]
            expand["eigenschappen"] = [self._things[url] for url in zaak["eigenschappen"]]
            return {**zaak, "_expand": expand}


def _json(body: Any, status: int = 200) -> Response:
    return Response(json.dumps(body, ensure_ascii=False), status=status, content_type="application/json")


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
