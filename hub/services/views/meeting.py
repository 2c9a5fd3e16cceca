"""What one viewer may see of a meeting, ready to be shown: the list, an agenda, and the table for one client."""

import datetime as dt
from dataclasses import dataclass

from hub.services.views.case import CaseView, ItemView
from schemas.vocabulary import ItemState


@dataclass(frozen=True, kw_only=True)
class AtTable:
    """Someone at the table for one client, with what that seat alone opens.

    ``there`` says that the question is seen at all; ``domains`` are the life domains of it that are. What someone sees
    by other ties is nobody's business at the table, and counts for nothing here.
    """

    person_id: str
    name: str
    organisation: str
    organisation_name: str
    there: bool = True
    domains: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class MeetingLine:
    """One meeting: of which team, when and where, and how many clients this viewer sits at the table for."""

    id: str
    team: str
    team_name: str
    starts_at: dt.datetime
    ends_at: dt.datetime
    place: str | None
    topics: int = 0
    over: bool = False

    @property
    def minutes(self) -> int:
        """Give how long it takes."""
        return round((self.ends_at - self.starts_at).total_seconds() / 60)


@dataclass(frozen=True, kw_only=True)
class Topic:
    """One client on the agenda, as this viewer may know: without a name where that was chosen.

    ``case_id`` is there for who may know who the client is. ``spoken`` of ``life_domains`` were discussed with the
    client, as far as this viewer sees.
    """

    item: ItemView
    case_id: str | None
    client_name: str
    nameless: bool
    minutes: int
    age: int | None = None
    area: str | None = None
    client_words: str | None = None
    spoken: int = 0

    @property
    def asks(self) -> bool:
        """Whether the question to the team is a question."""
        return str(self.item.content.get("question", "")).rstrip().endswith("?")


@dataclass(frozen=True, kw_only=True)
class Agenda:
    """A meeting with the clients for whom this viewer sits at its tables, and who else sits there."""

    meeting: MeetingLine
    topics: tuple[Topic, ...]
    people: tuple[AtTable, ...]

    @property
    def minutes(self) -> int:
        """Give how long these clients take."""
        return sum(topic.minutes for topic in self.topics)


@dataclass(frozen=True, kw_only=True)
class Table:
    """What lies on the table for one client: the question, what was written, who sits there.

    ``view`` is the client's page where this viewer may open it; nothing where the client is discussed without a name.
    ``case_id`` is for the log alone: no page may show it.
    """

    case_id: str
    meeting: MeetingLine
    topics: tuple[Topic, ...]
    topic: Topic
    view: CaseView | None
    minutes: tuple[ItemView, ...]
    outcomes: tuple[ItemView, ...]
    seats: tuple[AtTable, ...]
    may_write: bool
    may_invite: bool
    may_name: bool
    others: tuple[AtTable, ...]

    @property
    def next_topic(self) -> Topic | None:
        """Give who is discussed after this one: the next who was not yet."""
        ids = [one.item.id for one in self.topics]
        later = self.topics[ids.index(self.topic.item.id) + 1 :]
        return next((one for one in later if one.item.state is not ItemState.DONE), None)
