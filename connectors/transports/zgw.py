"""The way to a register with the Zaken API (ZGW): carries out plans of requests, and fetches a zaak.

A plan may be carried out again from its start, whatever broke: a step first looks whether its resource is there. What
each answer means for trying again is told in the table of ``http``.
"""

import datetime as dt
import json
import re
import ssl
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
from joserfc import jwt
from joserfc.jwk import OctKey

from connectors.errors import TransportError
from connectors.protocol import Handover, Payload
from connectors.transports.http import answer_of, judge, send
from connectors.transports.reach import CheckedTransport, OutOfReach, reach_of
from connectors.transports.zgw_catalogue import Catalogue
from schemas import strict_json

DONE_TYPE = "application/vnd.schakel.zgw-done+json"
EXPAND = (
    "zaaktype,status,status.statustype,status.gezetdoor,resultaat,resultaat.resultaattype,rollen,rollen.roltype,"
    "eigenschappen"
)
_ZAAK = re.compile(r"zaken/[0-9a-fA-F-]{32,36}", re.ASCII)
_MAX_PAGES = 20
# Zaken API: what has a place in space must say in which coordinates; a zaak may have one.
_CRS = {"Accept-Crs": "EPSG:4326", "Content-Crs": "EPSG:4326"}
Json = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class ZgwToken:
    """How a client proves itself to a ZGW API: a JWT of its own, HS256 (RFC 7519), new for each request."""

    client_id: str
    secret: str = field(repr=False)

    def headers(self) -> Mapping[str, str]:
        """Give the header of this moment: registers take a token for an hour from ``iat``."""
        claims = {
            "iss": self.client_id,
            "client_id": self.client_id,
            "iat": int(time.time()),
            "user_id": "schakel",
            "user_representation": "Schakel",
        }
        key = OctKey.import_key(self.secret)
        token = jwt.encode({"typ": "JWT", "alg": "HS256"}, claims, key, algorithms=["HS256"])
        return {"Authorization": f"Bearer {token}"}


class ZgwTransport:
    """One partner's register: its Zaken API and its Catalogi API. Every address must be one of this partner's."""

    def __init__(
        self,
        url: str,
        catalogue: str,
        token: ZgwToken,
        *,
        hosts: Iterable[str] = (),
        inside: bool = False,
        connect_seconds: float = 5.0,
        read_seconds: float = 20.0,
        catalogue_seconds: float = 3600.0,
        context: ssl.SSLContext | None = None,
    ) -> None:
        """``ValueError`` where an address is not one where a partner may be."""
        beside = httpx.URL(catalogue).netloc.decode()
        self._reach = reach_of(url, [*hosts, beside], inside=inside)
        self._root = str(self._reach.check(url)).rstrip("/") + "/"
        self._token = token
        timeout = httpx.Timeout(read_seconds, connect=connect_seconds, pool=connect_seconds)
        checked = CheckedTransport(self._reach, verify=context or True)
        self._client = httpx.Client(transport=checked, timeout=timeout, follow_redirects=False, trust_env=False)
        types = str(self._reach.check(catalogue)).rstrip("/") + "/"
        self.catalogue = Catalogue(types, self.listed, seconds=catalogue_seconds)

    @property
    def root(self) -> str:
        """The address of the Zaken API, with a slash at its end."""
        return self._root

    def deliver(self, payload: Payload, *, message_id: str) -> Handover:
        """Carry a plan out, from its start each time; the answer names the zaak."""
        try:
            steps = strict_json.loads(payload.body)["steps"]
        except (strict_json.InvalidJson, KeyError, TypeError) as error:
            raise TransportError("This is no plan of requests.", permanent=True) from error
        run = _Run(self)
        for step in steps:
            run.do(step)
        zaak = run.made["zaak"]["url"]
        answer = json.dumps({"done": message_id, "zaak": zaak}).encode()
        line = f"{len(steps)} steps at {self._root}: {run.written} written, {len(steps) - run.written} there already"
        return Handover(line=line, answer=Payload(body=answer, content_type=DONE_TYPE))

    def fetch(self, address: str) -> Payload:
        """Get a zaak with all that it refers to; no other address is asked."""
        if not address.startswith(self._root) or not _ZAAK.fullmatch(address.removeprefix(self._root)):
            raise TransportError("Only a zaak of this register is fetched.", permanent=True)
        zaak = self.ask("GET", address, query={"expand": EXPAND})
        if "_expand" not in zaak:
            try:
                zaak["_expand"] = self._gathered(zaak)
            except (LookupError, TypeError, AttributeError) as error:
                raise TransportError("What stands there is no zaak.", permanent=True) from error
        return Payload(body=json.dumps(zaak, ensure_ascii=False).encode(), content_type="application/json")

    def _gathered(self, zaak: Json) -> Json:
        """Get what a zaak refers to one by one, from a register that does not expand."""
        found: Json = {"zaaktype": self.ask("GET", zaak["zaaktype"])}
        for name, kind in (("status", "statustype"), ("resultaat", "resultaattype")):
            if zaak.get(name):
                inner = self.ask("GET", zaak[name])
                found[name] = {**inner, "_expand": {kind: self.ask("GET", inner[kind])}}
        found["rollen"] = self.listed(self._root + "rollen", {"zaak": str(zaak["url"])})
        found["eigenschappen"] = self.listed(f"{zaak['url']}/zaakeigenschappen", {})
        return found

    def listed(self, url: str, query: Mapping[str, str]) -> list[Mapping[str, Any]]:
        """Get every item of a collection, page by page."""
        found: list[Mapping[str, Any]] = []
        page: Any = self._call("GET", url, query=query)
        for _page in range(_MAX_PAGES):
            items = page.get("results") if isinstance(page, dict) else page
            if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
                raise TransportError("The register's answer is no list.", permanent=False)
            found += items
            after = page.get("next") if isinstance(page, dict) else None
            if not isinstance(after, str):
                return found
            page = self._call("GET", after)
        raise TransportError("The register's list has no end.", permanent=True)

    def ask(self, method: str, url: str, *, query: Mapping[str, str] | None = None, body: Any = None) -> Json:
        """Make one request and give the object that it answers; an empty one for an answer without words."""
        answer = self._call(method, url, query=query, body=body)
        if not isinstance(answer, dict):
            raise TransportError("The register's answer is no object.", permanent=False)
        return answer

    def _call(self, method: str, url: str, *, query: Mapping[str, str] | None = None, body: Any = None) -> Any:
        try:
            self._reach.check(url)
        except OutOfReach as error:
            raise TransportError(f"Not asked: {error}.", permanent=True) from error
        headers = {**_CRS, **self._token.headers(), "Accept": "application/json", "Accept-Encoding": "identity"}
        content = json.dumps(body).encode() if body is not None else None
        if content is not None:
            headers["Content-Type"] = "application/json"
        response = send(
            self._client, self._client.build_request(method, url, params=query, content=content, headers=headers)
        )
        try:
            judge(response)
            words = answer_of(response)
        finally:
            response.close()
        if words is None:
            return {}
        try:
            return strict_json.loads(words.body)
        except strict_json.InvalidJson as error:
            raise TransportError("The register's answer can't be read.", permanent=False, unknown=True) from error

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()


