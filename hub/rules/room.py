"""How much room a service has, and what that means to who chooses."""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum


class Room(StrEnum):
    """What is known of the room at a service, from most to least."""

    FREE = "free"
    SOON = "soon"
    UNTOLD = "untold"
    NONE = "none"


_BY_ROOM = tuple(Room)


@dataclass(frozen=True, kw_only=True)
class ServiceRoom:
    """How much room a service has, as its organisation last said; all of it nothing where it never said.

    ``places`` are free now; ``waiting_days`` is how long someone waits who is referred today: for the first place that
    comes free, or on the waiting list where no place is.
    """

    service: str
    places: int | None = None
    waiting_days: int | None = None
    note: str | None = None
    changed_at: dt.datetime | None = None
    changed_by: str | None = None

    @property
    def room(self) -> Room:
        """What this means to who chooses: without a free place there is no room, however long the list is."""
        if self.places is not None:
            return Room.FREE if self.places else Room.NONE
        if self.waiting_days is None:
            return Room.UNTOLD
        return Room.SOON if self.waiting_days else Room.FREE

    @property
    def rank(self) -> tuple[int, int]:
        """Give its place among others: most room first, then the shortest wait."""
        return _BY_ROOM.index(self.room), self.waiting_days or 0
