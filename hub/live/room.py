"""Who watches what in one web process, and who of the others each may know to be there."""

import datetime as dt
import threading
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from hub.services.cases.case_growth import Growth
from hub.services.record.visits import place_of
from hub.services.views.case import CaseView
from hub.services.views.viewer import Viewer


class Emit(Protocol):
    """Sends news to a connection, to several, or to all."""

    def __call__(self, event: str, news: Mapping[str, Any], *, to: str | Sequence[str] | None = None) -> None:
        """Send it."""


@dataclass(kw_only=True)
class Watch:
    """One browser tab on one case. ``shape`` is what its positions rest on: when that changes, numbers do too.

    ``place`` is how far that is in the whole case.
    """

    viewer: Viewer
    position: int = 0
    place: int = 0
    shape: frozenset[tuple[str, bool]] = frozenset()
    names: frozenset[str] = frozenset()
    until: dt.datetime | None = None
    people: list[dict[str, str]] | None = None


@dataclass
class Watched:
    """The watchers of one case; its lock orders what they are sent."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    watches: dict[str, Watch] = field(default_factory=dict)
    seen: int = 0


class Room:
    """The connections of one web process, and the cases that they watch."""

    def __init__(self, emit: Emit) -> None:
        self._emit = emit
        self.cases: defaultdict[str, Watched] = defaultdict(Watched)
        self.viewers: dict[str, Viewer] = {}

    def watches_of(self, case_id: str) -> dict[str, Watch]:
        """Give who watches a case."""
        found = self.cases.get(case_id)
        return found.watches if found is not None else {}

    def count_of(self, sid: str, *, but: str | None) -> int:
        """Give how many cases a connection watches, one of them left out."""
        return sum(sid in one.watches for case_id, one in list(self.cases.items()) if case_id != but)

    def leave(self, case_id: str, sid: str) -> None:
        """End a watch; who stays is told who is there."""
        watched = self.cases.get(case_id)
        if watched is None or watched.watches.pop(sid, None) is None:
            return
        if watched.watches:
            self.tell_presence(case_id)
        else:
            self.cases.pop(case_id, None)

    def leave_all(self, sid: str) -> None:
        """End whatever a connection watches."""
        for case_id in [case_id for case_id, watched in list(self.cases.items()) if sid in watched.watches]:
            self.leave(case_id, sid)

    def close(self, case_id: str, sid: str, reason: str) -> None:
        """End a watch from our side, with the reason."""
        self._emit("closed", {"case": case_id, "reason": reason}, to=sid)
        self.leave(case_id, sid)

    def tell_presence(self, case_id: str) -> None:
        """Tell each viewer who else looks, of those organisations that this viewer knows of."""
        watches = dict(self.watches_of(case_id))
        for sid, watch in watches.items():
            people = {
                (other.viewer.name, other.viewer.organisation_name)
                for other in watches.values()
                if other.viewer.id != watch.viewer.id and other.viewer.organisation_name in watch.names
            }
            listed = [{"name": name, "organisation": organisation} for name, organisation in sorted(people)]
            if listed == watch.people:
                continue  # telling the same again would tell that somebody came whom this viewer may not know of
            watch.people = listed
            self._emit("presence", {"case": case_id, "people": listed}, to=sid)


def watch_of(view: CaseView, viewer: Viewer) -> Watch:
    """Begin a watch where a view ends."""
    named = {line.organisation for line in view.referrals} | {line.sender for line in view.referrals}
    return Watch(
        viewer=viewer,
        position=view.position,
        place=place_of(view),
        shape=frozenset((line.id, line.number == "") for line in view.referrals)
        | {(one.id, False) for one in view.items},
        until=view.emergency_until,
        names=frozenset({viewer.organisation_name, view.contact_organisation or "", *named} - {""}),
    )


def still_fits(before: frozenset[tuple[str, bool]], grown: Growth) -> bool:
    """Whether the numbers that a viewer has still hold.

    All that was seen still is, and as before; and nothing that was not seen then stands among what the viewer has.
    """
    if before == grown.shape:
        return True
    newly_seen = {id_ for id_, _masked in grown.shape} - {id_ for id_, _masked in before}
    return before <= grown.shape and newly_seen.isdisjoint(grown.told_before)
