"""The Catalogi API of one register: names of types to their URLs, kept for a while."""

import datetime as dt
import time
from collections.abc import Callable, Mapping
from typing import Any

from connectors.errors import TransportError

Json = Mapping[str, Any]
Listing = Callable[[str, Mapping[str, str]], list[Json]]
_COLLECTIONS = {
    "statustype": "statustypen",
    "resultaattype": "resultaattypen",
    "roltype": "roltypen",
    "eigenschap": "eigenschappen",
}
_JUST = 2.0
"""Seconds within which a list is not asked again for a name that it did not have."""


class Catalogue:
    """What the catalogue says, each list kept for ``seconds``. A name that is not in it is asked for once more."""

    def __init__(self, root: str, listing: Listing, *, seconds: float) -> None:
        self._root, self._listing, self._seconds = root, listing, seconds
        self._kept: dict[tuple[str, str], tuple[float, list[Json]]] = {}

    def url(self, wanted: Mapping[str, Any], zaaktype: str | None) -> str:
        """Give the URL of a type; ``zaaktype`` is that of the zaak: each version of it has types of its own."""
        kind = str(wanted.get("catalogue"))
        if kind != "zaaktype" and (kind not in _COLLECTIONS or zaaktype is None):
            raise TransportError("The plan names a type that no catalogue has.", permanent=True)
        for again in (False, True):
            found = next((one for one in self._types(kind, wanted, zaaktype, again=again) if _fits(one, wanted)), None)
            if found is not None and isinstance(found.get("url"), str):
                return str(found["url"])
        named = next((str(text) for name, text in wanted.items() if name not in ("catalogue", "eind")), "eindstatus")
        text = f"The catalogue of the partner has no {kind} '{named}'."
        raise TransportError(text, permanent=True)

    def _types(self, kind: str, wanted: Mapping[str, Any], zaaktype: str | None, *, again: bool) -> list[Json]:
        collection, query = _COLLECTIONS.get(kind, "zaaktypen"), {"zaaktype": zaaktype or ""}
        if kind == "zaaktype":
            query = {"identificatie": str(wanted.get("identificatie")), "status": "definitief"}
        key, now = (collection, str(query)), time.monotonic()
        kept = self._kept.get(key)
        if kept is None or now - kept[0] > (_JUST if again else self._seconds):
            types = self._listing(self._root + collection, query)
            kept = (now, _newest_first(types) if kind == "zaaktype" else types)
            self._kept[key] = kept
        return kept[1]


def _newest_first(types: list[Json]) -> list[Json]:
    """Give the versions of a zaaktype that hold today, the newest first."""
    today = dt.datetime.now(dt.UTC).date().isoformat()
    holding = [
        one
        for one in types
        if str(one.get("beginGeldigheid") or "") <= today <= str(one.get("eindeGeldigheid") or "9999")
        and not one.get("concept")
    ]
    return sorted(holding, key=lambda one: str(one.get("beginGeldigheid") or ""), reverse=True)


def _fits(one: Json, wanted: Mapping[str, Any]) -> bool:
    if wanted.get("eind") and not one.get("isEindstatus"):
        return False
    names = (name for name in wanted if name not in ("catalogue", "eind"))
    return all(str(one.get(name)).casefold() == str(wanted[name]).casefold() for name in names)