class _Run:
    """One carrying out of a plan: what its steps made or found."""

    def __init__(self, transport: ZgwTransport) -> None:
        self._transport = transport
        self.made: dict[str, Json] = {}
        self.written = 0

    def do(self, step: Json) -> None:
        """Do one step, or find that it was done."""
        if step["method"] == "PATCH":
            self._write("PATCH", self.made[step["of"]]["url"], self._filled(step["body"]))
            return
        if "url" in step:
            self.made[step["name"]] = self._transport.ask("GET", step["url"])
            return
        body = self._filled(step.get("body", {}))
        there = self._there(step, body)
        if step["method"] == "GET" and there is None:
            raise TransportError("The zaak is not in the register.", permanent=True)
        if there is not None:
            there = self._brought_up(step, there, body)
        self.made[step["name"]] = there or self._write("POST", self._collection(step), body)

    def _there(self, step: Json, body: Json) -> Json | None:
        """Find what an earlier try made."""
        found = self._transport.listed(self._collection(step), self._filled(step["find"]))
        same = step.get("same", ())
        return next((dict(one) for one in found if all(_same(_at(one, path), _at(body, path)) for path in same)), None)

    def _brought_up(self, step: Json, there: Json, body: Json) -> Json | None:
        """Make what is there as it must be, where it may differ; nothing where it must be made anew."""
        if "found" not in step or all(_holds(there.get(name), value) for name, value in body.items()):
            return there
        if step["found"] == "patch":
            return {**there, **self._write("PATCH", there["url"], body)}
        self._transport.ask("DELETE", there["url"])
        return None

    def _write(self, method: str, url: str, body: Json) -> Json:
        made = self._transport.ask(method, url, body=body)
        self.written += 1
        if method == "POST" and not isinstance(made.get("url"), str):
            raise TransportError("The register does not say what it made.", permanent=False, unknown=True)
        return made

    def _collection(self, step: Json) -> str:
        if step["resource"] == "zaakeigenschappen":
            return f"{self.made['zaak']['url']}/zaakeigenschappen"
        return f"{self._transport.root}{step['resource']}"

    def _filled(self, value: Any) -> Any:
        """Put URLs in the place of references to earlier steps and to the catalogue."""
        if isinstance(value, dict):
            if "step" in value:
                return self.made[value["step"]]["url"]
            if "catalogue" in value:
                zaaktype = self.made.get("zaak", {}).get("zaaktype")
                return self._transport.catalogue.url(value, zaaktype)
            return {name: self._filled(inner) for name, inner in value.items()}
        return [self._filled(item) for item in value] if isinstance(value, list) else value


def _at(value: Any, path: str) -> Any:
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _same(one: Any, other: Any) -> bool:
    """Whether two values say the same; registers write a moment in their own way."""
    if one == other:
        return True
    try:
        return bool(dt.datetime.fromisoformat(one) == dt.datetime.fromisoformat(other))
    except (TypeError, ValueError):
        return False  # not both moments


def _holds(there: Any, wanted: Any) -> bool:
    """Whether what is there holds all that is wanted; a register adds fields of its own."""
    if isinstance(wanted, dict):
        return isinstance(there, dict) and all(_holds(there.get(name), value) for name, value in wanted.items())
    return _same(there, wanted)
